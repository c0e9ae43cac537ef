from __future__ import annotations

import pytest
import torch

from detector.targets import hard_first, is_reviewed, settled, with_rejected

NOT_REVIEWED = torch.tensor(data=False)


def target(boxes=(), labels=None, **more):
    """A target with one-pixel-exact boxes; regions are given as lists, `reviewed` as it is."""
    rows = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    labels = torch.ones(len(rows), dtype=torch.int64) if labels is None else torch.tensor(labels)
    regions = {
        key: value if key == "reviewed" else torch.tensor(value, dtype=torch.float32).reshape(-1, 4)
        for key, value in more.items()
    }
    return {"boxes": rows, "labels": labels} | regions


def random_boxes(count, seed):
    corners = torch.rand(count, 2, generator=torch.Generator().manual_seed(seed)) * 60
    sides = torch.rand(count, 2, generator=torch.Generator().manual_seed(seed + 1)) * 40 + 1
    return torch.cat((corners, corners + sides), 1)


def overlap(a, b):
    """Intersection, area of a, area of b, one pair at a time."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inside = max(width, 0) * max(height, 0)
    return inside, (a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])


def iou(a, b):
    inside, area_a, area_b = overlap(a, b)
    return inside / (area_a + area_b - inside)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32])
def test_that_an_image_with_boxes_and_labels_alone_keeps_its_labels(dtype):
    labels = torch.tensor([2, 0, -1, 1], dtype=dtype)
    assert settled(labels, random_boxes(4, 0), target([[0, 0, 9, 9]])) is labels


def test_that_background_inside_a_crowd_is_ignored_and_objects_are_not():
    boxes = torch.tensor([[0, 0, 10, 10], [5, 0, 15, 10], [6, 0, 16, 10], [0, 0, 10, 10], [40, 40, 50, 50]]).float()
    labels = torch.tensor([0, 0, 0, 3, 0])
    crowd = target([[0, 0, 10, 10]], [3], ignore=[[0, 0, 10, 100], [70, 70, 71, 71]])
    assert settled(labels, boxes, crowd).tolist() == [-1, -1, 0, 3, 0]  # covered by all, half, less than half
    assert labels.tolist() == [0, 0, 0, 3, 0]


def test_that_a_large_box_around_a_small_crowd_stays_background():
    assert settled(torch.tensor([0]), torch.tensor([[0.0, 0, 50, 50]]), target(ignore=[[10, 10, 20, 20]])) == 0


def test_that_without_review_only_rejected_regions_are_background():
    boxes = torch.tensor([[0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 4], [40, 40, 50, 50], [20, 20, 30, 30]]).float()
    labels = torch.tensor([0, 0, 0, 0, 1])
    partly = target([[20, 20, 30, 30]], rejected=[[0, 0, 10, 10]], reviewed=NOT_REVIEWED)
    assert settled(labels, boxes, partly).tolist() == [0, 0, -1, -1, 1]  # IoU 1, .5, .4, 0


def test_that_without_review_and_rejections_nothing_is_background():
    boxes, labels = random_boxes(30, 0), torch.zeros(30)
    assert settled(labels, boxes, target(reviewed=NOT_REVIEWED)).tolist() == [-1] * 30
    assert settled(labels, boxes, target(reviewed=torch.tensor(data=True))).tolist() == [0] * 30


def test_that_an_object_without_category_is_background_that_counts():
    boxes = torch.tensor([[0, 0, 10, 10], [40, 40, 50, 50]]).float()
    partly = target([[0, 0, 10, 10]], [0], ignore=[[0, 0, 60, 60]], reviewed=NOT_REVIEWED)
    assert settled(torch.tensor([0, 0]), boxes, partly).tolist() == [0, -1]


@pytest.mark.parametrize("reviewed", [True, False])
def test_that_labels_equal_those_of_one_pair_at_a_time(reviewed):
    boxes, crowds, rejected, gt_boxes = (random_boxes(n, seed) for n, seed in ((300, 0), (3, 7), (4, 11), (3, 13)))
    labels = torch.randint(-1, 3, (300,), generator=torch.Generator().manual_seed(3))
    said = {"ignore": crowds, "rejected": rejected, "reviewed": torch.tensor(reviewed)}
    got = settled(labels, boxes, {"boxes": gt_boxes, "labels": torch.tensor([1, 0, 2])} | said)
    expected = []
    for label, box in zip(labels.tolist(), boxes.tolist(), strict=True):
        inside = any(overlap(box, crowd)[0] / overlap(box, crowd)[1] >= 0.5 for crowd in crowds.tolist())
        refused = any(iou(box, other) >= 0.5 for other in rejected.tolist())
        nameless = iou(box, gt_boxes[1].tolist()) >= 0.5
        lost = (inside or (not reviewed and not refused)) and not nameless
        expected.append(-1 if label == 0 and lost else label)
    assert got.tolist() == expected
    assert 0 < (got != labels).sum() < (labels == 0).sum()


@pytest.mark.parametrize("key", ["ignore", "rejected"])
def test_that_no_regions_and_no_boxes_are_fine(key):
    assert settled(torch.zeros(2), random_boxes(2, 0), target(**{key: []})).tolist() == [0, 0]
    assert settled(torch.zeros(0), torch.zeros(0, 4), target(**{key: [[0, 0, 9, 9]]})).shape == (0,)


def test_that_an_image_is_reviewed_unless_it_says_no():
    assert is_reviewed(target())
    assert is_reviewed(target(reviewed=torch.tensor(data=True)))
    assert not is_reviewed(target(reviewed=NOT_REVIEWED))


def test_that_rejected_boxes_come_after_the_others():
    boxes = random_boxes(3, 0)
    assert with_rejected(boxes, target()) is boxes
    assert torch.equal(with_rejected(boxes, target(rejected=[[1, 2, 3, 4]]))[3:], torch.tensor([[1.0, 2, 3, 4]]))


def test_that_rejected_regions_are_sampled_before_all_others():
    boxes = torch.cat((random_boxes(20, 0) + 200, torch.tensor([[0.0, 0, 10, 10]]).repeat(5, 1)))
    labels = torch.tensor([1] * 4 + [0] * 20 + [-1])
    sampled = torch.zeros(25, dtype=torch.bool)
    sampled[4:12] = True
    got = hard_first(sampled, labels, boxes, target(rejected=[[0, 0, 10, 11]]))
    assert got[20:24].all()
    assert not got[24]  # ignored: settled says that it does not count
    assert not got[:4].any()
    assert got.sum() == 8
    assert sampled.sum() == 8
    assert sampled[4:12].all()


def test_that_more_rejected_regions_than_wanted_are_drawn_at_random():
    boxes = torch.tensor([[0.0, 0, 10, 10]]).repeat(40, 1)
    sampled = torch.zeros(50, dtype=torch.bool)
    sampled[40:48] = True
    boxes, labels = torch.cat((boxes, random_boxes(10, 0) + 200)), torch.zeros(50)
    torch.manual_seed(0)
    draws = [hard_first(sampled, labels, boxes, target(rejected=[[0, 0, 10, 10]])) for _ in range(2)]
    assert [int(draw[:40].sum()) for draw in draws] == [8, 8]
    assert not torch.equal(*draws)


def test_that_without_rejections_no_random_number_is_drawn():
    before = torch.get_rng_state()
    sampled = torch.ones(4, dtype=torch.bool)
    assert hard_first(sampled, torch.zeros(4), random_boxes(4, 0), target(reviewed=NOT_REVIEWED)) is sampled
    assert torch.equal(torch.get_rng_state(), before)
