"""The window's side of the detector thread: everybody talks to the service, and only the service to the worker."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.workers.decoded_images import open_for_detector
from app.workers.detector import LoadOrder
from app.workers.detector_worker import DetectorWorker
from app.workers.folder_run import FOLDER_REQUESTS_AHEAD, FolderRun
from app.workers.messages import DetectionFailed, DetectionReady, DetectorState, DetectorStatus, ModelRefused, Priority
from app.workers.open_requests import OpenRequests
from app.workers.refining import RefiningService
from app.workers.request_queue import RequestQueue
from app.workers.tiling import TilingService
from app.workers.training_service import TrainingService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from app.workers.detector import Detector, Tuner
    from app.workers.messages import DetectRequest
    from detector.tiling import Source

    Item = tuple[int, Path]
_LOOK_MS = 200


class DetectorService(QObject):
    """Orders detections and hands out what came of them; lives in the GUI thread and owns the detector thread.

    `factory` makes the base model unless a file is chosen for it. `training`, `refining` and `tiling` are the parts of
    the service that train there, look again at boxes that a person drew, and say how large images are looked at. Every
    request ends in exactly one of `detected`, `failed`, or silence if it was superseded, cancelled, or meant for a
    detector that is gone; where a detector elsewhere is away it waits. A detection under way when the labeler goes to
    another image is still delivered, unless it takes long: it belongs to its image. While no detector is to be had
    (stopped, or failed to load) requests end in silence and a folder run ends cancelled.
    `refused(sentence)`: a detector could not be made, and the one before it serves on.
    """

    status_changed = Signal(object)
    refused = Signal(str)
    detected = Signal(object)
    failed = Signal(object)
    crashed = Signal(object)
    progressed = Signal(object)
    _load_wanted = Signal(object)
    _wake_wanted = Signal()
    _stop_wanted = Signal()

    def __init__(
        self,
        factory: Callable[[], Detector],
        tuner: Tuner,
        *,
        read_image: Callable[[Path], Source] = open_for_detector,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.training = TrainingService(self)
        self.refining = RefiningService(self)
        self.tiling = TilingService(self)
        self.tiling.changed.connect(self._on_tiling)
        self._first = self._factory = self._replaced = factory
        self.base: Path | None = None
        """The file of the base model, from the next time on that it serves; None: what the program starts with."""
        self._tuner = tuner
        self._read_image = read_image
        self._clock = clock
        self._thread: QThread | None = None
        self._worker: DetectorWorker | None = None
        self._queue = RequestQueue()
        self._queue.close()
        self._wanted = OpenRequests()
        self._near: set[int] = set()
        self._on_screen: int | None = None
        self._folder: FolderRun | None = None
        self._status = DetectorStatus(DetectorState.STOPPED)

    @property
    def status(self) -> DetectorStatus:
        """The last status that was announced."""
        return self._status

    def is_waiting(self, image_id: int) -> bool:
        """Whether a detection of this image is queued or under way."""
        return image_id in self._wanted

    def start(self) -> None:
        """Start the thread and load the detector in it; nothing happens if it runs. Call it after the first paint."""
        if self._thread is not None:
            return
        thread = self._thread = QThread()
        thread.setObjectName("detector")
        worker = self._worker = DetectorWorker(self._read_image, self._tuner, self.training.line, self.refining.line)
        worker.moveToThread(thread)
        self._load_wanted.connect(worker.load)
        self._wake_wanted.connect(worker.wake)
        self._stop_wanted.connect(worker.stop)
        worker.status_changed.connect(self._on_status)
        worker.refused.connect(self._on_refused)
        worker.detected.connect(self._on_answer)
        worker.failed.connect(self._on_answer)
        worker.given_up.connect(self._on_given_up)
        worker.crashed.connect(self.crashed)
        self.training.serve_with(worker)
        self.refining.serve_with(worker)
        self.tiling.serve_with(worker)
        thread.start()
        self._load(DetectorState.STARTING)

    def use(self, factory: Callable[[], Detector], *, keeps_old: bool = False) -> None:
        """Serve with another detector from now on; what was asked of the present one is cancelled.

        Where it cannot be made there is none, or with `keeps_old` the one that is ready now, and `refused` comes.
        """
        keeps_old = keeps_old and self._status.is_serving
        self._replaced, self._factory = self._factory, factory
        if self._thread is not None:
            self._load(DetectorState.LOADING, keeps_old=keeps_old)

    def use_version(self, path: Path | None, *, keeps_old: bool = False) -> None:
        """Serve with the model in a file, or with the base model, as `use` does."""
        path = path or self.base
        self.use(self._first if path is None else partial(self._tuner.open_version, path), keeps_old=keeps_old)

    def use_converted(self, foreign: Path, path: Path) -> None:
        """Serve with a file of another program, written to `path` as one of ours; else the present one serves on."""
        self.use(partial(self._tuner.convert, foreign, path), keeps_old=True)

    def stop(self) -> None:
        """Cancel everything, end the thread and wait for it: for one prediction or training step; idempotent."""
        if self._thread is None:
            return
        self._give_up_requests()
        self.training.cancel()
        self._stop_wanted.emit()
        while not self._thread.wait(_LOOK_MS):
            self._tuner.interrupt()  # it may have begun just now to wait for another machine
        self.training.take_the_rest()
        self._thread = self._worker = None
        self._announce(DetectorStatus(DetectorState.STOPPED, generation=self._status.generation + 1))

    def show(self, image_id: int, path: Path, neighbours: Sequence[Item] = ()) -> None:
        """Ask for the image on screen, and for its neighbours, nearest first, instead of any asked for before."""
        self._want(image_id, path, Priority.ON_SCREEN)
        self._want_neighbours(neighbours, image_id)

    def prefetch(self, neighbours: Sequence[Item]) -> None:
        """Ask for the neighbours only: the image on screen has its prediction."""
        self._forget(self._queue.clear(Priority.ON_SCREEN))
        self._want_neighbours(neighbours)

    def detect(self, image_id: int, path: Path) -> None:
        """Ask for the image on screen once more, even if a detection of it is under way, whose result is dropped."""
        self._near.add(image_id)
        self._on_screen = image_id
        self._request(image_id, path, Priority.ON_SCREEN)

    def detect_folder(self, image_ids: Iterable[int], path_of: Callable[[int], Path], *, paused: bool = False) -> None:
        """Ask for all these images, in this order, after everything else; a run under way is cancelled.

        `path_of` tells where an image is when its turn comes; it is called in the GUI thread. `paused`: the run waits.
        """
        self.cancel_folder()
        self._folder = FolderRun(image_ids, path_of, self._clock, paused=paused)
        self._queue.hold(held=paused)
        if self._queue.closed:
            self._report_folder()
            self.cancel_folder()
        self._feed_folder()

    def pause_folder(self, *, paused: bool) -> None:
        """Let the folder run wait where it is, its image under way being the last, or go on; nothing without a run."""
        if self._folder is not None:
            self._folder.pause(paused=paused)
            self._queue.hold(held=paused)
            self.progressed.emit(self._folder.progress())
            self._wake_wanted.emit()

    def cancel_folder(self) -> None:
        """End the folder run, if there is one; its image under way is still delivered."""
        folder, self._folder = self._folder, None
        self._queue.hold(held=False)
        self._forget(self._queue.clear(Priority.FOLDER))
        self._wanted.give_up(self._is_wanted)
        if folder is not None:
            self.progressed.emit(folder.progress(cancelled=True))

    def drop(self, image_ids: Sequence[int]) -> None:
        """Forget images that have left the project: nothing will be heard of them."""
        self._queue.drop(image_ids)
        self._wanted.forget(image_ids)
        if self._folder is not None:
            self._folder.leave_out(image_ids)
            self._feed_folder()

    def _load(self, state: DetectorState, *, keeps_old: bool = False) -> None:
        self._give_up_requests()
        self._queue = RequestQueue()
        self._announce(DetectorStatus(state, generation=self._status.generation + 1))
        self._load_wanted.emit(LoadOrder(self._status.generation, self._factory, self._queue, keeps_old))

    def _give_up_requests(self) -> None:
        self._queue.close()
        self._wanted.forget()
        self.cancel_folder()
        self._tuner.interrupt()

    def _want_neighbours(self, neighbours: Sequence[Item], *on_screen: int) -> None:
        self._forget(self._queue.clear(Priority.NEIGHBOUR))
        self._near = {*on_screen, *(image_id for image_id, _ in neighbours)}
        self._on_screen = next(iter(on_screen), None)
        self._wanted.give_up(self._is_wanted)
        for image_id, path in neighbours:
            self._want(image_id, path, Priority.NEIGHBOUR)

    def _want(self, image_id: int, path: Path, priority: Priority) -> None:
        """Ask for an image unless it is waited for already; then it is only brought forward."""
        if image_id in self._wanted:
            self._forget(self._queue.promote(image_id, priority))
        else:
            self._request(image_id, path, priority)

    def _request(self, image_id: int, path: Path, priority: Priority) -> None:
        self._forget(self._queue.put(self._wanted.make(image_id, path, priority, self.tiling.tile)))
        self._wake_wanted.emit()

    def _is_in_folder(self, image_id: int) -> bool:
        return self._folder is not None and self._folder.waits_for(image_id)

    def _is_wanted(self, image_id: int) -> bool:
        return image_id in self._near or self._is_in_folder(image_id)

    def _forget(self, unserved: Iterable[DetectRequest]) -> None:
        for request in unserved:
            if self._wanted.settle(request.id, request.image_id) and self._is_in_folder(request.image_id):
                self._request(request.image_id, request.path, Priority.FOLDER)

    @Slot(object)
    def _on_answer(self, answer: DetectionReady | DetectionFailed) -> None:
        if self._wanted.settle(answer.request_id, answer.image_id):
            seconds = None if isinstance(answer, DetectionFailed) else answer.seconds
            (self.failed if seconds is None else self.detected).emit(answer)
            if self._folder is not None:
                self._folder.settle(answer.image_id, failed=seconds is None, seconds=seconds or 0.0)
                self._feed_folder()

    @Slot(object)
    def _on_given_up(self, request: DetectRequest) -> None:
        if self._wanted.settle(request.id, request.image_id) and self._is_wanted(request.image_id):  # after all
            # As it is wanted now: what was on screen would take the place of what is, for ever to and fro.
            near = Priority.NEIGHBOUR if request.image_id in self._near else Priority.FOLDER
            priority = Priority.ON_SCREEN if request.image_id == self._on_screen else near
            self._request(request.image_id, request.path, priority)

    @Slot()
    def _on_tiling(self) -> None:
        self.cancel_folder()
        self.drop(tuple(self._wanted))

    @Slot(object)
    def _on_refused(self, refusal: ModelRefused) -> None:
        if refusal.generation == self._status.generation:
            self._factory = self._replaced
            self.refused.emit(refusal.sentence)

    @Slot(object)
    def _on_status(self, status: DetectorStatus) -> None:
        if status.generation != self._status.generation:
            return
        if status.state is DetectorState.FAILED:
            self._give_up_requests()
        self._announce(status)

    def _announce(self, status: DetectorStatus) -> None:
        if status != self._status:
            self._status = status
            self.status_changed.emit(status)

    def _feed_folder(self) -> None:
        """Say how far the run is, and keep some of its images in the queue: the detector never waits for the window."""
        self._report_folder()
        while self._folder is not None and self._queue.waiting(Priority.FOLDER) < FOLDER_REQUESTS_AHEAD:
            following = self._folder.following()
            if following is None:
                break
            self._want(*following, Priority.FOLDER)

    def _report_folder(self) -> None:
        if self._folder is not None and (progress := self._folder.report()) is not None:
            if progress.finished:
                self._folder = None
            self.progressed.emit(progress)
