"""What training on a dataset sees, in which order, and from which weights it starts."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from detector import checkpoints
from detector.coco_parsing import parse_dataset
from detector.dataset_training import Plan, shuffled_batches, starting_model
from detector.model import build
from detector.systems import SYSTEMS

if TYPE_CHECKING:
    from pathlib import Path

    from detector.coco_parsing import CocoImage


@pytest.fixture
def images(tmp_path: Path) -> tuple[CocoImage, ...]:
    """Five images, each with one box at its own place."""
    for number in range(5):
        Image.new("RGB", (40, 30), (40 * number, 0, 0)).save(tmp_path / f"{number}.png")
    document = {
        "images": [{"id": n + 1, "file_name": f"{n}.png", "width": 40, "height": 30} for n in range(5)],
        "annotations": [
            {"id": n + 1, "image_id": n + 1, "category_id": 1, "bbox": [n, 2, 8, 9], "area": 72, "iscrowd": 0}
            for n in range(5)
        ],
        "categories": [{"id": 1, "name": "die"}],
    }
    return parse_dataset(document, tmp_path).images


def test_that_an_epoch_shows_every_image_once_and_the_next_in_another_order(images: tuple[CocoImage, ...]) -> None:
    batches = shuffled_batches(images, 5, seed=0)
    epochs = [[sample.name for sample in batch] for batch in islice(batches, 4)]
    batches.close()
    assert all(sorted(epoch) == [image.file_name for image in images] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_that_boxes_are_mirrored_with_their_images(images: tuple[CocoImage, ...]) -> None:
    batches = shuffled_batches(images, 1, seed=0)
    lefts = {(sample.name, float(sample.gt_boxes[0, 0])) for (sample,) in islice(batches, 40)}
    batches.close()
    assert lefts == {(f"{n}.png", left) for n in range(5) for left in (float(n), float(40 - 8 - n))}


def test_that_the_same_seed_gives_the_same_batches(images: tuple[CocoImage, ...]) -> None:
    first, second = (shuffled_batches(images, 3, seed=7) for _ in range(2))
    for left, right in islice(zip(first, second, strict=True), 3):
        assert all(np.array_equal(a.image, b.image) for a, b in zip(left, right, strict=True))
    first.close()
    second.close()


def test_that_a_short_training_forgets_its_random_start() -> None:
    schedule = Plan(epochs=2, batch_size=4, learning_rate=1e-3, seed=0).schedule(100, torch.device("cpu"))
    assert schedule.steps == 50
    assert schedule.warmup_steps < schedule.steps
    assert schedule.ema_decay**schedule.steps < 0.001


def test_that_a_training_of_one_step_keeps_no_memory_at_all() -> None:
    assert Plan(1, 4, 1e-3, 0).schedule(1, torch.device("cpu")).ema_decay == 0.0


def test_that_category_rows_survive_by_name(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    checkpoints.save(path, build(SYSTEMS["embedded"], 3), ["bolt", "nut", "gear"])
    old = checkpoints.load(path).model
    new = starting_model("resnet50_fpn", path, ["gear", "die", "bolt"])
    assert new.system.id == "embedded", "the file says which system it is"
    before, after = old.roi_heads.box_predictor, new.roi_heads.box_predictor
    for row, old_row in ((0, 0), (1, 3), (3, 1)):
        assert torch.equal(after.cls_score.weight[row], before.cls_score.weight[old_row])
        assert torch.equal(after.cls_score.bias[row], before.cls_score.bias[old_row])
        assert torch.equal(after.bbox_pred.weight[4 * row : 4 * row + 4], before.bbox_pred.weight[4 * old_row :][:4])
    assert not any(torch.equal(after.cls_score.weight[2], row) for row in before.cls_score.weight)
    trunk = [name for name in old.state_dict() if "box_predictor" not in name]
    assert all(torch.equal(old.state_dict()[name], new.state_dict()[name]) for name in trunk)


def test_that_without_a_file_the_named_system_is_built() -> None:
    model = starting_model("embedded", None, ["die"])
    assert model.num_categories == 1
