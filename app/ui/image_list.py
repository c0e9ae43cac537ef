"""The list of all images: thumbnails, states and counts, a filter, and the way to any image by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QListView, QProgressBar, QVBoxLayout, QWidget

from app.model.storage import StoreError
from app.ui import theme
from app.ui.icons import icon
from app.ui.image_row_delegate import ROW_HEIGHT, ImageRowDelegate
from app.ui.image_rows import ImageRows, StateFilter
from app.ui.keymap import KeyTip
from app.ui.typing_keys import TypingKeys

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.workers.image_loader import ImageLoader

_ROWS_AT_ONCE = 5_000  # laid out per turn of the event loop: the view of 100,000 rows is complete after twenty
_SETTLE_MS = 30  # a wheel's burst of scroll events asks for thumbnails once


class ImageList(QWidget):
    """The images of the project. `folder` is the image folder; `failed` brings the sentence of a StoreError."""

    failed = Signal(str)

    def __init__(self, workspace: Workspace, loader: ImageLoader, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._loader = loader
        self._folder = folder
        self._rows = ImageRows(workspace, self)
        self._build()
        self._ask = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._ask.timeout.connect(self._ask_for_thumbnails)
        self._view.moved.connect(self._ask.start)
        self._rows.modelReset.connect(self._ask.start)
        self._rows.rowsInserted.connect(self._ask.start)
        self._rows.rowsRemoved.connect(self._ask.start)
        self._view.chosen.connect(self._go_to)
        loader.thumbnail_ready.connect(self._repaint)
        loader.thumbnail_failed.connect(self._rows.set_problem)
        loader.image_failed.connect(self._rows.set_problem)
        self.destroyed.connect(workspace.subscribe(self._follow))
        self._show_counts()
        self._show_current()

    def focus_filter(self) -> None:
        """Put the cursor into the name filter."""
        self._name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._name.selectAll()

    def _build(self) -> None:
        self._counts = QLabel()
        self._counts.setProperty("heading", True)
        self._matching = QLabel()
        self._matching.setProperty("muted", True)
        self._progress = QProgressBar(textVisible=False)
        self._progress.setAccessibleName(self.tr("Reviewed images"))
        self._name = QLineEdit(clearButtonEnabled=True)
        self._name.setPlaceholderText(self.tr("Filter"))
        KeyTip(self._name, self.tr("Show the images whose name contains this; Enter opens the first"), "find-image")
        self._name.setAccessibleName(self.tr("Filter images by name"))
        self._name.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._name.textChanged.connect(self._filter)
        self._name.returnPressed.connect(self._go_to_first)
        TypingKeys.keep_in(self._name)
        self._state = QComboBox()
        self._state.setAccessibleName(self.tr("Filter images by state"))
        self._state.setToolTip(self.tr("Show the images of one state"))
        words = (self.tr("All"), self.tr("Unreviewed"), self.tr("Reviewed"), self.tr("Unsure"), self.tr("Unreadable"))
        for state, word in zip(StateFilter, words, strict=True):
            self._state.addItem(word, state)
        self._state.currentIndexChanged.connect(self._filter)
        self._view = _RowsView(self)
        self._view.setModel(self._rows)
        self._view.setItemDelegate(ImageRowDelegate(self._loader.thumbnail, self._view))
        self._view.setAccessibleName(self.tr("Images"))
        heading = QHBoxLayout()
        heading.addWidget(self._counts, 1)
        heading.addWidget(self._matching)
        filters = QHBoxLayout()
        filters.setSpacing(theme.SPACING)
        filters.addWidget(self._name, 1)
        filters.addWidget(self._state)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.SPACING, theme.MARGIN)
        layout.addLayout(heading)
        layout.addWidget(self._progress)
        layout.addLayout(filters)
        layout.addWidget(self._view, 1)

    def _follow(self, change: Change) -> None:
        self._rows.take(change)
        if change.images:
            self._show_counts()
        if change.images or change.current_image:
            self._show_current()

    def _filter(self) -> None:
        self._rows.set_filter(self._name.text().strip(), StateFilter(self._state.currentData()))
        self._view.scrollToTop()
        self._show_counts()
        self._show_current()

    def _show_counts(self) -> None:
        images, reviewed, matching = len(self._workspace.images), self._workspace.reviewed_count, self._rows.rowCount()
        self._counts.setText(self.tr("{:,} of {:,} reviewed").format(reviewed, images))
        self._matching.setText("" if matching == images else self.tr("{:,} shown").format(matching))
        self._progress.setRange(0, max(images, 1))
        self._progress.setValue(reviewed)
        self._view.say(self.tr("No image matches the filter.") if images else self.tr("This folder has no images."))

    def _show_current(self) -> None:
        current = self._workspace.current_image
        row = None if current is None else self._rows.row_of(current.id)
        self._view.mark(QModelIndex() if row is None else self._rows.index(row))

    def _go_to(self, index: QModelIndex) -> None:
        try:
            self._workspace.go_to(self._rows.record(index.row()).id)
        except StoreError as error:
            self._show_current()
            self.failed.emit(str(error))

    def _go_to_first(self) -> None:
        """Show the first image that matches, and let the typing end with that."""
        if self._rows.rowCount():
            self._go_to(self._rows.index(0))
            self._name.clearFocus()

    def _ask_for_thumbnails(self) -> None:
        self._view.reach_marked()
        records = [self._rows.record(row) for row in self._view.visible_rows()]
        self._loader.show_thumbnails([(record.id, self._folder / record.path) for record in records])

    def _repaint(self, image_id: int) -> None:
        self._rows.set_problem(image_id, "")
        row = self._rows.row_of(image_id)
        if row is not None:
            self._view.update(self._rows.index(row))


class _RowsView(QListView):
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
        self.verticalScrollBar().setSingleStep(ROW_HEIGHT // 2)
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
        last = (top + self.viewport().height() - 1) // ROW_HEIGHT
        return range(top // ROW_HEIGHT, min(last + 1, self.model().rowCount()))

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
