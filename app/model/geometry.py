"""What may be done to a box: every result lies inside the image and has a positive size.

Shapes: M and N boxes. Boxes are `(x1, y1, x2, y2)`, `image_size` is (height, width), in pixels of the upright image.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from app.model.annotations import Box

MIN_SIDE = 1.0
"""No gesture makes a box narrower than this. An imported box may be; it stays as it is until somebody resizes it."""


class Handle(Enum):
    """One of the eight handles. The value says which side it moves: (-1 left, 1 right, 0 none), (-1 top, 1 bottom)."""

    TOP_LEFT = (-1, -1)
    TOP = (0, -1)
    TOP_RIGHT = (1, -1)
    RIGHT = (1, 0)
    BOTTOM_RIGHT = (1, 1)
    BOTTOM = (0, 1)
    BOTTOM_LEFT = (-1, 1)
    LEFT = (-1, 0)


def as_boxes(boxes: ArrayLike) -> NDArray[np.float64]:
    """Return boxes as an array (M, 4); (0, 4) for none."""
    return np.asarray(boxes, dtype=np.float64).reshape(-1, 4)


def single(box: Box) -> Box:
    """Return a box in single precision, which is all that some formats keep of it."""
    x1, y1, x2, y2 = np.asarray(box, dtype=np.float32).tolist()
    return x1, y1, x2, y2


def normalise(x_start: float, y_start: float, x_end: float, y_end: float) -> Box:
    """Return the box between two opposite corners given in any order."""
    return min(x_start, x_end), min(y_start, y_end), max(x_start, x_end), max(y_start, y_end)


def clip(box: Box, image_size: tuple[int, int]) -> Box | None:
    """Return the part of `box` inside the image; None where less than a pixel of it is left in either direction."""
    height, width = image_size
    x1, y1, x2, y2 = box
    x1, x2 = max(0.0, x1), min(float(width), x2)
    y1, y2 = max(0.0, y1), min(float(height), y2)
    return (x1, y1, x2, y2) if x2 - x1 >= MIN_SIDE and y2 - y1 >= MIN_SIDE else None


def move(box: Box, dx: float, dy: float, image_size: tuple[int, int]) -> Box:
    """Return `box` moved by (dx, dy), stopped at the image's border with its size kept."""
    height, width = image_size
    x1, x2 = _slide(box[0], box[2], dx, width)
    y1, y2 = _slide(box[1], box[3], dy, height)
    return x1, y1, x2, y2


def move_together(boxes: Sequence[Box], dx: float, dy: float, image_size: tuple[int, int]) -> list[Box]:
    """Return boxes moved by (dx, dy) as one thing: where one of them meets the border, all stop."""
    height, width = image_size
    array = as_boxes(boxes)
    lows, highs = array[:, :2].min(axis=0, initial=np.inf), array[:, 2:].max(axis=0, initial=-np.inf)
    dx = min(max(dx, -float(lows[0])), width - float(highs[0]))
    dy = min(max(dy, -float(lows[1])), height - float(highs[1]))
    return [move(box, dx, dy, image_size) for box in boxes]


def around(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around one box or more."""
    x1, y1, x2, y2 = zip(*boxes, strict=True)
    return min(x1), min(y1), max(x2), max(y2)


def resize(box: Box, handle: Handle, x: float, y: float, image_size: tuple[int, int]) -> Box:
    """Return `box` with `handle` put at (x, y); a side stops a pixel before the opposite one and at the border."""
    height, width = image_size
    horizontal, vertical = handle.value
    x1, x2 = _pull(box[0], box[2], horizontal, x, width)
    y1, y2 = _pull(box[1], box[3], vertical, y, height)
    return x1, y1, x2, y2


def push_side(box: Box, side: Handle, pixels: float, image_size: tuple[int, int]) -> Box:
    """Return `box` with `side` (LEFT, TOP, RIGHT or BOTTOM) pushed outwards by `pixels`; inwards where negative."""
    horizontal, vertical = side.value
    x = (box[0] if horizontal < 0 else box[2]) + horizontal * pixels
    y = (box[1] if vertical < 0 else box[3]) + vertical * pixels
    return resize(box, side, x, y, image_size)


def iou(boxes: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    """Return the IoU of every pair, (M, N) in [0, 1], of boxes (M, 4) and (N, 4); boxes without area have IoU 0."""
    left, right = as_boxes(boxes), as_boxes(others)
    overlap = intersections(left, right)
    union = areas(left)[:, None] + areas(right)[None, :] - overlap
    result: NDArray[np.float64] = np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
    return result


def intersections(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area (M, N) that every pair of boxes (M, 4) and (N, 4) has in common."""
    corner = np.maximum(boxes[:, None, :2], others[None, :, :2])
    size = np.maximum(np.minimum(boxes[:, None, 2:], others[None, :, 2:]) - corner, 0.0)
    result: NDArray[np.float64] = size[..., 0] * size[..., 1]
    return result


def areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the areas (M,) of boxes (M, 4)."""
    result: NDArray[np.float64] = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return result


def boxes_at(boxes: ArrayLike, x: float, y: float) -> list[int]:
    """Return the indices of the boxes (M, 4) under (x, y), smallest first: each further click goes one deeper."""
    array = as_boxes(boxes)
    inside = (array[:, 0] <= x) & (x <= array[:, 2]) & (array[:, 1] <= y) & (y <= array[:, 3])
    (found,) = np.nonzero(inside)
    order = np.argsort(areas(array[found]), kind="stable")
    return [int(index) for index in found[order]]


def handle_point(box: Box, handle: Handle) -> tuple[float, float]:
    """Return where `handle` sits on `box`."""
    horizontal, vertical = handle.value
    x = (box[0] + box[2] + horizontal * (box[2] - box[0])) / 2
    y = (box[1] + box[3] + vertical * (box[3] - box[1])) / 2
    return x, y


def handle_at(box: Box, x: float, y: float, radius: float) -> Handle | None:
    """Return the handle under (x, y): corners within `radius` image pixels first, then the whole length of a side.

    Inside a small box the radius shrinks to a quarter of the side, so that its middle always moves the box.
    """
    x1, y1, x2, y2 = box
    if not (x1 - radius <= x <= x2 + radius and y1 - radius <= y <= y2 + radius):
        return None
    horizontal = _near(x1, x2, x, radius)
    vertical = _near(y1, y2, y, radius)
    return Handle((horizontal, vertical)) if horizontal or vertical else None


def _near(low: float, high: float, value: float, radius: float) -> int:
    """Return -1 near `low`, 1 near `high`, else 0."""
    inner = min(radius, (high - low) / 4)
    if value <= low + inner:
        return -1
    return 1 if value >= high - inner else 0


def _slide(low: float, high: float, by: float, limit: float) -> tuple[float, float]:
    by = min(max(by, -low), limit - high)
    return low + by, min(high + by, limit)


def _pull(low: float, high: float, side: int, to: float, limit: float) -> tuple[float, float]:
    if side < 0:
        return min(max(to, 0.0), max(high - MIN_SIDE, 0.0)), high
    if side > 0:
        return low, max(min(to, float(limit)), min(low + MIN_SIDE, float(limit)))
    return low, high
