"""Errors that nobody foresaw: one dialog for all that come while it is open, with a report that can be sent."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

import PySide6
from PySide6.QtCore import QObject, Slot, qVersion
from PySide6.QtGui import QGuiApplication

from app.log import tail, without_home
from app.ui.crash_dialog import CrashDialog

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.workers.messages import Crash

_KEPT = 5
"""So many different errors are in one report; more of them say nothing new."""
_LOG_LINES = 40


class Crashes(QObject):
    """Shows what went wrong over `window`, and counts what else goes wrong until that is closed. GUI thread."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._met: list[Crash] = []
        self._count = 0
        self._dialog: CrashDialog | None = None
        self._is_opening = False

    @Slot(object)
    def report(self, crash: Crash) -> None:
        """Show a crash, or count it. Where that fails itself, all that follow are in the log alone."""
        if self._is_opening:
            return
        self._count += 1
        if crash not in self._met and len(self._met) < _KEPT:
            self._met.append(crash)
        if self._dialog is None:
            self._is_opening = True
            self._dialog = CrashDialog(crash.sentence, self._text(), self._window)
            self._dialog.finished.connect(self._forget)
            self._dialog.open()
            self._is_opening = False
        else:
            self._dialog.show_more(self._count - 1, self._text())

    def _text(self) -> str:
        device = self._window.status.device
        return report_text(self._window.version, device, tuple(self._met), self._count, tail(_LOG_LINES))

    @Slot()
    def _forget(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
        self._dialog = None
        self._met.clear()
        self._count = 0
        self._window.focus_canvas()


def report_text(version: str, device: str, met: tuple[Crash, ...], count: int, log: str = "") -> str:
    """Return what a developer needs to know, and little of the person: no image, no box, and no path of their home.

    `log` is the end of the log, which may name image files.
    """
    torch = sys.modules.get("torch")
    loaded = f", torch {torch.__version__}" if torch is not None else ""
    lines = [
        f"Boxwright {version}",
        f"Python {platform.python_version()}, Qt {qVersion()} (PySide6 {PySide6.__version__}){loaded}",
        f"{platform.platform()}, {QGuiApplication.platformName()}, detector on {device or 'nothing yet'}",
    ]
    if count > 1:
        lines.append(f"{count} errors, {len(met)} of them here")
    lines += [f"\n{crash.sentence}\n\n{crash.traceback.rstrip()}" for crash in met]
    if log:
        lines.append(f"\nThe end of the log:\n\n{log.rstrip()}")
    return without_home("\n".join(lines)) + "\n"
