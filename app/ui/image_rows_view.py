"""The view of the image list: rows of one height, of which it knows those that can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from app.ui import theme
from app.ui.image_row_delegate import row_height
from app.ui.text_size import TextSize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QPersistentModelIndex
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    Index = QModelIndex | QPersistentModelIndex

_ROWS_AT_ONCE = 5_000  # laid out per turn of the event loop: the view of 100,000 rows is complete after twenty


class RowsView(QListView):
    """A list of rows of one height that knows which of them can be seen."""

    moved = Signal()
    chosen = Signal(QModelIndex)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = ""
        self._marked_out_of_reach = False
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(_ROWS_AT_ONCE)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        TextSize(self, lambda: self.verticalScrollBar().setSingleStep(row_height() // 2))
        self.verticalScrollBar().valueChanged.connect(self.moved)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)

    def say(self, sentence: str) -> None:
        """Show this sentence whenever there are no rows."""
        self._sentence = sentence
        self.viewport().update()

    def mark(self, index: QModelIndex) -> None:
        """Make a row the current one and bring it into view; an invalid index marks none."""
        if index.isValid():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        else:
            self.selectionModel().clear()
        self._marked_out_of_reach = index.isValid()
        self.reach_marked()

    def reach_marked(self) -> None:
        """Bring the marked row into view once, as soon as the rows down to it are laid out."""
        if self._marked_out_of_reach and self.visualRect(self.currentIndex()).isValid():
            self._marked_out_of_reach = False
            self.scrollTo(self.currentIndex())

    def visible_rows(self) -> range:
        """Return the rows that can be seen, in part or whole."""
        top = self.verticalScrollBar().value()
        height = row_height()
        last = (top + self.viewport().height() - 1) // height
        return range(top // height, min(last + 1, self.model().rowCount()))

    def dataChanged(self, topLeft: Index, bottomRight: Index, roles: Sequence[int] = ()) -> None:  # noqa: N803 - Qt's names
        """Paint these rows anew. A list would lay all rows out again, in case they had another height now."""
        QAbstractItemView.dataChanged(self, topLeft, bottomRight, list(roles))

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: a stray letter must not change the image on screen."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row under the pointer."""
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.chosen.emit(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Give the focus up, so that the next key goes to a box and not to this list."""
        super().mouseReleaseEvent(event)
        if self.hasFocus():
            self.clearFocus()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the row under the pointer, but choose no other while a button is down."""
        if not event.buttons():
            super().mouseMoveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the row that the key went to."""
        before = self.currentIndex()
        super().keyPressEvent(event)
        if self.currentIndex() != before:
            self.chosen.emit(self.currentIndex())

    def updateGeometries(self) -> None:
        """Tell that other rows can be seen: all have their places now."""
        super().updateGeometries()
        self.moved.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell that other rows can be seen."""
        super().resizeEvent(event)
        self.moved.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or the sentence where there are none."""
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            theme.paint_hint(self, self._sentence)
