from __future__ import annotations

import copy
from collections import Counter
from contextlib import closing
from dataclasses import replace
from itertools import chain, groupby, islice

import numpy as np
import pytest
import torch
from PIL import Image

from detector import whole_stage
from detector.corrections import CorrectedImage
from detector.looks import Reader
from detector.types import DetectorError, Sample
from detector.whole_stage import train_whole

CPU = torch.device("cpu")
PIXEL = np.zeros((64, 64, 3), dtype=np.uint8)


@pytest.fixture
def model(embedded):
    return copy.deepcopy(embedded.model)


@pytest.fixture
def blanks(tmp_path):
    """Five grey images without objects but one box each."""
    images = []
    for name in "abcde":
        path = tmp_path / f"{name}.png"
        Image.new("RGB", (64, 64), (90, 90, 90)).save(path)
        images.append(CorrectedImage(path, path.name, [[5, 5, 40, 40]], [1]))
    return images


def took(images, rehearsal, batch_size, seed, count, *, most=1000):
    """The first `count` batches."""
    with closing(whole_stage.batches(images, rehearsal, batch_size, seed, most)) as batches:
        return list(islice(batches, count))


def test_that_every_image_is_seen_once_before_any_is_seen_again(blanks):
    batches = took(blanks, [], 5, 0, 4)
    assert [sorted(sample.name[0] for sample in batch) for batch in batches] == [list("abcde")] * 4
    assert len({tuple(sample.name for sample in batch) for batch in batches}) > 1


def test_that_of_one_file_some_looks_come_in_a_row_and_all_of_them_once(blanks):
    tiles = [replace(blanks[0], name=f"tile {n}", window=(n, 0, 40 + n, 40)) for n in range(6)]
    names = [sample.name for batch in took([*tiles, *blanks[1:]], [], 2, 0, 5) for sample in batch]
    assert sorted(names) == ["b.png", "c.png", "d.png", "e.png", *(f"tile {n}" for n in range(6))]
    rows = [[*group] for is_tile, group in groupby(names, lambda name: name.startswith("tile")) if is_tile]
    assert all(len(row) % 2 == 0 for row in rows)
    assert [name for row in rows for name in row] != sorted(name for row in rows for name in row)


def test_that_the_same_seed_gives_the_same_batches(blanks):
    one, other, third = (list(chain.from_iterable(took(blanks, [], 4, seed, 3))) for seed in (1, 1, 2))
    for mine, same in zip(one, other, strict=True):
        assert mine.name == same.name
        assert np.array_equal(mine.image, same.image)
        assert np.array_equal(mine.gt_boxes, same.gt_boxes)
    assert [sample.name for sample in one] != [sample.name for sample in third]


def test_that_a_quarter_of_the_views_are_scenes_where_there_are_any(blanks):
    scene = Sample(PIXEL, np.zeros((0, 4)), np.zeros(0), "scene")
    names = Counter(sample.name for batch in took(blanks, [scene], 8, 0, 50) for sample in batch)
    assert names["scene"] / 400 == pytest.approx(whole_stage.REHEARSED, abs=0.07)


def test_that_a_sample_says_everything_that_a_person_said(blanks):
    image = CorrectedImage(
        blanks[0].path,
        "a.png",
        [[5, 5, 40, 40], [30, 30, 60, 60]],
        [2, 1],
        rejected_boxes=[[0, 50, 9, 60]],
        reviewed=False,
        iscrowd=np.array([False, True]),
    )
    sample = whole_stage._sample(image, 64, Reader())
    assert sample.image.shape == (64, 64, 3)
    assert (sample.name, sample.reviewed, sample.labels.tolist()) == ("a.png", False, [2, 1])
    assert sample.iscrowd.tolist() == [False, True]
    assert np.array_equal(sample.gt_boxes, image.gt_boxes)
    assert np.array_equal(sample.rejected_boxes, image.rejected_boxes)


@pytest.mark.parametrize("shape", [(300, 200), (200, 300), (1500, 50)])
def test_that_a_large_photograph_is_shrunk_with_its_boxes(tmp_path, shape):
    height, width = shape
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    top, left = height * 4 // 5, width // 4
    pixels[top:, left:] = 255  # the object is white
    Image.fromarray(pixels).save(tmp_path / "a.png")
    box = [left, top, width, height]
    rejected = [0, 0, width, height / 2]
    image = CorrectedImage(tmp_path / "a.png", "a.png", [box], [1], rejected_boxes=[rejected])
    sample = whole_stage._sample(image, 100, Reader())
    assert max(sample.image.shape[:2]) == 100
    rows, columns = np.nonzero(sample.image[..., 0] > 127)
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert sample.gt_boxes[0] == pytest.approx(seen, abs=1)
    high, wide = sample.image.shape[:2]
    assert sample.gt_boxes[0, 2:] == pytest.approx([wide, high])
    assert sample.rejected_boxes[0] == pytest.approx([0, 0, wide, high / 2])
    assert sample.gt_boxes.dtype == np.float32


def test_that_no_view_is_larger_than_the_training_asks_for(blanks, model, monkeypatch):
    asked = []
    batches = whole_stage.batches

    def watched(*arguments):
        asked.append(arguments[-1])
        return batches(*arguments)

    monkeypatch.setattr(whole_stage, "batches", watched)
    with closing(train_whole(model, blanks, [], views=4, seed=0, device=CPU)) as training:
        next(training)
    assert asked == [model.transform.max_size]
    sides = [max(sample.image.shape[:2]) for batch in took(blanks, [], 5, 0, 2, most=32) for sample in batch]
    assert max(sides) == 32  # others are zoomed out


def test_that_everything_learns_but_the_statistics_of_norms(model, scene_images):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    steps = list(train_whole(model, scene_images[:2], [], views=4, seed=0, device=CPU))
    assert [(step.step, step.steps, step.images_seen) for step in steps] == [(1, 1, 4)]
    assert not model.training
    for name, value in model.state_dict().items():
        is_statistic = "running_" in name or "num_batches" in name
        assert torch.equal(value, before[name]) == is_statistic, name


def test_that_a_large_network_takes_one_image_a_step(model, scene_images, monkeypatch):
    monkeypatch.setattr(whole_stage, "LARGE", 1000)
    with closing(train_whole(model, scene_images[:2], [], views=10, seed=0, device=CPU)) as training:
        step = next(training)
    assert (step.steps, step.images_seen) == (10, 1)
    assert step.learning_rate == pytest.approx(whole_stage.LEARNING_RATE / 4)


def test_that_it_can_be_ended_early_without_a_thread_left(model, scene_images):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with closing(train_whole(model, scene_images[:2], [], views=40, seed=0, device=CPU)) as training:
        average = next(training).average
    assert all(torch.equal(value, average.state_dict()[name]) for name, value in model.state_dict().items())
    assert any(not torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_that_an_image_that_is_gone_meanwhile_is_named(model, blanks):
    blanks[2].path.unlink()
    with pytest.raises(DetectorError, match=r"c\.png"):
        list(train_whole(model, blanks, [], views=8, seed=0, device=CPU))


def test_that_a_loss_that_is_not_finite_is_said_and_no_thread_is_left(model, blanks):
    with torch.no_grad():
        model.roi_heads.box_predictor.cls_score.weight[1] = float("nan")
    with pytest.raises(DetectorError, match="no longer a finite number"):
        list(train_whole(model, blanks, [], views=40, seed=0, device=CPU))
