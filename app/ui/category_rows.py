"""The rows of the categories panel, with the number of boxes that each category has in the project."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from app.model import category_edits, edits
from app.model.storage import StoreError
from app.numbers import counted, fixed
from app.ui.keymap import KEYMAP, native
from app.ui.plain_tip import plain_tip

if TYPE_CHECKING:
    from app.model.annotations import Category
    from app.model.view import Change
    from app.model.workspace import Workspace

ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class CategoryEntry:
    """One row. `key` is the shortest that gives this category, empty where none does; `count` its boxes.

    `heading` is what its group is called, on the first row of each group, empty everywhere else.
    """

    category: Category
    key: str
    count: int
    is_current: bool
    is_hidden: bool = False
    heading: str = ""


class CategoryRows(QAbstractListModel):
    """The categories by group, then position. Renaming emits a command, or why there is none."""

    commanded = Signal(object)
    refused = Signal(str)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._elsewhere: Counter[int] = Counter()  # boxes on all images but the one on screen
        self._totals: Counter[int] = Counter()
        self._shown = category_edits.grouped(workspace.categories)
        self._places = _places(workspace)
        self._count_all()
        KEYMAP.changed.connect(self._show_again)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of categories."""
        return 0 if parent.isValid() else len(self._shown)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with a row: a name can be edited."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable if index.isValid() else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the name, what a screen reader says, or the whole `CategoryEntry`."""
        if not index.isValid():
            return None
        entry = self._entry(index.row())
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return entry.category.name
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                boxes = counted(entry.count, self.tr("1 box"), self.tr("{} boxes"))
                key = self.tr(", key {}").format(entry.key) if entry.key else ""
                group = self.tr(", in {}").format(entry.category.supercategory) if entry.category.supercategory else ""
                own = entry.category.score_thresh
                score = "" if own is None else self.tr(", suggestions that score more than {}").format(fixed(own, 2))
                hidden = self.tr(", hidden") if entry.is_hidden else ""
                about = f"{entry.category.name}: {boxes}{key}{group}{score}{hidden}"
                return plain_tip(about) if role == Qt.ItemDataRole.ToolTipRole else about
            case _ if role == ENTRY_ROLE:
                return entry
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name; return whether it can be had."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        categories = self._workspace.categories
        try:
            command = edits.rename_category(self._shown[index.row()], str(value), categories)
        except ValueError as error:
            self.refused.emit(str(error))
            return False
        if command is not None:
            self.commanded.emit(command)
        return command is not None

    def take(self, change: Change) -> None:
        """Follow a change of the workspace."""
        everything = change.images and not change.image_ids
        # What undo changes on another image comes as history alone, and the totals are the store's then.
        elsewhere = change.history and not change.annotations and not change.images
        if everything or elsewhere or change.categories:
            self._count_all()
        elif change.current_image:
            self._elsewhere = self._totals - self._here()
        elif change.annotations:
            self._totals = self._elsewhere + self._here()
        if change.categories or everything:
            self.beginResetModel()
            self._shown = category_edits.grouped(self._workspace.categories)
            self._places = _places(self._workspace)
            self.endResetModel()
        elif change.annotations or change.current_category or change.layers or elsewhere:
            self._show_again()

    def row_of_current(self) -> int | None:
        """Return the row of the category of the next drawn box."""
        current = self._workspace.current_category
        return None if current is None else self._shown.index(current)

    @Slot()
    def _show_again(self) -> None:
        if self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def _entry(self, row: int) -> CategoryEntry:
        # Of the rows alone: another view that follows a change earlier may have all of the window painted at once.
        category = self._shown[row]
        key = _key(self._places[category.id])
        is_current = category.id == self._workspace.view.category_id
        is_hidden = category.id in self._workspace.view.hidden_categories
        return CategoryEntry(category, key, self._totals[category.id], is_current, is_hidden, self._heading(row))

    def _heading(self, row: int) -> str:
        group, last = self._shown[row].supercategory, self._shown[row - 1].supercategory
        is_first = row == 0 or group != last
        is_grouped = any(one.supercategory for one in self._shown)
        return (group or self.tr("No supercategory")) if is_first and is_grouped else ""

    def _here(self) -> Counter[int]:
        return Counter(annotation.category_id for annotation in self._workspace.annotations.values())

    def _count_all(self) -> None:
        try:
            self._totals = Counter(self._workspace.annotation_counts())
        except StoreError as error:
            self.refused.emit(str(error))
        self._elsewhere = self._totals - self._here()


def _key(place: int) -> str:
    name = f"category-{place + 1}"
    keys = KEYMAP.keys(name) if name in KEYMAP.firsts() else ()  # those after the tenth are found by typing
    return min(map(native, keys), key=len, default="")


def _places(workspace: Workspace) -> dict[int, int]:
    """Return category id -> place among the keys."""
    return {category.id: place for place, category in enumerate(workspace.categories)}
