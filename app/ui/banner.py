"""A line across the window that stays until what it says is solved or answered."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.ui import theme
from app.ui.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent


class Tone(StrEnum):
    """How a banner is meant; also the name of its icon."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Banner(QFrame):
    """Hidden until `say`. `answers` are (text, what to do) from left to right, and then a button closes it.

    One that is `lasting` has no such button: what it says is the case until somebody clears it.
    """

    def __init__(self, parent: QWidget | None = None, *, lasting: bool = False) -> None:
        super().__init__(parent)
        self.tone = Tone.INFO
        self._icon = QLabel()
        self._text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons: list[QPushButton] = []
        close = QToolButton()
        close.setIcon(icon("close"))
        close.setToolTip(self.tr("Close this message"))
        close.setAccessibleName(close.toolTip())
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        close.clicked.connect(self.clear)
        layout = QHBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.setContentsMargins(theme.MARGIN, 6, theme.SPACING, 6)
        layout.addWidget(self._icon)
        layout.addWidget(self._text, 1)
        layout.addWidget(close)
        close.setHidden(lasting)
        self.hide()

    @property
    def text(self) -> str:
        """What the banner says; empty while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def say(
        self, text: str, tone: Tone = Tone.INFO, answers: tuple[tuple[str, Callable[[], object]], ...] = ()
    ) -> None:
        """Show `text` in place of what was there before."""
        self.clear()
        self.tone = tone
        self._icon.setPixmap(icon(tone.value, self._color().name()).pixmap(18, 18))
        self._text.setText(text)
        for place, (label, answer) in enumerate(answers):
            button = QPushButton(label)
            button.clicked.connect(self.clear)
            button.clicked.connect(lambda _checked=False, answer=answer: answer())
            layout = self.layout()
            assert isinstance(layout, QHBoxLayout)
            layout.insertWidget(2 + place, button)
            self._buttons.append(button)
        self.show()

    def clear(self) -> None:
        """Hide the banner."""
        for button in self._buttons:
            button.hide()  # it is gone before Qt comes to delete it
            button.deleteLater()
        self._buttons.clear()
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint a ground in the tone's colour, faint enough for the text on it."""
        painter = QPainter(self)
        ground = self._color()
        painter.fillRect(0, self.height() - 1, self.width(), 1, ground)
        ground.setAlphaF(0.14)
        painter.fillRect(self.rect(), ground)

    def _color(self) -> QColor:
        chosen = theme.colors(self.palette())
        return QColor({Tone.INFO: chosen.accent, Tone.WARNING: chosen.unsure, Tone.ERROR: chosen.error}[self.tone])
