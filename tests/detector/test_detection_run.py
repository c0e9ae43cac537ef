from __future__ import annotations

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from detector import detection_run
from detector.detection_run import Pace, detect_in_files
from detector.image_files import find_image_files
from detector.types import Candidates, DetectorError, Prediction, Proposals, Thresholds

SIZES = ((20, 30), (30, 20))
UNLIKELY = 77


class CountingPredictor:
    """Finds as many boxes as the first pixel says; records how many images each pass saw. Cannot look at number 77."""

    name, model_version, device, notice = "counting", "v1", "cpu", ""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.passes: list[int] = []

    def images_at_once(self, _size):
        return self.at_once

    def predict(self, image):
        return self._look([image])[0]

    def predict_batch(self, images):
        assert len({image.shape for image in images}) == 1
        return self._look(images)

    def _look(self, images):
        self.passes.append(len(images))
        return [self._found(image) for image in images]

    def _found(self, image):
        count = int(image[0, 0, 0])
        if count == UNLIKELY:
            raise DetectorError("The numbers of image 77 are not finite.")
        boxes = np.array([[n, 0, n + 1, 1] for n in range(count)], np.float32).reshape(-1, 4)
        scores = np.full(count, 0.9, np.float32)
        whole = Candidates(boxes, scores, np.ones(count, np.int64), np.arange(count))
        return Prediction(image.shape[:2], Proposals(boxes, scores), whole, ("thing",), "v1", 0.05)


@pytest.fixture
def files(tmp_path):
    """Ten images of two sizes in turn; each has as many objects as its name says, and 5 is cut off."""
    for number in range(1, 11):
        pixels = np.full((*SIZES[number % 2], 3), number, np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    broken = tmp_path / "5.png"
    broken.write_bytes(broken.read_bytes()[:60])
    return find_image_files([tmp_path])


def run(predictor, files, tile=0):
    said = io.StringIO()
    return detect_in_files(predictor, files, Thresholds(), Console(file=said, width=200), tile), said


@pytest.mark.parametrize("at_once", [1, 2, 3, 8])
def test_that_every_image_is_seen_once_and_in_order_however_many_at_once(files, at_once):
    predictor = CountingPredictor(at_once)
    (seen, failures, *_), said = run(predictor, files)
    assert [image.name for image in seen] == [f"{n}.png" for n in (1, 2, 3, 4, 6, 7, 8, 9, 10)]
    assert [len(image.detections) for image in seen] == [1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert [image.index for image in seen] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert [image.image_size for image in seen] == [SIZES[n % 2] for n in (1, 2, 3, 4, 6, 7, 8, 9, 10)]
    assert "5.png" in failures[0]
    assert "1 of 10 images were left out" in said.getvalue()
    assert sum(predictor.passes) == 9


def test_that_a_device_that_sees_several_at_once_has_fewer_passes(files):
    predictor = CountingPredictor(4)
    run(predictor, files)
    assert sorted(predictor.passes) == [1, 4, 4]


def test_that_one_image_of_a_batch_that_cannot_be_looked_at_fails_alone(tmp_path):
    for number in (3, UNLIKELY, 4):
        Image.fromarray(np.full((20, 30, 3), number, np.uint8)).save(tmp_path / f"{number}.png")
    (seen, failures, *_), _ = run(CountingPredictor(8), find_image_files([tmp_path]))
    assert [image.name for image in seen] == ["3.png", "4.png"]
    assert failures == ["The numbers of image 77 are not finite."]


def test_that_an_image_in_tiles_is_seen_by_itself(files, tmp_path):
    Image.fromarray(np.full((10, 90, 3), 2, np.uint8)).save(tmp_path / "11.png")
    predictor = CountingPredictor(8)
    (seen, *_), _ = run(predictor, find_image_files([tmp_path]), tile=40)
    assert (seen[-1].name, seen[-1].image_size) == ("11.png", (10, 90))
    assert predictor.passes[0] == 1  # of the looks at it, which wait for no other image
    assert sorted(predictor.passes)[-2:] == [4, 5]


def test_that_every_file_is_opened_once(files, monkeypatch):
    opened = Counter()
    real = detection_run.open_or_error

    def count(file):
        opened[file.name] += 1
        return real(file)

    monkeypatch.setattr(detection_run, "open_or_error", count)
    run(CountingPredictor(4), files)
    assert set(opened.values()) == {1}
    assert len(opened) == 10


def test_that_the_end_says_how_fast_it_was_and_how_busy_the_network(files):
    (_, _, pace, _), said = run(CountingPredictor(2), files)
    assert pace.seconds > 0
    assert 0 < pace.busy <= 1
    assert "images a second; the network was at work for" in said.getvalue()


def test_that_the_share_of_no_time_is_nothing_and_never_more_than_all():
    assert Pace(0.0, 0.0).busy == 0.0
    assert Pace(2.0, 1.0).busy == 0.5
    assert Pace(1.0, 1.1).busy == 1.0
