"""The only inhabitant of the detector thread: loads a detector there and serves one request per turn of the loop."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.model.words import tr
from app.workers.absence import Absence
from app.workers.boundary import CrashReports, Failure, attempt
from app.workers.folder_reading import FolderReading
from app.workers.looking import look_again, serve
from app.workers.messages import (
    DetectionFailed,
    DetectionReady,
    DetectorState,
    DetectorStatus,
    DetectRequest,
    ModelRefused,
    Priority,
    TilesSeen,
    TrainingEnded,
    TrainRequest,
)
from app.workers.recovery import Recovery, Rescue
from app.workers.refining import RefineReady
from app.workers.stepped_detection import SteppedDetection
from app.workers.stepped_training import Said, SteppedTraining
from app.workers.warming import Warming

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.workers.detector import Detector, LoadOrder, Tuner
    from app.workers.refining import RefineLine
    from app.workers.request_queue import RequestQueue
    from app.workers.warming import WarmingLine
    from detector.tiling import Source


class DetectorWorker(QObject):
    """Serves a `RequestQueue`, trains, and warms the feature cache: one piece of work per turn of the event loop.

    Between two turns, which are queued, the loop sees every other order. Only `DetectorService` with its parts for
    training and refining builds, connects and calls it, by signals. The image on screen goes first, then a drawn box,
    then the neighbours. A training and the folder take turns. The feature cache is warmed while there is no training:
    with images just corrected before the folder, with all others after it. A large image is looked at in steps: a more
    urgent one ends that. While a detector is away, what it is to look at waits.
    """

    status_changed = Signal(object)
    refused = Signal(object)
    detected = Signal(object)
    failed = Signal(object)
    crashed = Signal(object)
    training_said = Signal(object)
    refined = Signal(object)
    tiles_seen = Signal(object)
    given_up = Signal(object)
    _turn_wanted = Signal()

    def __init__(
        self, read_image: Callable[[Path], Source], tuner: Tuner, warming: WarmingLine, refining: RefineLine
    ) -> None:
        super().__init__()
        self._refining = refining
        self._reading = FolderReading(read_image)
        self._tuner = tuner
        self._warming = warming
        self._training: SteppedTraining | None = None
        self._stepped: SteppedDetection | None = None
        self._is_turn_of_folder = self._turn_is_posted = False
        self._detector: Detector | None = None
        self._queue: RequestQueue | None = None
        self._factory: Callable[[], Detector] | None = None
        self._status, self._notice = DetectorStatus(DetectorState.STARTING), ""
        self._absence = Absence(self, self.wake)
        self._recovery, self._crashes = Recovery(), CrashReports()
        self._turn_wanted.connect(self._take_turn, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def load(self, order: LoadOrder) -> None:
        """Make the ordered detector in place of the present one, unless the order is out of date by now."""
        self._assert_thread()
        old = self._detector if order.keeps_old else None
        self._give_up()
        self._detector, self._queue = None, order.queue
        if order.queue.closed:
            return
        self._announce(DetectorStatus(DetectorState.LOADING, generation=order.generation))
        self._recovery.begin()
        self._absence.end()
        detector = attempt(order.factory, tr("Loading the detector"))
        if isinstance(detector, Failure):
            self._report(detector)
            if old is None:
                self._announce(replace(self._status, state=DetectorState.FAILED, message=detector.sentence))
                return
            self.refused.emit(ModelRefused(order.generation, detector.sentence))
            detector = old
        else:
            self._factory, self._notice = order.factory, ""
        self._detector = detector
        self._announce_detector(detector, DetectorState.READY)
        self.wake()

    @Slot(object)
    def train(self, request: TrainRequest) -> None:
        """Begin a training in the next turn; one that is still there was cancelled, and ends now."""
        self._assert_thread()
        self._end_training()
        self._training = SteppedTraining(request, self._tuner.train, time.monotonic)
        self.wake()

    @Slot()
    def wake(self) -> None:
        """Look for work in the next turn of the event loop."""
        self._assert_thread()
        if not self._turn_is_posted:
            self._turn_is_posted = True
            self._turn_wanted.emit()

    @Slot()
    def stop(self) -> None:
        """Let go of training and detector in the thread that made them, and leave the event loop."""
        self._assert_thread()
        self._end_training()
        self._give_up()
        self._reading.close()
        self._detector = None
        self.thread().quit()

    @Slot()
    def _take_turn(self) -> None:
        self._assert_thread()
        self._turn_is_posted = False
        worked = attempt(self._work, tr("The detector's work"))
        if isinstance(worked, Failure):  # beside all that is foreseen: whoever waits is served later, and not in a rush
            self._report(worked)
            QTimer.singleShot(self._recovery.wait_ms(), self, self.wake)
        elif worked:
            self.wake()

    def _work(self) -> bool:
        """Do the most urgent piece of work; return whether there was any."""
        is_busy = self._refining.is_waiting or self._is_looking(Priority.NEIGHBOUR)
        least = Priority.ON_SCREEN if is_busy else Priority.NEIGHBOUR
        if self._detect(least) or self._refine() or self._look_on(Priority.NEIGHBOUR):
            return True
        if self._training is not None:
            if self._is_turn_of_folder and (self._look_on(Priority.FOLDER) or self._detect(Priority.FOLDER)):
                self._is_turn_of_folder = False
            else:
                self._announce_idle()
                self._say(self._training.step())
                self._is_turn_of_folder = True
            return True
        if self._warm(self._warming.take) or self._look_on(Priority.FOLDER) or self._detect(Priority.FOLDER):
            return True
        self._reading.rest()
        self._announce_idle()  # now: the next line may read a whole project
        return self._warm(self._warming.take_other)

    def _detect(self, least: Priority) -> bool:
        """Serve the next request that is at least this urgent; return whether there was one."""
        if self._detector is None or self._queue is None or self._absence.is_waiting:
            return False
        if (request := self._queue.take(least)) is None:
            return False
        self._announce_detector(self._detector, DetectorState.DETECTING)
        self._serve(request, self._detector, self._queue)
        return True

    def _end_training(self) -> None:
        if self._training is not None:
            self._say(self._training.close())

    def _say(self, said: tuple[Said, ...]) -> None:
        for one in said:
            if isinstance(one, Failure):
                self._report(one)
                continue
            if isinstance(one, TrainingEnded):
                self._training = None
            self.training_said.emit(one)

    def _warm(self, take: Callable[[], Warming | None]) -> bool:
        """Warm the feature cache with the image that `take` returns; return whether one waited. Failure is no news."""
        warming = None if self._detector is None else attempt(take, "Preparing all images for training")
        if self._detector is None or warming is None:
            return False
        self._announce_idle()
        if isinstance(warming, Warming):
            attempt(partial(self._tuner.warm, self._detector, warming), f"Preparing {warming.image.name} for training")
        return True

    def _serve(self, request: DetectRequest, detector: Detector, queue: RequestQueue) -> None:
        for one, answer in serve(request, detector, queue, self._reading):
            if isinstance(answer, SteppedDetection):
                self._give_up()
                self._stepped = answer
            else:
                self._deliver(one, answer)

    def _deliver(self, request: DetectRequest, answer: DetectionReady | Failure) -> None:
        if not isinstance(answer, Failure):
            self._recovery.succeed()
            self._absence.end()
            self.detected.emit(answer)
        elif not self._absence.takes(request, answer, self._queue):
            self._report(answer)
            self.failed.emit(DetectionFailed(request.id, request.image_id, request.path, answer.sentence))
            self._rescue(request.image_id, answer)

    def _rescue(self, image_id: int, failure: Failure) -> None:
        """Make a detector anew that meets one fault after the other, or give it up where that did not help."""
        rescue = self._recovery.fail(image_id, failure)
        if rescue is Rescue.NOTHING or self._factory is None:
            return
        self._give_up()
        self._detector, sentence = None, failure.sentence
        if rescue is Rescue.LOAD_AGAIN:
            detector = attempt(self._factory, tr("Loading the detector"))
            if not isinstance(detector, Failure):
                self._notice = tr("The detector failed several times in a row and was loaded again.")
                self._detector = detector
                self._announce_detector(detector, DetectorState.READY)
                return
            self._report(detector)
            sentence = detector.sentence
        advice = tr("It fails on one image after the other: choose another model, or start again.")
        self._announce(replace(self._status, state=DetectorState.FAILED, message=f"{advice} {sentence}"))

    def _is_looking(self, least: Priority) -> bool:
        """Return whether a look at a large image is under way that is at least this urgent by now."""
        stepped, queue = self._stepped, self._queue
        return stepped is not None and queue is not None and queue.urgency(stepped.request) <= least

    def _look_on(self, least: Priority) -> bool:
        """Take a step of the look at a large image that is at least this urgent; return whether there was one."""
        stepped = self._stepped
        if stepped is None or self._detector is None or not self._is_looking(least):
            return False
        if stepped.is_given_up:
            self._give_up()
            return True
        self._announce_detector(self._detector, DetectorState.DETECTING)
        said = stepped.step()
        if isinstance(said, TilesSeen):
            self.tiles_seen.emit(said)
        elif said is not None:
            self._stepped = None
            self._deliver(stepped.request, said)
        return True

    def _give_up(self) -> None:
        """End the look at a large image, if there is one."""
        stepped, self._stepped = self._stepped, None
        if stepped is not None:
            stepped.close()
            self.given_up.emit(stepped.request)

    def _refine(self) -> bool:
        """Look again at what a person drew; return whether anybody waited for it. Failure is no news."""
        request = None if self._detector is None or self._absence.is_waiting else self._refining.take()
        if self._detector is None or request is None:
            return False
        work = partial(look_again, request, self._detector, self._reading.read_image)
        answer = attempt(work, tr("A second look at {}").format(request.path.name))
        if isinstance(answer, Failure):
            self._report(answer)
        elif answer is not None and request.boxes:
            self.refined.emit(RefineReady(request, answer))
        return True

    def _report(self, failure: Failure) -> None:
        if (crash := self._crashes.first(failure)) is not None:
            self.crashed.emit(crash)

    def _announce_idle(self) -> None:
        if self._detector is not None:
            self._announce_detector(self._detector, DetectorState.READY)

    def _announce_detector(self, detector: Detector, state: DetectorState) -> None:
        notice = self._absence.sentence or detector.notice or self._notice
        said = (detector.device, detector.name, detector.model_version, detector.categories, notice)
        self._announce(DetectorStatus(state, *said, self._status.generation, detector.numerics))

    def _announce(self, status: DetectorStatus) -> None:
        if status != self._status:
            self._status = status
            self.status_changed.emit(status)

    def _assert_thread(self) -> None:
        assert self.thread().isCurrentThread(), "a slot of the detector worker ran in another thread"
