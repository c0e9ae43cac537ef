"""The first stage of a fine-tune: the head learns from cached features, and the best on the held-out images counts.

The predictor alone is tried first: it takes a second or two. Where that is enough, the box head stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from detector.head import Head, HeadSchedule, LabelledView, RoiTable, labelled, mixed_with, train_head
from detector.precision import sixteen_bit_type
from detector.vocabulary import imprint, transfer

if TYPE_CHECKING:
    from collections.abc import Generator

    from detector.checkpoints import Checkpoint
    from detector.held_out import BestHead
    from detector.lessons import Lessons
    from detector.model import FasterRCNN
    from detector.predictor import Predictor

PREDICTOR_STEPS = 100
PREDICTOR_RATE = 5e-3
HEAD_MEASURES = 12
"""How often the head is measured on the held-out images."""
PATIENCE = 3
"""Measurements in a row without a better one that end the stage, in its second half."""
MIXES = (0.25, 0.5, 0.75)
"""Shares of the new head in the mixtures with the old one that are tried (Wortsman et al. 2022), most of it last ..."""
ENOUGH_TO_MIX = 5
"""... where so many images are held out: the best of many on a few images is luck."""
IMPRINTED = 200
"""RoIs of a new category that its first row is made of, at most."""


class HeadState(NamedTuple):
    """Where the stage is: `step` of `steps`, its `loss`; `ap50` where the held-out images were just measured."""

    step: int
    steps: int
    loss: float | None = None
    ap50: float | None = None


def head_steps(images: int) -> int:
    """Return how many batches of RoIs the whole head learns from, for `images` corrected images."""
    return min(1000, 300 + 2 * images)


def prepare(
    base: Checkpoint, lessons: Lessons, served: Predictor, seed: int
) -> Generator[None, None, tuple[FasterRCNN, RoiTable]]:
    """Return `base` with the project's vocabulary, new rows imprinted from their examples, and all RoIs with labels.

    Yields after each image: a detection may be waiting.
    """
    torch.manual_seed(seed)  # of the rows of new categories without an example
    model = transfer(base.two_stage, base.categories, lessons.categories, lessons.corrections.aliases)
    views: list[LabelledView] = []
    for image, features in lessons.trained:
        views += labelled(image, features)
        yield
    for image, features in lessons.scene_features(served):
        views += labelled(image, features)
        yield
    table = RoiTable(views)
    for label in lessons.new:
        examples = table.features_of(label, IMPRINTED)
        if len(examples):
            with torch.no_grad():
                imprint(model, label, model.roi_heads.box_head(examples), lessons.new)
    return model, table


def learn(
    model: FasterRCNN,
    table: RoiTable,
    lessons: Lessons,
    best: BestHead,
    *,
    steps: int,
    seed: int,
    enough: float,
    device: torch.device,
) -> Generator[HeadState, None, None]:
    """Train copies of the head of `model` for `steps`, and let `best` measure them; `model` stays as it is.

    The predictor alone ends the stage if it reaches an AP50 of `enough` on the held-out images. Yields after each step
    and after each image that is measured.
    """
    mixed, coder = sixteen_bit_type(device) == torch.bfloat16, model.roi_heads.box_coder
    quick = HeadSchedule(PREDICTOR_STEPS, learning_rate=PREDICTOR_RATE, trains_box_head=False, mixed=mixed)
    whole = HeadSchedule(steps, mixed=mixed)
    old, total, before = Head(model).to(device), quick.steps + whole.steps, 0
    best.unmeasured = old  # what there is where somebody wants it at once
    yield from best.measure(old, HeadState(0, total))
    for schedule, measures in ((quick, 1), (whole, HEAD_MEASURES)):
        training = train_head(Head(model).to(device), table, coder, schedule, seed=seed, kept=lessons.absent())
        for step in training:
            best.unmeasured = step.average
            state = HeadState(before + step.step, total, step.loss)
            yield state
            if step.step % max(1, schedule.steps // measures) == 0:
                yield from best.measure(step.average, state)
                yield state._replace(ap50=best.latest)
            if schedule is whole and best.waited >= PATIENCE and step.step > steps // 2:
                break  # not in the first half, where the average is hardly trained
        if best.ap50 >= enough:
            return
        before = schedule.steps
    if lessons.kept and len(lessons.held_out) >= ENOUGH_TO_MIX:
        for share in MIXES:
            yield from best.measure(mixed_with(step.average, old, share), state)
