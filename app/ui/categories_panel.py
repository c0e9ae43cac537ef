"""The categories of the project: add by typing, rename in place, recolour by the swatch, choose by a click, drag."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QLabel, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from app.model import category_edits, edits
from app.model.shown_boxes import show_only, toggle_category
from app.model.storage import StoreError
from app.ui import theme
from app.ui.category_delegate import CategoryDelegate, swatch_rect
from app.ui.category_rows import ENTRY_ROLE, CategoryEntry, CategoryRows
from app.ui.category_threshold import CategoryThreshold
from app.ui.category_view import CategoryView
from app.ui.color_picker import ColorPicker
from app.ui.icons import icon
from app.ui.typing_keys import TypingKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.model.annotations import Category
    from app.model.commands import Command
    from app.model.history import History
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.ui.category_view import Drop


class CategoriesPanel(QWidget):
    """`commanded` brings commands to execute, `continued` those that go on with the last one as one step of undo.

    `chosen` brings a category that shall act as its digit key does, `merge_wanted` and `delete_wanted` one that shall
    go. A click only says what the next drawn box will be: it is half of the double click that renames.
    """

    commanded = Signal(object)
    continued = Signal(object)
    chosen = Signal(object)
    merge_wanted = Signal(object)
    delete_wanted = Signal(object)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._rows = CategoryRows(workspace, self)
        self._build()
        self._rows.commanded.connect(self._rename)
        self._rows.refused.connect(self.say)
        self._rows.refused.connect(self._view.refuse)
        self._view.swatch_pressed.connect(self._recolour)
        self._view.eye_pressed.connect(lambda index: toggle_category(workspace, self._category(index)))
        self._view.clicked.connect(self._choose)
        self._view.reached.connect(self._choose)
        self._view.menu_wanted.connect(self._open_menu)
        self._view.dropped.connect(self._drop)
        self.destroyed.connect(workspace.subscribe(self._follow))
        self._show_current()

    def focus_new(self) -> None:
        """Put the cursor where a new category is typed."""
        self._new.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._new.selectAll()

    def focus_list(self) -> None:
        """Put the keyboard into the list: arrows choose, F2 renames, the menu key opens the menu, Esc leaves."""
        self._view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def move_current(self, step: int) -> None:
        """Move the category of the next drawn box one row up (-1) or down (1)."""
        row = self._rows.row_of_current()
        if row is not None:
            self._move(row, step)

    def rename_current(self) -> None:
        """Let the category of the next drawn box be renamed in its row."""
        row = self._rows.row_of_current()
        if row is not None:
            self._view.scrollTo(self._rows.index(row))
            self._view.edit(self._rows.index(row))

    def ask_supercategory(self, category: Category | None = None) -> None:
        """Ask which group a category, or else that of the next drawn box, belongs to: a known one, or a new one."""
        category = category or self._workspace.current_category
        if category is None:
            return
        groups = sorted({one.supercategory for one in self._workspace.categories if one.supercategory})
        asked = QInputDialog(self)
        asked.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        asked.setWindowTitle(self.tr("Supercategory"))
        asked.setLabelText(self.tr("Supercategory of “{}”, empty for none").format(category.name))
        asked.setComboBoxItems(groups)
        asked.setComboBoxEditable(True)
        asked.setTextValue(category.supercategory)
        asked.textValueSelected.connect(lambda text: self._give(category_edits.set_supercategory(category, text)))
        asked.open()

    def ask_threshold(self, category: Category | None = None) -> None:
        """Let the score threshold of a category, or else of that of the next drawn box, be set; it works at once."""
        category = category or self._workspace.current_category
        row = next((row for row in range(self._rows.rowCount()) if self._at(row) == category), None)
        if category is None or row is None:
            return
        prediction, usual = self._workspace.prediction, self._workspace.view.thresholds.score_thresh
        floor = 0.0 if prediction is None else prediction.score_floor
        asked = CategoryThreshold(category.name, category.score_thresh, usual, floor, self)
        # One popup is one step of undo, however often its slider moves.
        first = self._workspace.history
        asked.changed.connect(lambda score: self._set_threshold(category.id, score, first))
        index = self._rows.index(row)
        self._view.scrollTo(index)
        asked.move(self._view.viewport().mapToGlobal(self._view.visualRect(index).bottomLeft()))
        asked.show()

    def say(self, sentence: str) -> None:
        """Show a sentence below the list until the next change; an empty one shows nothing."""
        self._message.setText(sentence)
        self._message.setVisible(bool(sentence))

    def _build(self) -> None:
        heading = QLabel(self.tr("Categories"))
        heading.setProperty("heading", True)
        self._view = CategoryView(self)
        self._view.setModel(self._rows)
        self._view.setItemDelegate(CategoryDelegate(self._view))
        self._view.setAccessibleName(self.tr("Categories"))
        self._new = QLineEdit()
        self._new.setPlaceholderText(self.tr("New category"))
        self._new.setAccessibleName(self.tr("New category"))
        self._new.setToolTip(self.tr("Type a name and press Enter; Esc goes back to the image"))
        self._new.returnPressed.connect(self._add)
        self._new.textEdited.connect(lambda: self.say(""))
        TypingKeys.keep_in(self._new).left.connect(self._leave)
        add = QToolButton()
        add.setIcon(icon("add"))
        add.setToolTip(self.tr("Add the category"))
        add.setAccessibleName(self.tr("Add the category"))
        add.clicked.connect(self._add)
        self._refused = ""
        self._message = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._message.hide()
        self._message.setProperty("error", True)
        typing = QHBoxLayout()
        typing.setSpacing(4)
        typing.addWidget(self._new, 1)
        typing.addWidget(add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(heading)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._message)
        layout.addLayout(typing)

    def _follow(self, change: Change) -> None:
        self._rows.take(change)
        if change.categories or change.current_category:
            self._show_current()

    def _show_current(self) -> None:
        row = self._rows.row_of_current()
        index = QModelIndex() if row is None else self._rows.index(row)
        self._view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        if index.isValid():
            self._view.scrollTo(index)

    def _give(self, command: Command | None) -> None:
        """Command what a builder returned, if anything."""
        if command is not None:
            self._command(command)

    def _command(self, command: object) -> None:
        self.say("")
        self.commanded.emit(command)

    def _rename(self, command: object) -> None:
        self._command(command)
        # The field goes with the rows that were read anew, and Qt hands its focus on to the next widget.
        QTimer.singleShot(0, self, self._give_focus_up)

    def _give_focus_up(self) -> None:
        widget = self.focusWidget()
        if widget is not None and widget.hasFocus():
            widget.clearFocus()

    def _add(self) -> None:
        try:
            next_id = self._workspace.next_ids().category
            category = edits.new_category(self._new.text(), self._workspace.categories, next_id)
        except (ValueError, StoreError) as error:
            self.say(str(error))
            self._refused = self._new.text()
            self._new.selectAll()
            return
        self._new.clear()
        self._command(edits.add_category(category))
        self._view.scrollToBottom()

    def _leave(self) -> None:
        """Let go of a name that was refused, once nobody types any more."""
        if self._refused and self._new.text() == self._refused:
            self.say("")
            self._new.clear()
        self._refused = ""

    def _choose(self, index: QModelIndex) -> None:
        self._workspace.change_view(replace(self._workspace.view, category_id=self._category(index).id))

    def _move(self, row: int, step: int) -> None:
        if not 0 <= row + step < self._rows.rowCount():
            return
        category, other = self._at(row), self._at(row + step)
        if other.supercategory == category.supercategory:
            self._put(row, row + step, after=step > 0)
        else:
            self.say(
                self.tr("“{}” is at the end of its group: drag it or change its supercategory.").format(category.name)
            )

    def _move_group(self, category: Category, step: int) -> None:
        self._give(category_edits.move_group(category, step, self._workspace.categories))

    def _drop(self, row: int, drop: Drop) -> None:
        self._put(row, drop.row, after=drop.below)

    def _put(self, row: int, beside: int, *, after: bool) -> None:
        """Put the category of one row before that of another, or after it."""
        self._give(category_edits.move(self._at(row), self._at(beside), self._workspace.categories, after=after))

    def _recolour(self, index: QModelIndex) -> None:
        category = self._category(index)
        picker = ColorPicker(category.color, self)
        picker.picked.connect(lambda color: self._set_color(category, color))
        picker.move(self._view.viewport().mapToGlobal(swatch_rect(self._view.visualRect(index)).bottomLeft()))
        picker.show()

    def _set_color(self, category: Category, color: str) -> None:
        self._give(edits.recolour_category(category, color))

    def _set_threshold(self, category_id: int, score: float | None, first: History) -> None:
        category = self._workspace.category(category_id)
        command = None if category is None else category_edits.set_score_thresh(category, score)
        if command is not None and self._workspace.history == first:
            self._command(command)
        elif command is not None:
            self.say("")
            self.continued.emit(command)

    def _open_menu(self, position: QPoint) -> None:
        index = self._view.indexAt(position)
        if not index.isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place, section in enumerate(self._menu_sections(index)):
            if place:
                menu.addSeparator()
            for words, run in section:
                menu.addAction(words).triggered.connect(run)
        menu.popup(self._view.viewport().mapToGlobal(position))

    def _menu_sections(self, index: QModelIndex) -> Iterator[tuple[tuple[str, Callable[[], object]], ...]]:
        """Yield the sections of the menu of a row, as words and what they do."""
        category = self._category(index)
        yield (
            (self.tr("Give the selected box this category"), lambda: self.chosen.emit(category)),
            (self.tr("Rename"), lambda: self._view.edit(index)),
            (self.tr("Change colour…"), lambda: self._recolour(index)),
            (self.tr("Supercategory…"), lambda: self.ask_supercategory(category)),
            (self.tr("Score threshold…"), lambda: self.ask_threshold(category)),
        )
        yield (
            (self.tr("Hide or show its boxes"), lambda: toggle_category(self._workspace, category)),
            (self.tr("Show only its boxes"), lambda: show_only(self._workspace, category)),
        )
        yield (
            (self.tr("Move up"), lambda: self._move(index.row(), -1)),
            (self.tr("Move down"), lambda: self._move(index.row(), 1)),
        )
        if any(one.supercategory for one in self._workspace.categories):
            yield (
                (self.tr("Move the group up"), lambda: self._move_group(category, -1)),
                (self.tr("Move the group down"), lambda: self._move_group(category, 1)),
            )
        yield (
            (self.tr("Merge into another…"), lambda: self.merge_wanted.emit(category)),
            (self.tr("Delete…"), lambda: self.delete_wanted.emit(category)),
        )

    def _at(self, row: int) -> Category:
        return self._category(self._rows.index(row))

    def _category(self, index: QModelIndex) -> Category:
        entry: CategoryEntry = index.data(ENTRY_ROLE)
        return entry.category
