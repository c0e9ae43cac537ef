"""Which keys belong to the widget that has the focus, although the window has an action for them.

Bare keys do nothing while somebody types; a list keeps its arrows, a button its Space. Everything else is the window's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

if TYPE_CHECKING:
    from collections.abc import Callable

Key = Qt.Key
_ARROWS = frozenset((Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down))
_PAGES = frozenset((Key.Key_PageUp, Key.Key_PageDown))
_TABS = frozenset((Key.Key_Tab, Key.Key_Backtab))
_COMMAND_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)
_TYPED_IN = (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit)
_FIRST_FUNCTION_KEY = Key.Key_F1


class FocusKeys(QObject):
    """Watches the widget that has the focus in `window`. `held` says whether the last key came from key repeat.

    `fallback` gives the widget that takes the focus when no other in the window has it.
    """

    def __init__(self, window: QWidget, fallback: Callable[[], QWidget | None]) -> None:
        super().__init__(window)
        self._window = window
        self._fallback = fallback
        self.held = False
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim from the window's actions what belongs to the widget; Esc goes back to the canvas from any control."""
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return super().eventFilter(watched, event)
        canvas = self._fallback()
        # Who goes back to the boxes decides nothing about them yet.
        leaves = canvas is not None and _leaves(watched, event, canvas)
        if event.type() is QEvent.Type.ShortcutOverride:
            self.held = event.isAutoRepeat()
            if leaves or self._belongs(watched, event):
                event.accept()
                return True
        elif leaves and canvas is not None and event.type() is QEvent.Type.KeyPress:
            canvas.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return super().eventFilter(watched, event)

    def _belongs(self, widget: QWidget, event: QKeyEvent) -> bool:
        key = Key(event.key())
        bare = not event.modifiers() & _COMMAND_MODIFIERS
        if isinstance(widget, _TYPED_IN):
            return bare and not _FIRST_FUNCTION_KEY <= key <= Key.Key_F35
        if key in _TABS:
            return bare and widget is not self._fallback()
        if isinstance(widget, QAbstractItemView):
            return bare and key in _ARROWS | _PAGES
        if isinstance(widget, QComboBox):
            return bare and (key in _ARROWS or key == Key.Key_Space)
        if isinstance(widget, QAbstractSlider):
            return bare and key in _ARROWS
        return isinstance(widget, QAbstractButton) and bare and key == Key.Key_Space

    def _follow(self, old: QWidget | None, now: QWidget | None) -> None:
        if not isValid(self._window):  # the focus is lost once more while the window is being destroyed
            return
        if old is not None:
            old.removeEventFilter(self)
        if now is not None and self._window.isAncestorOf(now):
            now.installEventFilter(self)
        elif now is None and self._window.isActiveWindow():
            widget = self._fallback()
            if widget is not None:
                widget.setFocus(Qt.FocusReason.OtherFocusReason)


def _leaves(widget: QWidget, event: QKeyEvent, canvas: QWidget) -> bool:
    """Return whether a key leaves a control for the canvas; a field where somebody types knows by itself when."""
    is_control = widget is not canvas and not isinstance(widget, _TYPED_IN)
    return is_control and event.key() == Key.Key_Escape and event.modifiers() == Qt.KeyboardModifier.NoModifier
