from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.workers.decode_pool import DecodePool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from app.workers.boundary import Failure
    from detector.types import ByteArray


class Decode:
    """Gives an even image once it is released."""

    def __init__(self, value: int) -> None:
        self.started = threading.Event()
        self.released = threading.Event()
        self._value = value

    def __call__(self) -> ByteArray:
        self.started.set()
        assert self.released.wait(30)
        return np.full((1, 1, 3), self._value, np.uint8)


def read_only() -> ByteArray:
    return np.frombuffer(b"\x07\x07\x07", np.uint8).reshape(1, 1, 3)


def broken() -> ByteArray:
    raise ZeroDivisionError


@pytest.fixture
def pool(qtbot: QtBot) -> Iterator[DecodePool]:
    pool = DecodePool(threads=2)
    yield pool
    pool.stop()


def test_that_a_dropped_result_is_not_taken_for_that_of_the_next_request(qtbot: QtBot, pool: DecodePool) -> None:
    old, new = Decode(1), Decode(2)
    decoded: list[int] = []
    pool.decoded.connect(lambda _, array: decoded.append(int(array[0, 0, 0])))
    pool.request(5, old, "Reading 5.jpg")
    assert old.started.wait(30)
    pool.drop(5)
    pool.request(5, new, "Reading 5.jpg")
    assert new.started.wait(30)
    old.released.set()
    qtbot.waitUntil(lambda: pool._pool.activeThreadCount() == 1)
    new.released.set()
    qtbot.waitUntil(lambda: decoded == [2])


def test_that_a_failure_names_the_work(qtbot: QtBot, pool: DecodePool, caplog: pytest.LogCaptureFixture) -> None:
    failures: list[tuple[int, Failure]] = []
    pool.failed.connect(lambda image_id, failure: failures.append((image_id, failure)))
    pool.request(5, broken, "Reading 5.jpg")
    qtbot.waitUntil(lambda: len(failures) == 1)
    assert failures[0][0] == 5
    assert failures[0][1].sentence.startswith("Reading 5.jpg failed because of a fault")
    assert caplog.records


def test_that_a_stopped_pool_decodes_nothing(pool: DecodePool) -> None:
    late = Decode(1)
    late.released.set()
    pool.stop()
    pool.request(5, late, "Reading 5.jpg")
    pool._pool.waitForDone()
    assert not late.started.is_set()


def test_that_an_image_asked_for_twice_is_decoded_once(qtbot: QtBot, pool: DecodePool) -> None:
    first, second = Decode(1), Decode(2)
    decoded: list[int] = []
    pool.decoded.connect(lambda _, array: decoded.append(int(array[0, 0, 0])))
    pool.request(5, first, "Reading 5.jpg", urgency=0)
    pool.request(5, second, "Reading 5.jpg", urgency=1)
    pool.request(5, second, "Reading 5.jpg", urgency=0)
    first.released.set()
    qtbot.waitUntil(lambda: decoded == [1])
    pool._pool.waitForDone()
    assert not second.started.is_set()


def test_that_an_array_that_is_read_only_already_passes(qtbot: QtBot, pool: DecodePool) -> None:
    decoded: list[ByteArray] = []
    pool.decoded.connect(lambda _, array: decoded.append(array))
    pool.request(5, read_only, "Reading 5.jpg")
    qtbot.waitUntil(lambda: len(decoded) == 1)
    assert not decoded[0].flags.writeable


def test_that_no_reader_is_held_once_it_is_through_or_dropped(pool: DecodePool) -> None:
    class Read:
        def __call__(self) -> ByteArray:
            return read_only()

    held = []
    for image_id in range(200):
        read = Read()
        held.append(weakref.ref(read))
        pool.request(image_id, read, f"Reading {image_id}.jpg")
        pool.request(image_id, read, f"Reading {image_id}.jpg", urgency=1)
    del read
    pool.stop()
    gc.collect()
    assert [one for one in held if one() is not None] == []
