"""The folder run: read ahead of the network, several images of one size in a pass where the detector likes that."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest
from fake_training import FakeTraining

from app.workers.detector_service import DetectorService
from app.workers.folder_reading import FolderReading
from app.workers.messages import DetectorState, DetectRequest, Priority
from app.workers.request_queue import RequestQueue
from detector.reading_ahead import READ_AHEAD
from detector.types import Candidates, DetectorError, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

BROKEN, UNLIKELY = 66, 77


def path(image_id: int) -> Path:
    return Path(f"{image_id}.jpg")


class Files:
    """Images that hold their own id: those of an odd id are larger. Number 66 cannot be read."""

    def __init__(self) -> None:
        self.read: Counter[int] = Counter()
        self.changed = threading.Condition()

    def __call__(self, image_path: Path) -> np.ndarray:
        image_id = int(image_path.stem)
        with self.changed:
            self.read[image_id] += 1
            self.changed.notify_all()
        if image_id == BROKEN:
            raise DetectorError(f"{image_path} is cut off.")
        return np.full((1 + image_id % 2, 1, 3), image_id, np.uint8)

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.read) >= count, 30)


class SeveralDetector:
    """Sees four at once; records each pass, and waits for one `allow` per pass if it is gated."""

    name, device, notice, model_version = "several", "cuda", "", "v1"
    categories: ClassVar[tuple[str, ...]] = ("cat",)
    numerics: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, gated: bool = False) -> None:
        self.passes: list[tuple[int, ...]] = []
        self._gate = threading.Semaphore(0 if gated else 10_000)

    def allow(self, count: int = 1) -> None:
        self._gate.release(count)

    def images_at_once(self, _size: tuple[int, int]) -> int:
        return 4

    def refine(self, _key: object, _boxes: object) -> None:
        return None

    def predict(self, image: np.ndarray, _key: object = None) -> Prediction:
        return self.predict_batch([image])[0]

    def predict_batch(self, images: list[np.ndarray]) -> list[Prediction]:
        ids = tuple(int(image[0, 0, 0]) for image in images)
        assert len({image.shape for image in images}) == 1
        self.passes.append(ids)
        assert self._gate.acquire(timeout=30)
        if UNLIKELY in ids:
            raise DetectorError("The numbers of image 77 are not finite.")
        none, nothing = np.zeros(0, np.float32), np.zeros(0, np.int64)
        empty = Candidates(np.zeros((0, 4), np.float32), none, nothing, nothing)
        proposals = Proposals(np.zeros((0, 4), np.float32), none)
        return [Prediction(image.shape[:2], proposals, empty, self.categories, "v1", 0.05) for image in images]


class Run:
    """A service at work with a detector, and what it has said."""

    def __init__(self, detector: SeveralDetector, files: Files) -> None:
        self.detector, self.files = detector, files
        self.service = DetectorService(lambda: detector, FakeTraining().tuner(SeveralDetector), read_image=files)
        self.detected: list[int] = []
        self.failed: dict[int, str] = {}
        self.progress: list[object] = []
        self.service.detected.connect(lambda ready: self.detected.append(ready.image_id))
        self.service.failed.connect(lambda failed: self.failed.update({failed.image_id: failed.sentence}))
        self.service.progressed.connect(self.progress.append)

    @property
    def is_finished(self) -> bool:
        return bool(self.progress) and self.progress[-1].finished

    @property
    def is_idle(self) -> bool:
        return self.service.status.state is DetectorState.READY

    @property
    def reading(self) -> FolderReading:
        assert self.service._worker is not None
        return self.service._worker._reading


def under_way(qtbot: QtBot, run: Run, image_ids: range | list[int], read: int) -> None:
    """Begin a folder run, let the first pass through, and wait until so many images are read while one is under way."""
    run.service.detect_folder(image_ids, path)
    qtbot.waitUntil(lambda: len(run.detector.passes) == 1)  # before it the window had not asked for many images
    run.detector.allow()
    qtbot.waitUntil(lambda: len(run.detector.passes) == 2)
    run.files.wait_for(read)


@pytest.fixture
def gated() -> Iterator[Run]:
    run = Run(SeveralDetector(gated=True), Files())
    run.service.start()
    yield run
    run.detector.allow(1000)
    run.service.stop()


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run(SeveralDetector(), Files())
    run.service.start()
    yield run
    run.service.stop()


def test_that_every_image_of_a_folder_is_seen_and_read_once(qtbot: QtBot, run: Run) -> None:
    run.service.detect_folder([*range(60), BROKEN], path)
    qtbot.waitUntil(lambda: run.is_finished)
    assert sorted(run.detected) == list(range(60))
    assert run.failed == {BROKEN: "66.jpg is cut off."}
    assert set(run.files.read.values()) == {1}
    assert sorted(image_id for seen in run.detector.passes for image_id in seen) == list(range(60))


def test_that_images_that_are_read_by_now_share_a_pass_with_those_of_their_size(qtbot: QtBot, gated: Run) -> None:
    under_way(qtbot, gated, range(20), read=20)
    gated.detector.allow(20)
    qtbot.waitUntil(lambda: gated.is_finished)
    assert all(len({image_id % 2 for image_id in seen}) == 1 for seen in gated.detector.passes)
    assert max(map(len, gated.detector.passes)) == 4
    assert len(gated.detector.passes) <= 2 + 18 // 4 + 2  # two before much was read, full ones, what is left of a size
    assert sorted(gated.detected) == list(range(20))


def test_that_the_image_on_screen_waits_for_one_pass_and_is_alone_in_its_own(qtbot: QtBot, gated: Run) -> None:
    under_way(qtbot, gated, range(20), read=20)
    gated.detector.allow()
    qtbot.waitUntil(lambda: len(gated.detector.passes) == 3)
    gated.service.show(90, path(90))
    gated.detector.allow(2)
    qtbot.waitUntil(lambda: 90 in gated.detected)
    assert len(gated.detector.passes[2]) == 4
    assert gated.detector.passes[3] == (90,)


def test_that_one_image_of_a_pass_that_fails_fails_alone(qtbot: QtBot, gated: Run) -> None:
    under_way(qtbot, gated, [1, 3, 5, UNLIKELY, 7, 9], read=6)
    gated.detector.allow(20)
    qtbot.waitUntil(lambda: gated.is_finished)
    assert max(map(len, gated.detector.passes)) > 1
    assert gated.failed == {UNLIKELY: "The numbers of image 77 are not finite."}
    assert sorted(gated.detected) == [1, 3, 5, 7, 9]
    assert set(gated.files.read.values()) == {1}


def test_that_a_cancelled_run_delivers_the_pass_under_way_and_no_more(qtbot: QtBot, gated: Run) -> None:
    under_way(qtbot, gated, range(0, 40, 2), read=20)
    gated.detector.allow()
    qtbot.waitUntil(lambda: len(gated.detector.passes) == 3)
    gated.service.cancel_folder()
    gated.detector.allow()
    qtbot.waitUntil(lambda: gated.is_idle)
    assert len(gated.detector.passes) == 3
    assert sorted(gated.detected) == sorted(image_id for seen in gated.detector.passes for image_id in seen)


def test_that_a_paused_run_holds_no_pixels_and_goes_on_with_every_image(qtbot: QtBot, gated: Run) -> None:
    under_way(qtbot, gated, range(0, 40, 2), read=10)
    gated.service.pause_folder(paused=True)
    gated.detector.allow()
    qtbot.waitUntil(lambda: gated.is_idle and gated.reading._ahead.bytes == 0)
    assert len(gated.detector.passes) == 2
    gated.service.pause_folder(paused=False)
    gated.detector.allow(100)
    qtbot.waitUntil(lambda: gated.is_finished)
    assert sorted(gated.detected) == list(range(0, 40, 2))


def test_that_nothing_is_read_far_ahead(qtbot: QtBot, gated: Run) -> None:
    under_way(qtbot, gated, range(100), read=READ_AHEAD)
    taken = sum(map(len, gated.detector.passes))  # images of one size that wait go through the network together
    assert len(gated.files.read) <= READ_AHEAD + taken
    gated.service.cancel_folder()


def test_that_the_rest_of_the_folder_shows_how_busy_the_network_is(qtbot: QtBot, run: Run) -> None:
    run.service.detect_folder(range(30), path)
    qtbot.waitUntil(lambda: run.is_finished)
    assert 0 < run.progress[-1].busy <= 1


# The reading by itself


def request(image_id: int, tile: int = 0) -> DetectRequest:
    return DetectRequest(image_id, image_id, path(image_id), Priority.FOLDER, tile)


def test_that_only_equal_images_that_are_read_leave_the_queue() -> None:
    queue, files = RequestQueue(), Files()
    reading = FolderReading(files)
    for image_id in (2, 3, 4, 6, 8):
        queue.put(request(image_id))
    reading.take(request(0), queue)
    files.wait_for(6)
    reading._ahead._begun[path(8)].result(30)
    taken = reading.take_equal((1, 1), 2, queue)
    assert [one.image_id for one, _ in taken] == [2, 4]
    assert [int(opened.source[0, 0, 0]) for _, opened in taken] == [2, 4]
    assert [one.image_id for one in queue.upcoming(9)] == [3, 6, 8]
    reading.rest()
    assert reading.take_equal((1, 1), 2, queue) == []
    reading.close()
