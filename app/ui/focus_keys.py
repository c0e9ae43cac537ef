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
        """Claim from the window's actions what belongs to the widget."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            self.held = event.isAutoRepeat()
            if isinstance(watched, QWidget) and self._belongs(watched, event):
                event.accept()
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
