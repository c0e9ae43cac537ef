from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest
from fake_training import FakeTraining
from PySide6.QtCore import QThread

from app.workers.detector_service import FOLDER_REQUESTS_AHEAD, DetectorService
from app.workers.messages import (
    Crash,
    DetectionFailed,
    DetectionReady,
    DetectorState,
    DetectorStatus,
    DetectRequest,
    FolderProgress,
    Priority,
)
from detector.types import ByteArray, Candidates, DetectorError, Prediction, Proposals, Refinement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from app.workers.detector import Tuner

    Make = Callable[..., tuple[DetectorService, "Record"]]

BROKEN, FAULTY = 66, 99


def path(image_id: int) -> Path:
    return Path(f"{image_id}.jpg")


def items(*image_ids: int) -> list[tuple[int, Path]]:
    return [(image_id, path(image_id)) for image_id in image_ids]


def read_image(image_path: Path) -> ByteArray:
    """An image of one pixel that holds its own id; number 66 cannot be read."""
    if image_path == path(BROKEN):
        raise DetectorError(f"{image_path} is cut off; copy it again.")
    return np.full((1, 1, 3), int(image_path.stem), np.uint8)


class FakeDetector:
    """Records what it sees; waits for one `allow` per image if it is gated; number 99 meets a fault of the program."""

    name = "fake"
    device = "cpu"
    notice = ""
    numerics: tuple[str, ...] = ()
    categories: tuple[str, ...] = ("cat", "dog")
    _gates: ClassVar[list[threading.Semaphore]] = []

    def __init__(self, model_version: str = "v1", *, gated: bool = False) -> None:
        self.model_version = model_version
        self.seen: list[int] = []
        self.threads: list[QThread] = []
        self._gate = threading.Semaphore(0) if gated else None
        if self._gate is not None:
            self._gates.append(self._gate)

    def allow(self, count: int = 1) -> None:
        assert self._gate is not None
        self._gate.release(count)

    @classmethod
    def open_every_gate(cls) -> None:
        """Let a test that failed half-way end its thread."""
        while cls._gates:
            cls._gates.pop().release(1000)

    def refine(self, _key: object, _boxes: object) -> Refinement | None:
        raise DetectorError("This detector has no second stage.")

    def predict(self, image: ByteArray, _key: object = None) -> Prediction:
        image_id = int(image[0, 0, 0])
        self.threads.append(QThread.currentThread())
        self.seen.append(image_id)
        assert self._gate is None or self._gate.acquire(timeout=30)
        if image_id == FAULTY:
            raise ZeroDivisionError(f"division of image {image_id}")
        none = np.zeros(0, np.float32)
        nothing = np.zeros(0, np.int64)
        candidates = Candidates(np.zeros((0, 4), np.float32), none, nothing, nothing)
        proposals = Proposals(np.zeros((0, 4), np.float32), none)
        return Prediction((1, 1), proposals, candidates, self.categories, self.model_version, 0.05)


class FallingBackDetector(FakeDetector):
    """Loses its GPU at the first image."""

    device = "cuda"

    def predict(self, image: ByteArray, _key: object = None) -> Prediction:
        self.device, self.notice = "cpu", "CUDA out of memory: continued on the CPU"
        return super().predict(image)


class Record:
    """What a service has said, and the threads it said it in."""

    def __init__(self, service: DetectorService) -> None:
        self.detected: list[DetectionReady] = []
        self.failed: list[DetectionFailed] = []
        self.crashed: list[Crash] = []
        self.progress: list[FolderProgress] = []
        self.statuses: list[DetectorStatus] = []
        self.threads: list[QThread] = []
        for signal, kept in (
            (service.detected, self.detected),
            (service.failed, self.failed),
            (service.crashed, self.crashed),
            (service.progressed, self.progress),
            (service.status_changed, self.statuses),
        ):
            signal.connect(kept.append)
            signal.connect(lambda _: self.threads.append(QThread.currentThread()))

    @property
    def image_ids(self) -> list[int]:
        return [ready.image_id for ready in self.detected]

    @property
    def states(self) -> list[str]:
        return [status.state.value for status in self.statuses]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    """Build a service around a detector or a factory, started unless told otherwise; stopped after the test."""
    services: list[DetectorService] = []

    def build(
        source: FakeDetector | Callable[[], FakeDetector],
        *,
        started: bool = True,
        clock: Callable[[], float] = lambda: 0.0,
        read: Callable[[Path], ByteArray] = read_image,
        tuner: Tuner | None = None,
    ) -> tuple[DetectorService, Record]:
        factory = (lambda: source) if isinstance(source, FakeDetector) else source
        service = DetectorService(factory, tuner or FakeTraining().tuner(FakeDetector), read_image=read, clock=clock)
        record = Record(service)
        services.append(service)
        if started:
            service.start()
        return service, record

    yield build
    FakeDetector.open_every_gate()
    for service in services:
        service.stop()


def test_that_the_image_on_screen_gets_its_prediction_in_the_gui_thread(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector()
    service, record = make(detector)
    service.show(7, path(7))
    qtbot.waitUntil(lambda: record.image_ids == [7])
    assert record.detected[0].prediction.model_version == "v1"
    assert record.detected[0].seconds >= 0
    assert all(thread == service.thread() for thread in record.threads)
    assert all(thread != service.thread() for thread in detector.threads)


def test_that_the_status_tells_the_life_of_the_detector(qtbot: QtBot, make: Make) -> None:
    service, record = make(FakeDetector(), started=False)
    assert service.status.state is DetectorState.STOPPED
    service.start()
    service.show(1, path(1))
    qtbot.waitUntil(lambda: record.states == ["starting", "loading", "ready", "detecting", "ready"])
    ready = service.status
    assert (ready.device, ready.model, ready.model_version, ready.categories) == ("cpu", "fake", "v1", ("cat", "dog"))
    service.stop()
    assert record.states[-1] == "stopped"


def test_that_the_factory_runs_in_the_detector_thread(qtbot: QtBot, make: Make) -> None:
    made_in: list[QThread] = []

    def factory() -> FakeDetector:
        made_in.append(QThread.currentThread())
        return FakeDetector()

    service, record = make(factory)
    qtbot.waitUntil(lambda: "ready" in record.states)
    assert made_in[0] != service.thread()


def test_that_the_newest_image_on_screen_wins(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.show(1, path(1))
    qtbot.waitUntil(lambda: detector.seen == [1])
    for image_id in (2, 3, 4):
        service.show(image_id, path(image_id))
    assert [service.is_waiting(image_id) for image_id in (1, 2, 3, 4)] == [True, False, False, True]
    detector.allow(4)
    qtbot.waitUntil(lambda: record.image_ids == [1, 4])
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    assert detector.seen == [1, 4]


def test_that_neighbours_follow_the_image_on_screen_and_left_ones_are_dropped(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.show(1, path(1), items(2, 3))
    qtbot.waitUntil(lambda: detector.seen == [1])
    service.show(5, path(5), items(6, 3))
    detector.allow(5)
    qtbot.waitUntil(lambda: record.image_ids == [1, 5, 6, 3])
    assert detector.seen == [1, 5, 6, 3]


def test_that_prefetching_drops_the_image_that_was_on_screen(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.show(1, path(1))
    qtbot.waitUntil(lambda: detector.seen == [1])
    service.show(2, path(2), items(3))
    service.prefetch(items(4))
    detector.allow(4)
    qtbot.waitUntil(lambda: record.image_ids == [1, 4])
    assert not any(map(service.is_waiting, (2, 3)))


def test_that_the_image_on_screen_overtakes_the_folder(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.detect_folder([1, 2, 3, 4], path)
    qtbot.waitUntil(lambda: detector.seen == [1])
    service.show(4, path(4), items(3))
    service.show(9, path(9))
    service.show(3, path(3))
    detector.allow(9)
    qtbot.waitUntil(lambda: record.progress[-1].finished)
    assert record.image_ids == [1, 3, 2, 4]
    assert record.progress[-1] == FolderProgress(4, 4, 0, 0.0)


def test_that_asking_for_an_image_under_way_does_not_detect_it_twice(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.show(1, path(1))
    qtbot.waitUntil(lambda: detector.seen == [1] and service.status.state is DetectorState.DETECTING)
    service.show(2, path(2))
    service.show(1, path(1))
    detector.allow(3)
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    assert record.image_ids == detector.seen == [1]


def test_that_a_stale_detection_is_dropped_when_it_arrives(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.show(1, path(1))
    qtbot.waitUntil(lambda: detector.seen == [1] and service.status.state is DetectorState.DETECTING)
    service.detect(1, path(1))
    detector.allow(2)
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    assert detector.seen == [1, 1]
    assert [ready.request_id for ready in record.detected] == [2]


def test_that_an_unreadable_image_fails_with_its_sentence(qtbot: QtBot, make: Make) -> None:
    service, record = make(FakeDetector())
    service.show(BROKEN, path(BROKEN))
    qtbot.waitUntil(lambda: len(record.failed) == 1)
    assert record.failed[0].image_id == BROKEN
    assert record.failed[0].sentence == "66.jpg is cut off; copy it again."
    assert record.crashed == []
    assert not service.is_waiting(BROKEN)


def test_that_a_crash_is_told_once_and_does_not_end_the_worker(
    qtbot: QtBot, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    service, record = make(FakeDetector())
    service.show(FAULTY, path(FAULTY))
    qtbot.waitUntil(lambda: len(record.failed) == 1)
    service.detect(FAULTY, path(FAULTY))
    qtbot.waitUntil(lambda: len(record.failed) == 2)
    service.show(1, path(1))
    qtbot.waitUntil(lambda: record.image_ids == [1])
    (crash,) = record.crashed
    assert "ZeroDivisionError: division of image 99" in crash.traceback
    assert crash.sentence == record.failed[0].sentence
    assert "99.jpg" in crash.sentence
    assert len(caplog.records) == 2


def test_that_a_folder_run_counts_failures_and_ends(qtbot: QtBot, make: Make) -> None:
    service, record = make(FakeDetector())
    service.detect_folder([1, BROKEN, 2], path)
    qtbot.waitUntil(lambda: record.progress[-1].finished)
    assert record.progress == [FolderProgress(0, 3, 0, 0.0), FolderProgress(3, 3, 1, 0.0)]
    assert record.image_ids == [1, 2]


def test_that_progress_follows_the_clock(qtbot: QtBot, make: Make) -> None:
    ticks = iter(range(10_000))
    service, record = make(FakeDetector(), clock=lambda: float(next(ticks)))
    service.detect_folder([1, 2, 3], path)
    qtbot.waitUntil(lambda: record.progress[-1].finished)
    assert [progress.done for progress in record.progress] == [0, 1, 2, 3]
    assert record.progress[-1].images_per_second > 0


def test_that_an_empty_folder_is_finished_at_once(make: Make) -> None:
    service, record = make(FakeDetector())
    service.detect_folder([], path)
    assert record.progress == [FolderProgress(0, 0, 0, 0.0)]


def test_that_a_cancelled_folder_run_detects_no_more(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.detect_folder([1, 2, 3], path)
    qtbot.waitUntil(lambda: detector.seen == [1] and service.status.state is DetectorState.DETECTING)
    service.cancel_folder()
    service.cancel_folder()
    detector.allow(3)
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    assert record.image_ids == detector.seen == [1]
    assert record.progress == [FolderProgress(0, 3, 0, 0.0), FolderProgress(0, 3, 0, 0.0, cancelled=True)]


def test_that_a_folder_run_waits_for_no_image_that_was_asked_for_anew_and_left(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.detect_folder([1, 2], path)
    qtbot.waitUntil(lambda: detector.seen == [1])
    service.detect(1, path(1))
    service.show(9, path(9))
    detector.allow(9)
    qtbot.waitUntil(lambda: record.progress[-1].finished)
    assert sorted(record.image_ids) == [1, 2, 9]


def test_that_a_huge_folder_is_asked_for_bit_by_bit(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    asked: list[int] = []
    service.detect_folder(range(100_000), lambda image_id: (asked.append(image_id), path(image_id % 60))[1])
    qtbot.waitUntil(lambda: detector.seen == [0])
    assert len(asked) <= FOLDER_REQUESTS_AHEAD + 1
    detector.allow(1)
    qtbot.waitUntil(lambda: record.image_ids == [0])
    assert FOLDER_REQUESTS_AHEAD < len(asked) <= FOLDER_REQUESTS_AHEAD + 2
    assert asked == list(range(len(asked)))
    service.cancel_folder()
    assert record.progress[-1].cancelled
    detector.allow(2)


def test_that_a_second_folder_run_replaces_the_first(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.detect_folder([1, 2, 3], path)
    qtbot.waitUntil(lambda: detector.seen == [1])
    service.detect_folder([3, 1], path)
    detector.allow(5)
    qtbot.waitUntil(lambda: record.progress[-1].done == 2)
    assert detector.seen == [1, 3]
    assert [progress.cancelled for progress in record.progress] == [False, True, False, False]


def test_that_nothing_is_heard_of_dropped_images(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.detect_folder([1, 2, 3], path)
    qtbot.waitUntil(lambda: detector.seen == [1])
    service.drop([1, 2])
    detector.allow(3)
    qtbot.waitUntil(lambda: record.progress[-1] == FolderProgress(1, 1, 0, 0.0))
    assert record.image_ids == [3]


def test_that_another_detector_takes_over_and_late_results_of_the_old_one_are_dropped(qtbot: QtBot, make: Make) -> None:
    old, new = FakeDetector("old", gated=True), FakeDetector("new")
    service, record = make(old)
    service.detect_folder([1, 2], path)
    qtbot.waitUntil(lambda: old.seen == [1])
    service.use(lambda: new)
    service.show(1, path(1), items(3))
    assert record.progress[-1].cancelled
    assert record.states[-1] == "loading"
    old.allow(5)
    qtbot.waitUntil(lambda: record.image_ids == [1, 3])
    assert {ready.prediction.model_version for ready in record.detected} == {"new"}
    assert old.seen == [1]
    after_use = [status.model_version for status in record.statuses if status.generation == service.status.generation]
    assert after_use[0] == ""
    assert set(after_use) == {"", "new"}


def test_that_a_model_version_serves_until_the_base_model_does_again(qtbot: QtBot, make: Make) -> None:
    training = FakeTraining()
    service, _ = make(FakeDetector("base"), tuner=training.tuner(FakeDetector))
    service.use_version(Path("heads/a.safetensors"))
    qtbot.waitUntil(lambda: service.status.model_version == "a-abc")
    service.use_version(None)
    qtbot.waitUntil(lambda: service.status.model_version == "base")
    assert training.opened == [Path("heads/a.safetensors")]


def broken() -> FakeDetector:
    raise DetectorError("The weights are damaged; choose another model.")


def test_that_a_detector_that_cannot_be_made_leaves_the_one_that_is_ready(qtbot: QtBot, make: Make) -> None:
    service, record = make(FakeDetector("old"))
    refusals: list[str] = []
    service.refused.connect(refusals.append)
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    service.use(broken, keeps_old=True)
    service.show(1, path(1))
    qtbot.waitUntil(lambda: record.image_ids == [1])
    assert refusals == ["The weights are damaged; choose another model."]
    assert record.detected[0].prediction.model_version == "old"
    assert "failed" not in record.states
    assert record.crashed == []


def test_that_without_a_detector_to_keep_there_is_none(qtbot: QtBot, make: Make) -> None:
    service, _ = make(broken)
    refusals: list[str] = []
    service.refused.connect(refusals.append)
    qtbot.waitUntil(lambda: service.status.state is DetectorState.FAILED)
    service.use(broken, keeps_old=True)
    qtbot.waitUntil(lambda: service.status.state is DetectorState.FAILED)
    assert refusals == []


def test_that_a_refused_detector_is_not_tried_again_at_the_next_start(qtbot: QtBot, make: Make) -> None:
    service, _ = make(FakeDetector("old"))
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    with qtbot.waitSignal(service.refused):
        service.use(broken, keeps_old=True)
    service.stop()
    service.start()
    qtbot.waitUntil(lambda: service.status.model_version == "old")


def test_that_a_fault_in_a_detector_that_is_refused_is_a_crash_too(qtbot: QtBot, make: Make) -> None:
    service, record = make(FakeDetector("old"))
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    with qtbot.waitSignal(service.refused):
        service.use(lambda: FakeDetector(1 / 0), keeps_old=True)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    assert len(record.crashed) == 1


def test_that_a_chosen_base_model_serves_whenever_the_base_model_is_asked_for(qtbot: QtBot, make: Make) -> None:
    service, _ = make(FakeDetector("first"), tuner=FakeTraining().tuner(FakeDetector))
    service.base = Path("mine.safetensors")
    service.use_version(None)
    qtbot.waitUntil(lambda: service.status.model_version == "mine-abc")
    service.base = None
    service.use_version(None)
    qtbot.waitUntil(lambda: service.status.model_version == "first")


def test_that_a_file_of_another_program_serves_once_it_is_one_of_ours(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    training = FakeTraining()
    service, _ = make(FakeDetector("base"), tuner=training.tuner(FakeDetector))
    (tmp_path / "a.pth").write_text("weights")
    service.use_converted(tmp_path / "a.pth", tmp_path / "a.safetensors")
    qtbot.waitUntil(lambda: service.status.model_version == "a-abc")
    assert training.opened == [tmp_path / "a.safetensors"]


def test_that_only_the_last_of_several_ordered_detectors_is_made(qtbot: QtBot, make: Make) -> None:
    old, made = FakeDetector(gated=True), []
    service, _ = make(old)
    service.show(1, path(1))
    qtbot.waitUntil(lambda: old.seen == [1])

    def factory(version: str) -> Callable[[], FakeDetector]:
        def build() -> FakeDetector:
            made.append(version)
            return FakeDetector(version)

        return build

    for version in ("a", "b", "c"):
        service.use(factory(version))
    old.allow()
    qtbot.waitUntil(lambda: service.status.model_version == "c")
    assert made == ["c"]


def test_that_a_factory_that_fails_says_so_and_another_recovers(qtbot: QtBot, make: Make) -> None:
    def factory() -> FakeDetector:
        raise DetectorError("The weights in head.safetensors are damaged; choose another model.")

    service, record = make(factory)
    service.detect_folder([1, 2], path)
    qtbot.waitUntil(lambda: service.status.state is DetectorState.FAILED)
    assert service.status.message == "The weights in head.safetensors are damaged; choose another model."
    assert record.progress[-1].cancelled
    service.show(1, path(1))
    assert not service.is_waiting(1)
    service.detect_folder([1, 2], path)
    assert record.progress[-1] == FolderProgress(0, 2, 0, 0.0, cancelled=True)

    service.use(FakeDetector)
    service.show(2, path(2))
    qtbot.waitUntil(lambda: record.image_ids == [2])
    assert record.crashed == []
    assert service.status.message == ""


def test_that_the_late_failure_of_an_old_factory_does_not_touch_the_new_detector(qtbot: QtBot, make: Make) -> None:
    loading, replaced = threading.Event(), threading.Event()

    def factory() -> FakeDetector:
        loading.set()
        assert replaced.wait(30)
        raise DetectorError("The old weights are damaged.")

    service, record = make(factory)
    assert loading.wait(30)
    service.use(FakeDetector)
    service.show(1, path(1))
    replaced.set()
    qtbot.waitUntil(lambda: record.image_ids == [1])
    assert "failed" not in record.states


def test_that_a_factory_with_a_fault_is_a_crash_and_a_failure(qtbot: QtBot, make: Make) -> None:
    def factory() -> FakeDetector:
        raise KeyError("backbone")

    service, record = make(factory)
    qtbot.waitUntil(lambda: service.status.state is DetectorState.FAILED)
    assert "KeyError: 'backbone'" in record.crashed[0].traceback
    assert "Loading the detector failed" in service.status.message


def test_that_a_change_of_device_shows_in_the_status(qtbot: QtBot, make: Make) -> None:
    service, _ = make(FallingBackDetector())
    qtbot.waitUntil(lambda: service.status.device == "cuda")
    service.show(1, path(1))
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY and service.status.device == "cpu")
    assert service.status.message == "CUDA out of memory: continued on the CPU"


def test_that_stopping_while_detecting_waits_for_one_prediction_and_leaves_no_thread(qtbot: QtBot, make: Make) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.detect_folder([1, 2, 3], path)
    qtbot.waitUntil(lambda: detector.seen == [1])
    thread = service._thread
    # Stopping cancels the run before it waits: from then on every prediction may go through.
    service.progressed.connect(lambda _: detector.allow(3))
    service.stop()
    assert thread is not None
    assert thread.isFinished()
    assert detector.seen == [1]
    service.stop()
    qtbot.waitUntil(lambda: record.states[-1] == "stopped")
    assert record.image_ids == []


def test_that_stopping_while_a_file_is_read_spares_its_prediction(qtbot: QtBot, make: Make) -> None:
    reading, cancelled, detector = threading.Event(), threading.Event(), FakeDetector()

    def read(image_path: Path) -> ByteArray:
        reading.set()
        assert cancelled.wait(30)
        return read_image(image_path)

    service, record = make(detector, read=read)
    service.detect_folder([1, 2], path)
    assert reading.wait(30)
    service.progressed.connect(lambda _: cancelled.set())
    service.stop()
    assert detector.seen == []
    assert record.failed == []


def test_that_stopping_while_loading_detects_nothing(qtbot: QtBot, make: Make) -> None:
    loading, cancelled, detector = threading.Event(), threading.Event(), FakeDetector()

    def factory() -> FakeDetector:
        loading.set()
        assert cancelled.wait(30)
        return detector

    service, _ = make(factory)
    service.detect_folder([1, 2], path)
    assert loading.wait(30)
    service.progressed.connect(lambda _: cancelled.set())
    service.stop()
    assert detector.seen == []
    assert service.status.state is DetectorState.STOPPED


def test_that_a_stopped_service_is_silent_and_can_start_again(qtbot: QtBot, make: Make) -> None:
    service, record = make(FakeDetector())
    service.stop()
    service.show(1, path(1), items(2))
    service.use(lambda: FakeDetector("second"))
    assert not service.is_waiting(1)
    assert record.states[-1] == "stopped"
    service.start()
    service.start()
    service.show(1, path(1))
    qtbot.waitUntil(lambda: record.image_ids == [1])
    assert record.detected[0].prediction.model_version == "second"


def test_that_hasty_browsing_does_not_pile_up_turns(qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = FakeDetector(gated=True)
    service, record = make(detector)
    service.show(1, path(1))
    qtbot.waitUntil(lambda: detector.seen == [1])
    turns: list[DetectRequest | None] = []
    take = service._queue.take

    def counted(least: Priority = Priority.FOLDER) -> DetectRequest | None:
        turns.append(take(least))
        return turns[-1]

    monkeypatch.setattr(service._queue, "take", counted)
    for image_id in range(2, 52):
        service.show(image_id, path(image_id))
    detector.allow(2)
    qtbot.waitUntil(lambda: record.image_ids == [1, 51] and service.status.state is DetectorState.READY)
    assert len(turns) == 3  # the request, and one idle turn that asks for something urgent, then for the folder


def test_that_thousands_of_requests_pass_through_the_thread(qtbot: QtBot, make: Make) -> None:
    service, record = make(FakeDetector())
    service.detect_folder(range(3000), lambda image_id: path(image_id % 60))
    qtbot.waitUntil(lambda: record.progress[-1].finished, timeout=100_000)
    assert sorted(record.image_ids) == list(range(3000))
