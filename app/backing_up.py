"""When the database of an open project is copied: once a day when it is opened, and again while it changes."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.store.backups import back_up
from app.workers.boundary import Failure
from app.workers.work_thread import WorkThread

if TYPE_CHECKING:
    from app.store.location import Location

SOON_MS, EVERY_MS = 20_000, 10 * 60_000
"""The first look, when the person has begun to work, and the pause between two copies."""
_PATIENCE = 100
"""Copying takes at most this part of the time."""


class BackingUp(QObject):
    """Copies the database of one project, in a thread of its own, with a connection of its own.

    `made(path)` comes with each copy, `noticed(sentence)` where there could be none.
    """

    made = Signal(object)
    noticed = Signal(str)

    def __init__(self, location: Location, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._location = location
        self._spare = timedelta(days=1)
        self._began_at = 0.0
        self._thread = WorkThread(self)
        self._thread.finished.connect(self._take)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.start)

    def begin(self) -> None:
        """Copy from now on."""
        self._timer.start(SOON_MS)

    @Slot()
    def start(self) -> None:
        """Copy now, if anything has changed since the last time."""
        self._timer.stop()
        self._began_at = time.monotonic()
        spare, self._spare = self._spare, timedelta(0)
        work = partial(back_up, self._location, datetime.now(UTC), spare=spare)
        self._thread.start(work, self.tr("Backing up the project"))

    def close(self) -> None:
        """Copy no more, and wait for the copy that is under way."""
        self._timer.stop()
        self._thread.stop()

    @Slot(object)
    def _take(self, result: object) -> None:
        took = round(1000 * (time.monotonic() - self._began_at))
        self._timer.start(max(EVERY_MS, _PATIENCE * took))
        if isinstance(result, Failure):
            self.noticed.emit(result.sentence)
        elif result is not None:
            self.made.emit(result)
