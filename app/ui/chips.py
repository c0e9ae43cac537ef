"""The labels of boxes: small filled chips in the colour of the category, readable on any image.

Shapes: M boxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from app.ui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from app.model.annotations import Box
    from app.ui.layers import BoxLayer
    from app.ui.overlays import Frame

MIN_WIDTH = 24.0
"""Screen pixels that a box must be wide to have its label."""
SIZE_COLOR = "#1b1e24"

MOST_WIDTH = 180.0
"""Screen pixels that the text of a box's label may take; of a longer one the middle is left out, and a score stays."""
_PADDING = 4
_GAP = 6
_FONT_SHARE = 0.85
_PADLOCK_SHARE = 0.85


@dataclass(frozen=True, slots=True)
class Chip:
    """A label where it is painted, in device pixels; a padlock comes first where the box is `locked`."""

    rect: QRect
    text: str
    color: str
    locked: bool = False


class ChipPainter:
    """Places chips so that none covers another, first come first served, and paints them."""

    def __init__(self, frame: Frame, font: QFont) -> None:
        self._frame = frame
        self._font = QFont(font)
        points = max(font.pointSizeF(), 1.0) if font.pixelSize() < 0 else font.pixelSize() * 0.75
        self._font.setPixelSize(max(round(points * 4 / 3 * _FONT_SHARE * frame.ratio), 8))
        self._metrics = QFontMetrics(self._font)
        self._widths: dict[str, int] = {}
        self._shortened: dict[str, str] = {}
        # The chips' (left, top, right) by their top over their height: a chip can only meet those of three bands.
        self._bands: dict[int, list[tuple[int, int, int]]] = {}
        self.chips: list[Chip] = []
        self._padlock = round(self._metrics.height() * _PADLOCK_SHARE)

    def place_layer(self, layer: BoxLayer, rows: Sequence[int] | NDArray[np.int64]) -> None:
        """Place the labels of these rows of a layer that are wide enough and do not cover another label.

        A box whose text is empty has none.
        """
        rects = self._frame.device_rects(layer.boxes[rows]).tolist() if len(rows) else []
        for row, (x, y, width, _) in zip(rows, rects, strict=True):
            if width >= MIN_WIDTH * self._frame.ratio and layer.texts[row]:
                self.place(x, y, self._short(layer.texts[row]), layer.colors[row], locked=row in layer.locked)

    def _short(self, text: str) -> str:
        if text not in self._shortened:
            most = self._frame.lines(MOST_WIDTH)
            self._shortened[text] = self._metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, most)
        return self._shortened[text]

    def place(self, x: int, y: int, text: str, color: str, *, locked: bool = False, always: bool = False) -> None:
        """Place one label with its lower left corner at (x, y), or below that where the widget ends above."""
        if text not in self._widths:
            self._widths[text] = self._metrics.horizontalAdvance(text)
        padding, height = self._frame.lines(_PADDING), self._metrics.height()
        width = self._widths[text] + 2 * padding + (self._padlock if locked else 0)
        x = min(max(x, 0), max(self._frame.size[0] - width, 0))
        y = min(max(y - height, 0), max(self._frame.size[1] - height, 0))
        band = y // height
        near = [taken for other in (band - 1, band, band + 1) for taken in self._bands.get(other, ())]
        if always or not any(abs(y - top) < height and x < right and left < x + width for left, top, right in near):
            self._bands.setdefault(band, []).append((x, y, x + width))
            self.chips.append(Chip(QRect(x, y, width, height), text, color, locked))

    def place_size(self, box: Box) -> None:
        """Place the size of a box, in image pixels, below its lower right corner."""
        text = f"{round(box[2] - box[0])} × {round(box[3] - box[1])}"
        x, y = self._frame.viewport.to_screen(box[2], box[3])
        gap = self._frame.lines(_GAP)
        self.place(
            round(x * self._frame.ratio) + gap,
            round(y * self._frame.ratio) + gap + self._metrics.height(),
            text,
            SIZE_COLOR,
            always=True,
        )

    def place_below(self, box: Box, text: str, color: str) -> None:
        """Place a label below the lower left corner of a box, whatever is there."""
        x, y = self._frame.viewport.to_screen(box[0], box[3])
        gap = self._frame.lines(_GAP)
        left, bottom = round(x * self._frame.ratio), round(y * self._frame.ratio) + gap + self._metrics.height()
        self.place(left, bottom, text, color, always=True)

    def paint(self, painter: QPainter) -> None:
        """Paint what was placed."""
        painter.save()
        painter.setFont(self._font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = 2.0 * self._frame.ratio
        inks = {color: theme.text_on(color) for color in {chip.color for chip in self.chips}}
        for chip in self.chips:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(chip.color))
            painter.drawRoundedRect(QRectF(chip.rect), radius, radius)
            text = chip.rect.adjusted(self._padlock if chip.locked else 0, 0, 0, 0)
            painter.setPen(inks[chip.color])
            painter.drawText(text, Qt.AlignmentFlag.AlignCenter, chip.text)
            if chip.locked:
                left = chip.rect.left() + self._frame.lines(_PADDING)
                _paint_padlock(painter, QRectF(left, chip.rect.top(), self._padlock, chip.rect.height()))
        painter.restore()


def _paint_padlock(painter: QPainter, place: QRectF) -> None:
    """Paint a padlock in the colour of the pen, at the left of `place` and half as high."""
    side = place.height() * 0.5
    body = QRectF(place.left(), place.center().y() - side * 0.05, side, side * 0.6)
    shackle = QRectF(body.left() + side * 0.18, body.top() - side * 0.45, side * 0.64, side * 0.9)
    ink = painter.pen().color()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink, max(side * 0.16, 1.0)))
    painter.drawArc(shackle, 0, 180 * 16)
    painter.fillRect(body, ink)
