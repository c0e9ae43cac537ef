"""Images that somebody made to harm: each is refused with its reason before it takes minutes or memory."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detector import images, jpeg_scans, large_images
from detector.images import ImageTooLargeError, read_image, read_image_size, read_thumbnail
from detector.jpeg_scans import count_scans
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path


def progressive(path: Path, more_scans: int = 0) -> Path:
    """Write a progressive JPEG with its last scan repeated."""
    target = io.BytesIO()
    Image.effect_noise((64, 48), 90).save(target, "JPEG", progressive=True)
    whole = target.getvalue()
    last = whole.rindex(b"\xff\xda")
    path.write_bytes(whole[:-2] + whole[last:-2] * more_scans + whole[-2:])
    return path


@pytest.mark.parametrize("read", [read_image, lambda path: read_thumbnail(path, 16)])
def test_that_a_jpeg_of_endless_scans_is_refused_and_a_usual_one_is_not(tmp_path: Path, read) -> None:
    usual, endless = progressive(tmp_path / "usual.jpg"), progressive(tmp_path / "endless.jpg", 200)
    read(usual)
    with pytest.raises(DetectorError, match=r"endless\.jpg is stored in more than 100 passes"):
        read(endless)
    assert read_image_size(endless) == (48, 64)


def test_that_scans_are_counted_only_where_there_can_be_several(tmp_path: Path) -> None:
    assert count_scans(progressive(tmp_path / "p.jpg", 5), 50) - count_scans(progressive(tmp_path / "q.jpg"), 50) == 5
    assert count_scans(progressive(tmp_path / "r.jpg", 500), 50) == 50
    plain = tmp_path / "plain.jpg"
    Image.new("RGB", (64, 48)).save(plain)
    content = plain.read_bytes()
    plain.write_bytes(content + b"\xff\xda\0\x02" * 1_000)  # what somebody put behind the end
    assert count_scans(plain, 50) == 1
    plain.write_bytes(content[:2] + b"\xff\xfe\0\x0a\xff\xda\xff\xda\xff\xda\xff\xda" + content[2:])  # a comment
    assert count_scans(plain, 50) == 1


def test_that_half_a_jpeg_has_half_its_scans(tmp_path: Path) -> None:
    path = progressive(tmp_path / "p.jpg", 10)
    content = path.read_bytes()
    for length in range(2, len(content), 97):
        path.write_bytes(content[:length])
        assert 0 <= count_scans(path, 50) <= 20


def test_that_many_passes_ask_for_more_memory_and_get_fewer_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "WHOLE_PIXELS", 64 * 48 - 1)
    with pytest.raises(ImageTooLargeError, match="64 x 48"):
        read_image(progressive(tmp_path / "p.jpg"))
    plain = tmp_path / "plain.jpg"
    Image.new("RGB", (64, 48)).save(plain)
    read_image(plain)


@pytest.mark.parametrize("suffix", ["webp", "jp2"])
def test_that_a_format_that_takes_more_memory_gets_fewer_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.new("RGB", (64, 48)).save(path)
    read_image(path)
    monkeypatch.setattr(images, "WHOLE_PIXELS", 64 * 48 - 1)
    with pytest.raises(ImageTooLargeError):
        read_image(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ppm", b"P6 #" + b"a" * 5_000 + b"\n2 2 255\n" + bytes(12)),
        ("a.jpg", b"\xff\xd8" + b"\xff" * 5_000),
        ("a.png", b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 8, 8, 8, 2, 0, 0, 0)),
    ],
)
def test_that_a_header_without_end_is_not_read_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
) -> None:
    monkeypatch.setattr(images, "MAX_PIECES", 1_000)
    if name == "a.png":
        text = struct.pack(">I", 2) + b"tEXta\0" + struct.pack(">I", zlib.crc32(b"tEXta\0"))
        content += struct.pack(">I", zlib.crc32(content[12:])) + text * 2_000
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DetectorError, match="is made of more parts than anybody needs"):
        read_image(path)


def test_that_deep_colour_with_transparency_can_be_read_in_parts(tmp_path: Path) -> None:
    rows = b"".join(b"\0" + struct.pack(">HHHH", 0xFFFF, 0, 0x8000, 0xFFFF) * 40 for _ in range(30))

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 30, 16, 6, 0, 0, 0))
    path = tmp_path / "deep.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    file = large_images.open_large(path, images.MAX_SIDE)
    ((_, pixels),) = large_images.read_parts(file, [(0, 0, 40, 30)])
    np.testing.assert_array_equal(pixels, np.broadcast_to([255, 0, 128], (30, 40, 3)))


def test_that_the_counter_of_scans_reads_no_more_than_it_needs(tmp_path: Path) -> None:
    assert jpeg_scans.count_scans(progressive(tmp_path / "p.jpg", 1_000), 3) == 3
