"""Keys that belong to a field while somebody types in it, although the window has an action for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from typing import Self

# A text field claims letters and digits from the window's shortcuts by itself, but not all of these.
_CLAIMED = frozenset(
    getattr(Qt.Key, f"Key_{name}")
    for name in (
        *("Return", "Enter", "Escape", "Tab", "Backtab", "Space", "Delete", "Backspace"),
        *("Left", "Right", "Up", "Down", "PageUp", "PageDown", "Home", "End"),
    )
)


_COMES_BACK = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class TypingKeys(QObject):
    """An event filter for one field: Enter ends the typing instead of accepting a suggestion; Esc leaves the field.

    `left()` comes when the field has lost the focus to another one, not to a menu or to another program's window.
    """

    left = Signal()

    @classmethod
    def keep_in(cls, field: QWidget) -> Self:
        """Keep the keys of typing in `field`, a text field or spin box, for as long as it lives."""
        keys = cls(field)
        field.installEventFilter(keys)
        return keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim the key from the window's shortcuts; on Esc, give the focus up."""
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in _COMES_BACK:
            self.left.emit()
        if not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.type() is QEvent.Type.ShortcutOverride and event.key() in _CLAIMED:
            event.accept()
            return True
        if event.type() is QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape and isinstance(watched, QWidget):
            watched.clearFocus()
            return True
        return super().eventFilter(watched, event)
