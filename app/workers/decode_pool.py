"""Decoding in a thread pool: each image once at a time, the urgent ones first, the unwanted ones not at all."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from app.workers.boundary import Failure, attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


class _Job:
    """One image to decode. Whoever claims it first has it: a thread to decode it, or the window to cancel it."""

    def __init__(self, image_id: int, decode: Callable[[], object], name: str) -> None:
        self.image_id = image_id
        self.decode = decode
        self.name = name
        self.urgency = -1
        self._claimed = threading.Lock()

    def claim(self) -> bool:
        """Take the job; false if it is taken."""
        return self._claimed.acquire(blocking=False)


class DecodePool(QObject):
    """Decodes images in threads of its own and emits what came of them in the thread it lives in.

    `decoded(image_id, result)` or `failed(image_id, Failure)` follows each request that is not cancelled. A result that
    is an array is read-only. `stop` must be called before the pool is destroyed.
    """

    decoded = Signal(int, object)
    failed = Signal(int, object)
    _finished = Signal(object, object)

    def __init__(self, threads: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(threads)
        self._jobs: dict[int, _Job] = {}
        self._stopped = False
        self._finished.connect(self._on_finished)

    def request(self, image_id: int, decode: Callable[[], object], name: str, urgency: int = 0) -> None:
        """Decode an image, the greatest urgency first; a second request can only make the first one more urgent.

        `name` is what the sentence of an unforeseen error starts with. A stopped pool decodes nothing.
        """
        if self._stopped:
            return
        job = self._jobs.setdefault(image_id, _Job(image_id, decode, name))
        if urgency > job.urgency:
            job.urgency = urgency
            # A job made urgent has two places in the line: the first to come decodes. A callable, not a QRunnable:
            # one that is through before `start` returns is never let go of, with all it holds.
            self._pool.start(partial(self._do, job), urgency)

    def keep(self, image_ids: Collection[int]) -> None:
        """Cancel every request for another image, except those that are being decoded."""
        for job in [job for job in self._jobs.values() if job.image_id not in image_ids]:
            if job.claim():
                del self._jobs[job.image_id]

    def drop(self, image_id: int) -> None:
        """Cancel the request for an image; nothing will be heard of it, even if it is being decoded."""
        job = self._jobs.pop(image_id, None)
        if job is not None:
            job.claim()

    def stop(self) -> None:
        """Cancel everything and wait for what is being decoded; idempotent."""
        self._stopped = True
        for image_id in list(self._jobs):
            self.drop(image_id)
        self._pool.waitForDone()  # what was dropped is not begun, and `clear` would never let go of it

    def _do(self, job: _Job) -> None:
        """Decode, unless somebody has claimed the job; in a thread of the pool."""
        if not job.claim():
            return
        result = attempt(job.decode, job.name)
        if isinstance(result, np.ndarray):
            result.flags.writeable = False
        self._finished.emit(job, result)

    @Slot(object, object)
    def _on_finished(self, job: _Job, result: object) -> None:
        if self._jobs.get(job.image_id) is not job:
            return
        del self._jobs[job.image_id]
        if isinstance(result, Failure):
            self.failed.emit(job.image_id, result)
        else:
            self.decoded.emit(job.image_id, result)
