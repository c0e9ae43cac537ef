"""What training on a dataset starts from, and how long it takes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from torchvision.models import resnet50

from detector import checkpoints
from detector.dataset_training import Plan, default_workers, starting_model, train_on_dataset
from detector.model import FasterRCNN, ProposalNetwork, build
from detector.scenes import CATEGORIES, draw_scene
from detector.systems import SYSTEMS
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

CPU = torch.device("cpu")


def test_that_a_short_training_forgets_its_random_start() -> None:
    schedule = Plan.of(SYSTEMS["embedded"], epochs=2, batch_size=4).schedule(100, CPU)
    assert schedule.steps == 50
    assert schedule.warmup_steps < schedule.steps
    assert schedule.ema_decay**schedule.steps < 0.001


def test_that_a_training_of_one_step_keeps_no_memory_at_all() -> None:
    assert Plan.of(SYSTEMS["embedded"], epochs=1).schedule(1, CPU).ema_decay == 0.0


def test_that_the_paper_trains_vgg16_on_voc_as_it_says() -> None:
    """70k steps of two images, the rate 0.001 and from 50k on a tenth (reference, section 4)."""
    plan = Plan.of(SYSTEMS["vgg16"], pretrained=True)
    schedule = plan.schedule(5011, CPU)
    assert (schedule.steps, schedule.drops) == (70168, (50120,))
    assert (schedule.rate(0), schedule.rate(60_000)) == pytest.approx((1e-3, 1e-4))
    assert (schedule.optimizer, schedule.momentum, schedule.weight_decay) == ("sgd", 0.9, 5e-4)
    assert (schedule.bias_rate, schedule.decays_biases, schedule.ema_decay) == (2.0, True, 0.0)
    assert schedule.frozen == tuple(f"backbone.body.{layer}." for layer in (0, 2, 5, 7))
    assert schedule.max_norm == math.inf
    assert not plan.recolours


def test_that_mmdetection_warms_up_and_drops_twice_with_the_rate_of_the_batch() -> None:
    schedule = Plan.of(SYSTEMS["mmdet_r50_fpn"], batch_size=8, pretrained=True).schedule(80_000, CPU)
    assert schedule.learning_rate == pytest.approx(0.01)
    assert schedule.rate(0) == pytest.approx(1e-5)
    assert schedule.rate(500) == pytest.approx(0.01)
    assert schedule.drops == (80_000, 110_000)
    assert schedule.frozen_norms


def test_that_what_is_given_comes_before_the_recipe() -> None:
    plan = Plan.of(SYSTEMS["vgg16"], epochs=7, batch_size=4, learning_rate=0.5, seed=3)
    assert (plan.epochs, plan.batch_size, plan.learning_rate, plan.seed) == (7, 4, 0.5, 3)
    assert plan.schedule(40, CPU).drops == (50,), "in proportion"


def test_that_random_weights_are_not_frozen() -> None:
    schedule = Plan.of(SYSTEMS["mmdet_r50_fpn"]).schedule(100, CPU)
    assert schedule.frozen == ()
    assert not schedule.frozen_norms
    assert math.isfinite(schedule.max_norm)


def test_that_a_batch_larger_than_the_dataset_is_one_step_an_epoch() -> None:
    model = build(replace(SYSTEMS["embedded"], min_size=64, max_size=64), len(CATEGORIES))
    plan = Plan.of(model.system, epochs=3, batch_size=5)
    steps = list(train_on_dataset(model, [draw_scene(0, (64, 64)), draw_scene(1, (64, 64))], plan, CPU))
    assert [(step.step, step.images_seen, step.ends_epoch) for step in steps] == [
        (1, 5, True),
        (2, 10, True),
        (3, 15, True),
    ]


def test_that_loader_processes_are_for_a_gpu() -> None:
    assert default_workers(CPU) == 0
    assert 1 <= default_workers(torch.device("cuda")) <= 4


def test_that_category_rows_survive_by_name(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    checkpoints.save(path, build(SYSTEMS["embedded"], 3), ["bolt", "nut", "gear"])
    old = checkpoints.load(path).two_stage
    new, names = starting_model(SYSTEMS["embedded"], path, ["gear", "die", "bolt"], seed=0)
    assert names == ("gear", "die", "bolt")
    assert isinstance(new, FasterRCNN)
    before, after = old.roi_heads.box_predictor, new.roi_heads.box_predictor
    for row, old_row in ((0, 0), (1, 3), (3, 1)):
        assert torch.equal(after.cls_score.weight[row], before.cls_score.weight[old_row])
        assert torch.equal(after.cls_score.bias[row], before.cls_score.bias[old_row])
        assert torch.equal(after.bbox_pred.weight[4 * row : 4 * row + 4], before.bbox_pred.weight[4 * old_row :][:4])
    assert not any(torch.equal(after.cls_score.weight[2], row) for row in before.cls_score.weight)
    trunk = [name for name in old.state_dict() if "box_predictor" not in name]
    assert all(torch.equal(old.state_dict()[name], new.state_dict()[name]) for name in trunk)


def test_that_without_a_file_the_named_system_is_built_the_same_each_time() -> None:
    first, second = (starting_model(SYSTEMS["embedded"], None, ["die"], seed=4)[0].state_dict() for _ in range(2))
    other = starting_model(SYSTEMS["embedded"], None, ["die"], seed=5)[0].state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["backbone.body.conv1.weight"], other["backbone.body.conv1.weight"])


def test_that_a_network_that_only_proposes_learns_objects_of_any_category(tmp_path: Path) -> None:
    model, names = starting_model(SYSTEMS["d2_rpn_r50_c4"], None, ["gear", "die"], seed=0)
    assert isinstance(model, ProposalNetwork)
    assert names == ("object",)
    path = tmp_path / "rpn.safetensors"
    checkpoints.save(path, model, names)
    again, names = starting_model(model.system, path, ["die"], seed=1)
    assert names == ("object",)
    assert all(torch.allclose(value, again.state_dict()[name], atol=1e-2) for name, value in model.state_dict().items())


def test_that_training_starts_from_an_imagenet_backbone(tmp_path: Path) -> None:
    torch.manual_seed(1)
    classifier = resnet50().state_dict()
    torch.save(classifier, tmp_path / "resnet50.pth")
    model, _ = starting_model(SYSTEMS["resnet50_fpn"], None, ["die"], seed=0, backbone=tmp_path / "resnet50.pth")
    mine = model.state_dict()["backbone.body.layer3.2.conv2.weight"]
    assert torch.equal(mine, classifier["layer3.2.conv2.weight"])


def test_that_another_backbone_is_a_sentence(tmp_path: Path) -> None:
    torch.save({"nothing": torch.zeros(1)}, tmp_path / "x.pth")
    with pytest.raises(DetectorError, match=r"x\.pth"):
        starting_model(SYSTEMS["zf"], None, ["die"], seed=0, backbone=tmp_path / "x.pth")
