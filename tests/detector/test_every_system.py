"""Every system learns: ten joint steps by its own recipe, and eight scenes by heart. Small inputs, random weights."""

from __future__ import annotations

import numpy as np
import pytest

from bench.by_heart import CPU, KNOWN, SCENES, fresh, learn, scenes
from detector.dataset_training import Plan, train_on_dataset
from detector.systems import SYSTEMS

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
    _, reached = learn(fresh(system), scenes(SCENES))
    assert reached >= KNOWN
