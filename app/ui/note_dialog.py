"""A small window in which a note on boxes is written."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.text_size import open_at

_ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NoteDialog(QDialog):
    """Plain text: Enter keeps it, Shift+Enter begins a new line, Esc leaves. `written(text)` comes if it is kept."""

    written = Signal(str)

    def __init__(self, heading: str, note: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Note"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        said = QLabel(heading, wordWrap=True)
        said.setProperty("heading", True)
        self._text = QPlainTextEdit(note)
        self._text.setPlaceholderText(self.tr("What the next person should know about it"))
        self._text.setAccessibleName(self.tr("Note"))
        self._text.setTabChangesFocus(True)
        self._text.moveCursor(QTextCursor.MoveOperation.End)
        self._text.installEventFilter(self)
        keys = QLabel(self.tr("Shift+Enter begins a new line. An empty note is none."), wordWrap=True)
        keys.setProperty("muted", True)
        buttons = QDialogButtonBox()
        buttons.addButton(self.tr("Keep"), QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        for part in (said, self._text, keys, buttons):
            layout.addWidget(part)
        self.accepted.connect(lambda: self.written.emit(self._text.toPlainText()))
        open_at(self, 380, 220)
        self._text.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the note at Enter."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and _keeps(event):
            self.accept()
            return True
        return super().eventFilter(watched, event)


def _keeps(event: QKeyEvent) -> bool:
    return event.key() in _ENDS and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier
