"""How good the labeler's click is: a click on each object of the test parts of bccd, dice and sketch, and a rough box.

A click makes the best proposal under the pointer a box, further clicks the next ones: the share of objects that the
first, the second or the third click gives a box with IoU of at least 0.7. Clicks fall on the centre, or around it with
a standard deviation of a tenth of the sides. A rough box has each side off by a standard deviation of a tenth; where
the detector offers a fit, it is taken: its mean IoU before and after, and the share of boxes with an offer. The medians
are of a click and of a second look at a box. Crowds are left out. With `--reviewed N` the embedded detector is
fine-tuned on the first N images of each training part before: minutes.

`python -m bench.clicks [--reviewed 25] [--sets bccd dice sketch]`
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.model.annotations import Annotation, Box
from app.model.geometry import as_boxes, clip, iou
from app.model.offers import offer_for
from app.model.pointing import Pointing
from bench.real_sets import DATA, REAL_SETS, read_part
from detector import checkpoints, coco
from detector.corrections import from_dataset
from detector.fine_tune_values import Plan, Wishes
from detector.fine_tuning import fine_tune
from detector.predictor import Predictor, open_predictor
from detector.tuned_model import TunedModel

if TYPE_CHECKING:
    from detector.coco import CocoDataset

CLICKS, GOOD = 3, 0.7
NOISES = (0.0, 0.1)
ROUGH = 0.1
KEY = "the image at hand"
NOTHING = as_boxes(())


def main() -> None:
    """Print a line for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="by default the embedded one")
    parser.add_argument("--reviewed", type=int, default=0, help="fine-tune on so many images first")
    parser.add_argument("--sets", nargs="+", choices=REAL_SETS, default=REAL_SETS)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    print("| set | objects | at the centre: 1, 2, 3 clicks | around it | IoU of a rough box | offered | medians |")
    print("| --- | ---: | --- | --- | --- | --- | --- |")
    for name in options.sets:
        predictor = fine_tuned(options, name) if options.reviewed else open_predictor(options.model, device="cpu")
        measure(predictor, name, read_part(name, "test", options.data))


def fine_tuned(options: argparse.Namespace, name: str) -> Predictor:
    """Return what a fine-tune on the first images of a set leads to."""
    lessons = read_part(name, "train", options.data)
    corrections = from_dataset(replace(lessons, images=lessons.images[: options.reviewed]))
    base = checkpoints.load(options.model or checkpoints.EMBEDDED_WEIGHTS)
    device = torch.device("cpu")
    steps = fine_tune(base, corrections, Plan(), cache=None, wishes=Wishes(), device=device)
    better = [step for step in steps if isinstance(step, TunedModel) and step.result.is_better]
    if not better:
        raise SystemExit(f"A fine-tune on {options.reviewed} images of {name} made nothing better.")
    best = better[-1]
    return Predictor(best.model, best.categories, "fine-tuned", device=device, calibrations=best.calibrations)


class Clicks:
    """The share of objects that few clicks give a good box, by how far from the centre they fall."""

    def __init__(self) -> None:
        self.good = {noise: np.zeros(CLICKS) for noise in NOISES}
        self.seconds: list[float] = []

    def add(self, pointing: Pointing, box: Box, random: np.random.Generator) -> None:
        """Click on an object that has this box."""
        corners = np.array(box)
        centre, sides = (corners[:2] + corners[2:]) / 2, corners[2:] - corners[:2]
        for noise in NOISES:
            x, y = np.clip(centre + random.normal(0, noise, 2) * sides, corners[:2], corners[2:]).tolist()
            start = time.perf_counter()
            taken = pointing.at(x, y, NOTHING)
            self.seconds.append(time.perf_counter() - start)
            fitting = np.flatnonzero(iou(taken[:CLICKS], box)[:, 0] >= GOOD)
            self.good[noise][fitting[0] if len(fitting) else CLICKS :] += 1


class Fits:
    """The IoU of rough boxes before and after the fits that are offered for them are taken."""

    def __init__(self) -> None:
        self.drawn: list[float] = []
        self.fitted: list[float] = []
        self.offered: list[bool] = []
        self.seconds: list[float] = []

    def add(
        self,
        predictor: Predictor,
        boxes: list[Box],
        names: list[str],
        size: tuple[int, int],
        random: np.random.Generator,
    ) -> None:
        """Draw a rough box around each of these objects of the image that was looked at last."""
        for box, name in zip(boxes, names, strict=True):
            sides = np.tile(np.array(box[2:]) - box[:2], 2)
            rough = clip(tuple((np.array(box) + random.normal(0, ROUGH, 4) * sides).tolist()), size)
            if rough is None:
                continue
            start = time.perf_counter()
            refinement = predictor.refine(KEY, [rough])
            self.seconds.append(time.perf_counter() - start)
            assert refinement is not None
            offer = offer_for(Annotation(1, 1, 1, rough), name, refinement, predictor.categories, names)
            fit = offer.box if offer is not None and offer.box is not None else rough
            self.offered.append(fit != rough)
            self.drawn.append(float(iou(rough, box)[0, 0]))
            self.fitted.append(float(iou(fit, box)[0, 0]))


def measure(predictor: Predictor, name: str, dataset: CocoDataset) -> None:
    """Click on every object of one set, and draw a rough box around it."""
    random = np.random.default_rng(0)
    clicks, fits = Clicks(), Fits()
    objects = 0
    for image in dataset.images:
        sample = coco.load_sample(image)
        prediction = predictor.predict(sample.image, KEY)
        boxes: list[Box] = [tuple(box) for box in image.gt_boxes[~image.iscrowd].astype(np.float64).tolist()]
        names = [dataset.category_names[label - 1] for label in image.labels[~image.iscrowd].tolist()]
        objects += len(boxes)
        pointing = Pointing(prediction)
        for box in boxes:
            clicks.add(pointing, box, random)
        fits.add(predictor, boxes, names, prediction.image_size, random)
    shares = [", ".join(f"{share:.3f}" for share in clicks.good[noise] / objects) for noise in NOISES]
    times = f"{np.median(clicks.seconds) * 1e3:.2f} ms, {np.median(fits.seconds) * 1e3:.1f} ms"
    rough = f"{np.mean(fits.drawn):.3f} → {np.mean(fits.fitted):.3f} | {np.mean(fits.offered):.2f}"
    print(f"| {name} | {objects} | {shares[0]} | {shares[1]} | {rough} | {times} |", flush=True)


if __name__ == "__main__":
    main()
