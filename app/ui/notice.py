"""A sentence that should be seen, beside a warning sign, and perhaps what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.ui import theme
from app.ui.icons import icon
from app.ui.panel_parts import muted_label, release_focus

if TYPE_CHECKING:
    from collections.abc import Sequence

_ICON = QSize(18, 18)


class Notice(QWidget):
    """Hidden while there is nothing to say; `answers` are buttons, from left to right."""

    def __init__(self, answers: Sequence[QPushButton] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._sentence = QLabel(), muted_label()
        self._sentence.setProperty("muted", False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._sentence, 1)
        for answer in answers:
            row.addWidget(answer)
        self._dress()
        self.hide()

    def say(self, sentence: str) -> None:
        """Say this, or nothing."""
        if not sentence:
            release_focus(self)
        self._sentence.setText(sentence)
        self.setVisible(bool(sentence))

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        color = theme.colors(self.palette()).unsure
        self._icon.setPixmap(icon("warning", color).pixmap(_ICON, self.devicePixelRatioF()))
