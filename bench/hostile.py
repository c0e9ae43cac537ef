"""Promise 16: a file that a stranger sends is opened or refused with a sentence, and does nothing else.

All odd images beside the checkout and some hundreds of files that are made from a seed, each opened by what opens it in
the program, in a process of its own that is watched. Nothing may run, end the process, take more than two minutes of
the clock or 2 GB, or touch what lies outside. `python -m bench.hostile`, with `--json` for programs; `--only image`,
`--name bomb` for some of them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections import Counter
from dataclasses import asdict
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bench.hostile_case import Case, End
from bench.hostile_cell import SECONDS, run
from bench.hostile_readers import READERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from bench.hostile_case import Outcome

ODD_IMAGES = Path(__file__).resolve().parents[2] / "shared" / "data" / "odd-images"
# Imported when they are needed: the one of weights takes torch with it.
MODULES = {
    "image": "bench.hostile_images",
    "coco": "bench.hostile_documents",
    "foreign": "bench.hostile_foreign",
    "project": "bench.hostile_projects",
    "weights": "bench.hostile_weights",
}
MOST_MB = 2_048.0
FAULTS = (End.FAULT, End.CRASH, End.HANG, End.ESCAPE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=sorted(READERS), help="files of one sort")
    parser.add_argument("--name", default="", help="files whose name has this text")
    parser.add_argument("--seed", default="1", help="of what is made at random")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args()
    sorts = tuple(MODULES) if options.only is None else (options.only,)
    chosen = (one for one in cases(sorts) if options.name in one.name)  # torch comes with the last sort
    outcomes = []
    for case in chosen:
        outcomes.append(opened(case, options.seed))
        if not options.json:
            print(line(outcomes[-1]), flush=True)
    found = totals(outcomes)
    print(
        json.dumps({"totals": found, "files": list(map(asdict, outcomes))}, indent=1) if options.json else words(found)
    )
    raise SystemExit(any(found[end] for end in FAULTS) or found["over 2 GB"] > 0)


def cases(sorts: Sequence[str]) -> Iterator[Case]:
    """Yield the files of some sorts: the odd images, where they are beside the checkout, and all that are made."""
    if "image" in sorts and ODD_IMAGES.is_dir():
        for path in sorted(one for one in ODD_IMAGES.iterdir() if one.is_file() and one.suffix != ".md"):
            yield Case(path.name, "image", partial(_copied, path))
    for sort in sorts:
        yield from import_module(MODULES[sort]).cases()


def opened(case: Case, seed: str, seconds: float = SECONDS) -> Outcome:
    """Return what came of a case."""
    with tempfile.TemporaryDirectory() as folder:
        return run(case, READERS[case.reader], Path(folder), seed, seconds)


def totals(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return how many files ended how, and how many took more memory than may be."""
    ends = Counter(outcome.end for outcome in outcomes)
    return {
        "files": len(outcomes),
        **{end.value: ends[end] for end in End},
        "over 2 GB": sum(outcome.peak_mb > MOST_MB for outcome in outcomes),
    }


def line(outcome: Outcome) -> str:
    """Return the row of the table."""
    said = outcome.said if len(outcome.said) <= 90 else f"...{outcome.said[-87:]}"
    figures = f"{outcome.seconds:6.1f} s {outcome.peak_mb:6.0f} MB"
    return f"{outcome.end:8} {figures}  {outcome.reader:8} {outcome.name[:56]:56} {said}"


def words(found: dict[str, int]) -> str:
    """Return the last line."""
    return ", ".join(f"{name} {count}" for name, count in found.items())


def _copied(path: Path, folder: Path, _: Random) -> Path:
    return Path(shutil.copy(path, folder))


if __name__ == "__main__":
    main()
