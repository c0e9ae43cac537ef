"""Controls side by side, or below each other in a panel that is too narrow for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QBoxLayout, QWidget

from app.ui import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent


class FoldingRow(QWidget):
    """A row of `parts` where there is room for that, else a column. The first one `fills` the row, or nothing does."""

    def __init__(self, *parts: QWidget, fills: bool = False) -> None:
        super().__init__()
        self._parts = parts
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.SPACING)
        for part in parts:
            self._layout.addWidget(part, int(fills and part is parts[0]))
        self._layout.addStretch(int(not fills))

    def minimumSizeHint(self) -> QSize:
        """Return the least size: as wide as the widest part."""
        return QSize(max(self._widths()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Be a row or a column, as there is room."""
        super().resizeEvent(event)
        widths = self._widths()
        fits = self.width() >= sum(widths) + self._layout.spacing() * (len(widths) - 1)
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._layout.setDirection(across if fits else down)

    def _widths(self) -> list[int]:
        return [part.minimumSizeHint().width() for part in self._parts]
