"""A detector that meets one fault after the other, and a folder run that waits."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fake_training import FakeTraining, QuickDetector
from PySide6.QtCore import QThread

from app.workers.boundary import Failure
from app.workers.detector_service import DetectorService
from app.workers.detector_worker import DetectorWorker
from app.workers.folder_run import FolderRun
from app.workers.messages import DetectorState
from app.workers.recovery import FAULTS_IN_A_ROW, LONGEST_WAIT_MS, SHORTEST_WAIT_MS, Recovery, Rescue
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

FAULT = Failure("It failed.", "Traceback", "here")
FORESEEN = Failure("It is cut off.")


class Moody(QuickDetector):
    """Fails at every image while `fails` is set."""

    def __init__(self, fails: threading.Event) -> None:
        super().__init__()
        self.fails = fails
        self.seen = 0

    def predict(self, image, _key=None):
        self.seen += 1
        if self.fails.is_set():
            raise ZeroDivisionError("of the network")
        return super().predict(image)


def path(image_id: int) -> Path:
    return Path(f"{image_id}.jpg")


@pytest.fixture
def start(qtbot: QtBot) -> Iterator[Callable[..., DetectorService]]:
    services: list[DetectorService] = []

    def build(factory, read=lambda _path: np.zeros((4, 4, 3), np.uint8)) -> DetectorService:
        service = DetectorService(factory, FakeTraining().tuner(QuickDetector), read_image=read)
        services.append(service)
        service.start()
        return service

    yield build
    for service in services:
        service.stop()


def test_that_a_detector_that_fails_on_image_after_image_is_loaded_again_and_goes_on(qtbot, start, caplog) -> None:
    fails = threading.Event()
    fails.set()
    made: list[Moody] = []

    def factory() -> Moody:
        if made:
            fails.clear()  # what had hurt the first one is over
        made.append(Moody(fails))
        return made[-1]

    service = start(factory)
    progress = []
    service.progressed.connect(progress.append)
    service.detect_folder(range(1, 9), path)
    qtbot.waitUntil(lambda: bool(progress) and progress[-1].finished)
    assert [one.seen for one in made] == [FAULTS_IN_A_ROW, 8 - FAULTS_IN_A_ROW]
    assert progress[-1].failed == FAULTS_IN_A_ROW
    assert not progress[-1].cancelled
    assert "loaded again" in service.status.message


def test_that_a_detector_that_fails_again_is_given_up_instead_of_failing_ten_thousand_times(
    qtbot, start, caplog
) -> None:
    fails = threading.Event()
    fails.set()
    made: list[Moody] = []

    def factory() -> Moody:
        made.append(Moody(fails))
        return made[-1]

    service = start(factory)
    progress, crashes = [], []
    service.progressed.connect(progress.append)
    service.crashed.connect(crashes.append)
    service.detect_folder(range(1, 10_001), path)
    qtbot.waitUntil(lambda: service.status.state is DetectorState.FAILED)
    assert [one.seen for one in made] == [FAULTS_IN_A_ROW] * 2
    assert progress[-1].cancelled
    assert "choose another model, or start again" in service.status.message
    assert len(crashes) == 1
    fails.clear()
    service.use(factory)
    service.show(1, path(1))
    with qtbot.waitSignal(service.detected):
        pass


def test_that_a_turn_that_fails_as_a_whole_is_told_and_the_next_request_is_served(
    qtbot, start, monkeypatch, caplog
) -> None:
    fails = threading.Event()
    service = start(lambda: Moody(fails))
    real, failures = DetectorWorker._work, iter([True, True, False])

    def work(worker):
        if next(failures, False):
            raise LookupError("of the queue")
        return real(worker)

    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    monkeypatch.setattr(DetectorWorker, "_work", work)
    crashes = []
    service.crashed.connect(crashes.append)
    with qtbot.waitSignal(service.detected):
        service.show(1, path(1))
    assert len(crashes) == 1
    assert "LookupError" in crashes[0].sentence


def test_that_ten_thousand_unreadable_images_neither_end_the_run_nor_the_detector(qtbot, start) -> None:
    def refuse(_path: Path):
        raise DetectorError("It is cut off.")

    service = start(lambda: Moody(threading.Event()), refuse)
    progress = []
    service.progressed.connect(progress.append)
    service.detect_folder(range(1, 10_001), path)
    qtbot.waitUntil(lambda: bool(progress) and progress[-1].finished, timeout=100_000)
    assert (progress[-1].done, progress[-1].failed, progress[-1].cancelled) == (10_000, 10_000, False)
    assert service.status.state is not DetectorState.FAILED


def test_that_only_faults_on_different_images_in_a_row_count() -> None:
    recovery = Recovery()
    assert [recovery.fail(7, FAULT) for _ in range(9)] == [Rescue.NOTHING] * 9
    recovery.succeed()
    assert [recovery.fail(image, FORESEEN) for image in range(9)] == [Rescue.NOTHING] * 9
    assert [recovery.fail(image, FAULT) for image in (1, 2)] == [Rescue.NOTHING] * 2
    recovery.succeed()
    assert [recovery.fail(image, FAULT) for image in (1, 2, 3)] == [Rescue.NOTHING] * 2 + [Rescue.LOAD_AGAIN]
    assert [recovery.fail(image, FAULT) for image in (4, 5, 6)] == [Rescue.NOTHING] * 2 + [Rescue.GIVE_UP]
    recovery.begin()
    assert [recovery.fail(image, FAULT) for image in (1, 2, 3)][-1] is Rescue.LOAD_AGAIN


def test_that_waits_double_up_to_a_bound_until_something_succeeds() -> None:
    recovery = Recovery()
    waits = [recovery.wait_ms() for _ in range(20)]
    assert waits[:3] == [SHORTEST_WAIT_MS, 2 * SHORTEST_WAIT_MS, 4 * SHORTEST_WAIT_MS]
    assert waits[-1] == LONGEST_WAIT_MS
    recovery.succeed()
    assert recovery.wait_ms() == SHORTEST_WAIT_MS


def test_that_a_paused_folder_waits_while_the_image_on_screen_is_served_and_goes_on(qtbot, start) -> None:
    service = start(lambda: Moody(threading.Event()))
    progress, seen = [], []
    service.progressed.connect(progress.append)
    service.detected.connect(lambda ready: seen.append(ready.image_id))
    service.detect_folder(range(1, 2_001), path)
    service.pause_folder(paused=True)
    assert progress[-1].paused
    service.show(9_999, path(9_999))
    qtbot.waitUntil(lambda: 9_999 in seen)
    count = len(seen)
    service.detect(9_998, path(9_998))  # served after whatever the folder could still have had under way
    qtbot.waitUntil(lambda: 9_998 in seen)
    assert len(seen) <= count + 2
    assert service.thread() is QThread.currentThread()
    service.pause_folder(paused=False)
    qtbot.waitUntil(lambda: progress[-1].finished, timeout=100_000)
    assert not progress[-1].cancelled
    assert set(range(1, 2_001)) <= set(seen)


def test_that_a_run_may_begin_paused(qtbot, start) -> None:
    service = start(lambda: Moody(threading.Event()))
    progress, seen = [], []
    service.progressed.connect(progress.append)
    service.detected.connect(lambda ready: seen.append(ready.image_id))
    service.detect_folder(range(1, 50), path, paused=True)
    assert progress[0].paused
    for image_id in (9_999, 9_998):
        service.detect(image_id, path(image_id))
        qtbot.waitUntil(lambda image_id=image_id: image_id in seen)
    assert seen == [9_999, 9_998]
    service.pause_folder(paused=False)
    qtbot.waitUntil(lambda: progress[-1].finished)
    assert set(range(1, 50)) <= set(seen)


def test_that_a_paused_run_can_be_cancelled_and_the_next_one_runs(qtbot, start) -> None:
    service = start(lambda: Moody(threading.Event()))
    progress = []
    service.progressed.connect(progress.append)
    service.detect_folder(range(1, 500), path)
    service.pause_folder(paused=True)
    service.cancel_folder()
    assert progress[-1].cancelled
    service.detect_folder([1, 2, 3], path)
    qtbot.waitUntil(lambda: progress[-1].finished and progress[-1].total == 3)
    service.pause_folder(paused=True)  # without a run: nothing
    assert progress[-1].finished


def test_that_the_time_of_a_pause_is_no_time_of_the_run() -> None:
    now = [0.0]
    run = FolderRun(range(10), path, lambda: now[0])
    now[0] = 1.0
    run.settle(0, failed=False)
    run.settle(1, failed=False)
    run.pause(paused=True)
    now[0] = 8 * 3600.0  # over night, or asleep
    assert run.progress().images_per_second == pytest.approx(2.0)
    assert run.progress().paused
    run.pause(paused=False)
    assert run.progress().images_per_second == pytest.approx(2.0)
    assert not run.progress().paused
