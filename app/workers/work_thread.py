"""One thread for work that would hold up the window: what comes of it is handed to the thread that ordered it."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from app.workers.boundary import attempt

if TYPE_CHECKING:
    from collections.abc import Callable


class WorkThread(QObject):
    """Does one piece of work after the other. `finished` brings what came of the newest, or its `Failure`.

    `stop` must be called before it is destroyed.
    """

    finished = Signal(object)
    _done = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._numbers = itertools.count(1)
        self._newest = 0
        self._done.connect(self._take)

    def start(self, work: Callable[[], object], name: str) -> None:
        """Do `work`, and let nobody hear of any that was ordered before; `name` begins the sentence of a fault."""
        self._newest = next(self._numbers)
        # A callable, not a QRunnable: one that is through before `start` returns is never let go of, with all it holds.
        self._pool.start(partial(self._do, self._newest, work, name))

    def forget(self) -> None:
        """Let nobody hear of what was ordered."""
        self._newest = 0

    def stop(self) -> None:
        """Forget what was ordered, and wait for what is under way; idempotent."""
        self.forget()
        self._pool.waitForDone()  # what was forgotten is not begun, and `clear` would never let go of it

    def _do(self, number: int, work: Callable[[], object], name: str) -> None:
        """Do a piece of work that is still wanted; in that thread."""
        if number == self._newest:
            self._done.emit(number, attempt(work, name))

    @Slot(int, object)
    def _take(self, number: int, result: object) -> None:
        if number == self._newest:
            self.finished.emit(result)
