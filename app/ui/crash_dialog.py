"""What is shown when something went wrong that nobody foresaw. The application lives on."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QWidget

from app.numbers import counted
from app.ui import dialogs
from app.ui.dialogs import Severity
from app.ui.text_size import TextSize, open_at

_WIDE, _HIGH = 680, 440
_FILE = "boxwright-error.txt"


class CrashDialog(QDialog):
    """A sentence, and the report to send to the developers: to copy, or to keep in a file."""

    def __init__(self, sentence: str, report: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something went wrong"))
        self._text = QPlainTextEdit(report, readOnly=True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setAccessibleName(self.tr("Report"))
        self._text.setTabChangesFocus(True)
        self._more, self._said = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self._more.hide()
        self._said.hide()
        kept = QLabel(
            self.tr(
                "Your work is saved, and you can go on. The report has versions, what the program was doing and the "
                "end of its log, which may name files, but no image. Please send it to the developers:"
            )
        )
        kept.setWordWrap(True)
        kept.setProperty("muted", True)
        layout = dialogs.column(self)
        layout.addLayout(dialogs.headed(Severity.ERROR, sentence))
        layout.addWidget(self._more)
        layout.addWidget(kept)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._said)
        layout.addWidget(self._buttons())
        TextSize(self, self._fit)
        open_at(self, _WIDE, _HIGH)

    def show_more(self, count: int, report: str) -> None:
        """Say that so many more errors have come since, and put the report that has them in place of the other."""
        one, many = self.tr("One more error has come since."), self.tr("{} more errors have come since.")
        self._more.setText(counted(count, one, many))
        self._more.show()
        if report != self._text.toPlainText():
            self._text.setPlainText(report)

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for words, details, run in (
            (self.tr("Copy"), self.tr("Copy the report"), self._copy),
            (self.tr("Save…"), self.tr("Keep the report in a file"), self._save),
        ):
            button = QPushButton(words)
            button.setToolTip(details)
            button.clicked.connect(run)
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        return buttons

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())
        self._say(self.tr("The report is copied."))

    def _save(self) -> None:
        title, names = self.tr("Save the report"), self.tr("Text (*.txt)")
        target = dialogs.choose_save_file(self, title, names, dialogs.start_folder() / _FILE)
        if target is None:
            return
        try:
            target.write_text(self._text.toPlainText(), encoding="utf-8")
        except OSError as error:
            self._say(self.tr("{} cannot be written: {}.").format(target, error.strerror or error), failed=True)
        else:
            self._say(self.tr("The report is in {}.").format(target))

    def _say(self, sentence: str, *, failed: bool = False) -> None:
        self._said.setText(sentence)
        self._said.setProperty("error", failed)
        self._said.style().polish(self._said)
        self._said.show()

    def _fit(self) -> None:
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSizeF(self.font().pointSizeF())
        self._text.setFont(fixed)
