from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QThread

from app.workers import image_loader
from app.workers.image_loader import ImageLoader, reduced
from detector.types import ByteArray, DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytestqt.qtbot import QtBot

    from app.workers.messages import Crash

    MakeLoader = Callable[..., tuple[ImageLoader, "Heard"]]

IMAGE_BYTES = 10 * 10 * 3


class FakeReader:
    """Decodes `<id>.jpg` to an even image of that value; ids among `held` wait until they are released."""

    def __init__(self, held: Sequence[int] = ()) -> None:
        self.started: list[int] = []
        self.gates = {image_id: threading.Event() for image_id in held}

    def read_image(self, path: Path) -> ByteArray:
        image_id = int(path.stem)
        self.started.append(image_id)
        if image_id in self.gates:
            assert self.gates[image_id].wait(30)
        if image_id == 66:
            raise DetectorError("66.jpg is cut off; copy it again.")
        if image_id == 99:
            raise ZeroDivisionError("99")
        return np.full((10, 10, 3), image_id, np.uint8)

    def read_thumbnail(self, path: Path, side: int) -> ByteArray:
        return self.read_image(path)[:side, :side]

    def release(self, *image_ids: int) -> None:
        for image_id in image_ids or self.gates:
            self.gates[image_id].set()


class Heard:
    """What a loader has said."""

    def __init__(self, loader: ImageLoader) -> None:
        self.images: list[tuple[int, ByteArray]] = []
        self.thumbnails: list[tuple[int, ByteArray]] = []
        self.failures: list[tuple[int, str]] = []
        self.crashes: list[Crash] = []
        self.threads: list[QThread] = []
        loader.image_ready.connect(lambda *args: self._hear(self.images, args))
        loader.thumbnail_ready.connect(lambda *args: self._hear(self.thumbnails, args))
        loader.image_failed.connect(lambda *args: self._hear(self.failures, args))
        loader.thumbnail_failed.connect(lambda *args: self._hear(self.failures, args))
        loader.crashed.connect(self.crashes.append)

    def _hear(self, kept: list[Any], args: tuple[Any, ...]) -> None:
        kept.append(args)
        self.threads.append(QThread.currentThread())

    @property
    def image_ids(self) -> list[int]:
        return [image_id for image_id, _ in self.images]

    @property
    def thumbnail_ids(self) -> list[int]:
        return [image_id for image_id, _ in self.thumbnails]


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[MakeLoader]:
    """Build a loader on a fake reader; stopped after the test."""
    made: list[tuple[ImageLoader, FakeReader]] = []

    def build(reader: FakeReader, max_image_bytes: int = 10 * IMAGE_BYTES) -> tuple[ImageLoader, Heard]:
        loader = ImageLoader(
            tmp_path / "cache",
            thumbnail_side=4,
            max_image_bytes=max_image_bytes,
            read_image=reader.read_image,
            read_thumbnail=reader.read_thumbnail,
        )
        made.append((loader, reader))
        return loader, Heard(loader)

    yield build
    for loader, reader in made:
        reader.release()
        loader.stop()


def items(*image_ids: int) -> list[tuple[int, Path]]:
    return [(image_id, Path(f"{image_id}.jpg")) for image_id in image_ids]


def show(loader: ImageLoader, image_id: int, *neighbours: int) -> None:
    loader.show(image_id, Path(f"{image_id}.jpg"), items(*neighbours))


def test_that_the_image_on_screen_arrives_read_only_in_the_gui_thread(qtbot: QtBot, make: MakeLoader) -> None:
    loader, heard = make(FakeReader())
    show(loader, 7)
    qtbot.waitUntil(lambda: heard.image_ids == [7])
    array = heard.images[0][1]
    assert (array == 7).all()
    assert not array.flags.writeable
    assert heard.threads == [loader.thread()]


def test_that_the_newest_image_wins(qtbot: QtBot, make: MakeLoader) -> None:
    reader = FakeReader(held=[1, 2])
    loader, heard = make(reader)
    for image_id in reader.gates:
        show(loader, image_id)
        qtbot.waitUntil(lambda: reader.started[-1:] == [loader._on_screen])
    show(loader, 3)
    show(loader, 4)
    reader.release()
    qtbot.waitUntil(lambda: heard.image_ids == [4])
    assert 3 not in reader.started


def test_that_a_prefetched_neighbour_is_there_at_once(qtbot: QtBot, make: MakeLoader) -> None:
    reader = FakeReader()
    loader, heard = make(reader)
    show(loader, 1, 2)
    qtbot.waitUntil(lambda: loader._images.nbytes == 2 * IMAGE_BYTES)
    assert heard.image_ids == [1]
    show(loader, 2)
    assert heard.image_ids == [1, 2]
    assert sorted(reader.started) == [1, 2]


def test_that_a_neighbour_that_comes_on_screen_overtakes_the_others(qtbot: QtBot, make: MakeLoader) -> None:
    reader = FakeReader(held=[1, 2])
    loader, heard = make(reader)
    show(loader, 1, 2, 3, 4)
    qtbot.waitUntil(lambda: sorted(reader.started) == [1, 2])
    show(loader, 4, 3, 2)
    reader.release(1)
    qtbot.waitUntil(lambda: heard.image_ids == [4])
    reader.release(2)
    qtbot.waitUntil(lambda: loader._images.nbytes == 4 * IMAGE_BYTES)
    assert reader.started.index(4) < reader.started.index(3)
    assert sorted(reader.started) == [1, 2, 3, 4]


def test_that_memory_is_bounded_by_bytes(qtbot: QtBot, make: MakeLoader) -> None:
    loader, heard = make(FakeReader(), max_image_bytes=2 * IMAGE_BYTES)
    for image_id in range(1, 6):
        show(loader, image_id)
        qtbot.waitUntil(lambda: heard.image_ids[-1:] == [loader._on_screen])
        assert loader._images.nbytes <= 2 * IMAGE_BYTES
    show(loader, 4)
    assert heard.image_ids[-1] == 4


def test_that_an_image_of_many_pixels_is_halved_where_it_is_decoded(
    qtbot: QtBot, make: MakeLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[object] = []
    monkeypatch.setattr(
        image_loader, "reduced", lambda array, factor: threads.append(QThread.currentThread()) or reduced(array, factor)
    )
    monkeypatch.setattr(image_loader, "HALVED_FROM", 101)
    loader, heard = make(FakeReader())
    show(loader, 1)
    qtbot.waitUntil(lambda: heard.image_ids == [1])
    assert loader.half(1) is None
    monkeypatch.setattr(image_loader, "HALVED_FROM", 100)
    show(loader, 2, 3)
    qtbot.waitUntil(lambda: loader.half(2) is not None and loader.half(3) is not None)
    half = loader.half(3)
    assert half is not None
    assert half.shape == (5, 5, 3)
    assert (half == 3).all()
    assert len(threads) == 2
    assert loader.thread() not in threads
    loader.forget([3])
    assert loader.half(3) is None


def test_that_a_reduced_image_is_the_mean_of_its_squares_and_of_what_is_left_at_the_edges() -> None:
    array = np.random.default_rng(1).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    half = reduced(array, 2)
    assert half.shape == (4, 3, 3)
    for y, x in ((0, 0), (3, 1), (2, 2)):
        mean = array[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean(axis=(0, 1))
        assert np.abs(half[y, x] - mean).max() <= 0.5


def test_that_an_unreadable_image_is_a_sentence_once_it_is_on_screen(qtbot: QtBot, make: MakeLoader) -> None:
    reader = FakeReader()
    loader, heard = make(reader)
    show(loader, 1, 66)
    qtbot.waitUntil(lambda: heard.image_ids == [1] and not loader._image_pool._jobs)
    assert heard.failures == []
    show(loader, 66)
    qtbot.waitUntil(lambda: heard.failures == [(66, "66.jpg is cut off; copy it again.")])
    assert heard.crashes == []


def test_that_a_fault_in_a_reader_is_a_crash_and_the_loader_lives_on(qtbot: QtBot, make: MakeLoader) -> None:
    loader, heard = make(FakeReader())
    show(loader, 99)
    qtbot.waitUntil(lambda: len(heard.crashes) == 1)
    assert "ZeroDivisionError" in heard.crashes[0].traceback
    assert heard.failures == [(99, heard.crashes[0].sentence)]
    show(loader, 1)
    qtbot.waitUntil(lambda: heard.image_ids == [1])


def test_that_visible_thumbnails_arrive_and_stay_in_memory(qtbot: QtBot, make: MakeLoader) -> None:
    reader = FakeReader()
    loader, heard = make(reader)
    loader.show_thumbnails(items(1, 2, 3))
    qtbot.waitUntil(lambda: sorted(heard.thumbnail_ids) == [1, 2, 3])
    found = loader.thumbnail(2)
    assert found is not None
    assert found.shape == (4, 4, 3)
    assert loader.thumbnail(9) is None
    loader.show_thumbnails(items(3, 4))
    qtbot.waitUntil(lambda: sorted(heard.thumbnail_ids) == [1, 2, 3, 4])
    assert sorted(reader.started) == [1, 2, 3, 4]


def test_that_rows_scrolled_out_of_sight_are_not_decoded(qtbot: QtBot, make: MakeLoader) -> None:
    reader = FakeReader(held=[1, 2])
    loader, heard = make(reader)
    loader.show_thumbnails(items(1, 2, 3, 4))
    qtbot.waitUntil(lambda: sorted(reader.started) == [1, 2])
    loader.show_thumbnails(items(4, 5))
    reader.release()
    qtbot.waitUntil(lambda: sorted(heard.thumbnail_ids) == [1, 2, 4, 5])
    assert 3 not in reader.started


def test_that_an_unreadable_thumbnail_is_told_once_until_it_is_forgotten(qtbot: QtBot, make: MakeLoader) -> None:
    reader = FakeReader()
    loader, heard = make(reader)
    loader.show_thumbnails(items(66))
    qtbot.waitUntil(lambda: len(heard.failures) == 1)
    loader.show_thumbnails(items(66))
    assert not loader._thumbnail_pool._jobs
    loader.forget([66])
    loader.show_thumbnails(items(66))
    qtbot.waitUntil(lambda: len(heard.failures) == 2)


def test_that_a_second_loader_finds_the_thumbnails_on_disk(qtbot: QtBot, make: MakeLoader, tmp_path: Path) -> None:
    path = tmp_path / "5.jpg"
    path.write_bytes(b"image")
    reader = FakeReader()
    first, heard_first = make(reader)
    first.show_thumbnails([(5, path)])
    qtbot.waitUntil(lambda: heard_first.thumbnail_ids == [5])
    second, heard_second = make(reader)
    second.show_thumbnails([(5, path)])
    qtbot.waitUntil(lambda: heard_second.thumbnail_ids == [5])
    assert reader.started == [5]


def test_that_a_forgotten_image_is_decoded_again_and_its_late_result_is_dropped(qtbot: QtBot, make: MakeLoader) -> None:
    reader = FakeReader(held=[1])
    loader, heard = make(reader)
    show(loader, 1)
    qtbot.waitUntil(lambda: reader.started == [1])
    loader.forget([1])
    show(loader, 1)
    reader.release()
    qtbot.waitUntil(lambda: loader._image_pool._pool.activeThreadCount() == 0)
    qtbot.waitUntil(lambda: heard.image_ids == [1])
    assert reader.started == [1, 1]


def test_that_stopping_waits_for_the_decoding_under_way_and_then_all_is_silent(qtbot: QtBot, make: MakeLoader) -> None:
    reader = FakeReader(held=[1, 2])
    loader, heard = make(reader)
    show(loader, 1, 2, 3, 4)
    qtbot.waitUntil(lambda: sorted(reader.started) == [1, 2])
    reader.release()
    loader.stop()
    loader.stop()
    assert loader._image_pool._pool.activeThreadCount() == 0
    show(loader, 5)
    loader.show_thumbnails(items(6))
    qtbot.wait(0)
    assert heard.images == heard.thumbnails == []
    assert not {5, 6} & set(reader.started)


def test_that_thousands_of_images_pass_through_the_pool(qtbot: QtBot, make: MakeLoader) -> None:
    loader, heard = make(FakeReader())
    all_items = [(image_id, Path(f"{image_id % 60}.jpg")) for image_id in range(3000)]
    loader.show_thumbnails(all_items)
    qtbot.waitUntil(lambda: len(heard.thumbnails) == 3000, timeout=100_000)
    assert sorted(heard.thumbnail_ids) == list(range(3000))


def test_that_stopping_forgets_the_images_at_once(qtbot: QtBot, make: MakeLoader, monkeypatch) -> None:
    monkeypatch.setattr(image_loader, "HALVED_FROM", 1)
    loader, heard = make(FakeReader())
    show(loader, 1, 2)
    loader.show_thumbnails(items(1))
    qtbot.waitUntil(lambda: loader.half(2) is not None and loader.thumbnail(1) is not None and heard.image_ids == [1])
    loader.stop()
    assert [cache.nbytes for cache in (loader._images, loader._halves, loader._thumbnails)] == [0, 0, 0]
    assert loader.half(2) is None
    assert loader.thumbnail(1) is None
