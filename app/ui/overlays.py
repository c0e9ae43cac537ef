"""What is painted over the image. Functions of arrays: they know neither the widget nor the workspace.

Everything is painted in device pixels, lines on whole ones: crisp on every screen, and a thousand boxes of one colour
are one `drawRects` with an opaque pen, which is what makes them fast. Shapes: M boxes.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLine, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.model.geometry import Handle, as_boxes, handle_point
from app.ui.viewport import device_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QPixmap

    from app.model.annotations import Box
    from app.ui.layers import BoxArray, BoxLayer
    from app.ui.viewport import Viewport

HANDLE_SIDE = 7
MANY = 300
"""With this many boxes in sight or more, only their lines are painted: more would be all there is to see."""
SHADOW = QColor(0, 0, 0, 130)
"""Under the lines of the few boxes that matter now, so that they stand out from any image."""

PROPOSAL_COLOR = QColor("#3d8bff")
OFFER_COLOR = QColor("#e8f04a")
"""Of what the detector offers for a box that a person drew: it must stand out from the box's own colour."""
BAND_COLOR = QColor("#9aa7b8")
_FAINT = 0.6
_DARKER = 170  # per cent, as QColor.darker has it
_TINT = 28
_BEYOND = 16
_WIDEST = 4  # of the lines of a box
_WHOLE = 1e-6  # so near to a whole number of pixels is one
_DASHES = [4.0, 3.0]
_LONG_DASHES = [5.0, 3.0]

_rects: list[QRect] = []
"""Filled anew for every `drawRects`: some thousand new objects a frame would set the garbage collector off."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a painter needs to know: where the image is, and how many device pixels a screen pixel has.

    `part`, in device pixels, is all of the widget that is to be painted; None for the whole.
    """

    viewport: Viewport
    ratio: float = 1.0
    part: QRect | None = None

    @property
    def size(self) -> tuple[int, int]:
        """The widget's (width, height) in device pixels."""
        return device_size(self.viewport.widget_size, self.ratio)

    def lines(self, width: float) -> int:
        """Return the whole device pixels of `width` screen pixels, at least one."""
        return max(1, round(width * self.ratio))

    def only(self, part: QRect) -> Frame:
        """Return the frame with nothing but a part of the widget to be painted."""
        return replace(self, part=part)

    def shift_to(self, other: Frame) -> tuple[int, int] | None:
        """Return by how many device pixels (right, down) the image was moved; None for anything else or farther."""
        before, after = self.viewport, other.viewport
        moved = replace(self, viewport=replace(before, x=after.x, y=after.y), part=other.part)
        dx, dy = (after.x - before.x) * self.ratio, (after.y - before.y) * self.ratio
        if moved != other or max(abs(dx - round(dx)), abs(dy - round(dy))) > _WHOLE:
            return None
        width, height = self.size
        return (round(dx), round(dy)) if abs(dx) < width and abs(dy) < height else None

    def visible_rows(self, boxes: BoxArray) -> NDArray[np.int64]:
        """Return which boxes (M, 4) have a part of their outline inside what is to be painted."""
        x1, y1, x2, y2 = self._visible_box()
        meets = (boxes[:, 0] <= x2) & (boxes[:, 2] >= x1) & (boxes[:, 1] <= y2) & (boxes[:, 3] >= y1)
        around = (boxes[:, 0] < x1) & (boxes[:, 2] > x2) & (boxes[:, 1] < y1) & (boxes[:, 3] > y2)
        return np.nonzero(meets & ~around)[0]

    def _visible_box(self) -> Box:
        """Return what is to be painted in image pixels, and around it as much as lines are wide."""
        part = self.part or QRect(0, 0, *self.size)
        around = self.lines(_WIDEST)
        wider = part.adjusted(-around, -around, around, around)
        x1, y1 = self.viewport.to_image(wider.left() / self.ratio, wider.top() / self.ratio)
        x2, y2 = self.viewport.to_image((wider.right() + 1) / self.ratio, (wider.bottom() + 1) / self.ratio)
        return x1, y1, x2, y2

    def device_rects(self, boxes: BoxArray) -> NDArray[np.int64]:
        """Return boxes (M, 4) in image pixels as (x, y, width, height) on whole device pixels, at least two wide.

        What lies far outside the widget is cut off there: a pen would follow it.
        """
        corners = self.viewport.boxes_to_screen(boxes) * self.ratio
        width, height = self.size
        limits = np.array([width, height, width, height]) + _BEYOND
        # Not round(), for which the halves go to even numbers: a box must not change when the image is moved.
        corners = np.floor(np.clip(corners, -_BEYOND, limits) + 0.5).astype(np.int64)
        sizes = np.maximum(corners[:, 2:] - corners[:, :2], 2)
        return np.concatenate([corners[:, :2], sizes], axis=1)

    def grown(self, boxes: BoxArray, by: float) -> BoxArray:
        """Return boxes (M, 4) in image pixels that are larger by the width of a line of `by` on each side."""
        pixels = self.lines(by) / (self.ratio * self.viewport.scale)
        larger: BoxArray = boxes + np.array([-pixels, -pixels, pixels, pixels])
        return larger


@contextmanager
def device_pixels(painter: QPainter, frame: Frame) -> Iterator[None]:
    """Let a painter count in device pixels, from a whole one on: a widget may begin between two of them."""
    painter.save()
    painter.scale(1 / frame.ratio, 1 / frame.ratio)
    began = painter.deviceTransform().map(QPointF(0, 0))
    painter.translate(math.floor(began.x() + 0.5) - began.x(), math.floor(began.y() + 0.5) - began.y())
    yield
    painter.restore()


def paint_outlines(
    painter: QPainter, frame: Frame, boxes: BoxArray, color: QColor, width: float = 1, *, dashed: bool = False
) -> None:
    """Outline boxes (M, 4) in one colour; the lines lie inside the boxes."""
    line = frame.lines(width)
    pen = QPen(color, line)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    if dashed:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern(_DASHES)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    # A pen's line lies half inside of what it draws, the larger half where the line is odd.
    inside = frame.device_rects(boxes) + np.array([line // 2, line // 2, -line, -line])
    inside[:, 2:] = np.maximum(inside[:, 2:], 0)
    painter.drawRects(_for_painter(inside))


def paint_layer(
    painter: QPainter, frame: Frame, layer: BoxLayer, rows: Sequence[int] | NDArray[np.int64], *, dashed: bool = False
) -> None:
    """Outline these rows of a layer in the colours of their categories.

    While there are few, each has a darker line around it, to be seen on a ground of its own colour too.
    """
    for name, group in layer.rows_by_color(rows).items():
        boxes, color = layer.boxes[group], QColor(name)
        if len(rows) < MANY:
            paint_outlines(painter, frame, frame.grown(boxes, 1), color.darker(_DARKER), dashed=dashed)
        paint_outlines(painter, frame, boxes, color, dashed=dashed)


def paint_faint(painter: QPainter, lines: QPixmap) -> None:
    """Paint lines so that the image shines through, equally where many cross."""
    painter.setOpacity(_FAINT)
    painter.drawPixmap(0, 0, lines)
    painter.setOpacity(1.0)


def paint_highlight(painter: QPainter, frame: Frame, box: Box, color: QColor, *, dashed: bool = False) -> None:
    """Paint one box that stands out: tinted, with a line of two pixels on a shadow."""
    boxes = as_boxes([box])
    (rect,) = frame.device_rects(boxes).tolist()
    tint = QColor(color)
    tint.setAlpha(_TINT)
    painter.fillRect(QRect(*rect), tint)
    paint_outlines(painter, frame, frame.grown(boxes, 1), SHADOW, 4)
    paint_outlines(painter, frame, boxes, QColor("#ffffff") if dashed else color, 2)
    if dashed:
        paint_outlines(painter, frame, boxes, color, 2, dashed=True)


def paint_highlights(painter: QPainter, frame: Frame, layer: BoxLayer, rows: NDArray[np.int64]) -> None:
    """Paint these rows of a layer as `paint_highlight` paints one box, a colour at a time."""
    paint_outlines(painter, frame, frame.grown(layer.boxes[rows], 1), SHADOW, 4)
    for name, group in layer.rows_by_color(rows).items():
        boxes, tint = layer.boxes[group], QColor(name)
        tint.setAlpha(_TINT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawRects([QRect(*rect) for rect in frame.device_rects(boxes).tolist()])
        paint_outlines(painter, frame, boxes, QColor(name), 2)


def paint_handles(painter: QPainter, frame: Frame, box: Box, color: QColor) -> None:
    """Paint the eight handles of a box, of the same size at every zoom; fewer where they would hide it."""
    side = frame.lines(HANDLE_SIDE) | 1
    (rect,) = frame.device_rects(as_boxes([box])).tolist()
    if min(rect[2:]) < 2 * side:
        return
    roomy = min(rect[2:]) >= 7 * side
    painter.setPen(QPen(color, frame.lines(1)))
    painter.setBrush(QColor("#ffffff"))
    handles = [handle for handle in Handle if roomy or 0 not in handle.value]
    points = [frame.viewport.to_screen(*handle_point(box, handle)) for handle in handles]
    corners = [(round(x * frame.ratio) - side // 2 - 1, round(y * frame.ratio) - side // 2 - 1) for x, y in points]
    painter.drawRects([QRect(x, y, side, side) for x, y in corners])


def paint_guides(painter: QPainter, frame: Frame, at: tuple[float, float]) -> None:
    """Paint the crosshair of the draw tool through screen point `at`, visible on any image."""
    width, height = frame.size
    x, y = round(at[0] * frame.ratio), round(at[1] * frame.ratio)
    lines = [QLine(0, y, width, y), QLine(x, 0, x, height)]
    painter.setPen(QPen(QColor(0, 0, 0, 150), frame.lines(1)))
    painter.drawLines(lines)
    pen = QPen(QColor(255, 255, 255, 220), frame.lines(1))
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setDashPattern(_LONG_DASHES)
    painter.setPen(pen)
    painter.drawLines(lines)


def _for_painter(rects: NDArray[np.int64]) -> list[QRect]:
    """Return (M, 4) x, y, width and height as what a painter takes, good until the next call."""
    _rects.extend(QRect() for _ in range(len(rects) - len(_rects)))
    filled = _rects[: len(rects)]
    for rect, x, y, width, height in zip(filled, *rects.T.tolist(), strict=True):
        rect.setRect(x, y, width, height)
    return filled
