"""Keys of a field with a list of matches below it: the cursor stays in the text while the arrows move in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QLineEdit, QListWidget

_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}
_ENDS_A_LINE = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ListKeys(QObject):
    """An event filter for `field`: arrows move the mark in `listed`, and Enter takes what is marked."""

    def __init__(self, field: QLineEdit, listed: QListWidget, take: Callable[[], object]) -> None:
        super().__init__(field)
        self._list = listed
        self._take = take
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list, or take its row."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            key = Qt.Key(event.key())
            if key in _STEPS:
                row = self._list.currentRow() + _STEPS[key]
                self._list.setCurrentRow(min(max(row, 0), self._list.count() - 1))
                return True
            if key in _ENDS_A_LINE:
                self._take()
                return True
        return super().eventFilter(watched, event)
