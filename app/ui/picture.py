"""One image ready to be painted at any scale: the decoded pixels themselves, and halves made when first needed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QPixmap

if TYPE_CHECKING:
    from app.ui.viewport import Viewport
    from detector.types import ByteArray

CRISP_FROM = 2.0
"""From this magnification on, device pixels per image pixel, the image's pixels are shown as squares."""

_STRIP_BYTES = 4 << 20
_COPIED_PIXELS = 16 << 20
"""An image of at most so many pixels is copied once in the screen's own format, and painted twice as fast from that."""


class Picture:
    """An image (H, W, 3) uint8 RGB. A large one is not copied: painting at full size reads the array itself.

    Painted smaller, it is read from a mip level: the image halved as often as leaves it at least as large as on the
    screen. A level is made when it is first needed and kept; together they take at most 4/9 of the array's memory, and
    level 0, which only images of at most 16 megapixels have, another 4/3.
    """

    def __init__(self, image: ByteArray) -> None:
        self._array = np.ascontiguousarray(image)
        height, width = self._array.shape[:2]
        self.size = (height, width)
        self.revision = 0  # the pixels do not change
        self._full = QImage(self._array.data, width, height, 3 * width, QImage.Format.Format_RGB888)
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
            whole = QPixmap.fromImage(self._full) if level == 0 else None
            self._levels[level] = whole or _reduced(self._array, 1 << level)
        return self._levels[level]


def mip_level(device_scale: float, size: tuple[int, int]) -> int:
    """Return how often an image of `size` (height, width) is to be halved to be painted at `device_scale` <= 1."""
    if device_scale >= 1:
        return 0
    return min(math.floor(-math.log2(device_scale)), max(min(size).bit_length() - 1, 0))


def _reduced(array: ByteArray, factor: int) -> QPixmap:
    """Return the image averaged over squares of `factor` pixels; strip by strip, as Pillow copies what it is given."""
    height, width = array.shape[:2]
    rows = max(_STRIP_BYTES // (3 * width) // factor, 1) * factor
    strips = [np.asarray(Image.fromarray(array[y : y + rows]).reduce(factor)) for y in range(0, height, rows)]
    small = np.ascontiguousarray(np.concatenate(strips))
    image = QImage(small.data, small.shape[1], small.shape[0], 3 * small.shape[1], QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image)
