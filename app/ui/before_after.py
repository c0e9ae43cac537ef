"""One held-out image twice, side by side: what the detector before suggests on it, and what the new one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.numbers import fixed
from app.ui import overlays, theme
from app.ui.chips import ChipPainter
from app.ui.layers import UNKNOWN_COLOR, BoxLayer
from app.ui.panel_parts import muted_label
from app.ui.picture import Picture
from app.ui.viewport import Viewport
from detector.filtering import select

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from detector.types import ByteArray, Prediction, Thresholds

_SMALL, _LARGE = 150, (1080, 600)


class Side(NamedTuple):
    """What one detector suggests: a caption and its boxes."""

    caption: str
    boxes: BoxLayer


def suggested(prediction: Prediction, thresholds: Thresholds, colors: Mapping[str, str]) -> BoxLayer:
    """Return the detections as boxes in the colours of their categories, by name; the texts are names and scores."""
    kept = select(prediction.candidates, thresholds.for_looks(prediction.looks))
    names = [prediction.categories[label - 1] for label in kept.labels.tolist()]
    return BoxLayer(
        kept.boxes.astype(np.float64),
        (),
        tuple(colors.get(name, UNKNOWN_COLOR) for name in names),
        tuple(f"{name} {fixed(score, 2)}" for name, score in zip(names, kept.scores.tolist(), strict=True)),
    )


class BeforeAfter(QWidget):
    """Two sides of one image; `clicked` comes when it is pressed. Without an image there are only the captions."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None, *, is_large: bool = False) -> None:
        super().__init__(parent)
        self.sides: tuple[Side, ...] = ()
        self._picture: Picture | None = None
        self._halves = (_Half(), _Half())
        self._captions = (muted_label(), muted_label())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        for half, caption in zip(self._halves, self._captions, strict=True):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(caption)
            column.addWidget(half, 1)
            row.addLayout(column, 1)
            if not is_large:
                half.setFixedHeight(_SMALL)
        if not is_large:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setToolTip(self.tr("Show it large"))

    def show_sides(self, before: Side, after: Side) -> None:
        """Show these boxes over the image, which may come later."""
        self.sides = (before, after)
        self._picture = None
        for side, caption in zip(self.sides, self._captions, strict=True):
            caption.setText(side.caption)
        self._show()

    def show_image(self, image: ByteArray) -> None:
        """Show the image, (H, W, 3) uint8 RGB, under the boxes."""
        self._picture = Picture(image)
        self._show()

    def enlarged(self, name: str) -> QDialog:
        """Return a window, not shown yet, with the same in large; the labeler can go on beside it."""
        dialog = QDialog(self.window())
        dialog.setWindowTitle(self.tr("Before and after: {}").format(name))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        large = BeforeAfter(is_large=True)
        large.sides, large._picture = self.sides, self._picture
        for side, caption in zip(large.sides, large._captions, strict=True):
            caption.setText(side.caption)
        large._show()
        column = QVBoxLayout(dialog)
        column.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        column.addWidget(large)
        dialog.resize(*_LARGE)
        return dialog

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Count a press and release as a click."""
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def _show(self) -> None:
        for half, side in zip(self._halves, self.sides, strict=False):
            half.show_boxes(self._picture, side.boxes)


class _Half(QWidget):
    """An image with boxes, as large as fits."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: Picture | None = None
        self._boxes: BoxLayer | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_boxes(self, picture: Picture | None, boxes: BoxLayer) -> None:
        self._picture, self._boxes = picture, boxes
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.colors(self.palette()).base))
        if self._picture is None or self._boxes is None:
            return
        viewport = _fitting(self._picture.size, (max(self.width(), 1), max(self.height(), 1)))
        ratio = self.devicePixelRatioF()
        self._picture.paint(painter, viewport, ratio)
        frame = overlays.Frame(viewport, ratio)
        rows = range(len(self._boxes))
        with overlays.device_pixels(painter, frame):
            overlays.paint_layer(painter, frame, self._boxes, rows)
            chips = ChipPainter(frame, self.font())
            chips.place_layer(self._boxes, list(rows))
            chips.paint(painter)


def _fitting(image_size: tuple[int, int], widget_size: tuple[int, int]) -> Viewport:
    """Return the view of the whole image, as large as it fits, in the middle."""
    (height, width), (across, down) = image_size, widget_size
    scale = min(across / width, down / height)
    return Viewport(image_size, widget_size, scale, (across - width * scale) / 2, (down - height * scale) / 2)
