"""Lines that move with the image are those that would be drawn anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.ui.overlays import Frame, paint_outlines
from app.ui.sheet import Sheet
from app.ui.viewport import Viewport

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPainter, QPixmap

WIDGET = (320, 240)
START = Viewport((480, 640), WIDGET, 0.5, 3.3, -40.4)
STEPS = ((7, 3), (-9, 0), (0, -11), (-30, 25), (4, -60), (90, 90), (-1, 1))


class Lines:
    """Outlines of boxes all over the image and beyond it; counts those that are painted."""

    def __init__(self, seed: int = 0) -> None:
        generator = np.random.default_rng(seed)
        corners = generator.integers(-60, 700, (400, 2)) / 2
        self.boxes = np.concatenate([corners, corners + generator.integers(1, 200, (400, 2)) / 2], axis=1)
        self.boxes[0] = (-2000, -2000, 3000, 90)  # larger than the widget
        self.painted = 0

    def __call__(self, painter: QPainter, frame: Frame) -> None:
        rows = frame.visible_rows(self.boxes)
        self.painted += len(rows)
        paint_outlines(painter, frame, self.boxes[rows], QColor("#3d8bff"))


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
def test_that_moved_lines_are_those_drawn_anew(qapp: object, ratio: float) -> None:
    sheet, lines, viewport = Sheet(), Lines(), START
    sheet.painted(Frame(viewport, ratio), 1, lines)
    for right, down in STEPS:
        viewport = Viewport((480, 640), WIDGET, 0.5, viewport.x + right * 4 / ratio, viewport.y + down / ratio)
        frame = Frame(viewport, ratio)
        moved, fresh = _pixels(sheet.painted(frame, 1, lines)), _pixels(_fresh(frame, lines))
        # Qt leaves the last corner out where the edge of the widget cuts a box; a whole line would be far more.
        assert np.count_nonzero((moved != fresh).any(axis=2)) < np.count_nonzero(fresh[..., 3]) * 0.004


def test_that_only_what_comes_into_sight_is_painted(qapp: object) -> None:
    sheet, lines = Sheet(), Lines()
    sheet.painted(Frame(START), 1, lines)
    whole, lines.painted = lines.painted, 0
    sheet.painted(Frame(START.panned(-5, 0)), 1, lines)
    assert 0 < lines.painted < whole / 5
    lines.painted = 0
    sheet.painted(Frame(START.panned(-5, 0)), 1, lines)
    assert lines.painted == 0


@pytest.mark.parametrize(
    "looked",
    [
        lambda frame: Frame(frame.viewport.panned(0.5, 0)),
        lambda frame: Frame(frame.viewport.zoomed(1.25, 10, 10)),
        lambda frame: Frame(frame.viewport.panned(-WIDGET[0], 0)),
        lambda frame: Frame(frame.viewport.resized((300, 240))),
        lambda frame: Frame(frame.viewport, 2.0),
    ],
    ids=["half a pixel", "zoomed", "as far as the widget is wide", "another size", "another screen"],
)
def test_that_what_is_more_than_a_move_is_drawn_anew(qapp: object, looked: Callable[[Frame], Frame]) -> None:
    sheet, lines, frame = Sheet(), Lines(), Frame(START)
    sheet.painted(frame, 1, lines)
    assert frame.shift_to(looked(frame)) is None
    assert sheet.painted(looked(frame), 1, lines).toImage() == _fresh(looked(frame), lines).toImage()


def test_that_other_lines_are_drawn_anew(qapp: object) -> None:
    sheet, frame, others = Sheet(), Frame(START.panned(4, 0)), Lines(seed=1)
    sheet.painted(Frame(START), 1, Lines())
    assert sheet.painted(frame, 2, others).toImage() == _fresh(frame, others).toImage()


def _pixels(pixmap: QPixmap) -> np.ndarray:
    """Return a copy of the pixels (H, W, 4)."""
    image = pixmap.toImage()
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


def _fresh(frame: Frame, lines: Lines) -> QPixmap:
    return Sheet().painted(frame, 0, lines)
