"""The menus of the image list: filters that are ready or saved, and orders."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from app.model.shown_images import SortOrder
from app.model.storage import StoreError
from app.ui.filter_words import order_words, ready_filters

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.saved_filters import SavedFilters


class FiltersMenu(QMenu):
    """Filters to choose from, and what can be done with the one in the field, whose text `current` gives.

    `chosen` brings the text of a filter; `failed` why one could not be kept. A text that says no filter is empty.
    """

    chosen = Signal(str)
    failed = Signal(str)

    def __init__(self, saved: SavedFilters, current: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._saved = saved
        self._current = current
        self.aboutToShow.connect(self.fill)

    @Slot()
    def fill(self) -> None:
        """List the filters as they are now."""
        self.clear()
        for group in ({self.tr("All images"): ""}, ready_filters(), self._saved.texts):
            for name, text in group.items():
                self._add(name, text)
            self.addSeparator()
        save = self.addAction(self.tr("Save this filter…"))
        save.setEnabled(bool(self._current()))
        save.triggered.connect(self._ask_to_save)
        if self._saved.texts:
            rename, delete = self.addMenu(self.tr("Rename")), self.addMenu(self.tr("Delete"))
            for name in self._saved.texts:
                rename.addAction(_plain(name)).triggered.connect(partial(self._ask_to_rename, name))
                delete.addAction(_plain(name)).triggered.connect(partial(self._delete, name))

    def save(self, name: str) -> None:
        """Keep the filter in the field under a name."""
        self._attempt(partial(self._saved.save, name.strip(), self._current()), name)

    def rename(self, old: str, name: str) -> None:
        """Give a saved filter another name."""
        self._attempt(partial(self._saved.rename, old, name.strip()), name)

    def _add(self, name: str, text: str) -> None:
        action = QAction(_plain(name), self, checkable=True, checked=text == self._current())
        action.setToolTip(text)
        action.triggered.connect(partial(self._choose, text))
        self.addAction(action)

    def _choose(self, text: str, _checked: bool = False) -> None:
        self.chosen.emit(text)

    def _ask_to_save(self) -> None:
        self._ask(self.tr("Save the filter {} as:").format(self._current()), "", self.save)

    def _ask_to_rename(self, name: str, _checked: bool = False) -> None:
        self._ask(self.tr("Call the filter “{}”:").format(name), name, partial(self.rename, name))

    def _delete(self, name: str, _checked: bool = False) -> None:
        self._attempt(partial(self._saved.delete, name), name)

    def _ask(self, words: str, name: str, take: Callable[[str], None]) -> None:
        dialog = QInputDialog(self.parentWidget())
        dialog.setWindowTitle(self.tr("Saved filter"))
        dialog.setLabelText(words)
        dialog.setTextValue(name)
        dialog.textValueSelected.connect(take)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _attempt(self, work: Callable[[], None], name: str) -> None:
        if not name.strip():
            return
        try:
            work()
        except StoreError as error:
            self.failed.emit(str(error))


class OrdersMenu(QMenu):
    """The orders to choose from; `chosen(SortOrder)`, also of the order that there is, which is made anew."""

    chosen = Signal(object)

    def __init__(self, current: Callable[[], SortOrder], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current = current
        self._actions = {order: QAction(order_words(order), self, checkable=True) for order in SortOrder}
        for order, action in self._actions.items():
            action.triggered.connect(partial(self._choose, order))
            self.addAction(action)
        self.aboutToShow.connect(self._mark)

    @Slot()
    def _mark(self) -> None:
        for order, action in self._actions.items():
            action.setChecked(order is self._current())

    def _choose(self, order: SortOrder, _checked: bool = False) -> None:
        self.chosen.emit(order)


def _plain(name: str) -> str:
    """Return a name as a menu shows it as it is: an ampersand would mark a key."""
    return name.replace("&", "&&")
