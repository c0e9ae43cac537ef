"""A second look of the detector at boxes that a person drew: what is asked, what is answered, and who waits."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
    from pathlib import Path

    from app.model.annotations import Box
    from app.workers.detector_worker import DetectorWorker
    from detector.types import Refinement


@dataclass(frozen=True, slots=True)
class RefineRequest:
    """Please look again at these boxes of one image; without any, only make ready to. `id` grows."""

    id: int
    path: Path
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RefineReady:
    """The answer to one request, box by box."""

    request: RefineRequest
    refinement: Refinement


class RefineLine:
    """The one request that waits: a newer one takes its place. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._request: RefineRequest | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether one waits."""
        return self._request is not None

    def put(self, request: RefineRequest | None) -> None:
        """Let this one wait, or none."""
        with self._lock:
            self._request = request

    def take(self) -> RefineRequest | None:
        """Remove and return the one that waits."""
        with self._lock:
            request, self._request = self._request, None
            return request


class RefiningService(QObject):
    """Asks the detector for a second look; lives in the GUI thread, part of the detector service.

    `refined(RefineReady)` comes for the last request alone, and not at all where the detector cannot look again: an
    offer that does not come is no news.
    """

    refined = Signal(object)
    _wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.line = RefineLine()
        self._request_ids = itertools.count(1)
        self._last = 0

    def serve_with(self, worker: DetectorWorker) -> None:
        """Let a worker that has moved to its thread do what is asked from now on."""
        self._wanted.connect(worker.wake)
        worker.refined.connect(self._take)

    def ask(self, path: Path, boxes: tuple[Box, ...] = ()) -> None:
        """Ask for a second look, instead of whatever was asked before."""
        self._last = next(self._request_ids)
        self.line.put(RefineRequest(self._last, path, boxes))
        self._wanted.emit()

    def forget(self) -> None:
        """Want no answer any more."""
        self._last = 0
        self.line.put(None)

    @Slot(object)
    def _take(self, ready: RefineReady) -> None:
        if ready.request.id == self._last:
            self.refined.emit(ready)
