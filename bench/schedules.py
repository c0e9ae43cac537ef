"""Joint training against four-step alternating training: the average precision of both, and how long they take.

Ren et al. 2015, section 3.2: joint training "produces close results, yet reduces the training time by about 25-50 %
comparing with alternating training". Here the small detector of `bench.paper_training` learns scenes by both, from the
same weights, with as many epochs a step as the authors' programs have for each epoch of joint training: 16 for 28.
Seconds are those that the cores of a CPU worked, or those of the clock beside a GPU.

`python -m bench.schedules`
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import TYPE_CHECKING

import torch

from bench.paper import average_precision
from bench.paper_report import LEARNT
from bench.paper_training import NINE_ANCHORS, SETS, alternate, open_lessons, train
from bench.real_sets import DATA
from detector.devices import choose_device

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.paper_training import Lessons

VIEWS = 1400
LIMIT = NINE_ANCHORS.rpn_post_nms_top_n[1]
CLOSE = 0.02  # of AP50, between the two means
SAVED = (0.25, 0.50)  # the paper

Run = dict[str, float]


def compare(lessons: Lessons, views: int, seed: int, device: torch.device) -> Run:
    """Return AP, AP50 and seconds of both schedules from one seed."""
    joint = train(NINE_ANCHORS, lessons, views, seed, device)
    alternating = alternate(NINE_ANCHORS, lessons, views, seed, device)
    run: Run = {"seed": seed}
    for name, model, seconds in (
        ("joint", joint.model, joint.seconds),
        ("alternating", alternating.shared, alternating.seconds),
    ):
        figures = average_precision(model, lessons, device, (LIMIT,))
        run |= {f"{name} {key}": figures[f"{key}@{LIMIT}"] for key in ("AP", "AP50")} | {f"{name} seconds": seconds}
    return run


def table(runs: Sequence[Run]) -> Iterator[str]:
    """Yield a table in Markdown of the runs and their means, and a sentence for each half of the claim."""
    yield "| seed | joint AP | AP50 | s | alternating AP | AP50 | s | time saved |"
    yield "| --- |" + " ---: |" * 7
    for run in runs:
        yield row(str(int(run["seed"])), run)
    mean = {key: statistics.fmean(run[key] for run in runs) for key in runs[0]}
    yield row("mean", mean)
    yield ""
    more, share, (low, high) = mean["joint AP50"] - mean["alternating AP50"], saved(mean), SAVED
    verdict = "holds" if abs(more) <= CLOSE else "does not hold"
    if max(mean["joint AP50"], mean["alternating AP50"]) < LEARNT:
        verdict = "is not decided, for want of training"
    yield f"- Joint training produces close results: {verdict}, its AP50 is {100 * more:+.1f} points from the other."
    verdict = "holds" if low <= share <= high else f"does not hold, it is {'more' if share > high else 'less'}"
    yield f"- It saves {low:.0%} to {high:.0%} of the time: {verdict}: {share:.0%}."


def saved(run: Run) -> float:
    """Return the share of the time of alternating training that joint training saves; below 0 it takes longer."""
    return 1 - run["joint seconds"] / run["alternating seconds"]


def row(title: str, run: Run) -> str:
    """Return a row of the table; average precision in points."""
    cells = []
    for name in ("joint", "alternating"):
        cells += [f"{100 * run[f'{name} {key}']:.1f}" for key in ("AP", "AP50")]
        cells.append(f"{run[f'{name} seconds']:.0f}")
    return f"| {title} | {' | '.join(cells)} | {saved(run):.0%} |"


def main() -> None:
    """Train by both schedules from each seed, and say what holds."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--set", choices=SETS, default=SETS[0], dest="name")
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--views", type=int, default=VIEWS, help="images that a joint training sees")
    parser.add_argument("--tests", type=int, help="images to measure on; by default all")
    parser.add_argument("--device", help="cuda, mps or cpu; by default the best there is")
    parser.add_argument("--threads", type=int, help="of torch")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    lessons, device = open_lessons(options.name, DATA, options.tests), choose_device(options.device)
    runs = [compare(lessons, options.views, seed, device) for seed in options.seeds]
    print(json.dumps(runs, indent=1) if options.json else "\n".join(table(runs)))


if __name__ == "__main__":
    main()
