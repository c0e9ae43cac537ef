"""A button that waits for one key: any key, those included that dialogs keep for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent

Key = Qt.Key
_MODIFIERS = frozenset(
    (Key.Key_Control, Key.Key_Shift, Key.Key_Alt, Key.Key_AltGr, Key.Key_Meta, Key.Key_CapsLock, Key.Key_NumLock)
)
_ON_THE_PAD = frozenset("0123456789+-*/.,")


class KeyCapture(QPushButton):
    """Press it, then a key: `captured` brings that as Qt spells it. Leaving it, or a second click, gives up."""

    captured = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._listens = False
        self.clicked.connect(lambda _checked=False: self.listen(not self._listens))
        self.listen(False)

    def listen(self, listens: bool = True) -> None:
        """Wait for a key, or do so no more."""
        self._listens = listens
        self.setText(self.tr("Press the new key…") if listens else self.tr("Add a key…"))
        self.setProperty("primary", listens)
        self.style().polish(self)
        if listens:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        """Take the key before it moves the focus, presses the button or closes the dialog."""
        if self._listens and isinstance(event, QKeyEvent):
            if event.type() is QEvent.Type.KeyPress and not event.isAutoRepeat():
                self._take(spelled(event))
            event.accept()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Give up."""
        self.listen(False)
        super().focusOutEvent(event)

    def _take(self, key: str) -> None:
        if key:
            self.listen(False)
            self.captured.emit(key)


def spelled(event: QKeyEvent) -> str:
    """Return the key that was pressed, with its modifiers, as Qt spells it; empty for a modifier alone."""
    key, held, text = Key(event.key()), event.modifiers(), event.text()
    if key in _MODIFIERS or key == Key.Key_unknown:
        return ""
    if key == Key.Key_Backtab:
        key = Key.Key_Tab
    elif text.isprintable() and text.strip() and not text.isalnum():
        # Where Shift makes the sign, another keyboard has it without.
        held &= ~Qt.KeyboardModifier.ShiftModifier
    if QKeySequence(key).toString() not in _ON_THE_PAD:
        held &= ~Qt.KeyboardModifier.KeypadModifier
    return QKeySequence(QKeyCombination(held, key)).toString()
