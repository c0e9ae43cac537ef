"""How long somebody really works on the images of a project: active time, which is the only time that is ever reported.

It runs while the window has the focus and something was done in it, with keys, pointer or wheel, within the last half
minute. So thinking counts, and a break ends half a minute after the last thing that was done.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.model.storage import StoreError
from app.store.activity import ActiveStretch

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.store.activity import ActivityStore

IDLE_AFTER = 30.0
"""So many seconds after the last thing that was done a person is taken to do something else."""
SAVE_MS = 60_000
"""What a killed program loses at most. A disk has other things to do than to note each image."""


class Activity(QObject):
    """Keeps the active time of one open project by image. Lives in the GUI thread and never fails.

    `counted()` comes about once a minute while somebody is active. `clock` counts seconds, `now` gives UTC.
    """

    counted = Signal()

    def __init__(
        self,
        store: ActivityStore,
        workspace: Workspace,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._workspace = workspace
        self._clock, self._now = clock, now
        self._image_id = self._current()
        self._runs_from: float | None = None
        self._runs_until = 0.0
        self._began_at = now()
        self._unsaved: list[ActiveStretch] = []
        self._midnight: datetime | None = None
        self._saved_today = 0.0
        self._timer = QTimer(self, interval=SAVE_MS)
        self._timer.timeout.connect(self.save)
        self._unsubscribe = workspace.subscribe(self._follow)

    @property
    def seconds_today(self) -> float:
        """The active time since midnight, that which is not saved yet too."""
        midnight = self._now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        if midnight != self._midnight:
            self._midnight, self._saved_today = midnight, 0.0
            with suppress(StoreError):  # better too little on the screen than no work
                self._saved_today = self._store.seconds_since(midnight)
        unsaved = sum(one.seconds for one in self._unsaved if one.began_at >= midnight)
        return self._saved_today + unsaved + (self._running() if self._began_at >= midnight else 0.0)

    def act(self) -> None:
        """Note that the person does something in the window."""
        moment = self._clock()
        if self._runs_from is None or moment > self._runs_until:
            self._end()
            self._begin(moment)
        self._runs_until = moment + IDLE_AFTER
        if not self._timer.isActive():
            self._timer.start()

    def pause(self) -> None:
        """Note that the window has lost the focus."""
        self._end()

    @Slot()
    def save(self) -> None:
        """Keep what was counted; what cannot be kept now is tried again the next time."""
        if not self._cut(self._image_id):
            self._timer.stop()
        if self._unsaved:
            with suppress(StoreError):
                self._store.add(self._unsaved)
                self._unsaved.clear()
                self._midnight = None  # the store knows now what today's sum is
        self.counted.emit()

    def close(self) -> None:
        """Keep what was counted, and count no more."""
        self._unsubscribe()
        self._end()
        self.save()

    def _follow(self, change: Change) -> None:
        if change.current_image and self._current() != self._image_id:
            self._cut(self._current())

    def _cut(self, image_id: int | None) -> bool:
        """End a stretch and, if somebody is active, begin the next one on this image; return whether one runs."""
        moment = self._clock()
        goes_on = self._runs_from is not None and moment < self._runs_until
        self._end()
        self._image_id = image_id
        if goes_on:
            self._begin(moment)
        return goes_on

    def _begin(self, moment: float) -> None:
        self._runs_from, self._began_at = moment, self._now()

    def _end(self) -> None:
        seconds, self._runs_from = self._running(), None
        if seconds > 0 and self._image_id is not None:
            self._unsaved.append(ActiveStretch(self._image_id, self._began_at, seconds))

    def _running(self) -> float:
        """Return the seconds of the stretch that is under way."""
        return 0.0 if self._runs_from is None else min(self._clock(), self._runs_until) - self._runs_from

    def _current(self) -> int | None:
        current = self._workspace.current_image
        return None if current is None else current.id
