"""What the fast precision costs in average precision: at most 0.2 points, measured against the exact one.

Both look at the same images with the same weights; only the precision differs. The embedded detector looks at its 500
held-out scenes as it is shipped, and at the test parts of bccd, dice and sketch after it has seen `--views` images of
their training parts. Any other system has no weights here: it learns eight small scenes by heart from random ones
(`bench.by_heart`) and is measured on them in eight brightnesses with eight grains each, so that what is rounded
differs. A network that only proposes is measured by its average recall with a hundred proposals.

`python -m bench.precisions [SYSTEM ...] [--sets scenes bccd dice sketch]`
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from bench.by_heart import CPU, SCENES, categories_of, fresh, learn, scenes
from bench.paper_training import SETS, open_lessons
from bench.real_sets import DATA
from bench.scoring import EVERYTHING
from detector import checkpoints
from detector.dataset_training import Plan, train_on_dataset
from detector.embedded import held_out_scenes
from detector.evaluation import mean_average_precision, proposal_recall
from detector.filtering import select
from detector.model import FasterRCNN
from detector.precision import sixteen_bit_type
from detector.predictor import Predictor
from detector.systems import SYSTEMS
from detector.vocabulary import transfer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detector.model import Network
    from detector.types import ByteArray, Sample

EMBEDDED = "embedded"
VIEWS = 600
HELD_OUT = 500
BRIGHTNESSES = (0.65, 0.75, 0.85, 0.95, 1.0, 1.05, 1.15, 1.25)
GRAINS, GRAIN = 8, 2.0
"""How many sorts of noise, and its deviation in grey levels."""
MOST_LOST = 0.2  # points of AP
LEARNT = 0.3
"""With less AP than this there is nothing to lose."""


class Loss(NamedTuple):
    """AP in [0, 1] of a model on a set in both precisions; of a network that only proposes, its AR@100."""

    system: str
    set: str
    images: int
    exact: float
    fast: float

    @property
    def points(self) -> float:
        """What the fast precision loses, in points."""
        return 100 * (self.exact - self.fast)


def compare(name: str, set_name: str, model: Network, categories: Sequence[str], images: Sequence[Sample]) -> Loss:
    """Return the average precision that `model` reaches on `images` in both precisions."""
    figures = {}
    for precision in ("exact", "fast"):
        predictor = Predictor(copy.deepcopy(model), categories, "", device=CPU, precision=precision)
        predictions = [predictor.predict(image.image) for image in images]
        if model.system.proposals_only:
            boxes = [image.gt_boxes for image in images]
            figures[precision] = proposal_recall(boxes, [each.proposals.boxes for each in predictions], 100)
        else:
            found = [select(each.candidates, EVERYTHING) for each in predictions]
            figures[precision] = mean_average_precision(images, found)["AP"]
    return Loss(name, set_name, len(images), figures["exact"], figures["fast"])


def of_embedded(set_name: str, views: int) -> Loss:
    """Return the loss of the embedded detector on one of `SETS`."""
    shipped = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS)
    if set_name == "scenes":
        return compare(EMBEDDED, set_name, shipped.model, shipped.categories, held_out_scenes(HELD_OUT))
    lessons = open_lessons(set_name, DATA)
    torch.manual_seed(0)
    assert isinstance(shipped.model, FasterRCNN)
    model = transfer(shipped.model, shipped.categories, lessons.categories)
    epochs = max(1, round(views / len(lessons.train)))
    plan = Plan.of(model.system, epochs=epochs, pretrained=True, recolours=True)
    plan = replace(plan, recipe=replace(plan.recipe, frozen_norms=True))
    learnt: Network = model
    for step in train_on_dataset(model, lessons.train, plan, CPU):
        learnt = step.average
    return compare(EMBEDDED, set_name, learnt, lessons.categories, lessons.test)


def by_heart(system: str) -> Loss:
    """Return the loss of a system that knows eight small scenes by heart."""
    images = scenes(SCENES)
    model, _ = learn(fresh(system), images)
    rng = np.random.default_rng(0)
    views = [
        replace(image, image=_seen(image.image, brightness, rng))
        for image in images
        for brightness in BRIGHTNESSES
        for _ in range(GRAINS)
    ]
    return compare(system, "by heart", model, categories_of(model.system), views)


def _seen(image: ByteArray, brightness: float, rng: np.random.Generator) -> ByteArray:
    """Return the image as a camera might have it."""
    return np.clip(image * brightness + rng.normal(0, GRAIN, image.shape), 0, 255).astype(np.uint8)


def losses(systems: Sequence[str], sets: Sequence[str], views: int) -> Iterator[Loss]:
    """Yield what each system loses: the embedded detector on each of `sets`, the others on what they know by heart."""
    for system in systems:
        if system == EMBEDDED:
            yield from (of_embedded(name, views) for name in sets)
        else:
            yield by_heart(system)


def row(loss: Loss) -> str:
    """Return a row of the table, in Markdown."""
    verdict = "held" if loss.points <= MOST_LOST else "MISSED"
    if loss.exact < LEARNT:
        verdict = "not decided, for want of training"
    figures = f"{100 * loss.exact:.2f} | {100 * loss.fast:.2f} | {loss.points:+.2f}"
    return f"| {loss.system} | {loss.set} | {loss.images} | {figures} | {verdict} |"


def main() -> None:
    """Measure the systems named on the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=f"by default {EMBEDDED}")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS, help=f"of {EMBEDDED}")
    parser.add_argument("--views", type=int, default=VIEWS, help="of training images of each real set")
    options = parser.parse_args()
    if unknown := [name for name in options.systems if name not in SYSTEMS]:
        parser.error(f"there is no {', '.join(unknown)} here: choose from {', '.join(SYSTEMS)}")
    print(f"Fast is {str(sixteen_bit_type(CPU) or torch.float32).removeprefix('torch.')} on this CPU.")
    print("| system | set | images | exact AP | fast AP | points lost | at most 0.2 |")
    print("| --- | --- | ---: | ---: | ---: | ---: | --- |")
    for loss in losses(options.systems or (EMBEDDED,), options.sets, options.views):
        print(row(loss), flush=True)


if __name__ == "__main__":
    main()
