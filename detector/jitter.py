"""Copies of boxes that overlap them by so much: from these a head learns what else is still the object. No torch.

Shapes: M boxes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from detector.types import FloatArray

DoubleArray = NDArray[np.float64]

JITTERS = 4
JITTER_IOU = (0.5, 0.9)
BISECTIONS = 24  # as many as float32 has bits


def jittered(gt_boxes: FloatArray, image_size: tuple[int, ...]) -> FloatArray:
    """Return `JITTERS` copies of all of `gt_boxes` (M, 4), each with an IoU in `JITTER_IOU` with its box.

    Shape (JITTERS * M, 4), inside the image; equal input gives equal output. Each side is moved in a random direction,
    all of them together as far as a random IoU asks for: the IoU falls steadily on the way, so bisection finds it.
    """
    boxes = np.tile(gt_boxes.astype(np.float64).reshape(-1, 4), (JITTERS, 1))
    rng = np.random.default_rng(np.frombuffer(hashlib.sha256(boxes.tobytes()).digest(), dtype="<u4"))
    inward = rng.uniform(-1, 1, boxes.shape)
    inward[inward.max(axis=1, initial=-1) <= 0] *= -1  # all sides outward: nowhere to go in a box that fills the image
    # At a way of 1 the side that goes furthest inward has met the opposite one: no overlap is left.
    inward /= inward.max(axis=1, keepdims=True, initial=1e-6)
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2) * [1, 1, -1, -1]
    limits = np.tile(image_size[::-1], 2)
    lowest, highest = np.minimum(boxes, 0), np.maximum(boxes, limits)  # a box beyond the image keeps its own sides

    def moved(way: DoubleArray) -> DoubleArray:
        return np.clip(boxes + way[:, None] * inward * sides, lowest, highest)

    wanted_iou = rng.uniform(*JITTER_IOU, len(boxes))
    near, far = np.zeros(len(boxes)), np.ones(len(boxes))
    for _ in range(BISECTIONS):
        middle = (near + far) / 2
        is_near = _paired_iou(boxes, moved(middle)) > wanted_iou
        near, far = np.where(is_near, middle, near), np.where(is_near, far, middle)
    return moved(near).astype(np.float32)


def _paired_iou(boxes: DoubleArray, others: DoubleArray) -> DoubleArray:
    overlap = np.minimum(boxes[:, 2:], others[:, 2:]) - np.maximum(boxes[:, :2], others[:, :2])
    common = _area(overlap)
    union = _area(boxes[:, 2:] - boxes[:, :2]) + _area(others[:, 2:] - others[:, :2]) - common
    return common / np.maximum(union, 1e-12)


def _area(sides: DoubleArray) -> DoubleArray:
    area: DoubleArray = sides.clip(min=0).prod(axis=1)
    return area
