"""Where a detector on another machine is, and the token that it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from app.ui import dialogs
from app.ui.guide_link import guide_button
from app.ui.panel_parts import button, muted_label
from app.ui.text_size import open_at
from detector.remote_address import place_of
from detector.remote_places import keep_remote
from detector.tokens import checked
from detector.types import DetectorError
from detector.wire import DEFAULT_PORT

if TYPE_CHECKING:
    from pathlib import Path

    from detector.remote_address import Place

_SIZE = (520, 260)


class RemoteDialog(QDialog):
    """`chosen(Path)`: the file of a remote detector, which was written just now; it closes then.

    What is wrong is said here as long as it shows without asking anybody. An older token stays in the file until the
    new one was answered.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Detector on another machine"))
        self.address, self.token = QLineEdit(), QLineEdit()
        self.address.setPlaceholderText(f"http://127.0.0.1:{DEFAULT_PORT}")
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        what = muted_label(
            self.tr(
                "“boxwright serve” on a machine with a GPU says its address, and which file has its token. The pixels "
                "of your images are sent there, and to nobody else."
            )
        )
        self._problem = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._problem.setProperty("error", True)
        self._warning = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.address.textChanged.connect(self._warn)
        form = QFormLayout()
        form.addRow(self.tr("Address"), self.address)
        form.addRow(self.tr("Token"), self.token)
        row = QHBoxLayout()
        row.addWidget(guide_button("remote.md", key="F1"))
        row.addStretch(1)
        row.addWidget(button(self.tr("Cancel"), self.reject))
        use = button(self.tr("Use this detector"), self._use, primary=True)
        use.setDefault(True)
        row.addWidget(use)
        column = dialogs.column(self)
        column.addWidget(what)
        column.addLayout(form)
        column.addWidget(self._warning)
        column.addWidget(self._problem, 1)
        column.addLayout(row)
        self.address.setFocus()
        open_at(self, *_SIZE)

    @property
    def problem(self) -> str:
        """What is wrong with what was typed."""
        return self._problem.text()

    @property
    def warning(self) -> str:
        """What whoever means this address should know."""
        return self._warning.text()

    def _place(self) -> Place:
        return place_of(self.address.text().strip() or self.address.placeholderText())

    def _warn(self) -> None:
        """Say that what is sent can be read on the way, where that is so."""
        try:
            is_overheard = self._place().is_overheard
        except DetectorError:  # it may be one when all of it is typed
            is_overheard = False
        self._warning.setText(
            self.tr(
                "At this address your images and the token are sent unencrypted: whoever listens on the way can read "
                "them. Better are https, or a tunnel of ssh to an address of this machine."
            )
            if is_overheard
            else ""
        )

    def _use(self) -> None:
        try:
            place = self._place()
            file: Path = keep_remote(place, checked(self.token.text().strip(), self.tr("The field")))
        except DetectorError as error:
            self._problem.setText(str(error))
            return
        self.accept()
        self.chosen.emit(file)
