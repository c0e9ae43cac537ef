"""Large images in the detector thread: tile by tile, others served in between, ended when nobody wants them."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fake_training import FakeTraining
from PIL import Image

from app.workers.detector_service import DetectorService
from app.workers.messages import DetectionFailed, DetectionReady, DetectorState, FolderProgress, TilesSeen
from detector.images import open_image
from detector.tiling import TILE
from detector.types import ByteArray, Candidates, DetectorError, Prediction, Proposals, Refinement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

LARGE, LARGE_TOO, BROKEN = 50, 51, 52
LOOKS = 7
"""At an image of 5000 pixels: the whole, and six tiles."""


def path(image_id: int) -> Path:
    return Path(f"{image_id}.jpg")


def read_image(image_path: Path) -> ByteArray:
    """Images from 50 on are large; each is even, of the value of its id."""
    image_id = int(image_path.stem)
    return np.full((4, 5000 if image_id >= LARGE else 6, 3), image_id, np.uint8)


class GatedDetector:
    """Sees one image per `allow`; the broken image meets an error at its third look."""

    name = "gated"
    device = "cpu"
    notice = ""
    numerics: tuple[str, ...] = ()
    model_version = "v1"
    categories = ("cat",)

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.gate = threading.Semaphore(0)

    def refine(self, _key: object, _boxes: object) -> Refinement | None:
        raise DetectorError("This detector has no second stage.")

    def predict(self, image: ByteArray, _key: object = None) -> Prediction:
        image_id = int(image[0, 0, 0])
        self.seen.append(image_id)
        assert self.gate.acquire(timeout=30)
        if image_id == BROKEN and self.seen.count(BROKEN) == 3:
            raise DetectorError("The model is damaged.")
        boxes = np.array([(3, 0, 5, 2)], np.float32)
        one = np.array([0.9], np.float32)
        candidates = Candidates(boxes, one, np.array([1]), np.array([0]))
        size = (image.shape[0], image.shape[1])
        return Prediction(size, Proposals(boxes, one), candidates, self.categories, "v1", 0.05)


class Heard:
    def __init__(self, service: DetectorService) -> None:
        self.detected: list[DetectionReady] = []
        self.failed: list[DetectionFailed] = []
        self.tiles: list[TilesSeen] = []
        self.folder: list[FolderProgress] = []
        service.detected.connect(self.detected.append)
        service.failed.connect(self.failed.append)
        service.tiling.progressed.connect(self.tiles.append)
        service.progressed.connect(self.folder.append)

    @property
    def image_ids(self) -> list[int]:
        return [ready.image_id for ready in self.detected]


@pytest.fixture
def detector() -> GatedDetector:
    return GatedDetector()


@pytest.fixture
def service(qtbot: QtBot, detector: GatedDetector) -> Iterator[DetectorService]:
    made = DetectorService(lambda: detector, FakeTraining().tuner(GatedDetector), read_image=read_image)
    made.tiling.toggle()
    made.start()
    yield made
    detector.gate.release(1000)
    made.stop()


def test_that_a_large_image_is_seen_in_tiles_and_a_small_one_as_it_is(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector
) -> None:
    heard = Heard(service)
    detector.gate.release(100)
    service.show(LARGE, path(LARGE), [(1, path(1))])
    qtbot.waitUntil(lambda: heard.image_ids == [LARGE, 1])
    assert detector.seen == [LARGE] * LOOKS + [1]
    large, small = (ready.prediction for ready in heard.detected)
    assert (large.looks, small.looks) == (LOOKS, 1)
    assert large.image_size == (4, 5000)
    assert len(large.candidates) == LOOKS - 1
    assert heard.tiles[0] == TilesSeen(LARGE, 1, LOOKS)


def test_that_without_the_option_a_large_image_is_seen_once(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector
) -> None:
    heard = Heard(service)
    service.tiling.toggle()
    detector.gate.release(100)
    service.show(LARGE, path(LARGE))
    qtbot.waitUntil(lambda: heard.image_ids == [LARGE])
    assert detector.seen == [LARGE]
    assert heard.detected[0].prediction.looks == 1


def test_that_what_is_more_urgent_is_served_between_two_tiles(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector
) -> None:
    heard = Heard(service)
    service.detect_folder([LARGE, 2], path)
    detector.gate.release(2)
    qtbot.waitUntil(lambda: detector.seen == [LARGE] * 3)
    service.show(1, path(1))
    detector.gate.release(100)
    qtbot.waitUntil(lambda: bool(heard.folder) and heard.folder[-1].finished)
    assert detector.seen == [LARGE] * 3 + [1] + [LARGE] * (LOOKS - 3) + [2]
    assert heard.image_ids == [1, LARGE, 2]


def test_that_going_elsewhere_ends_a_look_and_coming_back_begins_it_anew(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector
) -> None:
    heard = Heard(service)
    service.show(LARGE, path(LARGE))
    detector.gate.release(2)
    qtbot.waitUntil(lambda: detector.seen == [LARGE] * 3)
    service.show(1, path(1))
    detector.gate.release(2)
    qtbot.waitUntil(lambda: heard.image_ids == [1])
    qtbot.waitUntil(lambda: not service.is_waiting(LARGE))
    assert detector.seen == [LARGE] * 3 + [1]
    detector.gate.release(100)
    service.show(LARGE, path(LARGE))
    qtbot.waitUntil(lambda: heard.image_ids == [1, LARGE])
    assert detector.seen == [LARGE] * 3 + [1] + [LARGE] * LOOKS


def test_that_of_two_large_neighbours_the_one_on_screen_is_seen_first(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector
) -> None:
    heard = Heard(service)
    service.show(LARGE, path(LARGE), [(LARGE_TOO, path(LARGE_TOO))])
    qtbot.waitUntil(lambda: detector.seen == [LARGE])
    service.show(LARGE_TOO, path(LARGE_TOO), [(LARGE, path(LARGE))])
    detector.gate.release(1000)
    qtbot.waitUntil(lambda: heard.image_ids == [LARGE_TOO, LARGE])
    assert detector.seen == [LARGE] + [LARGE_TOO] * LOOKS + [LARGE] * LOOKS


def test_that_going_to_and_fro_does_not_lose_the_image(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector
) -> None:
    heard = Heard(service)
    service.show(LARGE, path(LARGE))
    qtbot.waitUntil(lambda: detector.seen == [LARGE])
    service.show(LARGE_TOO, path(LARGE_TOO))
    service.show(LARGE, path(LARGE))
    detector.gate.release(100)
    qtbot.waitUntil(lambda: heard.image_ids == [LARGE])
    assert service.status.state in (DetectorState.DETECTING, DetectorState.READY)


def test_that_a_large_image_on_screen_takes_the_place_of_the_folders_which_comes_again(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector
) -> None:
    heard = Heard(service)
    service.detect_folder([LARGE], path)
    detector.gate.release(1)
    qtbot.waitUntil(lambda: detector.seen == [LARGE] * 2)
    service.show(LARGE_TOO, path(LARGE_TOO))
    detector.gate.release(100)
    qtbot.waitUntil(lambda: bool(heard.folder) and heard.folder[-1].finished)
    assert heard.image_ids == [LARGE_TOO, LARGE]
    assert heard.folder[-1].done == 1
    assert detector.seen == [LARGE] * 2 + [LARGE_TOO] * LOOKS + [LARGE] * LOOKS


@pytest.mark.parametrize("paused", [False, True])
def test_that_an_image_of_the_folder_that_comes_on_screen_waits_for_nothing_of_the_folder(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector, paused: bool
) -> None:
    heard = Heard(service)
    service.detect_folder([LARGE, 1, 2, 3], path)
    detector.gate.release(2)
    qtbot.waitUntil(lambda: detector.seen == [LARGE] * 3)
    service.pause_folder(paused=paused)
    service.show(LARGE, path(LARGE), [(LARGE_TOO, path(LARGE_TOO))])
    detector.gate.release(100)
    qtbot.waitUntil(lambda: {LARGE, LARGE_TOO} <= set(heard.image_ids))
    assert not service.is_waiting(LARGE)
    assert heard.image_ids[:2] == [LARGE, LARGE_TOO]
    assert detector.seen[: 2 * LOOKS] == [LARGE] * LOOKS + [LARGE_TOO] * LOOKS


def test_that_stopping_the_folder_ends_its_look(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector
) -> None:
    heard = Heard(service)
    service.detect_folder([LARGE], path)
    qtbot.waitUntil(lambda: detector.seen == [LARGE])
    service.cancel_folder()
    detector.gate.release(100)
    qtbot.waitUntil(lambda: not service.is_waiting(LARGE))
    service.show(1, path(1))
    qtbot.waitUntil(lambda: heard.image_ids == [1])
    assert detector.seen == [LARGE, 1]


@pytest.mark.parametrize("end", ["drop", "option"])
def test_that_a_look_ends_when_its_image_leaves_or_the_option_changes(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector, end: str
) -> None:
    heard = Heard(service)
    service.show(LARGE, path(LARGE), [(2, path(2))])
    qtbot.waitUntil(lambda: detector.seen == [LARGE])
    if end == "drop":
        service.drop([LARGE, 2])
    else:
        service.tiling.toggle()
    assert not service.is_waiting(LARGE)
    detector.gate.release(100)
    service.show(1, path(1))
    qtbot.waitUntil(lambda: heard.image_ids == [1])
    assert detector.seen == [LARGE, 1]


def test_that_a_failure_among_the_tiles_is_one_sentence(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector
) -> None:
    heard = Heard(service)
    detector.gate.release(100)
    service.show(BROKEN, path(BROKEN), [(1, path(1))])
    qtbot.waitUntil(lambda: heard.image_ids == [1])
    assert [failed.sentence for failed in heard.failed] == ["The model is damaged."]
    assert detector.seen == [BROKEN] * 3 + [1]


def test_that_another_detector_begins_anew(qtbot: QtBot, service: DetectorService, detector: GatedDetector) -> None:
    heard = Heard(service)
    service.show(LARGE, path(LARGE))
    qtbot.waitUntil(lambda: detector.seen == [LARGE])
    other = GatedDetector()
    other.gate.release(100)
    service.use(lambda: other)
    detector.gate.release(1)
    service.show(LARGE, path(LARGE))
    qtbot.waitUntil(lambda: heard.image_ids == [LARGE])
    assert (detector.seen, other.seen) == ([LARGE], [LARGE] * LOOKS)


def test_that_progress_is_told_ten_times_a_second_at_most(
    qtbot: QtBot, service: DetectorService, detector: GatedDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: next(ticks) / 50, perf_counter=time.perf_counter)  # twice a look
    monkeypatch.setattr("app.workers.looking.time", clock)
    heard = Heard(service)
    detector.gate.release(100)
    service.show(LARGE, path(LARGE))
    qtbot.waitUntil(lambda: heard.image_ids == [LARGE])
    assert [one.done for one in heard.tiles] == [1, 4, 7]


def test_that_an_image_too_large_for_one_array_is_seen_downscaled(
    qtbot: QtBot, tmp_path: Path, detector: GatedDetector
) -> None:
    file = tmp_path / "7.png"
    Image.new("RGB", (3000, 2500), (7, 7, 7)).save(file)
    made = DetectorService(
        lambda: detector, FakeTraining().tuner(GatedDetector), read_image=lambda one: open_image(one, 1000)
    )
    heard = Heard(made)
    detector.gate.release(100)
    try:
        made.start()
        made.show(7, file)
        qtbot.waitUntil(lambda: heard.image_ids == [7])
        prediction = heard.detected[0].prediction
        assert (prediction.image_size, prediction.looks, detector.seen) == ((2500, 3000), 1, [7])
        assert prediction.candidates.boxes.tolist() == [[6, 0, 10, 4]]
        made.refining.ask(file, ((0, 0, 9, 9),))  # refused, which is no news
        made.tiling.tile = TILE
        made.show(7, file)
        qtbot.waitUntil(lambda: heard.image_ids == [7, 7])
        assert heard.detected[1].prediction.looks == len(detector.seen) - 1 == 1 + 3 * 4
        assert heard.failed == []
    finally:
        made.stop()
