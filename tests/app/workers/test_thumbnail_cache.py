from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.workers.thumbnail_cache import ThumbnailCache
from detector.types import ByteArray, DetectorError

if TYPE_CHECKING:
    from pathlib import Path


class Reader:
    """Counts what it decodes; every image is one even colour, its own thumbnail."""

    def __init__(self) -> None:
        self.decoded: list[Path] = []

    def __call__(self, path: Path, side: int) -> ByteArray:
        self.decoded.append(path)
        if not path.exists():
            raise DetectorError(f"{path.name} is gone; search the folder again.")
        return np.full((side // 2, side, 3), (200, 40, 90), np.uint8)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "bär.png"
    path.write_bytes(b"image")
    return path


def test_that_a_thumbnail_is_decoded_once_even_by_a_later_session(tmp_path: Path, image: Path) -> None:
    reader = Reader()
    first = ThumbnailCache(tmp_path / "cache", 32, reader).get(image)
    later = ThumbnailCache(tmp_path / "cache", 32, reader).get(image)
    assert reader.decoded == [image]
    assert later.shape == first.shape == (16, 32, 3)
    assert later.dtype == np.uint8
    np.testing.assert_allclose(later.astype(int), first, atol=3)


def test_that_a_changed_file_or_another_side_is_decoded_again(tmp_path: Path, image: Path) -> None:
    reader = Reader()
    cache = ThumbnailCache(tmp_path / "cache", 32, reader)
    cache.get(image)
    image.write_bytes(b"a longer image")
    cache.get(image)
    os.utime(image, ns=(1, 1))
    cache.get(image)
    ThumbnailCache(tmp_path / "cache", 16, reader).get(image)
    assert len(reader.decoded) == 4


def test_that_a_broken_file_in_the_cache_is_replaced(tmp_path: Path, image: Path) -> None:
    reader = Reader()
    cache = ThumbnailCache(tmp_path / "cache", 32, reader)
    cache.get(image)
    (entry,) = (tmp_path / "cache").rglob("*.jpg")
    for content in (b"", b"no picture", entry.read_bytes()[:60]):
        entry.write_bytes(content)
        reader.decoded.clear()
        cache.get(image)
        cache.get(image)
        assert len(reader.decoded) == 1


def test_that_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path, image: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    reader = Reader()
    cache = ThumbnailCache(tmp_path / "cache", 32, reader)
    assert cache.get(image).shape == (16, 32, 3)
    assert cache.get(image).shape == (16, 32, 3)
    assert len(reader.decoded) == 2


def test_that_nothing_is_made_in_place_of_a_project_that_is_gone_meanwhile(tmp_path: Path, image: Path) -> None:
    project = tmp_path / "project"
    (project / "cache").mkdir(parents=True)

    def read(_path: Path, side: int) -> ByteArray:
        project.rename(tmp_path / "pulled out")
        return np.zeros((side, side, 3), np.uint8)

    assert ThumbnailCache(project / "cache" / "thumbnails", 32, read).get(image).shape == (32, 32, 3)
    assert not project.exists()


def test_that_a_cache_holds_nothing_but_whole_thumbnails(tmp_path: Path, image: Path) -> None:
    ThumbnailCache(tmp_path / "cache", 32, Reader()).get(image)
    assert [path.suffix for path in (tmp_path / "cache").rglob("*") if path.is_file()] == [".jpg"]


def test_that_a_missing_image_is_explained_by_its_reader(tmp_path: Path) -> None:
    cache = ThumbnailCache(tmp_path / "cache", 32, Reader())
    with pytest.raises(DetectorError, match=r"gone\.png is gone"):
        cache.get(tmp_path / "gone.png")
