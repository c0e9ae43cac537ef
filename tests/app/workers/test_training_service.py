from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fake_training import FakeTraining, QuickDetector, Step, corrected, corrections, features, progress, result
from PySide6.QtCore import QThread

from app.model.storage import StoreError
from app.workers.detector_service import DetectorService
from app.workers.messages import (
    Crash,
    DetectorState,
    TrainingEnded,
    TrainingOutcome,
    TrainingProgressed,
    TrainRequest,
    VersionTrained,
)
from detector.fine_tune_values import SecondStage
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from app.store.corrections import StoredCorrections

    Make = Callable[..., "Running"]


class LoggedTraining(FakeTraining):
    """Writes its steps and warmings into the log of a detector."""

    def __init__(self, *steps: Step, gated: bool = False) -> None:
        super().__init__(*steps, gated=gated)
        self.log: list[str] = []

    def train(self, request: TrainRequest):
        for step in super().train(request):
            self.log.append("step")
            yield step

    def warm(self, detector, warming) -> None:
        self.log.append(f"warm {warming.image.name}")
        super().warm(detector, warming)


class Running:
    """A service, what its training has said, and in which threads."""

    def __init__(self, training: FakeTraining, folder: Path, factory: Callable[[], QuickDetector]) -> None:
        self.training = training
        self.folder = folder
        self.service = DetectorService(
            factory, training.tuner(QuickDetector), read_image=lambda path: np.full((1, 1, 3), int(path.stem), np.uint8)
        )
        self.said: list[TrainingProgressed | VersionTrained | TrainingEnded] = []
        self.crashed: list[Crash] = []
        self.detected: list[int] = []
        desk = self.service.training
        for signal in (desk.progressed, desk.trained, desk.ended):
            signal.connect(self.said.append)
            signal.connect(lambda _: self._assert_thread())
        self.service.crashed.connect(self.crashed.append)
        self.service.detected.connect(lambda ready: self.detected.append(ready.image_id))

    def _assert_thread(self) -> None:
        assert QThread.currentThread() == self.service.thread()

    def train(self, second_stage: SecondStage = SecondStage.AUTO) -> TrainRequest | None:
        data = corrections(Path("1.png"))
        heads = self.folder / "heads"
        return self.service.training.train(None, data, heads, features(self.folder), second_stage)

    @property
    def ends(self) -> list[TrainingEnded]:
        return [one for one in self.said if isinstance(one, TrainingEnded)]

    @property
    def outcomes(self) -> list[TrainingOutcome]:
        return [end.outcome for end in self.ends]

    @property
    def versions(self) -> list[VersionTrained]:
        return [one for one in self.said if isinstance(one, VersionTrained)]


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[Make]:
    """Build a running service around a training; stopped after the test."""
    made: list[Running] = []

    def build(
        training: FakeTraining, factory: Callable[[], QuickDetector] | None = None, *, started: bool = True
    ) -> Running:
        log = training.log if isinstance(training, LoggedTraining) else None
        running = Running(training, tmp_path, factory or (lambda: QuickDetector(log=log)))
        made.append(running)
        if started:
            running.service.start()
        return running

    yield build
    for running in made:
        if running.training._gate is not None:
            running.training.allow(1000)
        running.service.stop()


def path(image_id: int) -> Path:
    return Path(f"{image_id}.png")


def test_that_a_training_is_heard_of_in_order_until_its_one_end(qtbot: QtBot, make: Make) -> None:
    running = make(FakeTraining(progress(1), result(), progress(100)))
    request = running.train(SecondStage.ALWAYS)
    assert request is not None
    qtbot.waitUntil(lambda: len(running.ends) == 1)
    assert [type(one) for one in running.said] == [
        TrainingProgressed,
        VersionTrained,
        TrainingProgressed,
        TrainingEnded,
    ]
    assert {one.request_id for one in running.said} == {request.id}
    assert running.outcomes == [TrainingOutcome.DONE]
    assert running.training.requests[0].second_stage is SecondStage.ALWAYS
    assert running.versions[0].path.exists()
    assert not running.service.training.is_running


def test_that_the_generator_runs_and_is_closed_in_the_detector_thread(qtbot: QtBot, make: Make) -> None:
    running = make(FakeTraining(progress(1), progress(2)))
    running.train()
    qtbot.waitUntil(lambda: len(running.ends) == 1)
    (thread,) = set(running.training.begun_in + running.training.closed_in)
    assert thread != running.service.thread()


def test_that_a_second_start_while_training_is_refused(qtbot: QtBot, make: Make) -> None:
    running = make(FakeTraining(progress(1), progress(2), gated=True))
    assert running.train() is not None
    assert running.train() is None
    running.training.allow(2)
    qtbot.waitUntil(lambda: running.outcomes == [TrainingOutcome.DONE])
    assert len(running.training.requests) == 1
    assert running.train() is not None


def test_that_nothing_trains_before_the_thread_is_there(make: Make) -> None:
    running = make(FakeTraining(progress(1)), started=False)
    assert running.train() is None
    assert not running.service.training.is_running


def test_that_a_detection_asked_for_during_training_is_served_after_the_step_under_way(
    qtbot: QtBot, make: Make
) -> None:
    training = LoggedTraining(*(progress(step) for step in range(1, 21)), gated=True)
    running = make(training)
    running.train()
    training.allow(3)
    qtbot.waitUntil(lambda: training.begun == 4)  # three steps are taken, the fourth is under way
    running.service.show(1, path(1), [(2, path(2))])
    training.allow(17)
    qtbot.waitUntil(lambda: running.outcomes == [TrainingOutcome.DONE])
    assert training.log[3:7] == ["step", "detect 1", "detect 2", "step"]
    assert running.detected == [1, 2]


def test_that_a_training_and_a_folder_take_turns(qtbot: QtBot, make: Make) -> None:
    training = LoggedTraining(*(progress(step) for step in range(1, 9)), gated=True)
    running = make(training)
    running.train()
    qtbot.waitUntil(lambda: training.begun == 1)
    running.service.detect_folder(range(1, 6), path)
    training.allow(8)
    qtbot.waitUntil(lambda: running.outcomes == [TrainingOutcome.DONE] and len(running.detected) == 5)
    assert training.log[:10] == [word for number in range(1, 6) for word in ("step", f"detect {number}")]


def test_that_the_status_does_not_say_detecting_during_a_step(qtbot: QtBot, make: Make) -> None:
    running = make(FakeTraining(progress(1), progress(2), gated=True))
    running.train()
    qtbot.waitUntil(lambda: running.training.begun == 1)
    running.service.show(1, path(1))
    running.training.allow(1)
    qtbot.waitUntil(lambda: running.training.begun == 2)
    qtbot.waitUntil(lambda: running.detected == [1])
    qtbot.waitUntil(lambda: running.service.status.state is DetectorState.READY)
    running.training.allow(1)


@pytest.mark.parametrize("steps_before", [0, 1, 3])
def test_that_cancel_is_answered_after_the_step_under_way(qtbot: QtBot, make: Make, steps_before: int) -> None:
    running = make(FakeTraining(*(progress(step) for step in range(1, 9)), gated=True))
    request = running.train()
    assert request is not None
    running.training.allow(steps_before)
    qtbot.waitUntil(lambda: running.training.begun == steps_before + 1)
    request.wishes.cancel.set()
    running.training.allow(8)
    qtbot.waitUntil(lambda: len(running.ends) == 1)
    assert running.ends == [TrainingEnded(request.id, TrainingOutcome.CANCELLED, "")]
    assert running.training.begun == steps_before + 1
    assert len(running.training.closed_in) == 1


def test_that_a_version_saved_after_the_cancel_is_not_heard_of_and_leaves_no_file(qtbot: QtBot, make: Make) -> None:
    running = make(FakeTraining(progress(1), result(), gated=True))
    request = running.train()
    assert request is not None
    running.training.allow(1)
    qtbot.waitUntil(lambda: running.training.begun == 2)
    request.wishes.cancel.set()
    running.training.allow(1)
    qtbot.waitUntil(lambda: len(running.ends) == 1)
    assert len(running.training.saved) == 1
    assert not running.training.saved[0].exists()
    assert running.versions == []


def test_that_the_first_stage_stays_when_the_second_is_cancelled(qtbot: QtBot, make: Make) -> None:
    running = make(FakeTraining(result(), progress(1), gated=True))
    request = running.train()
    assert request is not None
    running.training.allow(1)
    qtbot.waitUntil(lambda: len(running.versions) == 1)
    request.wishes.cancel.set()
    running.training.allow(1)
    qtbot.waitUntil(lambda: running.outcomes == [TrainingOutcome.CANCELLED])
    assert running.versions[0].path.exists()


def test_that_a_new_training_may_follow_a_cancelled_one_at_once(qtbot: QtBot, make: Make) -> None:
    running = make(FakeTraining(progress(1), progress(2), gated=True))
    first = running.train()
    assert first is not None
    qtbot.waitUntil(lambda: running.training.begun == 1)
    first.wishes.cancel.set()
    second = running.train()
    assert second is not None
    running.training.allow(8)
    qtbot.waitUntil(lambda: len(running.ends) == 2)
    assert running.outcomes == [TrainingOutcome.CANCELLED, TrainingOutcome.DONE]
    heard = [one.request_id for one in running.said if isinstance(one, TrainingProgressed)]
    assert set(heard) == {second.id}


@pytest.mark.parametrize("error", [DetectorError("The disk is full: free some space."), ValueError("shapes")])
@pytest.mark.parametrize("steps_before", [0, 2])
def test_that_an_error_ends_it_failed_and_the_detector_serves_on(
    qtbot: QtBot, make: Make, error: Exception, steps_before: int
) -> None:
    running = make(FakeTraining(*(progress(step + 1) for step in range(steps_before)), error))
    running.train()
    qtbot.waitUntil(lambda: len(running.ends) == 1)
    assert running.outcomes == [TrainingOutcome.FAILED]
    foreseen = isinstance(error, DetectorError)
    assert running.ends[0].sentence == str(error) if foreseen else "ValueError" in running.ends[0].sentence
    qtbot.waitUntil(lambda: len(running.crashed) == (0 if foreseen else 1))
    running.service.show(1, path(1))
    qtbot.waitUntil(lambda: running.detected == [1])
    assert running.train() is not None


def test_that_a_training_goes_on_while_another_detector_is_loaded(qtbot: QtBot, make: Make) -> None:
    running = make(FakeTraining(*(progress(step) for step in range(1, 5)), gated=True))
    running.train()
    running.training.allow(1)
    qtbot.waitUntil(lambda: running.training.begun == 2)
    running.service.use(lambda: QuickDetector("other"))
    running.training.allow(1)
    qtbot.waitUntil(lambda: running.service.status.model_version == "other")
    running.training.allow(2)
    qtbot.waitUntil(lambda: running.outcomes == [TrainingOutcome.DONE])
    assert running.training.begun == 4


def test_that_it_trains_without_a_detector(qtbot: QtBot, make: Make) -> None:
    def broken() -> QuickDetector:
        raise DetectorError("There is no model.")

    running = make(FakeTraining(progress(1)), broken)
    running.train()
    qtbot.waitUntil(lambda: running.outcomes == [TrainingOutcome.DONE])
    assert running.service.status.state is DetectorState.FAILED


@pytest.mark.parametrize("steps_before", [0, 2])
def test_that_stopping_while_training_ends_it_cancelled_and_closed_in_its_thread(
    qtbot: QtBot, make: Make, steps_before: int
) -> None:
    training = FakeTraining(*(progress(step) for step in range(1, 9)), gated=True)
    running = make(training)
    running.train()
    training.allow(steps_before)
    qtbot.waitUntil(lambda: training.begun == steps_before + 1)
    thread = running.service._thread
    assert thread is not None
    later = training.allow_once_cancelled(training.requests[0])
    running.service.stop()
    later.join()
    assert thread.isFinished()
    assert running.outcomes == [TrainingOutcome.CANCELLED]
    assert len(training.closed_in) == 1
    assert training.closed_in[0] != running.service.thread()
    assert training.begun == steps_before + 1
    assert not running.service.training.is_running


def test_that_stopping_right_after_the_start_gives_an_end_too(make: Make) -> None:
    # Gated: a quick thread must not be through with the training before it is told to stop.
    training = FakeTraining(progress(1), gated=True)
    running = make(training)
    request = running.train()
    assert request is not None
    later = training.allow_once_cancelled(request)
    running.service.stop()
    later.join()
    assert running.outcomes == [TrainingOutcome.CANCELLED]
    assert running.train() is None


def test_that_images_are_warmed_before_the_folder_and_after_what_is_on_screen(qtbot: QtBot, make: Make) -> None:
    training, loading = LoggedTraining(), threading.Event()

    def factory() -> QuickDetector:
        assert loading.wait(30)
        return QuickDetector(log=training.log)

    running = make(training, factory)
    running.service.detect_folder([1, 2], path)
    running.service.training.warm([corrected(Path("a.png"))], features(running.folder))
    running.service.show(3, path(3), [(4, path(4))])
    loading.set()
    qtbot.waitUntil(lambda: len(training.log) == 5)
    assert training.log == ["detect 3", "detect 4", "warm a.png", "detect 1", "detect 2"]
    assert training.warmed[0].features == features(running.folder)


def test_that_all_other_images_are_warmed_after_the_folder(qtbot: QtBot, make: Make) -> None:
    training, loading = LoggedTraining(), threading.Event()

    def factory() -> QuickDetector:
        assert loading.wait(30)
        return QuickDetector(log=training.log)

    running = make(training, factory)
    desk, folder = running.service.training, features(running.folder)
    desk.warm_all(corrections(Path("a.png"), Path("b.png")), folder)
    desk.warm([corrected(Path("b.png"))], folder)
    running.service.detect_folder([1, 2], path)
    loading.set()
    qtbot.waitUntil(lambda: len(training.log) == 5)
    assert training.log == ["warm b.png", "detect 1", "detect 2", "warm a.png", "warm b.png"]


def test_that_corrections_are_read_in_the_detector_thread(qtbot: QtBot, make: Make) -> None:
    running, threads = make(FakeTraining(progress(1))), []

    def read() -> StoredCorrections:
        threads.append(QThread.currentThread())
        return corrections(Path("1.png"))()

    desk, folder = running.service.training, features(running.folder)
    assert desk.train(None, read, running.folder / "heads", folder, SecondStage.AUTO) is not None
    qtbot.waitUntil(lambda: running.outcomes == [TrainingOutcome.DONE])
    desk.warm_all(read, folder)
    qtbot.waitUntil(lambda: len(running.training.warmed) == 1)
    assert len(threads) == 2
    assert running.service.thread() not in threads


def test_that_the_detector_is_said_to_rest_while_a_large_project_is_read(qtbot: QtBot, make: Make) -> None:
    loading, begun, gate = threading.Event(), threading.Event(), threading.Event()

    def factory() -> QuickDetector:
        assert loading.wait(30)
        return QuickDetector()

    def read() -> StoredCorrections:
        begun.set()
        gate.wait()  # until the end of this test, whatever comes of it
        return corrections()()

    running = make(FakeTraining(), factory)
    running.service.training.warm_all(read, features(running.folder))
    running.service.detect_folder([1], path)
    loading.set()
    try:
        qtbot.waitUntil(lambda: begun.is_set() and running.detected == [1])
        qtbot.waitUntil(lambda: running.service.status.state is DetectorState.READY)
    finally:
        gate.set()


def test_that_corrections_that_cannot_be_read_end_it_failed_and_warm_nothing(qtbot: QtBot, make: Make) -> None:
    def unreadable() -> StoredCorrections:
        raise StoreError("The project could not be read: the disk is gone.")

    running = make(FakeTraining(progress(1)))
    desk, folder = running.service.training, features(running.folder)
    desk.train(None, unreadable, running.folder / "heads", folder, SecondStage.AUTO)
    qtbot.waitUntil(lambda: len(running.ends) == 1)
    assert running.outcomes == [TrainingOutcome.FAILED]
    assert running.ends[0].sentence == "The project could not be read: the disk is gone."
    desk.warm_all(unreadable, folder)
    running.service.show(1, path(1))
    qtbot.waitUntil(lambda: running.detected == [1])
    assert (running.training.warmed, running.crashed) == ([], [])


def test_that_nothing_is_warmed_while_something_trains(qtbot: QtBot, make: Make) -> None:
    training = LoggedTraining(progress(1), progress(2), gated=True)
    running = make(training)
    running.train()
    qtbot.waitUntil(lambda: training.begun == 1)
    running.service.training.warm([corrected(Path("a.png"))], features(running.folder))
    training.allow(2)
    qtbot.waitUntil(lambda: training.log == ["step", "step", "warm a.png"])


@pytest.mark.parametrize("error", [DetectorError("The disk is full."), ValueError("shapes")])
def test_that_a_failed_warming_is_no_news(
    qtbot: QtBot, make: Make, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    training = FakeTraining()
    training.warming_error = error
    running = make(training)
    running.service.training.warm([corrected(Path("a.png")), corrected(Path("b.png"))], features(running.folder))
    qtbot.waitUntil(lambda: len(training.warmed) == 2)
    running.service.show(1, path(1))
    qtbot.waitUntil(lambda: running.detected == [1])
    assert running.crashed == []
    assert running.said == []
    assert len(caplog.records) == (0 if isinstance(error, DetectorError) else 2)


def test_that_cancelling_forgets_what_waits_to_be_warmed(qtbot: QtBot, make: Make) -> None:
    running = make(FakeTraining(), started=False)
    running.service.training.warm([corrected(Path("a.png"))], features(running.folder))
    running.service.training.cancel()
    running.service.start()
    running.service.show(1, path(1))
    qtbot.waitUntil(lambda: running.detected == [1] and running.service.status.state is DetectorState.READY)
    assert running.training.warmed == []
