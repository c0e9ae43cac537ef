"""The canvas: the image with its boxes, and the tools that work on them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QWheelEvent

from app.model.annotations import Annotation
from app.model.review import AnnotationRef
from app.model.storage import StoreError
from app.ui import tools
from app.ui.box_view import BoxView
from app.ui.cursors import cursor_over
from app.ui.image_view import NOTCH
from app.ui.picking import Picker
from app.ui.tools import CategoryWanted, Drawer, Locked, Outcome, PointerEvent, Tool

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.model.commands import Command
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.workers.large_image import ShownImage
    from detector.types import ByteArray

_ADDING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class Canvas(BoxView):
    """Reads the workspace, paints it, and emits the commands that the pointer gives; it never executes one.

    Whoever gets `commanded` executes the command before it returns; the canvas then selects the box that came with it.
    Boxes can be worked on only while the image on the canvas is the workspace's current one.
    `category_wanted(box)` comes instead of a command as long as the project has no category. `drawn(annotation)` comes
    after the command of a box that was drawn; `locked()` instead of one where a box was dragged that is locked.
    """

    commanded = Signal(object)
    category_wanted = Signal(object)
    message = Signal(str)
    locked = Signal()
    context_menu_requested = Signal(QPoint)
    drawing_changed = Signal(bool)
    drawn = Signal(object)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(workspace, parent)
        self._picker = Picker(self._layers)
        self._drawer: Drawer | None = None
        self._tool: Tool | None = None
        self._last: PointerEvent | None = None
        self._turned = 0.0
        self.destroyed.connect(workspace.subscribe(self._on_change))

    def set_image(self, image: ShownImage | None, *, keep_zoom: bool = False, half: ByteArray | None = None) -> None:
        """Give up what the pointer is doing, and show the workspace's current image; None shows the notice instead."""
        self.cancel()
        super().set_image(image, keep_zoom=keep_zoom, half=half)

    @property
    def drawing(self) -> bool:
        """Return whether the next press draws a box, or one is being drawn."""
        return self._drawer is not None

    @property
    def by_extremes(self) -> bool:
        """Return whether that box is drawn by four points."""
        return self._drawer is tools.draw_extremes

    def start_drawing(self, drawer: Drawer = tools.draw) -> None:
        """Draw one box with the pointer: by a drag or two clicks, or as `drawer` has it."""
        self.cancel()
        if self._is_current:
            self._draw_with(drawer)

    def cancel(self) -> bool:
        """Give up what the pointer is doing and the draw tool; return whether there was anything to give up."""
        busy = self._tool is not None or self.drawing
        if self._tool is not None:
            self._tool.close()
        self._tool, self._preview = None, None
        self._draw_with(None)
        return busy

    def _draw_with(self, drawer: Drawer | None) -> None:
        if drawer is not self._drawer:
            self._drawer = drawer
            self.drawing_changed.emit(self.drawing)
        self._show_cursor()
        self.update()

    def _begin(self, press: PointerEvent) -> None:
        size = self._viewport.image_size
        editor = partial(tools.edit, layers=self._layers, picker=self._picker)
        self._tool, self._last = (self._drawer or editor)(press, self._workspace, size), press
        self._send(None)

    def _send(self, event: PointerEvent | None) -> None:
        """Go on with the tool; None begins it."""
        assert self._tool is not None
        self._last = event or self._last
        try:
            self._preview = self._tool.send(event)  # type: ignore[arg-type]
        except StopIteration as stop:
            self._finish(stop.value)
        except StoreError as error:
            self._finish(None)
            self.message.emit(str(error))
        self.update()

    def _finish(self, outcome: Outcome) -> None:
        was_drawing = self.drawing
        self._tool, self._preview = None, None
        self._draw_with(None)
        if isinstance(outcome, CategoryWanted):
            self.category_wanted.emit(outcome.box)
        elif isinstance(outcome, Locked):
            self.locked.emit()
        elif outcome is not None:
            self.commanded.emit(outcome)
            added = self._select_added(outcome)
            self._picker.keep()
            if was_drawing and added is not None:
                self.drawn.emit(added)

    def _select_added(self, command: Command) -> Annotation | None:
        added = next((row for row in command.rows_added() if isinstance(row, Annotation)), None)
        if added is None or added.id not in self._workspace.annotations:  # not executed
            return None
        self._workspace.change_view(replace(self._workspace.view, selected=AnnotationRef(added.id)))
        return added

    def _on_change(self, change: Change) -> None:
        self._layers.forget(change)
        if change.current_image:
            self.cancel()
        elif change.annotations and self._tool is not None and self._last is not None:
            self._send(replace(self._last, kind="move"))  # what a drag holds may be another, or gone
        if change.annotations or change.suggestions or change.proposals or change.layers:
            self._hover()
        self._show_cursor()
        self.update()

    def _event(self, kind: Literal["press", "move", "release"], at: QPointF, *, adds: bool = False) -> PointerEvent:
        return PointerEvent(kind, *self._viewport.to_image(at.x(), at.y()), 1 / self._viewport.scale, adds)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture, or give the tool its second click."""
        super().mousePressEvent(event)
        if self.panning or event.button() != Qt.MouseButton.LeftButton or not self._is_current:
            return
        press = self._event("press", event.position(), adds=bool(event.modifiers() & _ADDING))
        if self._tool is None:
            self._begin(press)
        else:
            self._send(press)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the gesture, or show what is under the pointer."""
        super().mouseMoveEvent(event)
        self._at = event.position()
        if self._tool is not None and not self.panning:
            self._send(self._event("move", self._at))
        elif self.drawing:
            self.update()
        else:
            self._hover()
            self._show_cursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag."""
        of_pan = event.button() == self._panned_with
        super().mouseReleaseEvent(event)
        if self._tool is not None and not of_pan and event.button() == Qt.MouseButton.LeftButton:
            self._send(self._event("release", event.position()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Walk through the scales of what is under the pointer with Alt; else scroll and zoom."""
        if not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            super().wheelEvent(event)
            return
        event.accept()
        self._turned += (event.angleDelta().y() or event.angleDelta().x()) / NOTCH  # some turn sideways with Alt
        notches = int(self._turned)
        self._turned -= notches
        if notches and self._is_current and not self.drawing and self._tool is None:
            self._at = event.position()
            self._finish(tools.scale(self._event("move", self._at), self._workspace, self._picker, notches))
            self._hover()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Give up a gesture; without one, select the box under the pointer and ask for its menu."""
        if not self._is_current or self.cancel():
            return
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            under = self._event("press", QPointF(event.pos()))
            tools.select_under(under, self._workspace, self._layers, self._picker)
        self.context_menu_requested.emit(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """Highlight nothing and paint no guides."""
        self._at = None
        self._hover()
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Swallow Tab where no action has it: the parents, who would get it next, would move the focus."""
        if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: ARG002 - Qt's signature
        """Keep the focus: Tab walks the boxes."""
        return False

    def _hover(self) -> None:
        """Find the proposal that a click would take."""
        hovered = None
        if self._at is not None and self._is_current and not self.drawing and self._tool is None:
            at = self._event("move", self._at)
            hovered = self._picker.hovered(at.x, at.y, tools.CLICK_SLOP * at.pixel)
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def _show_cursor(self) -> None:
        if self.panning or self._space_down:
            super()._show_cursor()
        elif self.drawing:
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif self._tool is None:
            self.setCursor(self._cursor_under())

    def _cursor_under(self) -> Qt.CursorShape:
        if self._hovered is not None:
            return Qt.CursorShape.PointingHandCursor
        at = self._at if self._is_current else None
        return cursor_over(self._layers, None if at is None else self._event("move", at))
