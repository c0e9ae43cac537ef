"""A detector that is away for a while: what waits for it, what is said of it, and who is served meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fake_training import FakeTraining, QuickDetector

from app.workers.detector_service import DetectorService
from app.workers.messages import DetectorState
from detector.types import AwayError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

AWAY = "The detector at http://127.0.0.1:8645 does not answer."


class Away(QuickDetector):
    """Answers only while it is `there`; `tried` is set by every try."""

    def __init__(self) -> None:
        super().__init__("elsewhere")
        self.there, self.tried = threading.Event(), threading.Event()

    def predict(self, image, _key=None):
        self.tried.set()
        if not self.there.is_set():
            raise AwayError(AWAY)
        return super().predict(image)

    def images_at_once(self, _size: tuple[int, int]) -> int:
        return 3

    def predict_batch(self, images):
        return [self.predict(image) for image in images]


def path(image_id: int) -> Path:
    return Path(f"{image_id}.jpg")


@pytest.fixture
def detector() -> Away:
    return Away()


@pytest.fixture
def service(qtbot: QtBot, detector: Away) -> Iterator[DetectorService]:
    tuner = FakeTraining().tuner(QuickDetector)
    one = DetectorService(lambda: detector, tuner, read_image=lambda _path: np.zeros((4, 4, 3), np.uint8))
    one.start()
    qtbot.waitUntil(lambda: one.status.state is DetectorState.READY)
    yield one
    one.stop()


def test_that_every_image_of_a_folder_waits_and_none_counts_as_failed(qtbot, service, detector):
    failed, detected, progress = [], [], []
    service.failed.connect(failed.append)
    service.detected.connect(detected.append)
    service.progressed.connect(progress.append)
    service.detect_folder(range(1, 9), path)
    qtbot.waitUntil(lambda: AWAY in service.status.message)
    assert service.status.state is DetectorState.READY
    assert "It is asked again until it answers" in service.status.message
    service.show(9, path(9))
    detector.there.set()
    qtbot.waitUntil(lambda: bool(progress) and progress[-1].finished)
    qtbot.waitUntil(lambda: len(detected) == 9)
    assert sorted(one.image_id for one in detected) == [*range(1, 10)]
    assert failed == []
    assert progress[-1].failed == 0
    qtbot.waitUntil(lambda: service.status.message == "")


def test_that_it_is_asked_again_and_again(qtbot, service, detector):
    service.show(1, path(1))
    for _ in range(3):
        qtbot.waitUntil(detector.tried.is_set)
        detector.tried.clear()


def test_that_another_detector_serves_at_once(qtbot, service, detector):
    service.show(1, path(1))
    qtbot.waitUntil(lambda: AWAY in service.status.message)
    service.use(lambda: QuickDetector("here"))
    qtbot.waitUntil(lambda: service.status.model_version == "here")
    assert service.status.message == ""
    detected = []
    service.detected.connect(detected.append)
    service.show(1, path(1))
    qtbot.waitUntil(lambda: bool(detected))


def test_that_who_stops_or_chooses_another_interrupts_who_waits(qtbot):
    interrupted = threading.Event()

    class Hanging(Away):
        def predict(self, _image, _key=None):
            self.tried.set()
            assert interrupted.wait(60)
            raise AwayError(AWAY)

    detector = Hanging()
    plain = FakeTraining().tuner(QuickDetector)
    tuner = type(plain)(plain.open_version, plain.convert, plain.train, plain.warm, interrupted.set)
    service = DetectorService(lambda: detector, tuner, read_image=lambda _path: np.zeros((4, 4, 3), np.uint8))
    service.start()
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    interrupted.clear()
    service.show(1, path(1))
    qtbot.waitUntil(detector.tried.is_set)
    service.stop()
    assert interrupted.is_set()
    assert service.status.message == ""
