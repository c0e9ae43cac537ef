"""Images read in parts: the same pixels as in one, whatever the orientation and the format."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detector import large_images
from detector.images import ImageTooLargeError, open_image, read_image, read_image_size, read_thumbnail
from detector.large_images import LargeFile
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

    from detector.types import ByteArray

LIMIT = 1000
ORIENTATION = 274


def noise(height: int, width: int, *channels: int) -> ByteArray:
    return np.random.default_rng(7).integers(0, 256, (height, width, *channels), dtype=np.uint8)


def opened(path: Path) -> LargeFile:
    file = open_image(path, LIMIT)
    assert isinstance(file, LargeFile)
    return file


def oriented(folder: Path, suffix: str, orientation: int) -> Path:
    path = folder / f"turned{suffix}"
    image = Image.fromarray(noise(700, 500, 3))
    if suffix == ".tif":
        image.save(path, tiffinfo={ORIENTATION: orientation})
    else:
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        image.save(path, exif=exif)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_that_parts_are_those_of_the_upright_image(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = oriented(tmp_path, suffix, orientation)
    whole = read_image(path)
    file = opened(path)
    assert file.size == whole.shape[:2]
    height, width = file.size
    rectangles = [
        (x, y, min(x + 200, width), min(y + 170, height)) for x in range(0, width, 150) for y in range(0, height, 130)
    ]
    seen = dict(large_images.read_parts(file, rectangles))
    assert sorted(seen) == list(range(len(rectangles)))
    for index, (x1, y1, x2, y2) in enumerate(rectangles):
        np.testing.assert_array_equal(seen[index], whole[y1:y2, x1:x2])
    np.testing.assert_array_equal(large_images.read_overview(file, 1000), whole)


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_that_an_overview_is_the_mean_and_comes_in_bands(tmp_path: Path, orientation: int) -> None:
    path = oriented(tmp_path, ".png", orientation)
    file, whole = opened(path), read_image(path)
    bands = list(large_images.overview(file, 200))
    assert len(bands) > 1
    assert bands[-1].done == 1
    assert [band.done for band in bands] == sorted({band.done for band in bands})
    small = large_images.read_overview(file, 200)
    assert small.shape[:2] == large_images.overview_size(file.size, 200) == (file.size[0] // 4, file.size[1] // 4)
    mean = np.asarray(Image.fromarray(whole).reduce(4)).astype(int)
    assert np.abs(small.astype(int) - mean).max() <= 1


def test_that_a_jpeg_is_left_out_pixels_of_while_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "even.jpg"
    Image.new("RGB", (1001, 803), (200, 90, 30)).save(path, quality=95)
    small = large_images.read_overview(opened(path), 150)
    assert small.shape == (100, 125, 3)
    assert np.abs(small.astype(int) - (200, 90, 30)).max() <= 4


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("grey.png", Image.fromarray(noise(40, 60))),
        ("grey16.png", Image.fromarray(np.linspace(0, 4095, 2400).reshape(40, 60).astype(np.uint16))),
        ("bits.png", Image.fromarray(noise(40, 60)).convert("1")),
        ("palette.png", Image.fromarray(noise(40, 60, 3)).quantize(32)),
        ("see-through.png", Image.fromarray(noise(40, 60, 4))),
        ("grey.tif", Image.fromarray(noise(40, 60))),
        ("grey16.tif", Image.fromarray(np.linspace(0, 65_535, 2400).reshape(40, 60).astype(np.uint16))),
    ],
)
def test_that_pixels_of_every_kind_are_those_of_the_ordinary_reader(
    tmp_path: Path, name: str, image: Image.Image
) -> None:
    image.save(tmp_path / name)
    whole = read_image(tmp_path / name).astype(int)
    ((_, pixels),) = large_images.read_parts(opened(tmp_path / name), [(0, 0, 60, 40)])
    assert np.abs(pixels.astype(int) - whole).max() <= 1


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_that_a_file_that_is_cut_off_is_a_sentence(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cut{suffix}"
    Image.fromarray(noise(600, 600, 3)).save(path)
    path.write_bytes(path.read_bytes()[:60_000])
    file = opened(path)
    with pytest.raises(DetectorError, match=r"cut.*damaged or cut off"):
        large_images.read_overview(file, 300)
    with pytest.raises(DetectorError, match=r"cut.*damaged or cut off"):
        list(large_images.read_parts(file, [(0, 0, 100, 600)]))


def test_that_a_file_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=r"gone\.png"):
        list(large_images.overview(LargeFile(tmp_path / "gone.png", (10, 10), 1, "pngload"), 10))


@pytest.mark.parametrize(("name", "options"), [("a.bmp", {}), ("a.jpg", {"progressive": True})])
def test_that_what_cannot_be_read_in_parts_is_read_as_a_whole(
    tmp_path: Path, name: str, options: dict[str, bool]
) -> None:
    Image.fromarray(noise(50, 60, 3)).save(tmp_path / name, **options)
    whole = open_image(tmp_path / name, LIMIT)
    assert isinstance(whole, np.ndarray)
    np.testing.assert_array_equal(whole, read_image(tmp_path / name))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def test_that_what_is_too_large_and_cannot_be_read_in_parts_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5 20000 20000 255\n" + bytes(100))
    with pytest.raises(ImageTooLargeError, match=r"a\.pgm is too large.*Only JPEG, PNG, TIFF may have more"):
        read_image_size(tmp_path / "a.pgm")
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 1)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    with pytest.raises(ImageTooLargeError, match=r"a\.png is too large.*several passes"):
        read_thumbnail(tmp_path / "a.png", 10)


def test_that_size_and_thumbnail_of_a_large_image_can_be_had(tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "odd-images" / "made_20000x20000_1bit.png"
    assert read_image_size(path) == (20_000, 20_000)
    assert read_thumbnail(path, 160).shape == (160, 160, 3)
    with pytest.raises(ImageTooLargeError, match="too large"):
        read_image(path)
