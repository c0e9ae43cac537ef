"""How much of the work the loop saves on real images, in simulated corrections, and what each part of it is worth.

The training parts of bccd, dice and sketch are labeled by `app.replay`, in random order, with a fine-tune whenever the
window would suggest one. Rows: the whole loop and its peer, which has, in place of our fine-tune, torchvision's
reference training of all layers (`references/detection`: SGD, float32, two images a batch), from the same weights, on
the same images, for the wall time that ours took in the same round. At the first IoU also the shares of the parts: the
head stage alone; in file order; the most useful image first; and, where a set has images of which one object alone is
annotated, the loop without these. Without a fine-tune nothing is saved: the embedded
detector has none of the categories. `clicked` is the share of the missed objects whose box was a click on a proposal.

`python -m bench.replay --out cells.jsonl` computes what the file does not have yet, so it can be stopped at any time;
`python -m bench.replay --out cells.jsonl --report` prints the tables, and with `--plot saved.png` draws the rounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import asdict, fields, replace
from itertools import accumulate, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.model.simulated_labeler import Effort
from app.replay import Order, ReplayPlan, Round, replay
from app.workers.messages import VersionTrained
from bench.learning_curve import add_cell, read_cells
from bench.panels import OTHER, OURS, panels
from bench.real_sets import DATA, NO_SET, REAL_SETS, read_part
from bench.reference_loop import Reference, reference_batches
from detector import checkpoints
from detector.fine_tune_values import DataCounts, Progress, SecondStage, Stage, StageResult
from detector.images import read_image
from detector.vocabulary import transfer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from app.workers.messages import TrainRequest
    from detector.coco import CocoDataset

    Cell = dict[str, Any]

WHOLE, PEER, BROKEN_OFF = "whole loop", "torchvision", "no image with one box"
ROWS: dict[str, dict[str, Any]] = {
    WHOLE: {},
    PEER: {},
    "head alone": {"second_stage": SecondStage.NEVER},
    "file order": {"order": Order.FILE},
    "useful order": {"order": Order.USEFUL},
    BROKEN_OFF: {},
}
PROMISED = {"bccd": 0.75, "dice": 0.60, "sketch": 0.60}
"""Of the last half of the images, at IoU 0.5."""
IOUS = (0.5, 0.75)
COLORS = {WHOLE: OURS, PEER: OTHER}


def key_of(cell: Cell) -> tuple[str, str, float, int]:
    """Return what a cell is of: set, row, IoU, seed."""
    return cell["set"], cell["row"], cell["iou"], cell["seed"]


class Peer:
    """torchvision's training of all layers, before each round for as long as `seconds` says, from the first on."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self._seconds = seconds

    def train(self, request: TrainRequest) -> Generator[Progress | VersionTrained, None, None]:
        """Go on from the last model; learn from all reviewed images until the time is up."""
        stored, until = request.corrections(), time.perf_counter() + self._seconds[request.id - 1]
        names = stored.corrections.categories
        base = checkpoints.load(request.base or checkpoints.EMBEDDED_WEIGHTS)
        torch.manual_seed(request.id)
        model = transfer(base.two_stage, base.categories, names)
        reference, rng = Reference(model, all_layers=True), np.random.default_rng(request.id)
        images = [one for one in stored.corrections.images if len(one.gt_boxes)]
        ready = [(read_image(one.path), one.gt_boxes, one.labels) for one in images]
        while time.perf_counter() < until:
            for batch in reference_batches(ready, 1, rng):
                reference.step(batch)
                if time.perf_counter() >= until:
                    break
        path = request.heads / f"peer-{request.id}.safetensors"
        checkpoints.save(path, model.eval(), names)
        categories = tuple(zip(stored.category_ids, names, strict=True))
        counts = DataCounts(len(images), 0, sum(len(one.labels) for one in images), 0)
        result = StageResult(Stage.WHOLE, counts, None, None, is_better=True, proposal_recall=None, seconds=0.0)
        yield VersionTrained(request.id, path, checkpoints.load(path).version, categories, result)


def compute(out: Path, names: Sequence[str], rows: Sequence[str], ious: Sequence[float], seeds: Sequence[int]) -> None:
    """Compute the cells that are not there yet, and append each as soon as it is known."""
    for seed, iou, name, row in product(seeds, ious, names, rows):
        done = {key_of(cell): cell for cell in read_cells(out)}
        if (name, row, iou, seed) in done or (row == "file order" and seed != seeds[0]):
            continue
        if row not in (WHOLE, PEER) and iou != ious[0]:
            continue
        dataset = read_part(name, "train")
        if row == BROKEN_OFF:
            several = tuple(image for image in dataset.images if len(image.gt_boxes) > 1)
            if len(several) == len(dataset.images):
                continue
            dataset = replace(dataset, images=several)
        ours = done.get((name, WHOLE, iou, seed))
        if row == PEER and ours is None:
            print(f"{name}, IoU {iou}, seed {seed}: the peer needs the time that the whole loop took", flush=True)
            continue
        seconds = [] if ours is None else [one["seconds"] for one in ours["rounds"]]
        cell = {"set": name, "row": row, "iou": iou, "seed": seed, "threads": torch.get_num_threads()}
        plan, peer = ReplayPlan(seed=seed, good_iou=iou, **ROWS[row]), Peer(seconds) if row == PEER else None
        cell |= _worked(name, dataset, plan, peer)
        add_cell(out, cell)
        print(json.dumps({key: value for key, value in cell.items() if key != "rounds"}), flush=True)


def _worked(name: str, dataset: CocoDataset, plan: ReplayPlan, peer: Peer | None) -> Cell:
    """Return the figures of one way through a set."""
    trainer = None if peer is None else peer.train
    efforts: list[Effort] = []
    rounds: list[Cell] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(replay(dataset, DATA / name / "images", Path(folder) / "project", plan, trainer)) as steps,
    ):
        for step in steps:
            if isinstance(step, Effort):
                efforts.append(step)
            elif isinstance(step, Round):
                about = {"score_thresh": step.score_thresh, "seconds": step.seconds_of_training}
                rounds.append(asdict(step.effort) | about)
                print(f"{name}: {len(efforts)} images, {step.effort.work_saved:.1%} saved of the last", flush=True)
    whole, late = sum(efforts, Effort()), sum(efforts[len(efforts) // 2 :], Effort())
    saved = {"saved": whole.work_saved, "saved_late": late.work_saved}
    return {**saved, **asdict(whole), "rounds": rounds}


def tables(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the lines of the report: what is saved by each row, and the promises."""
    by_place = defaultdict(list)
    for cell in cells:
        by_place[cell["set"], cell["iou"], cell["row"]].append(cell)
    yield "| set | IoU | row | seeds | saved | last half | clicked | clicks | keys |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for (name, iou, row), found in sorted(by_place.items(), key=lambda one: (one[0][:2], list(ROWS).index(one[0][2]))):
        saved, late = (_spread([cell[key] for cell in found]) for key in ("saved", "saved_late"))
        clicks, keys = (f"{statistics.fmean(cell[key] for cell in found):.0f}" for key in ("clicks", "keys"))
        clicked = f"{sum(cell['by_proposal'] for cell in found) / max(1, sum(cell['added'] for cell in found)):.0%}"
        yield f"| {name} | {iou} | {row} | {len(found)} | {saved} | {late} | {clicked} | {clicks} | {keys} |"
    yield from _by_round(by_place)
    for name, least in PROMISED.items():
        if whole := by_place.get((name, 0.5, WHOLE)):
            reached = statistics.fmean(cell["saved_late"] for cell in whole)
            yield f"{name}: {reached:.1%} >= {least:.0%} {'held' if reached >= least else 'MISSED'}"


def _by_round(by_place: Mapping[tuple[str, float, str], Sequence[Cell]]) -> Iterator[str]:
    """Yield a table of the rounds: what is saved of each, the images before it in front; means over the seeds."""
    yield ""
    yield "| set | IoU | row | images reviewed before: work saved |"
    yield "| --- | --- | --- | --- |"
    for (name, iou, row), found in sorted(by_place.items(), key=lambda one: (one[0][:2], list(ROWS).index(one[0][2]))):
        rounds = [f"{before}: {statistics.fmean(saved):.0%}" for before, saved in zip(*_rounds(found), strict=True)]
        yield f"| {name} | {iou} | {row} | {', '.join(rounds)} |"
    yield ""


def draw(cells: Sequence[Cell], path: Path) -> None:
    """Write what each round saves at the first IoU as a PNG: a panel a set, the mean and the range of its seeds."""
    by_place = defaultdict(list)
    for cell in cells:
        if cell["iou"] == IOUS[0] and cell["row"] in COLORS:
            by_place[cell["set"], cell["row"]].append(cell)
    sets = sorted({name for name, _row in by_place})
    with panels(sets, "images reviewed before", "work saved", path) as by_set:
        for (name, row), found in sorted(by_place.items(), key=lambda one: (one[0][0], list(ROWS).index(one[0][1]))):
            before, saved = _rounds(found)
            means = [statistics.fmean(values) for values in saved]
            # A round that saves less than nothing is drawn as nothing; the tables have it.
            by_set[name].plot(before, np.maximum(means, 0), color=COLORS[row], marker="o", linewidth=2, label=row)
            low, high = [min(values) for values in saved], [max(values) for values in saved]
            by_set[name].fill_between(before, low, high, color=COLORS[row], alpha=0.25, linewidth=0)


def _rounds(cells: Sequence[Cell]) -> tuple[list[int], list[list[float]]]:
    """Return, for each round, how many images were reviewed before it, and what each of `cells` saved in it."""
    rounds = list(zip(*(cell["rounds"] for cell in cells), strict=False))
    before = list(accumulate((same[0]["images"] for same in rounds[:-1]), initial=0))
    return before, [[Effort(**_effort(one)).work_saved for one in same] for same in rounds]


def _effort(cell: Cell) -> dict[str, int]:
    return {one.name: cell[one.name] for one in fields(Effort)}


def _spread(values: Sequence[float]) -> str:
    mean = f"{statistics.fmean(values):.1%}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.1%} to {max(values):.1%})"


def main() -> None:
    """Compute cells, or report on those that there are."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="JSON lines, one cell each; cells in it are kept")
    parser.add_argument("--sets", nargs="+", choices=REAL_SETS, default=REAL_SETS)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--ious", nargs="+", type=float, default=IOUS)
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--threads", type=int, help="of torch")
    parser.add_argument("--report", action="store_true", help="compute nothing; print the tables")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw what there is by round")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    if not options.report:
        for folder in (DATA / name for name in options.sets if not (DATA / name).is_dir()):
            parser.error(NO_SET.format(folder))
        compute(options.out, options.sets, options.rows, options.ious, options.seeds)
    cells = read_cells(options.out)
    print("\n".join(tables(cells)))
    if options.plot:
        draw(cells, options.plot)


if __name__ == "__main__":
    main()
