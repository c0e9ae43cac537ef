"""Turns of Qt's event loop that take no processor while nothing happens: the threads under measurement need it."""

from __future__ import annotations

from PySide6.QtCore import QEventLoop, QTimer

BREATH = 0.005


def wait_a_turn(seconds: float = BREATH) -> None:
    """Do what the event loop has to do for so long."""
    loop = QEventLoop()
    QTimer.singleShot(round(1e3 * seconds), loop, loop.quit)
    loop.exec()
