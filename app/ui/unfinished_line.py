"""How many reviewed images look as if boxes were missing, which a fine-tune would learn as well."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.numbers import counted
from app.ui.panel_parts import button, muted_label, release_focus


class UnfinishedLine(QWidget):
    """A sentence and a button, hidden while there are none. `images_wanted`: show which these are."""

    images_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = muted_label()
        self._show = button("", self.images_wanted.emit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._sentence)
        column.addWidget(self._show, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_count(self, count: int) -> None:
        """Say it of so many images."""
        one = self.tr(
            "1 reviewed image looks unfinished: most of what the detector sees there has no box. A fine-tune takes all "
            "that for background."
        )
        many = self.tr(
            "{} reviewed images look unfinished: most of what the detector sees there has no box. A fine-tune takes "
            "all that for background."
        )
        self._sentence.setText(counted(count, one, many))
        self._show.setText(counted(count, self.tr("Show it"), self.tr("Show them")))
        if not count:
            release_focus(self)
        self.setVisible(count > 0)
