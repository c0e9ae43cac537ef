"""The word about fine-tuning in the status strip: how far a run is, or that one would help. A press shows the panel."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from app.ui.icons import icon
from app.ui.plain_tip import plain_tip


class TuningLine(QToolButton):
    """Hidden while there is nothing to say. It starts nothing and never takes the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIcon(icon("fine-tune"))
        self.setIconSize(QSize(14, 14))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setProperty("strip", True)
        self.hide()

    def show_words(self, words: str, details: str = "") -> None:
        """Show a few words, and in the tool tip what there is to know besides; without words, nothing."""
        self.setText(f" {words}")  # the style sets the words close to the icon
        self.setToolTip(plain_tip(details or words))
        self.setAccessibleName(words)
        self.setVisible(bool(words))
