"""The row of digits above the letters, on keyboards that have its digits only with Shift: French, Belgian, Czech ones.

Where it lies is the same everywhere; only by that are its keys known.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QKeyCombination, Qt

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

# By place: what X11 and Wayland count from 10 and Windows from 2, macOS numbers without an order.
_ROW = {
    "win32": range(2, 12),
    "darwin": (18, 19, 20, 21, 23, 22, 26, 28, 25, 29),
}.get(sys.platform, range(10, 20))


def as_digit(event: QKeyEvent) -> QKeyCombination | None:
    """Return what a key of this row would be, held keys included, if it were a digit; None for any other key."""
    place = event.nativeVirtualKey() if sys.platform == "darwin" else event.nativeScanCode()
    if place not in _ROW:
        return None
    digit = (_ROW.index(place) + 1) % len(_ROW)
    return QKeyCombination(event.modifiers(), Qt.Key(Qt.Key.Key_0 + digit))
