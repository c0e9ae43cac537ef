"""One image ready to be painted at any scale: the decoded pixels themselves, and halves made when first needed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QPixmap

from app.workers.image_loader import reduced

if TYPE_CHECKING:
    from app.ui.viewport import Viewport
    from detector.types import ByteArray

CRISP_FROM = 2.0
"""From this magnification on, device pixels per image pixel, the image's pixels are shown as squares."""

_COPIED_PIXELS = 16 << 20
"""An image of at most so many pixels is copied once in the screen's own format, and painted twice as fast from that."""


class Picture:
    """An image (H, W, 3) uint8 RGB. A large one is not copied: painting at full size reads the array itself.

    Painted smaller, it is read from a mip level: the image halved as often as leaves it at least as large as on the
    screen. A level is made when it is first needed and kept; together they take at most 4/9 of the array's memory, and
    level 0, which only images of at most 16 megapixels have, another 4/3. Where the caller has `half` of the image, it
    and the smaller ones are made from that, in a fifth of the time.
    """

    def __init__(self, image: ByteArray, half: ByteArray | None = None) -> None:
        self._array = np.ascontiguousarray(image)
        self._half = half
        self.size = self._array.shape[0], self._array.shape[1]
        self.revision = 0  # the pixels do not change
        self._full = _as_image(self._array)
        self._levels: dict[int, QPixmap] = {}

    @property
    def levels(self) -> tuple[int, ...]:
        """Return which mip levels have been made: level n is the image halved n times."""
        return tuple(self._levels)

    def paint(self, painter: QPainter, viewport: Viewport, device_pixel_ratio: float) -> None:
        """Paint the visible part of the image on a painter whose units are the viewport's screen pixels."""
        device_scale = viewport.scale * device_pixel_ratio
        left, top, right, bottom = viewport.visible_box()
        height, width = self.size
        left, top = max(0, math.floor(left)), max(0, math.floor(top))
        right, bottom = min(width, math.ceil(right)), min(height, math.ceil(bottom))
        if right <= left or bottom <= top:
            return
        x, y = viewport.to_screen(left, top)
        target = QRectF(x, y, (right - left) * viewport.scale, (bottom - top) * viewport.scale)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, device_scale < CRISP_FROM)
        level = mip_level(device_scale, self.size)
        if level == 0 and width * height > _COPIED_PIXELS:
            painter.drawImage(target, self._full, QRectF(left, top, right - left, bottom - top))
            return
        pixmap = self._level(level)
        halved = 0.5**level
        source = QRectF(left * halved, top * halved, (right - left) * halved, (bottom - top) * halved)
        painter.drawPixmap(target, pixmap, source)

    def _level(self, level: int) -> QPixmap:
        if level not in self._levels:
            self._levels[level] = QPixmap.fromImage(self._full if level == 0 else _as_image(self._pixels(level)))
        return self._levels[level]

    def _pixels(self, level: int) -> ByteArray:
        if self._half is None:
            return reduced(self._array, 1 << level)
        return self._half if level == 1 else reduced(self._half, 1 << (level - 1))


def mip_level(device_scale: float, size: tuple[int, int]) -> int:
    """Return how often an image of `size` (height, width) is to be halved to be painted at `device_scale` <= 1."""
    if device_scale >= 1:
        return 0
    return min(math.floor(-math.log2(device_scale)), max(min(size).bit_length() - 1, 0))


def _as_image(array: ByteArray) -> QImage:
    """Return an image that reads the array, which must live as long."""
    return QImage(array.data, array.shape[1], array.shape[0], 3 * array.shape[1], QImage.Format.Format_RGB888)
