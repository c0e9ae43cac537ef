"""Pyramids: true pixels at the finest level, halves above it, nothing left behind where they cannot be written."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detector import pyramids
from detector.images import open_image, read_image
from detector.large_images import LargeFile
from detector.pyramids import TILE, Pyramid
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

HEIGHT, WIDTH = 1301, 901


def never() -> bool:
    return False


def ignored(_share: float) -> None:
    pass


def large(folder: Path, orientation: int = 1) -> LargeFile:
    pixels = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(pixels).save(folder / "large.png", exif=exif, compress_level=1)
    file = open_image(folder / "large.png", 1000)
    assert isinstance(file, LargeFile)
    return file


@pytest.mark.parametrize("orientation", [1, 2, 6, 7])
def test_that_the_tiles_of_the_finest_level_are_the_pixels_of_the_file(tmp_path: Path, orientation: int) -> None:
    file = large(tmp_path, orientation)
    shares: list[float] = []
    assert pyramids.build(file, tmp_path / "cache" / "p.tif", shares.append, never)
    assert shares
    assert all(0 <= share <= 1 for share in shares)
    pyramid, whole = Pyramid(tmp_path / "cache" / "p.tif", file), read_image(file.path)
    assert pyramid.size(0) == whole.shape[:2] == file.size
    rows, columns = -(-file.size[0] // TILE), -(-file.size[1] // TILE)
    tiles = [np.concatenate([pyramid.read(0, column, row) for column in range(columns)], 1) for row in range(rows)]
    np.testing.assert_array_equal(np.concatenate(tiles), whole)
    height, width = pyramid.size(len(pyramid) - 1)
    assert max(height, width) <= TILE
    assert abs(height - file.size[0] / 2 ** (len(pyramid) - 1)) <= 1
    assert pyramid.read(len(pyramid) - 1, 0, 0).shape == (height, width, 3)


def test_that_a_half_is_the_mean_of_four(tmp_path: Path) -> None:
    file = large(tmp_path)
    assert pyramids.build(file, tmp_path / "p.tif", ignored, never)
    half = Pyramid(tmp_path / "p.tif", file).read(1, 0, 0).astype(int)
    mean = np.asarray(Image.fromarray(read_image(file.path)).reduce(2)).astype(int)
    assert np.abs(half - mean[: half.shape[0], : half.shape[1]]).max() <= 1


def test_that_cancelling_leaves_nothing(tmp_path: Path) -> None:
    file = large(tmp_path)
    assert not pyramids.build(file, tmp_path / "cache" / "p.tif", ignored, lambda: True)
    assert list((tmp_path / "cache").iterdir()) == []


def test_that_a_full_disk_is_a_sentence_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = large(tmp_path)
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(DetectorError, match=r"large\.png needs up to 0\.0 GB .* make room"):
        pyramids.build(file, tmp_path / "cache" / "p.tif", ignored, never)
    assert list((tmp_path / "cache").iterdir()) == []


def test_that_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    file = large(tmp_path)
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(DetectorError, match=r"large\.png cannot be prepared"):
        pyramids.build(file, tmp_path / "cache" / "p.tif", ignored, never)


def test_that_a_file_cut_off_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    file = large(tmp_path)
    file.path.write_bytes(file.path.read_bytes()[:500_000])
    with pytest.raises(DetectorError, match=r"large\.png is damaged or cut off"):
        pyramids.build(file, tmp_path / "cache" / "p.tif", ignored, never)
    assert list((tmp_path / "cache").iterdir()) == []


def test_that_something_else_is_no_pyramid(tmp_path: Path) -> None:
    file = large(tmp_path)
    (tmp_path / "p.tif").write_bytes(b"nothing of the kind")
    with pytest.raises(DetectorError):
        Pyramid(tmp_path / "p.tif", file)
    Image.new("RGB", (30, 30)).save(tmp_path / "p.tif")
    with pytest.raises(DetectorError, match="another image"):
        Pyramid(tmp_path / "p.tif", file)
