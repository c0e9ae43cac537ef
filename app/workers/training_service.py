"""The window's side of training in the detector thread: one run at a time, and warming of the feature cache."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from app.workers.messages import FeatureFolder, TrainingEnded, TrainingProgressed, TrainRequest, VersionTrained
from app.workers.warming import WarmingLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from app.store.corrections import StoredCorrections
    from app.workers.detector_worker import DetectorWorker
    from detector.corrections import CorrectedImage
    from detector.fine_tune_values import SecondStage


class TrainingService(QObject):
    """Orders trainings and hands out what comes of them; lives in the GUI thread, part of the detector service.

    Every request ends in exactly one `ended(TrainingEnded)`, before which come `progressed(TrainingProgressed)` and
    `trained(VersionTrained)`. Once a run is cancelled nothing but its end is heard of it: a version that it
    saved too late is deleted.
    """

    progressed = Signal(object)
    trained = Signal(object)
    ended = Signal(object)
    _train_wanted = Signal(object)
    _warming_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.line = WarmingLine()
        self._has_thread = False
        self._request_ids = itertools.count(1)
        self._running: dict[int, TrainRequest] = {}

    @property
    def is_running(self) -> bool:
        """Whether a training is under way that nobody has cancelled."""
        return any(not request.wishes.cancel.is_set() for request in self._running.values())

    def serve_with(self, worker: DetectorWorker) -> None:
        """Let a worker that has moved to its thread do what is ordered from now on."""
        self._train_wanted.connect(worker.train)
        self._warming_wanted.connect(worker.wake)
        worker.training_said.connect(self._take)
        self._has_thread = True

    def train(
        self,
        base: Path | None,
        corrections: Callable[[], StoredCorrections],
        heads: Path,
        features: FeatureFolder,
        second_stage: SecondStage,
    ) -> TrainRequest | None:
        """Start a training; None if one is running or there is no thread to run it in. See `TrainRequest`."""
        if self.is_running or not self._has_thread:
            return None
        request = TrainRequest(next(self._request_ids), base, corrections, heads, features, second_stage)
        self._running[request.id] = request
        self._train_wanted.emit(request)
        return request

    def warm(self, images: Iterable[CorrectedImage], features: FeatureFolder, tile: int = 0) -> None:
        """Pool the features of these images when there is nothing else to do; nobody hears of it if that fails.

        Large ones are seen in tiles of side `tile`, with 0 as a whole.
        """
        self.line.put(images, features, tile)
        self._warming_wanted.emit()

    def warm_all(self, read: Callable[[], StoredCorrections], features: FeatureFolder) -> None:
        """Pool those of all images that `read` finds, in the detector thread, once no detection is wanted any more."""
        self.line.put_all(read, features)
        self._warming_wanted.emit()

    def cancel(self) -> None:
        """Cancel whatever runs, which ends within one step, and all warming."""
        self.line.clear()
        for request in self._running.values():
            request.wishes.cancel.set()

    def take_the_rest(self) -> None:
        """Hear what the thread said before it ended: nobody else will deliver it in time."""
        self._has_thread = False
        QCoreApplication.sendPostedEvents(self)

    @Slot(object)
    def _take(self, said: TrainingProgressed | VersionTrained | TrainingEnded) -> None:
        is_unwanted = self._running[said.request_id].wishes.cancel.is_set()
        if isinstance(said, TrainingEnded):
            del self._running[said.request_id]
            self.ended.emit(said)
        elif isinstance(said, VersionTrained):
            if is_unwanted:
                said.path.unlink(missing_ok=True)
            else:
                self.trained.emit(said)
        elif not is_unwanted:
            self.progressed.emit(said)
