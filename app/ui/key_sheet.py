"""The key sheet: every action and its keys, by group, with a search."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.keymap import SEPARATOR
from app.ui.panel_parts import put_glass_in
from app.ui.text_size import open_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

_CAP_GAP = 6
_LOW, _TALL, _AROUND = 400, 800, 80


class KeyRow(NamedTuple):
    """One line of the sheet. `shortcut` is as a person reads it, several joined by ", "."""

    group: str
    text: str
    shortcut: str


class KeySheet(QDialog):
    """Shows the rows in their order; the search looks at group, text and keys. `shown_rows` is what it leaves."""

    def __init__(self, rows: Sequence[KeyRow], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = tuple(rows)
        self.shown_rows = self._rows
        self.setWindowTitle(self.tr("Keys"))
        self._search = QLineEdit(clearButtonEnabled=True)
        self._search.setPlaceholderText(self.tr("Search actions and keys"))
        self._search.setAccessibleName(self.tr("Search actions and keys"))
        self._search.setToolTip(self.tr("Show the actions whose name, menu or keys contain these words"))
        put_glass_in(self._search)
        self._search.textChanged.connect(self._find)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._search)
        layout.addWidget(self._area, 1)
        self._fill()
        room = _TALL if parent is None else parent.window().height() - _AROUND
        open_at(self, 580, min(max(room, _LOW), _TALL))

    def _find(self, wanted: str) -> None:
        words = wanted.casefold().split()
        self.shown_rows = tuple(row for row in self._rows if all(word in " ".join(row).casefold() for word in words))
        self._fill()

    def _fill(self) -> None:
        sheet = QWidget()
        grid = QGridLayout(sheet)
        grid.setContentsMargins(4, 0, theme.SPACING, theme.SPACING)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        line = 0
        for group, rows in groupby(self.shown_rows, key=lambda row: row.group):
            heading = QLabel(group)
            heading.setProperty("heading", True)
            heading.setContentsMargins(0, theme.MARGIN if line else 4, 0, 2)
            grid.addWidget(heading, line, 0, 1, 2)
            line += 1
            for row in rows:
                words = QLabel(row.text)
                words.setWordWrap(True)
                grid.addWidget(words, line, 0)
                grid.addWidget(_Keys(row.shortcut), line, 1, Qt.AlignmentFlag.AlignRight)
                line += 1
        if not self.shown_rows:
            nothing = QLabel(self.tr("No action matches."))
            nothing.setProperty("muted", True)
            grid.addWidget(nothing, 0, 0)
        grid.setRowStretch(line + 1, 1)
        self._area.setWidget(sheet)


class _Keys(QWidget):
    """Shortcuts painted as key caps, side by side."""

    def __init__(self, shortcut: str) -> None:
        super().__init__()
        self._shortcuts = [part for part in shortcut.split(SEPARATOR) if part]
        self.setAccessibleName(shortcut)

    def sizeHint(self) -> QSize:
        """Return room for all caps."""
        return QSize(sum(self._width(part) + _CAP_GAP for part in self._shortcuts), self.fontMetrics().height() + 8)

    def minimumSizeHint(self) -> QSize:
        """Return the same: keys are never cut off."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint the caps."""
        colors = theme.colors(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0
        for part in self._shortcuts:
            cap = QRectF(left, 0, self._width(part), self.height()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(QColor(colors.border), 1))
            painter.setBrush(QColor(colors.raised))
            painter.drawRoundedRect(cap, 4, 4)
            painter.setPen(QColor(colors.text))
            painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, part)
            left += self._width(part) + _CAP_GAP

    def _width(self, part: str) -> int:
        return max(self.fontMetrics().horizontalAdvance(part) + 14, 24)
