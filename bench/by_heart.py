"""A few small scenes that any system learns by heart in minutes, from random weights: what it takes to try them all."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from detector.evaluation import mean_average_precision, proposal_recall
from detector.filtering import select
from detector.model import build
from detector.predictor import Predictor
from detector.scenes import CATEGORIES, draw_scene
from detector.schedule import Schedule
from detector.systems import SYSTEMS
from detector.training import train_joint
from detector.types import Thresholds

if TYPE_CHECKING:
    from detector.model import Network
    from detector.system import System
    from detector.types import Sample

CPU = torch.device("cpu")
SIDE = 128
LEAST = 24
"""Pixels that an object of these scenes measures at least: half a cell of a coarse map is nothing to learn."""
SCENES = 8
KNOWN = 0.9
SCHEDULE = Schedule(steps=400, learning_rate=1e-3, warmup_steps=10, ema_decay=0.0, mixed=False)


def small(system: str) -> System:
    """Return a system with a small input, and as few proposals and RoIs as such an input needs."""
    row = replace(
        SYSTEMS[system],
        min_size=SIDE,
        max_size=SIDE,
        train_min_sizes=(),
        rpn_pre_nms_top_n=(200, 200),
        rpn_post_nms_top_n=(64, 64),
        box_batch_size_per_image=32,
    )
    if row.box_head == "layer4":  # a whole block of a ResNet for each RoI
        row = replace(row, rpn_post_nms_top_n=(32, 32), box_batch_size_per_image=16)
    if row.family == "paper":  # its anchors would leave the image
        row = replace(row, anchor_sizes=((16, 32, 64),), rpn_min_size=8)
    return replace(row, representation_size=512) if row.box_head == "dropout_fc" else row


def categories_of(system: System) -> tuple[str, ...]:
    """Return the names of what a system finds on scenes."""
    return ("object",) if system.proposals_only else CATEGORIES


def fresh(system: str) -> Network:
    """Return the small form of a system with random weights, always the same."""
    torch.manual_seed(0)
    row = small(system)
    return build(row, len(categories_of(row)))


def scenes(count: int) -> list[Sample]:
    """Return scenes with one to three objects, none of them small."""
    drawn = (draw_scene(seed, (SIDE, SIDE)) for seed in itertools.count())
    fitting = (
        scene
        for scene in drawn
        if 1 <= len(scene.labels) <= 3 and (scene.gt_boxes[:, 2:] - scene.gt_boxes[:, :2]).min() >= LEAST
    )
    return list(itertools.islice(fitting, count))


def learn(model: Network, images: list[Sample]) -> tuple[Network, float]:
    """Train until `images` are known by heart or the steps are used up; return the last model and how well it knows."""
    batches = itertools.repeat(images)  # in one batch: what live norms measure in training is what they are tested with
    reached, learnt = 0.0, model
    for step in train_joint(model, batches, SCHEDULE, CPU):
        if step.step % 20 == 0:
            reached, learnt = known(step.average, images), step.average
            if reached >= KNOWN:
                break
    return learnt, reached


def known(model: Network, images: list[Sample]) -> float:
    """Return AP50; of a network that only proposes, the share of objects that it finds with ten proposals."""
    predictor = Predictor(model, categories_of(model.system), "", device=CPU, precision="exact")
    predictions = [predictor.predict(image.image) for image in images]
    if model.system.proposals_only:
        return proposal_recall(
            [image.gt_boxes for image in images], [each.proposals.boxes for each in predictions], 10, 0.5
        )
    found = [select(prediction.candidates, Thresholds(0.05)) for prediction in predictions]
    return mean_average_precision(images, found)["AP50"]
