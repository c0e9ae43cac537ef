"""Every system learns: ten joint steps by its own recipe, and eight scenes by heart. Small inputs, random weights."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from detector.dataset_training import Plan, train_on_dataset
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

QUICK_STEPS = (
    "embedded",
    "resnet50_fpn",
    "resnet50_fpn_v2",
    "mobilenet_v3_large_fpn",
    "mobilenet_v3_large_320_fpn",
    "zf",
    "rpn_r50_fpn",
    "rpn_r50_caffe_fpn",
    "d2_rpn_r50_fpn",
    "d2_rpn_r50_c4",
)
QUICK_SCENES = ("embedded", "zf")
RATES = {
    "embedded": 1e-3,
    "zf": 1e-3,
    "vgg16": 1e-3,
    # Its frozen norms, of random weights, leave little of the image.
    "mobilenet_v3_large_fpn": 0.1,
    "mobilenet_v3_large_320_fpn": 0.1,
}
"""From random weights, with two images a step; for the others about what their recipe has for a large batch."""


def marked(quick: tuple[str, ...]) -> list[object]:
    """All systems; those that are not quick are marked as slow."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in SYSTEMS]


def small(system: str) -> System:
    """The system with a small input, and as few proposals and RoIs as such an input needs."""
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


def fresh(system: str) -> Network:
    torch.manual_seed(0)
    row = small(system)
    return build(row, 1 if row.proposals_only else len(CATEGORIES))


def scenes(count: int) -> list[Sample]:
    """Scenes with one to three objects, none of them small."""
    drawn = (draw_scene(seed, (SIDE, SIDE)) for seed in itertools.count())
    fitting = (
        scene
        for scene in drawn
        if 1 <= len(scene.labels) <= 3 and (scene.gt_boxes[:, 2:] - scene.gt_boxes[:, :2]).min() >= LEAST
    )
    return list(itertools.islice(fitting, count))


@pytest.mark.parametrize("system", marked(QUICK_STEPS))
def test_that_the_loss_falls_in_ten_joint_steps(system: str) -> None:
    model = fresh(system)
    rate = RATES.get(system, 0.02 if model.system.proposals_only else 0.01)
    plan = Plan.of(model.system, epochs=10, batch_size=2, learning_rate=rate)
    losses = [step.loss for step in train_on_dataset(model, scenes(2), plan, CPU)]
    assert len(losses) == 10
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:2]), [round(loss, 3) for loss in losses]


@pytest.mark.parametrize("system", marked(QUICK_SCENES))
@pytest.mark.timeout(2400)
def test_that_eight_scenes_are_learnt_by_heart(system: str) -> None:
    model, images = fresh(system), scenes(8)
    batches = itertools.repeat(images)  # in one batch: what live norms measure in training is what they are tested with
    schedule = Schedule(steps=400, learning_rate=1e-3, warmup_steps=10, ema_decay=0.0, mixed=False)
    reached = 0.0
    for step in train_joint(model, batches, schedule, CPU):
        if step.step % 20 == 0:
            reached = known(step.average, images)
            if reached >= 0.9:
                break
    assert reached >= 0.9


def known(model: Network, images: list[Sample]) -> float:
    """AP50; of a network that only proposes, the share of objects that it finds with ten proposals."""
    names = ("object",) if model.system.proposals_only else CATEGORIES
    predictor = Predictor(model, names, "", device=CPU, precision="exact")
    predictions = [predictor.predict(image.image) for image in images]
    if model.system.proposals_only:
        return proposal_recall(
            [image.gt_boxes for image in images], [each.proposals.boxes for each in predictions], 10, 0.5
        )
    found = [select(prediction.candidates, Thresholds(0.05)) for prediction in predictions]
    return mean_average_precision(images, found)["AP50"]
