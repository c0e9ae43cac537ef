"""Coverage-guided fuzzing of what reads files from others: whatever the bytes, an answer or a sentence comes of them.

`python -m bench.fuzz coco --runs 100000`. A finding ends the run with its traceback, and its input is written to the
folder `--findings`. Inputs that lead to new code are kept in `--corpus`. Needs atheris: `pip install -e '.[fuzz]'`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.fuzz_targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence

SEEDS = Path(__file__).resolve().parents[1] / "tests" / "bench" / "corpus"
"""The inputs that `tests/bench/test_fuzz_corpus.py` replays, a folder for each target."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Fuzz one target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--corpus", type=Path, help="a folder that grows")
    parser.add_argument("--findings", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args(arguments)
    import atheris  # noqa: PLC0415 - of the extra `fuzz`, which nothing else needs

    with atheris.instrument_imports(include=["app", "detector", "json", "pickletools", "yaml"]):
        target = TARGETS[options.target]()
    corpora = [str(path) for path in (options.corpus, SEEDS / options.target) if path is not None and path.is_dir()]
    limits = ("-timeout=60", "-rss_limit_mb=3000")
    flags = [f"-atheris_runs={options.runs}", f"-artifact_prefix={options.findings}/", *limits]
    atheris.Setup([sys.argv[0], *flags, *corpora], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
