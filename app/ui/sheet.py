"""Lines over an image on a transparent sheet, which moves with the image instead of being drawn anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPixmap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.ui.overlays import Frame

    Paint = Callable[[QPainter, Frame], None]


class Sheet:
    """A pixmap of device pixels. Where the image has only been moved, what has come into sight is painted, no more.

    Right for lines whose every pixel depends on their box alone: neither for dashes, which begin at the edge of the
    widget where their box begins beyond it, nor for words, which keep out of each other's way.
    """

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._key: object = None
        self._frame: Frame | None = None

    def painted(self, frame: Frame, key: object, paint: Paint) -> QPixmap:
        """Return the lines of `paint` on this frame; `key` is another one where they are others."""
        shift = None if self._frame is None or key != self._key else self._frame.shift_to(frame)
        if shift is None:
            self._pixmap = _cleared(self._pixmap, frame)
            self._draw(frame, paint)
        elif any(shift):
            self._pixmap.scroll(*shift, self._pixmap.rect())
            for part in _uncovered(self._pixmap.rect(), *shift):
                self._draw(frame.only(part), paint)
        self._key, self._frame = key, frame
        return self._pixmap

    def _draw(self, frame: Frame, paint: Paint) -> None:
        painter = QPainter(self._pixmap)
        if frame.part is not None:
            painter.setClipRect(frame.part)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.fillRect(frame.part, Qt.GlobalColor.transparent)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        paint(painter, frame)
        painter.end()


def _cleared(pixmap: QPixmap, frame: Frame) -> QPixmap:
    """Return an empty sheet of the size of the frame, the given one where that fits."""
    width, height = frame.size
    if (pixmap.width(), pixmap.height()) != (width, height):
        pixmap = QPixmap(width, height)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap


def _uncovered(whole: QRect, dx: int, dy: int) -> Iterator[QRect]:
    """Yield the parts of a rectangle that it does not cover itself when it is moved."""
    kept = whole & whole.translated(dx, dy)
    if dy:
        top = whole.top() if dy > 0 else kept.bottom() + 1
        yield QRect(whole.left(), top, whole.width(), abs(dy))
    if dx:
        left = whole.left() if dx > 0 else kept.right() + 1
        yield QRect(left, kept.top(), abs(dx), kept.height())
