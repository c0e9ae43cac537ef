"""A large image on screen: overview first, then tiles; cancelled, kept on disk, and honest about what cannot be."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.workers.image_loader import ImageLoader
from app.workers.large_image import LargeImage, LargeImages, Tile, size_of
from app.workers.pyramid_cache import PyramidCache
from detector.images import open_image, read_image
from detector.large_images import LargeFile
from detector.pyramids import TILE
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.workers.boundary import Failure
    from detector.types import ByteArray

HEIGHT, WIDTH = 1400, 1000


def write(path: Path, seed: int = 1) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, compress_level=1)
    return path


def opened(path: Path) -> LargeFile:
    file = open_image(path, 1000)
    assert isinstance(file, LargeFile)
    return file


class Heard:
    def __init__(self, images: LargeImages) -> None:
        self.failed: list[Failure] = []
        self.coarse: list[Failure] = []
        images.failed.connect(self.failed.append)
        images.coarse.connect(self.coarse.append)


@pytest.fixture
def cache(tmp_path: Path) -> PyramidCache:
    return PyramidCache(tmp_path / "pyramids")


@pytest.fixture
def images(qtbot: QtBot, cache: PyramidCache) -> Iterator[LargeImages]:
    made = LargeImages(cache, overview_side=200)
    yield made
    made.stop()


def test_that_an_image_is_coarse_first_and_has_its_true_pixels_then(
    qtbot: QtBot, images: LargeImages, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.png")
    large = images.show(opened(path))
    assert large.size == size_of(large) == (HEIGHT, WIDTH)
    assert large.overview.shape == (175, 125, 3)
    assert (large.progress, large.prepared, large.levels) == (0, None, 0)
    steps: list[tuple[float, float | None]] = []
    large.changed.connect(lambda: steps.append((large.progress, large.prepared)))
    qtbot.waitUntil(lambda: large.levels > 0)
    assert steps == sorted(steps, key=lambda step: (step[0], step[1] or 0))
    assert (1, 0) in steps
    tile = Tile(0, 1, 2)
    assert large.tile(tile) is None
    large.want([tile])
    qtbot.waitUntil(lambda: large.tile(tile) is not None)
    np.testing.assert_array_equal(large.tile(tile), read_image(path)[2 * TILE :, TILE : 2 * TILE])


def test_that_a_pyramid_is_built_once(
    qtbot: QtBot, images: LargeImages, cache: PyramidCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.png")
    first = images.show(opened(path))
    qtbot.waitUntil(lambda: first.levels > 0)
    monkeypatch.setattr(cache, "build", lambda *_: pytest.fail("built again"))
    second = images.show(opened(path))
    qtbot.waitUntil(lambda: second.levels > 0)
    assert np.abs(second.overview.astype(int) - first.overview).max() <= 2
    os.utime(path, ns=(1, 1))
    assert cache.find(opened(path)) is None


def test_that_leaving_cancels_and_nothing_more_is_heard(
    qtbot: QtBot, images: LargeImages, cache: PyramidCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    building, cancelled = threading.Event(), threading.Event()

    def build(_file: LargeFile, progress: object, is_cancelled: object) -> None:
        assert callable(is_cancelled)
        building.set()
        while not is_cancelled():
            threading.Event().wait(0.001)
        cancelled.set()

    with monkeypatch.context() as patched:
        patched.setattr(cache, "build", build)
        first = images.show(opened(write(tmp_path / "a.png")))
        qtbot.waitUntil(building.is_set)
        heard = Heard(images)
        images.leave()
        qtbot.waitUntil(cancelled.is_set)
    second = images.show(opened(write(tmp_path / "b.png", 2)))
    qtbot.waitUntil(lambda: second.levels > 0)
    assert first.levels == 0
    assert heard.failed == heard.coarse == []


def test_that_a_file_that_is_cut_off_fails(qtbot: QtBot, images: LargeImages, tmp_path: Path) -> None:
    path = write(tmp_path / "a.png")
    file = opened(path)
    path.write_bytes(path.read_bytes()[:1_000_000])
    heard = Heard(images)
    images.show(file)
    qtbot.waitUntil(lambda: len(heard.failed) == 1)
    assert "damaged or cut off" in heard.failed[0].sentence
    assert heard.coarse == []


def test_that_the_overview_stays_where_the_tiles_cannot_be_made(
    qtbot: QtBot, images: LargeImages, cache: PyramidCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: object) -> None:
        raise DetectorError("The disk is full.")

    monkeypatch.setattr(cache, "build", build)
    heard = Heard(images)
    large = images.show(opened(write(tmp_path / "a.png")))
    qtbot.waitUntil(lambda: [one.sentence for one in heard.coarse] == ["The disk is full."])
    assert (large.progress, large.prepared, large.levels) == (1, None, 0)
    assert heard.failed == []
    large.want([Tile(0, 0, 0)])
    assert large.tile(Tile(0, 0, 0)) is None


def test_that_tiles_that_are_gone_are_told_once(qtbot: QtBot, images: LargeImages, tmp_path: Path) -> None:
    heard = Heard(images)
    large = images.show(opened(write(tmp_path / "a.png")))
    qtbot.waitUntil(lambda: large.levels > 0)
    for entry in (tmp_path / "pyramids").iterdir():
        entry.write_bytes(b"")
    large.want([Tile(0, column, row) for column in range(2) for row in range(3)])
    qtbot.waitUntil(lambda: len(heard.coarse) == 1)
    assert large.levels == 0


def test_that_the_pyramids_used_longest_ago_make_room(
    tmp_path: Path, cache: PyramidCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [opened(write(tmp_path / f"{number}.png", number)) for number in range(3)]
    (tmp_path / "pyramids").mkdir()
    (tmp_path / "pyramids" / "left behind.part").write_bytes(b"half")
    small = PyramidCache(tmp_path / "pyramids", max_bytes=16_000_000)
    for age, file in enumerate(files[:2]):
        assert small.build(file, lambda _share: None, lambda: False) is not None
        os.utime(small._entry(file), (age, age))
    assert small.find(files[0]) is not None
    assert small.build(files[2], lambda _share: None, lambda: False) is not None
    assert [small.find(file) is not None for file in files] == [True, False, True]
    assert not list((tmp_path / "pyramids").glob("*.part"))


def test_that_the_loader_brings_large_and_ordinary_images_alike(qtbot: QtBot, tmp_path: Path) -> None:
    def read(path: Path) -> ByteArray | LargeFile:
        return open_image(path, 1000) if path.stem == "large" else open_image(path)

    loader = ImageLoader(tmp_path / "thumbnails", read_image=read)
    shown: list[object] = []
    failures: list[str] = []
    loader.image_ready.connect(lambda _image_id, image: shown.append(image))
    loader.image_failed.connect(lambda _image_id, sentence: failures.append(sentence))
    try:
        large_path, small_path = write(tmp_path / "large.png"), write(tmp_path / "small.png")
        loader.show(1, large_path, [(2, small_path)])
        qtbot.waitUntil(lambda: len(shown) == 1)
        large = shown[0]
        assert isinstance(large, LargeImage)
        qtbot.waitUntil(lambda: large.levels > 0)
        assert list((tmp_path / "pyramids").glob("*.tif"))
        loader.show(2, small_path)
        qtbot.waitUntil(lambda: len(shown) == 2)
        assert isinstance(shown[1], np.ndarray)
        large_path.write_bytes(large_path.read_bytes()[:1_000_000])
        loader.show(1, large_path)
        qtbot.waitUntil(lambda: len(failures) == 1)
        assert "damaged or cut off" in failures[0]
    finally:
        loader.stop()
