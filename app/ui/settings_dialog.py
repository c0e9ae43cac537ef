"""The settings: pages beside a list of their names. What is changed holds at once, and nothing has to be confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from app.ui import dialogs, theme
from app.ui.guide_link import guide_button
from app.ui.keys_page import KeysPage
from app.ui.settings_pages import AppearancePage, DetectorPage, GeneralPage
from app.ui.text_size import TextSize, open_at

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from app.ui.preferences import Preferences

_ENDS_A_LINE = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_WIDE, _HIGH, _LIST = 760, 560, 132


class SettingsDialog(QDialog):
    """Shows the first page; `choose` shows another one."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Settings"))
        self.keys = KeysPage()
        self._names = QListWidget()
        self._names.setAccessibleName(self.tr("Pages of the settings"))
        self._names.setSpacing(4)
        self._names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pages = QStackedWidget()
        for name, page in (
            (self.tr("Appearance"), _scrolling(AppearancePage(preferences))),
            (self.tr("Keys"), self.keys),
            (self.tr("Detector"), _scrolling(DetectorPage(preferences))),
            (self.tr("General"), _scrolling(GeneralPage(preferences))),
        ):
            self._names.addItem(name)
            self._pages.addWidget(page)
        self._names.currentRowChanged.connect(self._pages.setCurrentIndex)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        middle = QHBoxLayout()
        middle.setSpacing(theme.MARGIN)
        middle.addWidget(self._names)
        middle.addWidget(self._pages, 1)
        column = dialogs.column(self)
        column.addLayout(middle, 1)
        foot = QHBoxLayout()
        foot.addWidget(guide_button("settings.md", key="F1"))
        foot.addWidget(buttons)
        column.addLayout(foot)
        self._names.setCurrentRow(0)
        TextSize(self._names, lambda: self._names.setFixedWidth(theme.scaled(_LIST)))
        open_at(self, _WIDE, _HIGH)

    def choose(self, page: int) -> None:
        """Show the page at this place."""
        self._names.setCurrentRow(page)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter press the button that has the focus, but never another one."""
        if event.key() not in _ENDS_A_LINE:
            super().keyPressEvent(event)


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    return area
