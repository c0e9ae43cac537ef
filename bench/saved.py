"""What one fine-tune saves on the images after it, in simulated corrections: a quick look at a change of the recipe.

The training part of a set in random order: the first images are corrected, the next ones looked at. That is one round
of `bench.replay`, which a change that wins here has to pass. A line of JSON for each stage says, at IoU 0.5, what is
saved at the score threshold that the fine-tune proposes and at the best one, with one suggestion for each object as the
window has it and with `several`, as NMS leaves them, and what the proposals cover. `learnt` is the same on the images
that were learnt from: what a detector saves that was told the answers before. `unfinished` names the images that look
as if most boxes were missing, as the window says before a fine-tune: of those looked at, and of those learnt from.

    python -m bench.saved dice --images 88 [--seed N] [--short-side N] [--views N] [--threads N]
"""

from __future__ import annotations

import argparse
import json
import random
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import torch

from app.model.annotations import Annotation, Category
from app.model.findings import Decided, Finder
from bench.proposing import recalls
from bench.real_sets import REAL_SETS, read_part
from detector import checkpoints, fine_tuning
from detector.coco import load_sample
from detector.corrections import from_dataset
from detector.effort import saved
from detector.evaluation import box_iou
from detector.filtering import select
from detector.fine_tune_values import Plan, SecondStage, Wishes
from detector.fine_tuning import fine_tune
from detector.held_out import ALL, SUGGESTED, THRESHOLDS
from detector.input_size import with_input
from detector.predictor import Predictor
from detector.tuned_model import TunedModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detector.checkpoints import Checkpoint
    from detector.types import Prediction, Sample, Thresholds

CPU = torch.device("cpu")
MOST_LOOKED_AT = 90
WAYS = {"one": SUGGESTED, "several": ALL}


def tuned_on(
    base: Checkpoint, name: str, images: int, plan: Plan
) -> Iterator[tuple[TunedModel, list[Sample], list[Sample], float]]:
    """Yield the model of each stage, the images that it knows, some that it does not, and the seconds that it took."""
    dataset = read_part(name, "train")
    order = sorted(dataset.images, key=lambda image: image.file_name)
    random.Random(plan.seed).shuffle(order)  # noqa: S311 - an order is no secret
    corrections = from_dataset(replace(dataset, images=tuple(order[:images])))
    start = time.perf_counter()
    made = [
        (step, time.perf_counter() - start)
        for step in fine_tune(base, corrections, plan, cache=None, wishes=Wishes(), device=CPU)
        if isinstance(step, TunedModel)
    ]
    samples = [load_sample(image) for image in order[: images + MOST_LOOKED_AT]]
    for tuned, seconds in made:
        yield tuned, samples[:images], samples[images:], seconds


def worth(tuned: TunedModel, seen: Sequence[Sample], unseen: Sequence[Sample]) -> dict[str, Any]:
    """Return what the model saves on images it has not seen, what its proposals cover, and what looks unfinished."""
    predictor = Predictor(tuned.model, tuned.categories, "bench", device=CPU, calibrations=tuned.calibrations)
    predictions = [predictor.predict(sample.image) for sample in unseen]
    found: dict[str, Any] = {}
    proposed = tuned.result.after.score_thresh if tuned.result.after else 0.5
    known = [predictor.predict(sample.image) for sample in seen]
    for way, thresholds in WAYS.items():
        found[way] = _at_best(unseen, predictions, thresholds, proposed)
    found["learnt"] = _at_best(seen, known, SUGGESTED, proposed)
    figures = recalls(unseen, [prediction.proposals.boxes for prediction in predictions])
    covered = {name: round(figures[name], 3) for name in ("recall@100", "recall@300")}
    doubted = {"unseen": unfinished(unseen, predictions), "learnt": unfinished(seen, known)}
    return {"stage": str(tuned.result.stage), "score_thresh": proposed, **found, **covered, "unfinished": doubted}


def _at_best(
    samples: Sequence[Sample], predictions: Sequence[Prediction], thresholds: Thresholds, proposed: float
) -> dict[str, float]:
    """Return what is saved at the score threshold `proposed` and at the best one, and which that is."""
    curve = [work_saved(samples, predictions, replace(thresholds, score_thresh=at)) for at in THRESHOLDS]
    best = int(np.argmax(curve))
    at_proposed = work_saved(samples, predictions, replace(thresholds, score_thresh=proposed))
    return {"saved": round(at_proposed, 3), "best": round(curve[best], 3), "best_thresh": THRESHOLDS[best]}


def unfinished(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> list[str]:
    """Return the names of the images that look unfinished to the window, were they reviewed as they are."""
    named: list[str] = []
    for sample, prediction in zip(samples, predictions, strict=True):
        categories = [Category(label, name, "") for label, name in enumerate(prediction.categories, 1)]
        rows = zip(sample.gt_boxes.tolist(), sample.labels.tolist(), sample.iscrowd.tolist(), strict=True)
        annotations = tuple(
            Annotation(place, 1, label, (x1, y1, x2, y2), iscrowd=iscrowd)
            for place, ((x1, y1, x2, y2), label, iscrowd) in enumerate(rows, 1)
        )
        if Finder(categories, SUGGESTED).find(prediction, Decided(1, annotations, reviewed=True)).unfinished:
            named.append(sample.name)
    return named


def work_saved(unseen: Sequence[Sample], predictions: Sequence[Prediction], thresholds: Thresholds) -> float:
    """Return 1 - corrections / objects; a crowd is no object."""
    gain = objects = 0
    for sample, prediction in zip(unseen, predictions, strict=True):
        single, shown = ~sample.iscrowd, select(prediction.candidates, thresholds.for_looks(prediction.looks))
        ious = box_iou(shown.boxes, sample.gt_boxes[single])
        gain += saved(ious, shown.labels[:, None] == sample.labels[None, single])
        objects += int(single.sum())
    return gain / objects


def main() -> None:
    """Print a line for each stage."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("set", choices=REAL_SETS)
    parser.add_argument("--images", type=int, required=True, help="that are corrected")
    parser.add_argument("--seed", type=int, default=0, help="of the order, and of the training")
    parser.add_argument("--short-side", type=int, help="of the network's input; by default what the objects ask for")
    parser.add_argument("--views", type=int, help="of the whole stage; by default 1300")
    parser.add_argument("--threads", type=int, help="of torch")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    base, plan = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS), Plan(SecondStage.ALWAYS, options.seed)
    plan = replace(plan, whole_views=options.views)
    as_it_is = patch.object(fine_tuning, "suited", lambda given, _images: given)
    if options.short_side:
        base = with_input(base, options.short_side)
    with as_it_is if options.short_side else nullcontext():
        for tuned, seen, unseen, seconds in tuned_on(base, options.set, options.images, plan):
            about = {"set": options.set, "images": options.images, "seed": options.seed, "seconds": round(seconds)}
            about["short_side"] = tuned.model.system.min_size
            print(json.dumps(about | worth(tuned, seen, unseen)), flush=True)


if __name__ == "__main__":
    main()
