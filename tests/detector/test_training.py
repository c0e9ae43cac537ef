from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from detector.model import build
from detector.systems import SYSTEMS
from detector.training import Schedule, train_joint
from detector.types import DetectorError, Sample

CPU = torch.device("cpu")


def square(seed, label=1):
    """A bright square on noise: the easiest thing to detect."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 60, (64, 64, 3), dtype=np.uint8)
    x, y = rng.integers(4, 30, 2)
    image[y : y + 26, x : x + 26] = 230
    return Sample(image, [[x, y, x + 26, y + 26]], [label], name=f"square-{seed}")


def fresh():
    torch.manual_seed(0)
    return build(SYSTEMS["embedded"], 1)


def test_that_the_loss_falls_and_the_average_ends_in_the_model():
    model = fresh()
    batches = itertools.cycle([[square(1), square(2)]])
    schedule = Schedule(steps=12, warmup_steps=2, ema_decay=0.5)
    steps = list(train_joint(model, batches, schedule, CPU))
    assert [step.step for step in steps] == list(range(1, 13))
    assert steps[-1].images_seen == 24
    assert np.mean([s.loss for s in steps[-3:]]) < 0.8 * steps[0].loss
    assert not model.training
    for name, value in steps[-1].average.state_dict().items():
        assert torch.equal(model.state_dict()[name], value)


def test_that_training_ends_with_the_last_batch():
    assert len(list(train_joint(fresh(), [[square(1)]] * 2, Schedule(steps=9), CPU))) == 2


def test_that_a_closed_training_leaves_a_model_that_can_predict():
    model = fresh()
    steps = train_joint(model, itertools.cycle([[square(1)]]), Schedule(steps=9), CPU)
    next(steps)
    steps.close()
    assert not model.training
    assert not model.rpn.head._forward_hooks
    assert len(model.analyse([torch.zeros(3, 64, 64)])) == 1


@pytest.mark.parametrize(
    "sample",
    [
        Sample(np.zeros((64, 64, 3), np.uint8), np.zeros((0, 4)), np.zeros(0), name="empty"),
        Sample(np.zeros((64, 64, 3), np.uint8), [[5, 5, 5.2, 20]], [1], name="thin"),
        Sample(np.zeros((64, 64, 3), np.uint8), [[5, 5, 40, 40]], [0], name="distractor"),
        Sample(np.zeros((64, 64, 3), np.uint8), [[5, 5, 40, 40]], [1], iscrowd=[True], name="crowd"),
    ],
    ids=lambda sample: sample.name,
)
def test_that_images_without_a_usable_object_give_finite_losses(sample):
    (step,) = train_joint(fresh(), [[sample]], Schedule(steps=1), CPU)
    assert np.isfinite(step.loss)
    assert step.losses["loss_box_reg"] == 0


PIXELS = np.zeros((64, 64, 3), np.uint8)
NOBODY = {"gt_boxes": np.zeros((0, 4)), "labels": np.zeros(0)}


@pytest.mark.parametrize(
    "sample",
    [
        Sample(PIXELS, [[-500, -500, 500, 500]], [1], "crowd", [True]),
        Sample(PIXELS, **NOBODY, name="not reviewed", reviewed=False),
        Sample(PIXELS, **NOBODY, name="thin", rejected_boxes=[[5, 5, 5.5, 30]], reviewed=False),
    ],
    ids=lambda sample: sample.name,
)
def test_that_an_image_that_says_nothing_teaches_nothing(sample):
    model = fresh()
    (step,) = train_joint(model, [[sample]], Schedule(steps=1), CPU)
    assert set(step.losses.values()) == {0.0}
    assert all(bool(parameter.isfinite().all()) for parameter in model.parameters())


def test_that_a_rejected_box_teaches_an_image_that_is_not_reviewed():
    rejected = Sample(PIXELS, **NOBODY, rejected_boxes=[[5, 5, 33, 33]], reviewed=False)
    (step,) = train_joint(fresh(), [[rejected]], Schedule(steps=1), CPU)
    assert step.losses["loss_classifier"] > 0
    assert step.losses["loss_objectness"] > 0
    assert step.losses["loss_box_reg"] == step.losses["loss_rpn_box_reg"] == 0


def norms(model):
    return {name: module for name, module in model.named_modules() if isinstance(module, torch.nn.BatchNorm2d)}


@pytest.mark.parametrize("frozen", [True, False])
def test_that_frozen_norms_keep_their_statistics_and_train_their_weights(frozen):
    model = fresh()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    schedule = Schedule(steps=2, warmup_steps=0, ema_decay=0.5, frozen_norms=frozen)
    steps = list(train_joint(model, [[square(1)]] * 2, schedule, CPU))
    assert norms(model)
    for network in (model, steps[-1].average):
        after = network.state_dict()
        for name in norms(model):
            for statistic in ("running_mean", "running_var", "num_batches_tracked"):
                assert torch.equal(after[f"{name}.{statistic}"], before[f"{name}.{statistic}"]) == frozen
            assert not torch.equal(after[f"{name}.weight"], before[f"{name}.weight"])
            assert not torch.equal(after[f"{name}.bias"], before[f"{name}.bias"])


def test_that_frozen_norms_give_the_losses_of_the_statistics_that_there_are():
    """With live norms the two images of a batch would change each other's losses; frozen ones do not look at it."""
    model = fresh()
    outputs = []
    hook = model.backbone.register_forward_hook(lambda _m, _i, out: outputs.append(out["0"][0].detach().clone()))
    for batch in ([square(1)], [square(1), square(2)]):
        state = {name: value.clone() for name, value in model.state_dict().items()}
        list(train_joint(model, [batch], Schedule(steps=1, mixed=False, frozen_norms=True), CPU))
        model.load_state_dict(state)
    hook.remove()
    assert torch.allclose(*outputs, atol=1e-5)


def test_that_a_box_of_label_0_is_an_object_for_the_rpn_only():
    (step,) = train_joint(fresh(), [[square(1, label=0)]], Schedule(steps=1), CPU)
    assert step.losses["loss_rpn_box_reg"] > 0
    assert step.losses["loss_box_reg"] == 0


def test_that_a_loss_that_is_not_finite_names_the_images():
    model = fresh()
    with torch.no_grad():
        model.rpn.head.cls_logits.bias.fill_(torch.nan)
    with pytest.raises(DetectorError, match="square-7"):
        list(train_joint(model, [[square(7)]], Schedule(steps=1, mixed=False), CPU))
    assert not model.training


def test_that_the_rate_warms_up_and_falls_to_zero():
    schedule = Schedule(steps=1000, learning_rate=1.0, warmup_steps=100)
    rates = [schedule.rate(step) for step in range(1001)]
    assert rates[0] == 0.01
    assert rates[99] == pytest.approx(1.0)
    assert rates[550] == pytest.approx(0.5)
    assert rates[1000] == pytest.approx(0.0)
    assert all(a >= b for a, b in itertools.pairwise(rates[100:]))
