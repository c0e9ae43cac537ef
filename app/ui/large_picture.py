"""A large image ready to be painted at any scale: its overview, and over it the tiles that are in sight."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from app.numbers import percent
from app.ui.picture import CRISP_FROM, mip_level
from app.workers.large_image import Tile
from detector.pyramids import TILE

if TYPE_CHECKING:
    from app.ui.viewport import Viewport
    from app.workers.large_image import LargeImage
    from detector.types import ByteArray

_MARGIN, _PADDING, _RADIUS = 12, 8, 6
_GROUND = QColor(0, 0, 0, 170)


class LargePicture:
    """Paints a `LargeImage`, in which it wants the tiles that it needs. `revision` grows with each change of it."""

    def __init__(self, image: LargeImage) -> None:
        self.size = image.size
        self.revision = 0
        self._image = image
        self._pixmaps: dict[Tile, QPixmap] = {}
        image.changed.connect(self._count)

    def paint(self, painter: QPainter, viewport: Viewport, device_pixel_ratio: float) -> None:
        """Paint the visible part of the image on a painter whose units are the viewport's screen pixels."""
        device_scale = viewport.scale * device_pixel_ratio
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, device_scale < CRISP_FROM)
        self._paint_overview(painter, viewport)
        if self._image.levels:
            self._paint_tiles(painter, viewport, min(mip_level(device_scale, self.size), self._image.levels - 1))
        self._paint_words(painter, viewport)

    def _paint_overview(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint what is in sight of the overview, and no more: the whole of it magnified is more than Qt can count."""
        overview = self._image.overview
        size = height, width = overview.shape[0], overview.shape[1]
        left, top, right, bottom = viewport.visible_box()
        down, across = height / self.size[0], width / self.size[1]
        x1, y1 = max(0, math.floor(left * across)), max(0, math.floor(top * down))
        x2, y2 = min(width, math.ceil(right * across)), min(height, math.ceil(bottom * down))
        if x1 < x2 and y1 < y2:
            pixels = QImage(overview.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            target = self._on_screen(viewport, (x1, y1, x2, y2), size)
            painter.drawImage(target, pixels, QRectF(x1, y1, x2 - x1, y2 - y1))

    def _paint_tiles(self, painter: QPainter, viewport: Viewport, level: int) -> None:
        """Paint the tiles of a level that are in sight, as far as they are there, unless the overview is as fine."""
        size = self._image.level_size(level)
        visible = [] if size[0] <= self._image.overview.shape[0] else self._visible(viewport, level, size)
        missing = []
        self._pixmaps = {tile: pixmap for tile, pixmap in self._pixmaps.items() if tile in visible}
        for tile in visible:
            pixels = self._image.tile(tile)
            if pixels is None:
                missing.append(tile)
                continue
            if tile not in self._pixmaps:
                self._pixmaps[tile] = _pixmap(pixels)
            left, top = tile.column * TILE, tile.row * TILE
            rectangle = (left, top, left + pixels.shape[1], top + pixels.shape[0])
            target = self._on_screen(viewport, rectangle, size)
            painter.drawPixmap(target, self._pixmaps[tile], QRectF(self._pixmaps[tile].rect()))
        self._image.want(missing)

    def _visible(self, viewport: Viewport, level: int, size: tuple[int, int]) -> list[Tile]:
        """Return the tiles of a level of `size` (height, width) that are in sight."""
        left, top, right, bottom = viewport.visible_box()
        down, across = size[0] / self.size[0] / TILE, size[1] / self.size[1] / TILE
        columns = range(max(0, int(left * across)), min(-(-size[1] // TILE), int(right * across) + 1))
        rows = range(max(0, int(top * down)), min(-(-size[0] // TILE), int(bottom * down) + 1))
        return [Tile(level, column, row) for row in rows for column in columns]

    def _on_screen(self, viewport: Viewport, rectangle: tuple[int, int, int, int], size: tuple[int, int]) -> QRectF:
        """Return where a rectangle of a level of `size` (height, width) is on the screen."""
        down, across = self.size[0] / size[0], self.size[1] / size[1]
        x1, y1 = viewport.to_screen(rectangle[0] * across, rectangle[1] * down)
        x2, y2 = viewport.to_screen(rectangle[2] * across, rectangle[3] * down)
        return QRectF(x1, y1, x2 - x1, y2 - y1)

    def _paint_words(self, painter: QPainter, viewport: Viewport) -> None:
        """Say in the lower left corner what is being read or prepared."""
        words = self.words
        if not words:
            return
        metrics = painter.fontMetrics()
        height = metrics.height() + _PADDING
        ground = QRectF(0, 0, metrics.horizontalAdvance(words) + 2 * _PADDING, height)
        ground.moveBottomLeft(QRectF(0, 0, *viewport.widget_size).bottomLeft())
        ground.translate(_MARGIN, -_MARGIN)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_GROUND)
        painter.drawRoundedRect(ground, _RADIUS, _RADIUS)
        painter.setPen(Qt.GlobalColor.white)
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, words)
        painter.restore()

    @property
    def words(self) -> str:
        """Return what is being done for this image; nothing when all of it is there."""
        image = self._image
        if image.progress < 1:
            return _tr("Reading the image: {}").format(percent(image.progress))
        if image.prepared is None:
            return _tr("Coarse view only")
        return "" if image.levels else _tr("Preparing full resolution: {}").format(percent(image.prepared))

    def _count(self) -> None:
        self.revision += 1


def _pixmap(pixels: ByteArray) -> QPixmap:
    height, width = pixels.shape[:2]
    return QPixmap.fromImage(QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888))


def _tr(text: str) -> str:
    return QCoreApplication.translate("LargePicture", text)
