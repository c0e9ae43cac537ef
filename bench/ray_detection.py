"""Promise 17: two thousand images by `detect --engine ray` on one machine, beside its peer, the plain `detect`.

Both are the whole command, as a person runs it, in processes of their own: the start of Ray and of its workers is ours,
and so are the shards on the disk and joining them. They take turns, and what they write must be equal to the byte.
Beside the commands stand the images a second once all has started, which is what a longer run comes to, and what the
processor worked for each: on a busy machine a share of the clock goes by processes, and says little.

    python -m bench.ray_detection [--images N] [--rounds N] [--workers N]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.figures import Figure, share, show, times_more
from bench.image_folders import make_images
from bench.process_work import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IMAGES, QUICK = 2000, 128
ROUNDS = 1
MOST_OF_PLAIN = 1.10
ROOT = Path(__file__).resolve().parents[1]


class Command(NamedTuple):
    """What a `detect` took: `seconds` in all, images a second of what it says itself, seconds of the processor."""

    seconds: float
    rate: float
    worked: float | None


def figures(
    *, quick: bool = False, images: int | None = None, rounds: int = ROUNDS, workers: int | None = None
) -> Iterator[Figure]:
    """Yield the seconds of both commands, and their images a second. Nothing where the extra `ray` is not installed."""
    count = images or (QUICK if quick else IMAGES)
    title = f"{count:,} images by `detect --engine ray`, the whole command"
    if importlib.util.find_spec("ray") is None:
        yield Figure(title, 0.0, "s", target=share(MOST_OF_PLAIN), note="the extra `ray` is not installed")
        return
    options = ["--engine", "ray", *(["--workers", str(workers)] if workers else [])]
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "images"
        make_images(folder, count)
        plain, ray = [], []
        for turn in range(rounds):
            outputs = [Path(home) / f"{name}{turn}.json" for name in ("plain", "ray")]
            plain.append(_detect(folder, outputs[0], []))
            ray.append(_detect(folder, outputs[1], options))
            if outputs[0].read_bytes() != outputs[1].read_bytes():
                raise SystemExit("What the two engines write is not equal.")
    yield Figure(title, _median(ray, "seconds"), "s", _median(plain, "seconds"), "plain `detect`", share(MOST_OF_PLAIN))
    yield Figure(
        "the same, from the first look for a cluster on",
        _median(ray, "rate"),
        "images/s",
        _median(plain, "rate"),
        "plain, its model loaded",
        times_more(1 / MOST_OF_PLAIN),
    )
    if None not in [command.worked for command in (*plain, *ray)]:
        yield Figure(
            "the work of the processor for the whole command",
            _median(ray, "worked"),
            "s",
            _median(plain, "worked"),
            "plain `detect`",
            note="all processes, those of Ray too",
        )


def _detect(folder: Path, output: Path, options: Sequence[str]) -> Command:
    arguments = [sys.executable, "main.py", "detect", str(folder), "-o", str(output), "--json", *options]
    start = time.perf_counter()
    said, worked = run(arguments, ROOT)
    seconds = time.perf_counter() - start
    summary = json.loads(said.splitlines()[-1])
    return Command(seconds, summary["images"] / summary["seconds"], worked)


def _median(commands: Sequence[Command], field: str) -> float:
    return float(statistics.median(getattr(command, field) for command in commands))


def main() -> None:
    """Measure both engines in turn."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--workers", type=int, help="of Ray")
    options = parser.parse_args()
    show(figures(images=options.images, rounds=options.rounds, workers=options.workers))


if __name__ == "__main__":
    main()
