"""Lengths that follow the size of text: what holds text was measured at the usual size, and grows with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject

from app.ui import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QTableView, QWidget


class TextSize(QObject):
    """Calls `fit` now, and whenever the text of `widget` becomes larger or smaller, for as long as that lives."""

    def __init__(self, widget: QWidget, fit: Callable[[], object]) -> None:
        super().__init__(widget)
        self._fit = fit
        widget.installEventFilter(self)
        fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit after a change of font."""
        if event.type() == QEvent.Type.FontChange:
            self._fit()
        return super().eventFilter(watched, event)


def keep_rows(table: QTableView, height: int) -> None:
    """Make the rows of `table` so many pixels high at the usual size of text, and higher where text is larger."""
    TextSize(table, lambda: table.verticalHeader().setDefaultSectionSize(theme.scaled_row(height)))


def open_at(dialog: QWidget, width: int, height: int) -> None:
    """Give a dialog a size for text of the usual size, and room for larger text as far as the screen has it."""

    def fit() -> None:
        room = dialog.screen().availableSize()
        wide, high = min(theme.scaled(width), room.width() - 40), min(theme.scaled(height), room.height() - 40)
        dialog.resize(wide, high)

    TextSize(dialog, fit)
