from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from app.workers.decoded_images import DecodedImages
from detector.images import read_image
from detector.types import DetectorError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.full((4, 6, 3), 7, np.uint8)).save(path)
    return path


class Reader:
    def __init__(self):
        self.count = 0

    def __call__(self, path):
        self.count += 1
        return read_image(path)


def test_that_pixels_that_somebody_has_are_not_decoded_again(file):
    decoded, screen, detector = DecodedImages(), Reader(), Reader()
    first = decoded.open(file, screen)
    assert decoded.open(file, detector) is first
    assert (screen.count, detector.count) == (1, 0)
    assert not first.flags.writeable


def test_that_pixels_that_nobody_has_any_more_are_gone(file):
    decoded, reader = DecodedImages(), Reader()
    decoded.open(file, reader)
    gc.collect()
    assert len(decoded._arrays) == len(decoded._turns) == 0
    decoded.open(file, reader)
    assert reader.count == 2


def test_that_a_file_that_was_replaced_is_another_image(file):
    decoded = DecodedImages()
    before = decoded.open(file, read_image)
    Image.fromarray(np.full((5, 5, 3), 9, np.uint8)).save(file)
    after = decoded.open(file, read_image)
    assert before.shape == (4, 6, 3)
    assert after.shape == (5, 5, 3)


def test_that_two_at_the_same_time_decode_once(file):
    reading, allowed, decoded, reader = threading.Event(), threading.Event(), DecodedImages(), Reader()

    def slow(path):
        reading.set()
        assert allowed.wait(30)
        return reader(path)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(decoded.open, file, slow)
        assert reading.wait(30)
        second = pool.submit(decoded.open, file, reader)
        allowed.set()
        assert first.result(30) is second.result(30)
    assert reader.count == 1


def test_that_what_one_cannot_read_the_other_tries_too(file):
    decoded = DecodedImages()

    def fail(path):
        raise DetectorError(f"{path} is too large.")

    with pytest.raises(DetectorError, match="too large"):
        decoded.open(file, fail)
    assert decoded.open(file, read_image).shape == (4, 6, 3)


def test_that_a_large_image_is_read_by_each_in_its_own_way(file):
    decoded = DecodedImages(most_pixels=20)
    pixels = decoded.open(file, read_image)
    assert decoded.open(file, lambda _path: "in parts") == "in parts"
    assert pixels.shape == (4, 6, 3)


def test_that_a_file_that_is_gone_says_so(tmp_path):
    with pytest.raises(DetectorError, match="does not exist"):
        DecodedImages().open(tmp_path / "none.png", read_image)
