"""A small popup of colours that are easy to tell apart, and the way to any other."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QFrame, QGridLayout, QPushButton, QToolButton, QWidget

from app.model.annotations import CATEGORY_COLORS
from app.ui import theme

_COLUMNS = 5


class ColorPicker(QFrame):
    """Emits `picked("#rrggbb")` once and closes; Esc or a click elsewhere closes it. Deletes itself."""

    picked = Signal(str)

    def __init__(self, current: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._current = current
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        grid.setSpacing(4)
        for place, color in enumerate(CATEGORY_COLORS):
            grid.addWidget(self._swatch_button(color), *divmod(place, _COLUMNS))
        other = QPushButton(self.tr("Other colour…"))
        other.clicked.connect(self._ask)
        grid.addWidget(other, grid.rowCount(), 0, 1, _COLUMNS)

    def _swatch_button(self, color: str) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setChecked(color == self._current)
        button.setIcon(theme.swatch(color, 22))
        button.setIconSize(QSize(22, 22))
        button.setAccessibleName(color)
        button.setToolTip(color)
        button.clicked.connect(lambda: self._pick(color))
        if color == self._current:
            button.setFocus()
        return button

    def _pick(self, color: str) -> None:
        self.picked.emit(color)
        self.close()

    def _ask(self) -> None:
        chosen = QColorDialog.getColor(QColor(self._current), self, self.tr("Colour of the category"))
        if chosen.isValid():
            self._pick(chosen.name())
        else:
            self.close()
