"""What the paper claims of its parts, measured on procedural scenes and on real images, with a detector trained there.

Ren et al. compare the proposals of the RPN with those of Selective Search, 300 proposals with 1000, nine anchors with
one, and features that both stages share with features of two networks. The same is done here with the small detector of
`bench.paper_training`: it learns from the training part of each set and is measured on the test part. "Unshared" is, as
in the paper, what there is after two of the four steps of alternating training: an RPN, and a second stage that was
trained on its proposals and has a backbone of its own. AP50 is COCO's; detections go through NMS at 0.3, as there.

`python -m bench.paper --out cells.jsonl` prints tables and a sentence a claim. What the file has already is not
computed again, so that it can be stopped at any time; without `--out` nothing is kept.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from bench.learning_curve import add_cell, read_cells
from bench.paper_report import judged, report
from bench.paper_training import NINE_ANCHORS, ONE_ANCHOR, SETS, alternate, open_lessons, train
from bench.proposing import LIMITS, WITHOUT_OPENCV, recalls, region_proposals, selective_search
from bench.real_sets import DATA, REAL_SETS
from detector.devices import choose_device
from detector.evaluation import mean_average_precision
from detector.filtering import select
from detector.model import FasterRCNN, build
from detector.predictor import Predictor
from detector.types import Candidates, Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.paper_report import Cell, Figures
    from bench.paper_training import Lessons

VIEWS = 1400
AT = Thresholds(score_thresh=0.0, nms_thresh=NINE_ANCHORS.box_nms_thresh)
FLOOR = 0.02  # of the scores that AP looks at
USUAL = NINE_ANCHORS.rpn_post_nms_top_n[1]  # proposals in use


class Course:
    """One set and one seed: the detectors that are trained on it, each when it is first asked for."""

    def __init__(self, lessons: Lessons, views: int, seed: int, device: torch.device, searched: int) -> None:
        self.lessons, self.views, self.seed, self.device, self.searched = lessons, views, seed, device, searched

    @cached_property
    def _nine(self) -> FasterRCNN:
        return train(NINE_ANCHORS, self.lessons, self.views, self.seed, self.device).model

    def proposals(self) -> Figures:
        """Return times and recalls of what both methods propose; of the RPN alone where there is no opencv."""
        samples = self.lessons.test[: self.searched]
        images = [sample.image for sample in samples]
        network, its_parts = region_proposals(widened(self._nine, max(LIMITS)), images, self.device)
        methods = {"RPN": network, "Selective Search": selective_search(images, torch.get_num_threads())}
        figures = {"convolutions ms": its_parts.convolutions, "RPN layers ms": its_parts.rpn_layers}
        for name, found in methods.items():
            if found is not None:
                figures[f"{name} ms"] = 1e3 * float(np.median(found.seconds))
                figures |= {f"{name} {key}": value for key, value in recalls(samples, found.proposals).items()}
        return figures

    def counts(self) -> Figures:
        """Return the average precision with each number of proposals."""
        return average_precision(self._nine, self.lessons, self.device, LIMITS)

    def anchors(self) -> Figures:
        """Return the average precision with nine anchor shapes and with one."""
        one = train(ONE_ANCHOR, self.lessons, self.views, self.seed, self.device).model
        return self._compared({"nine": self._nine, "one": one})

    def sharing(self) -> Figures:
        """Return the average precision of two stages that share their features, and of two that do not."""
        trained = alternate(NINE_ANCHORS, self.lessons, self.views, self.seed, self.device)
        return self._compared({"shared": trained.shared, "unshared": trained.unshared})

    def _compared(self, models: dict[str, FasterRCNN]) -> Figures:
        """Return the figures of each of `models` by its name, at the usual number of proposals."""
        return {
            f"{name} {key.removesuffix(f'@{USUAL}')}": value
            for name, model in models.items()
            for key, value in average_precision(model, self.lessons, self.device, (USUAL,)).items()
        }


PARTS: dict[str, Callable[[Course], Figures]] = {
    "proposals": Course.proposals,
    "counts": Course.counts,
    "anchors": Course.anchors,
    "sharing": Course.sharing,
}


def widened(model: FasterRCNN, limit: int) -> FasterRCNN:
    """Return a copy of `model` that keeps `limit` proposals."""
    training, _ = model.system.rpn_post_nms_top_n
    twin = build(replace(model.system, rpn_post_nms_top_n=(training, limit)), model.num_categories)
    assert isinstance(twin, FasterRCNN)
    twin.load_state_dict(model.state_dict())
    return twin.eval()


def average_precision(
    model: FasterRCNN, lessons: Lessons, device: torch.device, limits: tuple[int, ...]
) -> dict[str, float]:
    """Return `AP@N` and `AP50@N`, shares of one, with the N best proposals, for each N of `limits`.

    The images are looked at once: the head sees one proposal at a time, so fewer are a prefix of many.
    """
    predictor = Predictor(
        model if limits == (USUAL,) else widened(model, max(limits)),
        lessons.categories,
        "bench",
        device=device,
        precision="exact",
        score_floor=FLOOR,
    )
    candidates = [predictor.predict(sample.image).candidates for sample in lessons.test]
    figures: dict[str, float] = {}
    for limit in limits:
        found = [select(of_best(one, limit), AT) for one in candidates]
        measured = mean_average_precision(lessons.test, found, lessons.categories)
        figures |= {f"{key}@{limit}": measured[key] for key in ("AP", "AP50")}
    return figures


def of_best(candidates: Candidates, limit: int) -> Candidates:
    """Return the candidates of the `limit` best proposals."""
    mine = candidates.proposal_indices < limit
    return Candidates(
        candidates.boxes[mine], candidates.scores[mine], candidates.labels[mine], candidates.proposal_indices[mine]
    )


def compute(options: argparse.Namespace, device: torch.device) -> list[Cell]:
    """Return the cells that are asked for, computing those that there are not yet."""
    kept = read_cells(options.out) if options.out else []
    budget = {"views": options.views, "tests": options.tests}
    machine = {"device": str(device), "threads": torch.get_num_threads()}
    cells: list[Cell] = []
    for seed, name in product(options.seeds, options.sets):
        course: Course | None = None
        for part in options.part:
            about = {"part": part, "set": name, "seed": seed} | budget
            done = next((cell for cell in kept if about.items() <= cell.items()), None)
            if done is None:
                course = course or Course(
                    open_lessons(name, options.data, options.tests), options.views, seed, device, options.searched
                )
                done = about | machine | {"figures": PARTS[part](course)}
                if options.out:
                    add_cell(options.out, done)
            cells.append(done)
    return cells


def main() -> None:
    """Measure, and say which claims hold."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=tuple(PARTS))
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=(0,))
    parser.add_argument("--views", type=int, default=VIEWS, help="images that a joint training sees")
    parser.add_argument("--tests", type=int, help="images of a test part to measure on; by default all")
    parser.add_argument("--searched", type=int, default=40, help="of these, images that proposals are compared on")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the real sets")
    parser.add_argument("--device", help="cuda, mps or cpu; by default the best there is")
    parser.add_argument("--threads", type=int, help="of torch and of Selective Search")
    parser.add_argument("--out", type=Path, help="JSON lines, one cell each; cells in it are kept")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the tables")
    options = parser.parse_args()
    missing = [name for name in options.sets if name in REAL_SETS and not (options.data / name).is_dir()]
    if missing:
        parser.error(f"{', '.join(missing)} cannot be found in {options.data}: say where with --data, or --sets scenes")
    if options.threads:
        torch.set_num_threads(options.threads)
    cells = compute(options, choose_device(options.device))
    if options.json:
        sentences = [one.sentence for one in judged(cells)]
        print(json.dumps({"cells": cells, "claims": sentences}, indent=1))
        return
    print("\n".join(report(cells)))
    proposed = [cell for cell in cells if cell["part"] == "proposals"]
    if proposed and not any("Selective Search ms" in cell["figures"] for cell in proposed):
        print(WITHOUT_OPENCV)


if __name__ == "__main__":
    main()
