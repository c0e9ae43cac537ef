"""Plots to look at: pyqtgraph, imported in a thread when the first plot is wanted, and dressed as the theme says."""

from __future__ import annotations

import importlib
import sys
import threading
from itertools import islice
from typing import TYPE_CHECKING, Any

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor

from app.ui import theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.ui.theme import Colors

_POLL_MS = 10
_AT_ONCE = 60
"""Types of Qt made known between two events: some milliseconds, of 50 for all."""
_LEAST_CONTRAST = 1.7
_ABOVE = 8
"""Pixels above a plot: half of the number beside its upper end stands there."""


class PlotLibrary(QObject):
    """Imports pyqtgraph, which takes some tenths of a second, beside the window. `ready` comes once it is there.

    PySide makes a type of Qt known to Python when it is first asked for. Two threads must not do that at the same time,
    or the process dies: pyqtgraph asks for all of them, so they are made known before, in the thread of the window.
    """

    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._types: Iterator[None] | None = None
        self._import: threading.Thread | None = None
        self._poll = QTimer(self, interval=_POLL_MS)
        self._poll.timeout.connect(self._look)

    def want(self) -> None:
        """Import it, unless that was wanted before."""
        if self._types is None:
            self._types = _known_types()
            self._poll.start()

    def _look(self) -> None:
        assert self._types is not None
        if self._import is None:
            if sum(1 for _ in islice(self._types, _AT_ONCE)) < _AT_ONCE:
                self._import = threading.Thread(target=_import_pyqtgraph, name="pyqtgraph")
                self._import.start()
        elif not self._import.is_alive():
            self._poll.stop()
            self.ready.emit()


def _known_types() -> Iterator[None]:
    """Make all types of Qt's main modules known, one a step."""
    for module in (QtCore, QtGui, QtWidgets):
        for name in dir(module):
            getattr(module, name)
            yield


def calm(plot: Any) -> None:
    """Make a `PlotWidget` something to look at only: no menu, no panning, no buttons, no focus."""
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.setAntialiasing(True)
    plot.setMouseEnabled(x=False, y=False)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.getAxis("left").setWidth(38)
    plot.getPlotItem().layout.setContentsMargins(1, _ABOVE, 1, 1)
    plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


def dress(plot: Any, chosen: Colors) -> None:
    """Give ground and axes of a `PlotWidget` the colours of the theme."""
    plot.setBackground(chosen.base)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(chosen.border)
        axis.setTextPen(chosen.muted)


def visible(color: str, chosen: Colors) -> str:
    """Return the colour, mixed with that of text where it can hardly be seen on the ground."""
    if theme.contrast(color, chosen.base) >= _LEAST_CONTRAST:
        return color
    ink, text = QColor(color), QColor(chosen.text)
    red, green, blue = (
        (ink.red() + text.red()) // 2,
        (ink.green() + text.green()) // 2,
        (ink.blue() + text.blue()) // 2,
    )
    return QColor(red, green, blue).name()


def _import_pyqtgraph() -> None:
    """Import it and put back the hooks for uncaught errors, which it takes for itself."""
    hooks = sys.excepthook, threading.excepthook
    try:
        importlib.import_module("pyqtgraph")
    finally:
        sys.excepthook, threading.excepthook = hooks
