"""One thread for work that would hold up the window: what comes of it is handed to the thread that ordered it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from app.workers.boundary import attempt

if TYPE_CHECKING:
    from collections.abc import Callable


class _Work(QRunnable):
    """One piece of work."""

    def __init__(self, number: int, work: Callable[[], object], name: str, pool: EvaluationPool) -> None:
        super().__init__()
        self._number = number
        self._work = work
        self._name = name
        self._pool = pool

    def run(self) -> None:
        self._pool.finish(self._number, attempt(self._work, self._name))


class EvaluationPool(QObject):
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
        self._pool.start(_Work(self._newest, work, name, self))

    def forget(self) -> None:
        """Let nobody hear of what was ordered."""
        self._newest = 0

    def stop(self) -> None:
        """Forget what was ordered, and wait for what is under way; idempotent."""
        self.forget()
        self._pool.clear()
        self._pool.waitForDone()

    def finish(self, number: int, result: object) -> None:
        """Hand over a result, from any thread."""
        self._done.emit(number, result)

    @Slot(int, object)
    def _take(self, number: int, result: object) -> None:
        if number == self._newest:
            self.finished.emit(result)
