"""How good the labeler's click is: a click on each object of the test parts of bccd, dice and sketch, and a rough box.

A click makes the best proposal under the pointer a box, further clicks the next ones: the share of objects that the
first, the second or the third click gives a box with IoU of at least 0.7. Clicks fall on the centre, or around it with
a standard deviation of a tenth of the sides. Crowds are left out. With `--reviewed N` the embedded detector is
fine-tuned on the first N images of each training part before: minutes.

`python -m bench.clicks [--reviewed 25] [--sets bccd dice sketch]`
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from app.model.geometry import as_boxes, iou
from app.model.pointing import Pointing
from detector import checkpoints, coco
from detector.corrections import from_dataset
from detector.fine_tune_values import Wishes
from detector.fine_tuning import Plan, TunedModel, fine_tune
from detector.predictor import Predictor, open_predictor

SETS = ("bccd", "dice", "sketch")
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CLICKS, GOOD = 3, 0.7
NOISES = (0.0, 0.1)
NOTHING = as_boxes(())


def main() -> None:
    """Print a line for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="by default the embedded one")
    parser.add_argument("--reviewed", type=int, default=0, help="fine-tune on so many images first")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    print("| set | objects | at the centre: 1, 2, 3 clicks | around it: 1, 2, 3 clicks | a click, median |")
    print("| --- | ---: | --- | --- | ---: |")
    for name in options.sets:
        folder = options.data / name
        predictor = fine_tuned(options, folder) if options.reviewed else open_predictor(options.model, device="cpu")
        measure(predictor, name, folder)


def fine_tuned(options: argparse.Namespace, folder: Path) -> Predictor:
    """Return what a fine-tune on the first images leads to."""
    lessons = coco.read_dataset(folder / "annotations_train.json", folder / "images")
    corrections = from_dataset(replace(lessons, images=lessons.images[: options.reviewed]))
    base = checkpoints.load(options.model or checkpoints.EMBEDDED_WEIGHTS)
    device = torch.device("cpu")
    steps = fine_tune(base, corrections, Plan(), cache=None, wishes=Wishes(), device=device)
    best = [step for step in steps if isinstance(step, TunedModel) and step.result.is_better][-1]
    return Predictor(best.model, best.categories, "fine-tuned", device=device, calibrations=best.calibrations)


def measure(predictor: Predictor, name: str, folder: Path) -> None:
    """Click on every object of one set."""
    dataset = coco.read_dataset(folder / "annotations_test.json", folder / "images")
    random = np.random.default_rng(0)
    good = {noise: np.zeros(CLICKS) for noise in NOISES}
    seconds: list[float] = []
    objects = 0
    for image in dataset.images:
        boxes = image.gt_boxes[~image.iscrowd]
        objects += len(boxes)
        pointing = Pointing(predictor.predict(coco.load_sample(image).image))
        for box in boxes.astype(np.float64):
            centre, sides = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
            for noise in NOISES:
                x, y = np.clip(centre + random.normal(0, noise, 2) * sides, box[:2], box[2:]).tolist()
                start = time.perf_counter()
                taken = pointing.at(x, y, NOTHING)
                seconds.append(time.perf_counter() - start)
                fitting = np.flatnonzero(iou(taken[:CLICKS], box)[:, 0] >= GOOD)
                good[noise][fitting[0] if len(fitting) else CLICKS :] += 1
    shares = [", ".join(f"{share:.3f}" for share in good[noise] / objects) for noise in NOISES]
    print(f"| {name} | {objects} | {shares[0]} | {shares[1]} | {np.median(seconds) * 1e3:.2f} ms |", flush=True)


if __name__ == "__main__":
    main()
