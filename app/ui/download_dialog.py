"""How far the download of a model is. The labeler works on beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QWidget

from app.ui import dialogs
from app.ui import model_words as words
from app.ui.panel_parts import button, muted_label
from app.ui.text_size import open_at

if TYPE_CHECKING:
    from detector.downloads import DownloadProgress

_SIZE = (480, 190)
_UNITS = 1000


class DownloadDialog(QDialog):
    """`rejected` comes where the person cancels; whoever downloads closes it with `accept`."""

    def __init__(self, title: str, licence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)  # the keys stay with the boxes
        self.setWindowTitle(self.tr("Download"))
        heading = QLabel(title, wordWrap=True)
        heading.setProperty("heading", True)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setProperty("training", True)
        self._bar.setRange(0, 0)
        self._line = QLabel(self.tr("Asking the server…"))
        row = QHBoxLayout()
        row.addWidget(self._line, 1)
        row.addWidget(button(self.tr("Cancel"), self.reject))
        column = dialogs.column(self)
        column.addWidget(heading)
        column.addWidget(muted_label(self.tr("Licence: {}").format(licence)), 1)
        column.addWidget(self._bar)
        column.addLayout(row)
        open_at(self, *_SIZE)

    @property
    def line(self) -> str:
        """What is said about how far it is."""
        return self._line.text()

    @Slot(object)
    def show_progress(self, progress: DownloadProgress) -> None:
        """Show how much has come, and how fast."""
        self._bar.setRange(0, _UNITS)
        self._bar.setValue(_UNITS * progress.done // max(progress.total, 1))
        share = self.tr("{} of {}").format(words.size(progress.done) or "0 MB", words.size(progress.total))
        rate = self.tr(", {}/s").format(words.size(int(progress.rate))) if progress.rate else ""
        self._line.setText(share + rate)
