from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.ops import box_iou

from detector.jitter import JITTERS, jittered


def test_that_jittered_boxes_overlap_their_box_by_what_was_asked_for_and_lie_inside():
    corners = np.random.default_rng(2).uniform(0, 400, (50, 2))
    boxes = np.hstack((corners, corners + np.random.default_rng(3).uniform(2, 80, (50, 2)))).astype(np.float32)
    copies = jittered(boxes, (480, 480))
    assert copies.shape == (50 * JITTERS, 4)
    iou = box_iou(torch.tensor(boxes), torch.tensor(copies))[np.tile(np.arange(50), JITTERS), np.arange(len(copies))]
    assert iou.min() >= 0.5 - 1e-3
    assert iou.max() <= 0.9 + 1e-3
    assert iou.std() > 0.08  # all over the range
    assert copies.min() >= 0
    assert copies.max() <= 480
    assert len(np.unique(copies, axis=0)) == len(copies)


@pytest.mark.parametrize("box", [[0, 0, 200, 100], [0, 0, 1, 1], [199, 0, 200, 100], [-10, -10, 220, 130]])
def test_that_there_is_a_jitter_for_a_box_that_fills_or_leaves_the_image(box):
    boxes = np.array([box], dtype=np.float32)
    iou = box_iou(torch.tensor(boxes), torch.tensor(jittered(boxes, (100, 200))))
    assert iou.min() >= 0.5 - 1e-3
    assert iou.max() <= 0.9 + 1e-3


def test_that_jitters_are_the_same_each_time_and_others_for_other_boxes():
    one, other = np.array([[10, 10, 50, 60]], np.float32), np.array([[10, 10, 50, 61]], np.float32)
    assert np.array_equal(jittered(one, (100, 100)), jittered(one, (100, 100)))
    assert not np.allclose(jittered(one, (100, 100)), jittered(other, (100, 100)), atol=2)


def test_that_no_boxes_have_no_jitters():
    assert jittered(np.zeros((0, 4), np.float32), (100, 100)).shape == (0, 4)
