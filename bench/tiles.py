"""Whether a fine-tune for images that are detected in tiles should learn from tiles: what each way saves.

Pages of several photographs of a set, as large as a scan or an aerial image: objects are as large as in those,
and much smaller where a page as a whole is made to fit the network. Pages of the training part are corrected; the work
saved on other pages, which are detected in tiles, is counted as by `bench.saved`. A line of JSON for each stage.

    python -m bench.tiles bccd [--pages N] [--unseen N] [--side N] [--seed N] [--views N] [--threads N]
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from bench.real_sets import REAL_SETS, read_part
from bench.saved import CPU, work_saved
from detector import checkpoints
from detector.coco import load_sample
from detector.corrections import CorrectedImage, Corrections
from detector.fine_tune_values import Plan, SecondStage, Wishes
from detector.fine_tuning import fine_tune
from detector.held_out import SUGGESTED, THRESHOLDS
from detector.predictor import Predictor
from detector.tiling import TILE, finished, predict_image
from detector.tuned_model import TunedModel
from detector.types import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence


def page_of(samples: Sequence[Sample], columns: int, name: str) -> Sample:
    """Return the images in rows of so many, each as large as it is, on grey."""
    rows = [samples[first : first + columns] for first in range(0, len(samples), columns)]
    heights = [max(sample.image_size[0] for sample in row) for row in rows]
    width = max(sum(sample.image_size[1] for sample in row) for row in rows)
    pixels = np.full((sum(heights), width, 3), 128, dtype=np.uint8)
    boxes, top = [], 0
    for row, high in zip(rows, heights, strict=True):
        left = 0
        for sample in row:
            height, wide = sample.image_size
            pixels[top : top + height, left : left + wide] = sample.image
            boxes.append(sample.gt_boxes + np.array([left, top, left, top], dtype=np.float32))
            left += wide
        top += high
    labels, crowds = (np.concatenate([getattr(one, key) for one in samples]) for key in ("labels", "iscrowd"))
    return Sample(pixels, np.concatenate(boxes), labels, name, crowds)


def pages(name: str, count: int, columns: int, seed: int) -> tuple[list[Sample], tuple[str, ...]]:
    """Return so many pages of the training part of a set, and the names of its categories."""
    dataset = read_part(name, "train")
    order = sorted(dataset.images, key=lambda image: image.file_name)
    random.Random(seed).shuffle(order)  # noqa: S311 - an order is no secret
    size = columns * columns
    parts = [order[first : first + size] for first in range(0, min(len(order) - size + 1, count * size), size)]
    made = [page_of([load_sample(image) for image in part], columns, f"{n}.png") for n, part in enumerate(parts)]
    return made, dataset.category_names


def main() -> None:
    """Print a line for each stage of each way."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("set", choices=REAL_SETS)
    parser.add_argument("--pages", type=int, default=8, help="that are corrected")
    parser.add_argument("--unseen", type=int, default=5, help="pages that are looked at afterwards")
    parser.add_argument("--side", type=int, default=4, help="photographs in a row, and rows")
    parser.add_argument("--seed", type=int, default=0, help="of the order, and of the training")
    parser.add_argument("--views", type=int, help="of the whole stage; by default 1300")
    parser.add_argument("--threads", type=int, help="of torch")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    made, names = pages(options.set, options.pages + options.unseen, options.side, options.seed)
    known, unseen = made[: options.pages], made[options.pages :]
    base, plan = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS), Plan(SecondStage.ALWAYS, options.seed)
    plan = replace(plan, whole_views=options.views)
    with tempfile.TemporaryDirectory() as folder:
        images = []
        for page in known:
            path = Path(folder) / page.name
            Image.fromarray(page.image).save(path, compress_level=1)
            images.append(CorrectedImage(path, page.name, page.gt_boxes, page.labels, iscrowd=page.iscrowd))
        for tile in (0, TILE):
            corrections, start = Corrections(tuple(images), names, tile=tile), time.perf_counter()
            for step in fine_tune(base, corrections, plan, cache=None, wishes=Wishes(), device=CPU):
                if isinstance(step, TunedModel):
                    about = {"set": options.set, "seed": options.seed, "pages": len(known), "learnt_in": tile}
                    about |= {"stage": str(step.result.stage), "seconds": round(time.perf_counter() - start)}
                    print(json.dumps(about | worth(step, unseen)), flush=True)


def worth(tuned: TunedModel, unseen: Sequence[Sample]) -> dict[str, float]:
    """Return what the model saves on pages, detected in tiles, at the threshold proposed and at the best one."""
    predictor = Predictor(tuned.model, tuned.categories, "bench", device=CPU, calibrations=tuned.calibrations)
    predictions = [finished(predict_image(predictor.predict, page.image, TILE)) for page in unseen]
    proposed = tuned.result.after.score_thresh if tuned.result.after else 0.5
    at_proposed, *curve = [
        work_saved(unseen, predictions, replace(SUGGESTED, score_thresh=at)) for at in (proposed, *THRESHOLDS)
    ]
    objects = sum(int((~page.iscrowd).sum()) for page in unseen)
    return {"objects": objects, "score_thresh": proposed, "saved": round(at_proposed, 3), "best": round(max(curve), 3)}


if __name__ == "__main__":
    main()
