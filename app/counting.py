"""Keeps the figures of one project up to date: they are counted in a thread of their own, some time after a change."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.model.statistics import Statistics
from app.store.statistics import read_statistics
from app.workers.work_thread import WorkThread

if TYPE_CHECKING:
    from app.activity import Activity
    from app.model.view import Change
    from app.session import Session
    from app.workers.boundary import Failure

_SOON_MS = 400
_PATIENCE = 10
"""Counting takes at most this part of the time: a second of it in a huge project is not done after each box."""


class Counting(QObject):
    """Counts for one session, in the GUI thread: once when it is made, and again after changes.

    `counted(Statistics)` brings what there is now, `failed(sentence)` why that is not known.
    """

    counted = Signal(object)
    failed = Signal(str)

    def __init__(self, session: Session, activity: Activity, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._location = session.store.location
        self._latest: Statistics | None = None
        self._is_running = self._is_outdated = False
        self._began_at = self._took = 0.0
        self._thread = WorkThread(self)
        self._thread.finished.connect(self._take)
        self._timer = QTimer(self, interval=_SOON_MS, singleShot=True)
        self._timer.timeout.connect(self._start)
        self._unsubscribe = session.workspace.subscribe(self._follow)
        self._wishes = (session.model_changed, activity.counted)
        for wish in self._wishes:
            wish.connect(self.want)
        self.want()

    @property
    def latest(self) -> Statistics | None:
        """What was counted last; None before that."""
        return self._latest

    @Slot()
    def want(self) -> None:
        """Count soon; what changes until then is counted with it."""
        if self._is_running:
            self._is_outdated = True
        elif not self._timer.isActive():
            self._timer.start(max(_SOON_MS, round(_PATIENCE * 1000 * self._took)))

    def close(self) -> None:
        """Count no more, and wait for what is being counted."""
        self._unsubscribe()
        for wish in self._wishes:
            wish.disconnect(self.want)
        self._timer.stop()
        self._thread.stop()

    def _follow(self, change: Change) -> None:
        if change.history or (change.images and not change.image_ids):
            self.want()

    @Slot()
    def _start(self) -> None:
        self._is_running, self._is_outdated, self._began_at = True, False, time.monotonic()
        self._thread.start(partial(read_statistics, self._location), self.tr("Counting what was done"))

    @Slot(object)
    def _take(self, result: Statistics | Failure) -> None:
        self._is_running, self._took = False, time.monotonic() - self._began_at
        if isinstance(result, Statistics):
            self._latest = result
            self.counted.emit(result)
        else:
            self.failed.emit(result.sentence)
        if self._is_outdated:
            self.want()
