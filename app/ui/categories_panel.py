"""The categories of the project: add by typing, rename in place, recolour by the swatch, choose by a click."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.model import edits
from app.model.shown_boxes import show_only, toggle_category
from app.model.storage import StoreError
from app.ui import theme
from app.ui.category_delegate import CategoryDelegate, eye_rect, swatch_rect
from app.ui.category_rows import ENTRY_ROLE, CategoryEntry, CategoryRows
from app.ui.color_picker import ColorPicker
from app.ui.icons import icon
from app.ui.typing_keys import TypingKeys

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from app.model.annotations import Category
    from app.model.view import Change
    from app.model.workspace import Workspace


class CategoriesPanel(QWidget):
    """`commanded` brings commands to execute; `chosen` a category that shall act as its digit key does.

    A click only says what the next drawn box will be: it is half of the double click that renames.
    """

    commanded = Signal(object)
    chosen = Signal(object)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._rows = CategoryRows(workspace, self)
        self._build()
        self._rows.commanded.connect(self._rename)
        self._rows.refused.connect(self.say)
        self._view.swatch_pressed.connect(self._recolour)
        self._view.eye_pressed.connect(lambda index: toggle_category(workspace, self._category(index)))
        self._view.clicked.connect(self._choose)
        self._view.customContextMenuRequested.connect(self._open_menu)
        self.destroyed.connect(workspace.subscribe(self._follow))
        self._show_current()

    def focus_new(self) -> None:
        """Put the cursor where a new category is typed."""
        self._new.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._new.selectAll()

    def say(self, sentence: str) -> None:
        """Show a sentence below the list until the next change; an empty one shows nothing."""
        self._message.setText(sentence)
        self._message.setVisible(bool(sentence))

    def _build(self) -> None:
        heading = QLabel(self.tr("Categories"))
        heading.setProperty("heading", True)
        self._view = _CategoryView(self)
        self._view.setModel(self._rows)
        self._view.setItemDelegate(CategoryDelegate(self._view))
        self._view.setAccessibleName(self.tr("Categories"))
        self._new = QLineEdit()
        self._new.setPlaceholderText(self.tr("New category"))
        self._new.setAccessibleName(self.tr("New category"))
        self._new.setToolTip(self.tr("Type a name and press Enter; Esc goes back to the image"))
        self._new.returnPressed.connect(self._add)
        self._new.textEdited.connect(lambda: self.say(""))
        TypingKeys.keep_in(self._new)
        add = QToolButton()
        add.setIcon(icon("add"))
        add.setToolTip(self.tr("Add the category"))
        add.setAccessibleName(self.tr("Add the category"))
        add.clicked.connect(self._add)
        self._message = QLabel(wordWrap=True)
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
            self._new.selectAll()
            return
        self._new.clear()
        self._command(edits.add_category(category))
        self._view.scrollToBottom()

    def _choose(self, index: QModelIndex) -> None:
        self._workspace.change_view(replace(self._workspace.view, category_id=self._category(index).id))

    def _recolour(self, index: QModelIndex) -> None:
        category = self._category(index)
        picker = ColorPicker(category.color, self)
        picker.picked.connect(lambda color: self._set_color(category, color))
        picker.move(self._view.viewport().mapToGlobal(swatch_rect(self._view.visualRect(index)).bottomLeft()))
        picker.show()

    def _set_color(self, category: Category, color: str) -> None:
        command = edits.recolour_category(category, color)
        if command is not None:
            self._command(command)

    def _open_menu(self, position: QPoint) -> None:
        index = self._view.indexAt(position)
        if not index.isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        category = self._category(index)
        for words, run in (
            (self.tr("Give the selected box this category"), lambda: self.chosen.emit(category)),
            (self.tr("Rename"), lambda: self._view.edit(index)),
            (self.tr("Change colour…"), lambda: self._recolour(index)),
            (self.tr("Hide or show its boxes"), lambda: toggle_category(self._workspace, category)),
            (self.tr("Show only its boxes"), lambda: show_only(self._workspace, category)),
        ):
            menu.addAction(words).triggered.connect(run)
        menu.popup(self._view.viewport().mapToGlobal(position))

    def _category(self, index: QModelIndex) -> Category:
        entry: CategoryEntry = index.data(ENTRY_ROLE)
        return entry.category


class _CategoryView(QListView):
    """A list in which a press on the swatch is a press on the swatch, and nothing else."""

    swatch_pressed = Signal(QModelIndex)
    eye_pressed = Signal(QModelIndex)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.DoubleClicked | QListView.EditTrigger.EditKeyPressed)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell swatches from names."""
        point = event.position().toPoint()
        index = self.indexAt(point)
        left = event.button() is Qt.MouseButton.LeftButton
        if left and index.isValid() and self._swatch(index).contains(point):
            self.swatch_pressed.emit(index)
        elif left and index.isValid() and eye_rect(self.visualRect(index)).adjusted(-4, -4, 4, 4).contains(point):
            self.eye_pressed.emit(index)
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Give the focus up, so that the next key goes to a box and not to this list."""
        super().mouseReleaseEvent(event)
        if self.hasFocus():
            self.clearFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or how to get the first one."""
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            theme.paint_hint(self, self.tr("No categories yet. Type the first one below; its key is 1."))

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """End the typing of a name, and give the focus up as a click does."""
        super().closeEditor(editor, hint)
        if self.hasFocus():
            self.clearFocus()

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: letters and digits are keys of the window."""

    def _swatch(self, index: QModelIndex) -> QRect:
        return swatch_rect(self.visualRect(index)).adjusted(-4, -4, 4, 4)
