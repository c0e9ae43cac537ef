"""Asking the detector thread for a second look at drawn boxes."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from fake_training import FakeTraining

from app.workers.detector_service import DetectorService
from app.workers.messages import DetectorState
from detector.types import Candidates, DetectorError, Prediction, Proposals, Refinement

BOX = (1.0, 2.0, 30.0, 40.0)
CATEGORIES = ("cat", "dog")


class Looking:
    """A detector that keeps the keys it was given, until `forgets` is called, and answers with the boxes themselves."""

    name, device, notice, model_version, categories = "looking", "cpu", "", "v1", CATEGORIES
    numerics: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.log: list[str] = []
        self.kept: set[object] = set()
        self.trouble: Exception | type[Exception] | None = None
        self.gate: threading.Semaphore | None = None

    def predict(self, image, key=None):
        self.log.append(f"predict {image[0, 0, 0]}{' and keep' if key is not None else ''}")
        if self.gate is not None:
            assert self.gate.acquire(timeout=30)
        if key is not None:
            self.kept.add(key)
        none = np.zeros(0)
        boxes = np.zeros((0, 4))
        return Prediction((60, 80), Proposals(boxes, none), Candidates(boxes, none, none, none), CATEGORIES, "v1", 0.05)

    def refine(self, key, boxes):
        if self.trouble is not None:
            raise self.trouble
        if key not in self.kept:
            return None
        self.log.append(f"refine {len(boxes)}")
        count = len(boxes)
        fits = np.array(boxes, dtype=np.float32).reshape(-1, 1, 4)
        return Refinement(fits, np.ones((count, 1)), np.ones((count, 1)), np.ones(count), CATEGORIES, "v1")


@pytest.fixture
def detector():
    return Looking()


@pytest.fixture
def service(detector, qtbot):
    def read(path):
        return np.full((60, 80, 3), int(path.stem), dtype=np.uint8)

    made = DetectorService(lambda: detector, FakeTraining().tuner(Looking), read_image=read)
    made.start()
    qtbot.waitUntil(lambda: made.status.state is DetectorState.READY)
    yield made
    if detector.gate is not None:
        detector.gate.release(100)
    made.stop()


@pytest.fixture
def answers(service):
    heard = []
    service.refining.refined.connect(heard.append)
    return heard


def path(image_id):
    return Path(f"{image_id}.png")


def test_that_a_box_of_the_image_on_screen_is_looked_at_without_another_detection(service, detector, answers, qtbot):
    service.show(7, path(7))
    qtbot.waitUntil(lambda: not service.is_waiting(7))
    service.refining.ask(path(7), (BOX,))
    qtbot.waitUntil(lambda: bool(answers))
    assert detector.log == ["predict 7 and keep", "refine 1"]
    assert answers[0].request.boxes == (BOX,)
    np.testing.assert_array_equal(answers[0].refinement.boxes, [[BOX]])


def test_that_an_image_of_another_day_is_detected_first(service, detector, answers, qtbot):
    service.refining.ask(path(7), (BOX,))
    qtbot.waitUntil(lambda: bool(answers))
    assert detector.log == ["predict 7 and keep", "refine 1"]


def test_that_making_ready_is_no_answer_and_saves_the_detection_later(service, detector, answers, qtbot):
    service.refining.ask(path(7))
    qtbot.waitUntil(lambda: detector.log[-1:] == ["refine 0"])
    service.refining.ask(path(7), (BOX,))
    qtbot.waitUntil(lambda: bool(answers))
    assert detector.log == ["predict 7 and keep", "refine 0", "refine 1"]
    assert len(answers) == 1


def test_that_the_images_of_a_folder_are_not_kept(service, detector, qtbot):
    service.detect_folder([1, 2], path)
    qtbot.waitUntil(lambda: len(detector.log) == 2)
    assert detector.log == ["predict 1", "predict 2"]


def test_that_only_the_last_question_is_answered(service, detector, answers, qtbot):
    detector.gate = threading.Semaphore(0)
    service.show(7, path(7))
    qtbot.waitUntil(lambda: bool(detector.log))
    for left in (1.0, 2.0, 3.0):
        service.refining.ask(path(7), ((left, 2.0, 30.0, 40.0),))
    detector.gate.release(100)
    qtbot.waitUntil(lambda: bool(answers))
    assert [answer.request.boxes[0][0] for answer in answers] == [3.0]
    assert detector.log.count("refine 1") == 1


def test_that_what_is_not_wanted_any_more_is_not_heard(service, detector, answers, qtbot):
    detector.gate = threading.Semaphore(0)
    service.refining.ask(path(7), (BOX,))
    qtbot.waitUntil(lambda: bool(detector.log))
    service.refining.forget()
    detector.gate.release(100)
    qtbot.waitUntil(lambda: "refine 1" in detector.log)
    service.show(8, path(8))
    qtbot.waitUntil(lambda: not service.is_waiting(8))
    assert answers == []


def test_that_a_drawn_box_comes_before_the_rest_of_the_folder(service, detector, answers, qtbot):
    detector.gate = threading.Semaphore(0)
    service.detect_folder([1, 2, 3], path)
    qtbot.waitUntil(lambda: bool(detector.log))
    service.refining.ask(path(7), (BOX,))
    detector.gate.release(100)
    qtbot.waitUntil(lambda: bool(answers))
    assert detector.log[:3] == ["predict 1", "predict 7 and keep", "refine 1"]


@pytest.mark.parametrize("trouble", [DetectorError("only proposes regions"), None])
def test_that_a_detector_that_cannot_look_again_is_no_news(service, detector, answers, qtbot, trouble):
    crashes = []
    service.crashed.connect(crashes.append)
    detector.trouble = trouble
    if trouble is None:
        detector.kept = Forgetful()
    service.refining.ask(path(7), (BOX,))
    service.show(8, path(8))
    qtbot.waitUntil(lambda: not service.is_waiting(8))
    qtbot.waitUntil(lambda: service.status.state is DetectorState.READY)
    service.refining.ask(path(7), (BOX,))
    service.show(9, path(9))
    qtbot.waitUntil(lambda: not service.is_waiting(9))
    assert (answers, crashes) == ([], [])


class Forgetful(set):
    """Keeps nothing, as where memory ends."""

    def add(self, _key):
        pass


def test_that_a_fault_is_reported_once(service, detector, qtbot):
    crashes = []
    service.crashed.connect(crashes.append)
    detector.trouble = ZeroDivisionError  # another one each time
    for _ in range(2):
        service.refining.ask(path(7), (BOX,))
        service.show(8, path(8))
        qtbot.waitUntil(lambda: not service.is_waiting(8))
    qtbot.waitUntil(lambda: bool(crashes))
    assert len(crashes) == 1
    assert "second look" in crashes[0].sentence
