from __future__ import annotations

import copy
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from detector.learner import freeze_norms
from detector.model import build
from detector.schedule import Schedule
from detector.systems import SYSTEMS
from detector.training import train_joint
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


# --- SGD, as the references train -------------------------------------------------------------------------------------


def sgd(steps, **rest):
    return Schedule(steps=steps, optimizer="sgd", ema_decay=0.0, mixed=False, max_norm=math.inf, **rest)


def test_that_the_rate_of_sgd_warms_up_from_a_factor_and_drops():
    schedule = sgd(100, learning_rate=2.0, warmup_steps=10, warmup_factor=0.1, drops=(50, 80))
    rates = [schedule.rate(step) for step in range(100)]
    assert rates[:3] == pytest.approx([0.2, 0.38, 0.56])
    assert rates[10:50] == [2.0] * 40
    assert rates[50:80] == pytest.approx([0.2] * 30)
    assert rates[80:] == pytest.approx([0.02] * 20)


def test_that_a_step_of_sgd_is_that_of_the_paper():
    """Momentum 0.9, decay on weights and biases, biases twice as fast: by hand, from the gradients of two steps."""
    model = fresh()
    twin = copy.deepcopy(model)
    numbers = {"learning_rate": 1e-3, "momentum": 0.9, "weight_decay": 5e-4, "warmup_steps": 0}
    batches = [[square(1)], [square(2)]]
    torch.manual_seed(1)
    list(train_joint(model, batches, sgd(2, bias_rate=2.0, decays_biases=True, frozen_norms=True, **numbers), CPU))

    torch.manual_seed(1)
    velocity = {}
    twin.to(memory_format=torch.channels_last).train()
    freeze_norms(twin)
    for (sample,) in batches:
        twin.zero_grad()
        image = torch.tensor(sample.image).permute(2, 0, 1).float().div(255)
        target = {"boxes": torch.tensor(sample.gt_boxes), "labels": torch.tensor(sample.labels)}
        sum(twin([image], [target]).values()).backward()
        with torch.no_grad():
            for name, p in twin.named_parameters():
                gradient = p.grad + 5e-4 * p
                velocity[name] = 0.9 * velocity[name] + gradient if name in velocity else gradient
                p.sub_((2e-3 if p.ndim == 1 else 1e-3) * velocity[name])
    for (name, mine), theirs in zip(model.named_parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-7, msg=name)


def test_that_biases_are_not_decayed_unless_the_recipe_says_so():
    """Images that say nothing have no gradient: what is left is the decay."""
    nothing = Sample(PIXELS, **NOBODY, reviewed=False)
    for decays in (True, False):
        model = fresh()
        with torch.no_grad():
            model.rpn.head.cls_logits.bias.fill_(1.0)
        schedule = sgd(1, weight_decay=0.1, learning_rate=0.5, warmup_steps=0, decays_biases=decays)
        list(train_joint(model, [[nothing]], schedule, CPU))
        assert model.rpn.head.cls_logits.bias[0].item() == pytest.approx(0.95 if decays else 1.0)


def test_that_what_is_frozen_stays_as_it_is_for_as_long_as_the_training_takes():
    model = fresh()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    frozen = ("backbone.body.conv1.", "backbone.body.bn1.", "roi_heads.box_head.fc6.")
    steps = train_joint(model, itertools.cycle([[square(1)]]), sgd(2, frozen=frozen, warmup_steps=0), CPU)
    next(steps)
    assert not model.backbone.body.bn1.training
    list(steps)
    for name, value in model.state_dict().items():
        if name.startswith(frozen):
            assert torch.equal(value, before[name]), name
    assert not torch.equal(
        model.state_dict()["backbone.body.layer1.0.conv1.weight"], before["backbone.body.layer1.0.conv1.weight"]
    )
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_that_without_an_average_the_model_is_what_was_trained_last():
    model = fresh()
    for step in train_joint(model, itertools.cycle([[square(1)]]), sgd(3, warmup_steps=0), CPU):
        for mine, averaged in zip(model.state_dict().values(), step.average.state_dict().values(), strict=True):
            assert torch.equal(mine, averaged)
        assert not step.average.training


def test_that_a_gradient_of_an_earlier_training_bounds_nothing():
    """Clipping looks at all parameters: those of what is frozen now may still have a gradient of before."""
    model = fresh()
    twin = copy.deepcopy(model)
    for parameter in twin.backbone.parameters():
        parameter.grad = torch.full_like(parameter, 1e6)
    schedule = Schedule(steps=1, warmup_steps=0, frozen=("backbone.",), mixed=False, optimizer="sgd", max_norm=0.1)
    for network in (model, twin):
        torch.manual_seed(0)
        list(train_joint(network, [[square(1)]], schedule, CPU))
    for mine, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_that_float16_is_scaled_until_its_gradients_fit(monkeypatch):
    """A GPU without bfloat16, here played by the CPU."""
    monkeypatch.setattr("detector.learner.needs_scale", lambda _device: True)
    torch.manual_seed(0)
    schedule = Schedule(steps=12, warmup_steps=0, ema_decay=0.0, mixed=True)
    model = fresh()
    scales, losses = [], []
    for step in train_joint(model, itertools.cycle([[square(1)]]), schedule, CPU):
        scales.append(step.snapshot().scale["scale"])
        losses.append(step.loss)
    assert scales[-1] <= scales[0]
    assert np.mean(losses[-3:]) < 0.8 * losses[0]
    assert all(bool(value.isfinite().all()) for value in model.state_dict().values())


def test_that_bfloat16_needs_no_scale():
    (step,) = train_joint(fresh(), [[square(1)]], Schedule(steps=1), CPU)
    assert step.snapshot().scale == {}


def test_that_epochs_end_where_the_schedule_says():
    steps = train_joint(fresh(), itertools.cycle([[square(1)]]), Schedule(steps=5, epoch_steps=2), CPU)
    assert [step.ends_epoch for step in steps] == [False, True, False, True, True]


def test_that_the_time_of_whoever_follows_is_not_the_time_of_training(monkeypatch):
    clock = itertools.count(0, 1.0)
    monkeypatch.setattr("detector.training.time.monotonic", lambda: next(clock))
    seconds = []
    for step in train_joint(fresh(), itertools.cycle([[square(1)]]), Schedule(steps=3), CPU):
        seconds.append(step.seconds)
        next(clock)
    assert seconds == [1.0, 2.0, 3.0]


def test_that_proposals_only_have_two_losses():
    torch.manual_seed(0)
    row = replace(SYSTEMS["d2_rpn_r50_fpn"], min_size=64, max_size=64, train_min_sizes=())
    (step,) = train_joint(build(row, 1), [[square(1, label=7)]], sgd(1), CPU)
    assert set(step.losses) == {"loss_objectness", "loss_rpn_box_reg"}
    assert step.gives == "proposals"
    assert step.losses["loss_objectness"] > 0


# --- what datasets really hold ----------------------------------------------------------------------------------------

SMALL = {
    "zf": {"min_size": 64, "max_size": 96, "anchor_sizes": ((16, 32, 64),), "representation_size": 32},
    "embedded": {},
    "d2_rpn_r50_c4": {"min_size": 64, "max_size": 96, "train_min_sizes": (64,)},
    "mobilenet_v3_large_320_fpn": {"min_size": 64, "max_size": 96},
}
BAD = {
    "outside": Sample(PIXELS, [[-90, -90, -20, -20], [70, 10, 90, 40], [10, 64, 30, 99]], [1, 1, 1], "outside"),
    "partly outside": Sample(PIXELS, [[-40, -40, 30, 30], [50, 50, 500, 500]], [1, 1], "partly outside"),
    "empty": Sample(PIXELS, **NOBODY, name="empty"),
    "one pixel": Sample(PIXELS, [[10, 10, 11, 11], [63, 63, 64, 64], [0, 0, 1, 64]], [1, 1, 1], "one pixel"),
    "nothing": Sample(PIXELS, [[10, 10, 10, 10], [20, 20, 15, 40]], [1, 1], "nothing"),
    "smaller than a stride": Sample(PIXELS[:5, :7], [[1, 1, 5, 4]], [1], "smaller than a stride"),
    "a pixel": Sample(PIXELS[:1, :1], [[0, 0, 1, 1]], [1], "a pixel"),
    "a thread": Sample(np.zeros((2, 900, 3), np.uint8), [[100, 0, 800, 2]], [1], "a thread"),
    "all of it": Sample(PIXELS, [[0, 0, 64, 64]], [1], "all of it"),
}


@pytest.fixture(scope="module")
def small_models():
    models = {}
    for system, sizes in SMALL.items():
        torch.manual_seed(0)
        models[system] = build(replace(SYSTEMS[system], **sizes), 1)
    return models


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("system", SMALL)
def test_that_bad_boxes_and_tiny_images_give_finite_losses_and_weights(system, kind, small_models):
    model = copy.deepcopy(small_models[system])
    together = [[BAD[kind]], [BAD[kind], square(1)]]  # by itself, and beside a good one
    for step in train_joint(model, together, sgd(2, learning_rate=1e-4, warmup_steps=0), CPU):
        assert np.isfinite(step.loss)
    assert all(bool(value.isfinite().all()) for value in model.state_dict().values())
    # Several processes wait for the gradient of every parameter: none may be left out for what an image shows.
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []
