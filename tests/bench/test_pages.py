"""A page of several photographs, of which `bench.tiles` makes large images."""

from __future__ import annotations

import numpy as np

from bench.tiles import page_of
from detector.types import Sample


def photograph(shade: int, height: int, width: int, box: list[int]) -> Sample:
    """A black image whose one object is of this shade, as is its label."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    x1, y1, x2, y2 = box
    pixels[y1:y2, x1:x2] = shade
    return Sample(pixels, np.array([box], dtype=np.float32), np.array([shade]), f"{shade}.png")


def test_that_each_box_is_where_its_object_is() -> None:
    samples = [
        photograph(1, 40, 60, [5, 5, 25, 20]),
        photograph(2, 50, 30, [0, 10, 30, 50]),
        photograph(3, 20, 70, [50, 2, 70, 20]),
    ]
    page = page_of(samples, 2, "page")
    assert page.image_size == (70, 90)
    assert page.labels.tolist() == [1, 2, 3]
    for box, label in zip(page.gt_boxes.tolist(), page.labels, strict=True):
        rows, columns = np.nonzero(page.image[..., 0] == label)
        assert box == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
