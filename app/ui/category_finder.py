"""Find a category by typing, or name a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.icons import icon
from app.ui.list_keys import ListKeys
from app.ui.text_size import open_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.annotations import Category

_ROLE = int(Qt.ItemDataRole.UserRole)


class CategoryFinder(QDialog):
    """A small window over the canvas: type, Enter takes the first match, Esc leaves.

    `known_names` are names that the detector uses; those that no category has are offered after the categories.
    Exactly one of `chosen(Category)` and `named(str)`, a name that no category has yet, comes if it is accepted.
    """

    chosen = Signal(object)
    named = Signal(str)

    def __init__(
        self,
        categories: Sequence[Category],
        question: str,
        known_names: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Category"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self._categories = categories
        taken = {category.name.casefold() for category in categories}
        self._known_names = [name for name in known_names if name.casefold() not in taken]
        self._text = QLineEdit(placeholderText=self.tr("Type a name"))
        self._text.setAccessibleName(question)
        self._text.setToolTip(self.tr("Enter takes what is marked, the arrows mark another, Esc goes back"))
        self._text.textChanged.connect(self._match)
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Categories"))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(self.accept)
        ListKeys(self._text, self._list, self.accept)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        heading = QLabel(question, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        heading.setProperty("heading", True)
        layout.addWidget(heading)
        layout.addWidget(self._text)
        layout.addWidget(self._list)
        open_at(self, 320, 300)
        self._match("")

    def accept(self) -> None:
        """Take what is marked in the list."""
        if self._list.currentRow() < 0:
            return
        found = self._list.currentItem().data(_ROLE)
        super().accept()
        if isinstance(found, str):
            self.named.emit(found)
        else:
            self.chosen.emit(found)

    def _match(self, text: str) -> None:
        """List the categories that begin with the text, then those that contain it; last, new names."""
        wanted = text.strip().casefold()
        matching = [one for one in self._categories if wanted in one.name.casefold()]
        self._list.clear()
        # A stable sort: what begins with the text comes first, else the order stays.
        for category in sorted(matching, key=lambda one: not one.name.casefold().startswith(wanted)):
            item = QListWidgetItem(theme.swatch(category.color), category.name, self._list)
            item.setData(_ROLE, category)
        offered = [name for name in self._known_names if wanted in name.casefold()]
        same = {name.casefold() for name in (*offered, *(category.name for category in matching))}
        if wanted and wanted not in same:
            offered.append(text.strip())
        for name in offered:
            item = QListWidgetItem(icon("add"), self.tr("New category “{}”").format(name), self._list)
            item.setData(_ROLE, name)
        self._list.setCurrentRow(0)
