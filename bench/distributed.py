"""One process against two of torchrun on real images: what they reach, how long it takes, and what a kill costs.

The embedded detector learns the training part of a set, the same images a step, the same rate, from several seeds, and
is measured on the test part. "Within noise" is twice the standard error of the difference of the means over the seeds.
All have all cores: one process as so many threads, two with half of them each. From the first seed two more trainings
must end with the same bytes as one that is already there: one process of torchrun, and two of which the first, the one
that writes, is killed by SIGKILL some seconds after the first state of the training was written (Linux: processes are
found in /proc).

`python -m bench.distributed [--set bccd] [--seeds 0 1 2]`
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

from bench.real_sets import DATA, REAL_SETS
from detector.checkpoints import EMBEDDED_WEIGHTS
from detector.training_state import state_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 3600  # seconds of one training
POLL = 0.05  # seconds between two looks whether there is a state
LEAST_NOISE = 1.0  # points of AP: few seeds may happen to agree


@dataclass(frozen=True, slots=True)
class Run:
    """What a training reached: `steps` are the seconds of all its steps, `whole` those from start to exit."""

    AP: float
    AP50: float
    steps: float
    whole: float
    sha256: str


class Bench:
    """The trainings that `options` ask for, each into a folder of its own below `folder`."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder, self.done = options, folder, 0

    def train(self, seed: int, launcher: Sequence[str], threads: int, *, kill: bool = False) -> Run:
        """Train from `seed` by processes of so many `threads` each; with `kill`, one is killed on the way."""
        self.done += 1
        output = self.folder / str(self.done) / "m.safetensors"
        output.parent.mkdir()
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        since = time.monotonic()
        with subprocess.Popen(
            [sys.executable, *launcher, *self._words(seed, output)],
            env=environment, cwd=ROOT, stdout=PIPE, stderr=subprocess.DEVNULL, text=True,
        ) as process:  # fmt: skip
            try:
                if kill:
                    kill_first(process.pid, output, self.options.kill_after)
                said, _ = process.communicate(timeout=LONGEST)
            finally:
                process.terminate()
        if process.returncode:
            raise SystemExit(f"A training failed: {said}")
        whole, summary = time.monotonic() - since, json.loads(said.splitlines()[-1])
        sha256 = hashlib.sha256(output.read_bytes()).hexdigest()
        run = Run(summary["val"]["AP"], summary["val"]["AP50"], summary["seconds"], whole, sha256)
        print(f"seed {seed}, {' '.join(launcher[2:]) or 'no launcher'}: {run}", file=sys.stderr, flush=True)
        return run

    def _words(self, seed: int, output: Path) -> list[str]:
        of, options = self.options.data / self.options.set, self.options
        words: list[Any] = [
            *(ROOT / "main.py", "train", of / "annotations_train.json", "--images", of / "images"),
            *("--val", of / "annotations_test.json", "--from", EMBEDDED_WEIGHTS, "-o", output, "--json"),
            *("--epochs", options.epochs, "--batch-size", options.batch_size, "--seed", seed),
            *(("--device", options.device) if options.device else ()),
        ]
        return [str(word) for word in words]


def torchrun(processes: int, restarts: int = 0) -> list[str]:
    """Return the words of Python that start so many processes."""
    options = ["--standalone", "--nproc-per-node", str(processes), "--max-restarts", str(restarts)]
    return ["-m", "torch.distributed.run", *options]


def kill_first(launcher: int, output: Path, seconds: float) -> None:
    """Kill the first process of `launcher` so many seconds after the first state beside `output` was written."""
    until = time.monotonic() + LONGEST
    while not state_path(output).exists():
        if time.monotonic() > until:
            raise SystemExit("There was never a state of the training.")
        time.sleep(POLL)
    time.sleep(seconds)
    for child in Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split():
        if b"\0RANK=0\0" in Path(f"/proc/{child}/environ").read_bytes():
            os.kill(int(child), signal.SIGKILL)
            return
    raise SystemExit("The first process could not be found: it may have ended before it was killed.")


def table(runs: Sequence[tuple[Run, Run]], seeds: Sequence[int]) -> Iterator[str]:
    """Yield a table in Markdown of the runs by one and by two processes, and what they say."""
    yield "| seed | one: AP | AP50 | s | two: AP | AP50 | s |"
    yield "| --- |" + " ---: |" * 6
    for seed, pair in zip(seeds, runs, strict=True):
        cells = [f"{100 * run.AP:.1f} | {100 * run.AP50:.1f} | {run.steps:.0f}" for run in pair]
        yield f"| {seed} | {' | '.join(cells)} |"
    one, two = ([100 * pair[which].AP for pair in runs] for which in (0, 1))
    means = [f"{statistics.fmean(of):.1f} (deviation {statistics.stdev(of):.1f})" for of in (one, two) if len(of) > 1]
    if not means:
        return
    noise = max(LEAST_NOISE, 2 * math.sqrt((statistics.variance(one) + statistics.variance(two)) / len(one)))
    more = statistics.fmean(two) - statistics.fmean(one)
    verdict = "within" if abs(more) <= noise else "NOT within"
    yield f"\nMean AP {' and '.join(means)}: {more:+.1f} points, {verdict} noise ({noise:.1f} points)."


def equal(first: Run, second: Run) -> str:
    """Return whether both ended with the same file, in words."""
    return "the same bytes" if first.sha256 == second.sha256 else "OTHER BYTES"


def main() -> None:
    """Train by one and by two processes from each seed, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=REAL_SETS, default="bccd")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with the sets")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=8, help="images of a step, of all processes")
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--no-equality", action="store_true", help="leave out what must end with the same bytes")
    parser.add_argument("--kill-after", type=float, default=5, help="seconds after the first state")
    parser.add_argument("--device", default=None)
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        bench, half = Bench(options, Path(name)), max(1, cores // 2)
        runs = [(bench.train(seed, (), cores), bench.train(seed, torchrun(2), half)) for seed in options.seeds]
        print("\n".join(table(runs, options.seeds)), flush=True)
        if options.no_equality:
            return
        (one, two), seed = runs[0], options.seeds[0]
        print(f"One process of torchrun: {equal(one, bench.train(seed, torchrun(1), cores))} as without it.")
        restarted = bench.train(seed, torchrun(2, restarts=1), half, kill=True)
        print(
            f"Two, the first killed and restarted: {equal(two, restarted)}, {restarted.whole - two.whole:.0f} s more."
        )


if __name__ == "__main__":
    main()
