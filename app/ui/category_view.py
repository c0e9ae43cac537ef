"""The list of the categories panel: what a press on a swatch, a drag and a key mean in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QBasicTimer, QEvent, QModelIndex, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemDelegate, QApplication, QLineEdit, QListView, QWidget

from app.ui import theme
from app.ui.category_delegate import body_rect, eye_rect, swatch_rect
from app.ui.keymap import KEYMAP, with_keys

if TYPE_CHECKING:
    from PySide6.QtCore import QTimerEvent
    from PySide6.QtGui import QMouseEvent, QPaintEvent

_SCROLL_MS = 30
_EDGE = 18
"""A drag this near to the upper or lower edge scrolls, in device-independent pixels."""


class Drop(NamedTuple):
    """Where a dragged row would go: above the row `row` or `below` it."""

    row: int
    below: bool


class CategoryView(QListView):
    """A list in which a press on swatch or eye is a press on that, and nothing else; a row can be dragged.

    `dropped(row, Drop)` says which row a drag moves to where. `menu_wanted(point)` comes by the right button and by the
    keyboard, with a point of the viewport; `reached(index)` when a key has gone to another row.
    """

    swatch_pressed = Signal(QModelIndex)
    eye_pressed = Signal(QModelIndex)
    menu_wanted = Signal(QPoint)
    dropped = Signal(int, object)
    reached = Signal(QModelIndex)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pressed_at: QPoint | None = None
        self._dragged: int | None = None
        self._dragged_to = QPoint()
        self._drop: Drop | None = None
        self._scrolling = QBasicTimer()
        self._is_refused = False
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.DoubleClicked | QListView.EditTrigger.EditKeyPressed)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        KEYMAP.changed.connect(self.viewport().update)

    def event(self, event: QEvent) -> bool:
        """Claim Esc from the window: here it ends a drag, or leaves the list."""
        is_key = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if is_key and event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to another row; end a drag or leave the list with Esc."""
        if event.key() != Qt.Key.Key_Escape:
            before = self.currentIndex()
            super().keyPressEvent(event)
            if self.currentIndex() != before:
                self.reached.emit(self.currentIndex())
        elif self._dragged is not None:
            self._end_drag()
        else:
            self.clearFocus()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell swatches and eyes from names."""
        point = event.position().toPoint()
        index = self.indexAt(point)
        left = event.button() is Qt.MouseButton.LeftButton
        if left and index.isValid() and self._swatch(index).contains(point):
            self.swatch_pressed.emit(index)
            return
        if left and index.isValid() and self._eye(index).contains(point):
            self.eye_pressed.emit(index)
            return
        self._pressed_at = point if left and index.isValid() else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin a drag, or take it on."""
        point = event.position().toPoint()
        if self._pressed_at is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        far = (point - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if self._dragged is None and far:
            self._dragged = self.indexAt(self._pressed_at).row()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            self._scrolling.start(_SCROLL_MS, self)
        if self._dragged is not None:
            self._drag_to(point)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Drop what is dragged. Give the focus up, so that the next key goes to a box and not to this list."""
        dragged, drop = self._dragged, self._drop
        self._end_drag()
        super().mouseReleaseEvent(event)
        if dragged is not None and drop is not None:
            self.dropped.emit(dragged, drop)
        if self.hasFocus():
            self.clearFocus()

    def timerEvent(self, event: QTimerEvent) -> None:
        """Scroll while a row is dragged to an edge."""
        if event.timerId() != self._scrolling.timerId():
            super().timerEvent(event)
            return
        point, bar = self._dragged_to, self.verticalScrollBar()
        over = min(point.y() - _EDGE, 0) + max(point.y() - (self.viewport().height() - _EDGE), 0)
        if over:
            bar.setValue(bar.value() + over // 2)
            self._drag_to(point)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the row under the pointer, or of the one that the keyboard is at."""
        by_keyboard = event.reason() is QContextMenuEvent.Reason.Keyboard
        self.menu_wanted.emit(self.visualRect(self.currentIndex()).center() if by_keyboard else event.pos())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows and where a drag would put one, or how to get the first one."""
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            theme.paint_hint(
                self, with_keys(self.tr("No categories yet. Type the first one below; {category-1} chooses it."))
            )
        elif self._drop is not None:
            rect = body_rect(self.visualRect(self.model().index(self._drop.row, 0)))
            y = rect.bottom() + 1 if self._drop.below else rect.top()
            painter = QPainter(self.viewport())
            painter.setPen(QPen(QColor(theme.colors(self.palette()).accent), 2))
            painter.drawLine(rect.left() + 6, y, rect.right() - 6, y)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """End the typing of a name, and give the focus up as a click does; Enter on what is refused ends nothing."""
        refused, self._is_refused = self._is_refused, False
        if refused and hint is QAbstractItemDelegate.EndEditHint.SubmitModelCache and isinstance(editor, QLineEdit):
            editor.selectAll()
            return
        super().closeEditor(editor, hint)
        if self.hasFocus():
            self.clearFocus()

    @Slot()
    def refuse(self) -> None:
        """Keep the field for another name: the one that was typed cannot be had."""
        self._is_refused = True

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: letters and digits are keys of the window."""

    def _drag_to(self, point: QPoint) -> None:
        self._dragged_to, self._drop = point, self._drop_at(point)
        self.viewport().update()

    def _drop_at(self, point: QPoint) -> Drop | None:
        """Return where the dragged row would go; None where the pointer is over itself."""
        inside = QPoint(self.viewport().width() // 2, min(max(point.y(), 0), self.viewport().height() - 1))
        index = self.indexAt(inside)
        row = index.row() if index.isValid() else self.model().rowCount() - 1
        below = not index.isValid() or inside.y() > body_rect(self.visualRect(index)).center().y()
        return None if row == self._dragged else Drop(row, below)

    def _end_drag(self) -> None:
        self._scrolling.stop()
        self._pressed_at = self._dragged = self._drop = None
        self.viewport().unsetCursor()
        self.viewport().update()

    def _eye(self, index: QModelIndex) -> QRect:
        return eye_rect(self.visualRect(index)).adjusted(-4, -4, 4, 4)

    def _swatch(self, index: QModelIndex) -> QRect:
        return swatch_rect(self.visualRect(index)).adjusted(-4, -4, 4, 4)
