"""The image on the screen: fitting, zooming, scrolling, panning, and the Space key that does two things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.large_picture import LargePicture
from app.ui.picture import Picture
from app.ui.viewport import Viewport, device_size
from app.workers.large_image import LargeImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.annotations import Box
    from app.workers.large_image import ShownImage
    from detector.types import ByteArray

NOTCH = 120.0
"""The angle of a wheel that turns by one click, in eighths of a degree."""
_ZOOM_PER_NOTCH = 1.25
_SCROLL_PER_NOTCH = 80.0
_NOTICE_MARGIN = 40
_GROUND_SHARE = 0.85


class ImageView(QWidget):
    """Shows one image and moves it. Wheel scrolls, with Shift sideways, with Ctrl zooms at the pointer.

    The middle button drags the image, and so does the left one while Space is down. `space_released` comes when Space
    was pressed and released without a drag. `zoomed` tells device pixels per image pixel, `pointer_moved` the image
    point (x, y) under the pointer or None outside the image.
    """

    zoomed = Signal(float)
    pointer_moved = Signal(object)
    space_released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | LargePicture | None = None
        self._notice = ""
        self._viewport = Viewport((1, 1), (1, 1))
        self._fits = True
        self._panned_from = QPointF()
        self._panned_with: Qt.MouseButton | None = None
        self._space_down = self._space_dragged = False
        self._place = QPoint(), QSize()  # in the window, and how large that is
        self._backdrop = QPixmap()
        self._backdrop_key: tuple[object, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # ------------------------------------------------------------------------------------------------------ the image

    def set_image(self, image: ShownImage | None, *, keep_zoom: bool = False, half: ByteArray | None = None) -> None:
        """Show an image (H, W, 3) uint8 RGB, fitted; None shows the notice instead. An array is read, not copied.

        `half` of it, from the loader, spares the window the work of halving it.

        A large image is painted anew as more of it is there. With `keep_zoom` scale and place stay as they are, unless
        the image before was fitted too.
        """
        if isinstance(image, LargeImage):
            self._picture = LargePicture(image)
            image.changed.connect(self.update)
        else:
            self._picture = None if image is None else Picture(image, half)
        if self._picture is not None and keep_zoom and not self._fits:
            self._look_through(self._viewport.moved_to(self._picture.size))
        elif self._picture is not None:
            self._viewport = Viewport(self._picture.size, self._viewport.widget_size)
            self.fit()
        self.update()

    def set_notice(self, text: str) -> None:
        """Say what there is to say while there is no image."""
        self._notice = text
        self.update()

    @property
    def viewport(self) -> Viewport:
        """Where the image is."""
        return self._viewport

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel: 1 is actual size."""
        return self._viewport.scale * self.devicePixelRatio()

    def fit(self) -> None:
        """Show the whole image, and go on doing so when the widget changes its size."""
        self._look_through(self._viewport.fitted(), fits=True)

    def actual_size(self) -> None:
        """Show one image pixel per device pixel."""
        self._look_through(self._viewport.scaled_to(1 / self.devicePixelRatio()))

    def zoom_to(self, box: Box) -> None:
        """Show `box` in the middle, half as large as the widget."""
        self._look_through(self._viewport.zoomed_to(box))

    def bring(self, box: Box) -> None:
        """Show `box` where it can be judged, and change as little as that takes."""
        brought = self._viewport.brought(box)
        if brought != self._viewport:
            self._look_through(brought)

    def zoom_by(self, factor: float) -> None:
        """Magnify by `factor`, the middle of the widget kept."""
        width, height = self._viewport.widget_size
        self._look_through(self._viewport.zoomed(factor, width / 2, height / 2))

    def _look_through(self, viewport: Viewport, *, fits: bool = False) -> None:
        self._viewport, self._fits = viewport, fits
        self.update()
        self.zoomed.emit(self.zoom)

    # ------------------------------------------------------------------------------------------------------- painting

    def sizeHint(self) -> QSize:
        """Return a size at which boxes can be worked on."""
        return QSize(900, 640)

    def minimumSizeHint(self) -> QSize:
        """Return the room that the panels beside it leave it: in a narrow window they give way first."""
        return QSize(420, 320)

    def backdrop(self) -> QPixmap:
        """Return the image on its ground, painted anew only if the image, the view, the size or the palette changed."""
        key = (
            self._viewport,
            self._picture,
            None if self._picture is None else self._picture.revision,
            self._notice,
            self.size(),
            self.devicePixelRatio(),
            self.palette().cacheKey(),
        )
        if key != self._backdrop_key:
            self._backdrop_key = key
            self._backdrop = self._painted(self._backdrop, self._paint_backdrop)
        return self._backdrop

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the image."""
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        painter.drawPixmap(0, 0, self.backdrop())
        painter.end()

    def _painted(self, pixmap: QPixmap, paint: Callable[[QPainter], None]) -> QPixmap:
        """Return a pixmap as large as the widget that `paint` painted: `pixmap` itself where its size is right."""
        size = QSize(*device_size((self.width(), self.height()), self.devicePixelRatio()))
        if pixmap.size() != size:
            pixmap = QPixmap(size)
        pixmap.setDevicePixelRatio(self.devicePixelRatio())
        painter = QPainter(pixmap)
        painter.setFont(self.font())
        paint(painter)
        painter.end()
        return pixmap

    def _paint_backdrop(self, painter: QPainter) -> None:
        colors = theme.colors(self.palette())
        painter.fillRect(self.rect().adjusted(0, 0, 1, 1), self._ground())  # the last pixel may be half beyond it
        if self._picture is not None:
            self._picture.paint(painter, self._viewport, self.devicePixelRatio())
            return
        painter.setPen(colors.muted)
        margin = _NOTICE_MARGIN
        text = QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)
        painter.drawText(text, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._notice)

    def _ground(self) -> QColor:
        """Return what is around the image: a neutral grey, a little darker than the window."""
        return QColor.fromHslF(0.0, 0.0, self.palette().window().color().lightnessF() * _GROUND_SHARE)

    # ---------------------------------------------------------------------------------------------------------- input

    @property
    def panning(self) -> bool:
        """Return whether the pointer is dragging the image."""
        return self._panned_with is not None

    def event(self, event: QEvent) -> bool:
        """Claim Space from the window."""
        # The window has an action for Space; here the key means more than its press.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_space(event):
            event.accept()
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again; else keep the image where it is on the screen, or the middle where the window has another size."""
        size = (max(event.size().width(), 1), max(event.size().height(), 1))
        before, self._place = self._place, (self.mapTo(self.window(), QPoint()), self.window().size())
        moved = self._place[0] - before[0]
        is_same = self._place[1] == before[1]
        resized = self._viewport.cut_by(moved.x(), moved.y(), size) if is_same else self._viewport.resized(size)
        self._look_through(resized.fitted() if self._fits else resized, fits=self._fits)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl, scroll without."""
        pixels, angle = event.pixelDelta(), event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            at = event.position()
            self._look_through(self._viewport.zoomed(_ZOOM_PER_NOTCH ** (angle.y() / NOTCH), at.x(), at.y()))
        else:
            per_unit = 1.0 if not pixels.isNull() else _SCROLL_PER_NOTCH / NOTCH
            delta = pixels if not pixels.isNull() else angle
            dx, dy = delta.x() * per_unit, delta.y() * per_unit
            sideways = event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not dx
            self._look_through(self._viewport.panned(*((dy, 0.0) if sideways else (dx, dy))))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the image."""
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space_down):
            self._panned_from, self._panned_with = event.position(), event.button()
            self._space_dragged = True
            self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the image and tell where the pointer is."""
        at = event.position()
        if self._space_down and event.buttons():
            self._space_dragged = True
        if self.panning:
            moved, self._panned_from = at - self._panned_from, at
            self._look_through(self._viewport.panned(moved.x(), moved.y()))
        point = self._viewport.to_image(at.x(), at.y())
        on_image = self._picture is not None and self._viewport.contains(*point)
        self.pointer_moved.emit(point if on_image else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the image go."""
        if event.button() == self._panned_with:
            self._panned_with = None
            self._show_cursor()

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer is gone."""
        self.pointer_moved.emit(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Make ready to drag while Space is down."""
        if not _is_space(event):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self._space_down, self._space_dragged = True, False
            self._show_cursor()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Tell of Space, unless it was down for a drag."""
        if event.key() != Qt.Key.Key_Space or event.isAutoRepeat() or not self._space_down:
            super().keyReleaseEvent(event)
            return
        self._space_down = False
        self._show_cursor()
        if not self._space_dragged:
            self.space_released.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Forget Space."""
        # The release of a key goes to who has the focus by then.
        self._space_down = False
        self._show_cursor()
        super().focusOutEvent(event)

    def _show_cursor(self) -> None:
        """Set the cursor of the moment."""
        if self.panning:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space_down:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()


def _is_space(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier
