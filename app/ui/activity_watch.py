"""Tells the active time of a project what is done in the window: keys, pointer and wheel, while it has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from shiboken6 import isValid

if TYPE_CHECKING:
    from PySide6.QtGui import QWindow
    from PySide6.QtWidgets import QWidget

    from app.activity import Activity

# Of a key that is a shortcut only the release comes to the window.
_DONE = frozenset(
    (
        *(QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.MouseMove),
        *(QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease),
        *(QEvent.Type.Wheel, QEvent.Type.TouchBegin, QEvent.Type.TouchUpdate, QEvent.Type.TabletPress),
        *(QEvent.Type.TabletMove, QEvent.Type.NativeGesture),
    )
)


class ActivityWatch(QObject):
    """Watches a top-level window from the screen's side, where each event comes once and few others do."""

    def __init__(self, window: QWidget, activity: Activity, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._activity = activity
        self._screen_side: QWindow | None = None
        window.installEventFilter(self)
        self._reach()

    def close(self) -> None:
        """Watch no longer."""
        for watched in (self._window, self._screen_side):
            if watched is not None and isValid(watched):
                watched.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pass on what concerns active time; hold nothing back."""
        kind = event.type()
        if kind in _DONE:
            if watched is self._screen_side and self._window.isActiveWindow():
                self._activity.act()
        elif kind == QEvent.Type.WindowDeactivate and watched is self._window:
            self._activity.pause()
        elif kind == QEvent.Type.Show and watched is self._window:
            self._reach()
        return False

    def _reach(self) -> None:
        """Watch the window's other side, which is there from the first time that it is shown."""
        screen_side = self._window.windowHandle()
        if screen_side is not None and screen_side is not self._screen_side:
            self._screen_side = screen_side
            screen_side.installEventFilter(self)
