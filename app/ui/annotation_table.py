"""The table of the boxes on screen. Selecting here selects on the canvas, and the other way round."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from app.model.review import AnnotationRef
from app.model.selection import select_annotations
from app.model.shown_boxes import hidden_count
from app.numbers import counted, whole
from app.ui import theme
from app.ui.annotation_rows import CATEGORY, FLAGS, ORIGIN, SCORE, SIZE, STATE, BoxRows
from app.ui.keymap import KEYMAP, with_keys
from app.ui.text_size import TextSize, keep_rows

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

    from app.model.view import Change
    from app.model.workspace import Workspace

_Flag = QItemSelectionModel.SelectionFlag
_WHOLE_ROW = _Flag.Rows
_ROW_HEIGHT = 28
_AROUND_TITLE = 18
_WIDTHS = {STATE: 34, SCORE: 54, SIZE: 86, FLAGS: 70, ORIGIN: 104}
_NAME_WIDTH = 64
"""Pixels that the name of the category has at least: where there are fewer, other columns give way."""


class AnnotationTable(QWidget):
    """Annotations and suggestions of the current image. Keys that decide belong to the window's actions."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._rows = BoxRows(workspace, self)
        self._widths = dict(_WIDTHS)
        self._counts = QLabel()
        self._counts.setProperty("heading", True)
        self._table = _BoxTable(self)
        self._table.setModel(self._rows)
        self._table.sortByColumn(STATE, Qt.SortOrder.AscendingOrder)
        self._table.setAccessibleName(self.tr("Boxes of this image"))
        self._lay_out_columns()
        heading = QHBoxLayout()
        heading.addWidget(self._counts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.MARGIN, theme.SPACING, theme.MARGIN, theme.MARGIN)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(heading)
        layout.addWidget(self._table, 1)
        # Sorting rereads the rows, and a reread table has nothing selected.
        self._rows.modelReset.connect(self._show_selection)
        self._table.selectionModel().selectionChanged.connect(self._select)
        KEYMAP.changed.connect(self._show_counts)
        self.destroyed.connect(workspace.subscribe(self._follow))
        self._show_counts()
        self._show_selection()

    def _lay_out_columns(self) -> None:
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(CATEGORY, QHeaderView.ResizeMode.Stretch)

        def fit() -> None:
            for column, width in _WIDTHS.items():
                title = str(header.model().headerData(column, Qt.Orientation.Horizontal) or "")
                wanted = header.fontMetrics().horizontalAdvance(title) + theme.scaled(_AROUND_TITLE)
                self._widths[column] = max(theme.scaled(width), wanted)
                header.resizeSection(column, self._widths[column])
            self._give_room()

        TextSize(self, fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        self._give_room()

    def _give_room(self) -> None:
        """Leave the origin out of a table in which names could not be read, and the size if that is not enough."""
        has_flags = self._rows.has_flags()
        needed = (STATE, SCORE, FLAGS) if has_flags else (STATE, SCORE)
        room = self.width() - 2 * theme.MARGIN - theme.scaled(_NAME_WIDTH) - sum(self._widths[one] for one in needed)
        for column in (SIZE, ORIGIN):
            room -= self._widths[column]
            self._table.setColumnHidden(column, room < 0)
        self._table.setColumnHidden(FLAGS, not has_flags)

    def _follow(self, change: Change) -> None:
        if change.annotations or change.suggestions or change.current_image or change.categories or change.layers:
            self._rows.read()
            if change.current_image:
                self._table.scrollToTop()
            self._show_counts()
        elif change.selection:
            self._show_selection()

    def _show_counts(self) -> None:
        annotations, suggestions = self._rows.counts()
        boxes = counted(annotations, self.tr("1 box"), self.tr("{} boxes"))
        hidden = hidden_count(self._workspace)
        self._table.say(self._empty_words(hidden))
        self._give_room()
        undecided = self.tr(" · {} undecided").format(whole(suggestions)) if suggestions else ""
        self._counts.setText(boxes + undecided + (self.tr(" · {} hidden").format(whole(hidden)) if hidden else ""))
        self._counts.setToolTip(self.tr("Boxes of hidden categories are not listed.") if hidden else "")

    def _empty_words(self, hidden: int) -> str:
        if self._workspace.current_image is None:
            return ""
        if hidden:
            return self.tr("Only boxes of hidden categories. The eyes in the list of categories show them.")
        if self._workspace.view.hides_all:
            return with_keys(self.tr("All boxes are hidden: {hide} shows them."))
        if self._workspace.suggestions and not self._workspace.view.show_suggestions:
            return with_keys(self.tr("Suggestions are hidden: {suggestions} shows them."))
        return with_keys(self.tr("No boxes on this image. {draw} draws one."))

    def _show_selection(self) -> None:
        model, view = self._table.selectionModel(), self._workspace.view
        row = self._rows.row_of(view.selected)
        with QSignalBlocker(model):
            if row is None:
                model.clear()
            else:
                model.setCurrentIndex(self._rows.index(row, CATEGORY), _WHOLE_ROW | _Flag.ClearAndSelect)
                for other in map(self._rows.row_of, map(AnnotationRef, view.several)):
                    if other is not None:
                        model.select(self._rows.index(other, CATEGORY), _WHOLE_ROW | _Flag.Select)
                self._table.updateGeometries()  # else the way to scroll is as long as before the rows were read again
                self._table.scrollTo(self._rows.index(row, CATEGORY))
        self._table.viewport().update()

    def _select(self, selected: QItemSelection) -> None:
        """Select what is selected here: several annotations, or one suggestion."""
        rows = [index.row() for index in self._table.selectionModel().selectedRows()]
        refs = [self._rows.ref_at(row) for row in rows]
        annotations = [ref.id for ref in refs if isinstance(ref, AnnotationRef)]
        news = [self._rows.ref_at(index.row()) for index in selected.indexes()]
        if len(refs) > 1 and annotations:
            present = self._workspace.view.selected
            first = next((ref for ref in (*news, present) if isinstance(ref, AnnotationRef)), None)
            select_annotations(self._workspace, annotations, None if first is None else first.id)
            self._show_selection()  # suggestions are not selected with annotations
        elif refs:
            ref = news[0] if news else refs[0]
            self._workspace.change_view(replace(self._workspace.view, selected=ref, several=()))
        elif self._workspace.view.selected is not None:
            self._workspace.change_view(replace(self._workspace.view, selected=None))


class _BoxTable(QTableView):
    """A quiet table: whole rows, no grid, no search by stray letters."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = ""
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setIconSize(QSize(16, 16))
        self.setSortingEnabled(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        keep_rows(self, _ROW_HEIGHT)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.horizontalHeader().setMinimumSectionSize(30)

    def say(self, sentence: str) -> None:
        """Show this sentence whenever there are no rows."""
        self._sentence = sentence
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Give the focus up, so that the next key goes to a box and not to this table."""
        super().mouseReleaseEvent(event)
        if self.hasFocus():
            self.clearFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or the sentence where there are none."""
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            theme.paint_hint(self, self._sentence)

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: a stray letter must not change the selection."""
