"""GIF and WebP files made to harm: frames without end, canvases without pixels."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from PIL import Image

from bench.hostile_parts import exif_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.hostile_case import Made


def _gif(width: int, height: int, frames: bytes) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frames + b";"


def _frame(left: int, top: int, width: int, height: int, data: bytes = b"\x02\x4c\x01\x00") -> bytes:
    return b"," + struct.pack("<HHHHB", left, top, width, height, 0) + data


def gifs() -> Iterator[Made]:
    control = b"!\xf9\x04\x08\x00\x00\x00\x00"
    yield "65535 x 65535.gif", lambda: _gif(65_535, 65_535, _frame(0, 0, 1, 1))
    yield "13000 x 13000.gif", lambda: _gif(13_000, 13_000, _frame(0, 0, 13_000, 13_000))
    yield (
        "13000 x 13000 and 100000 frames.gif",
        lambda: _gif(13_000, 13_000, (control + _frame(0, 0, 13_000, 13_000)) * 100_000),
    )
    yield "100000 frames.gif", lambda: _gif(64, 64, (control + _frame(0, 0, 64, 64)) * 100_000)
    yield "frame outside.gif", lambda: _gif(16, 16, _frame(60_000, 60_000, 2_000, 2_000))
    yield "frame without pixels.gif", lambda: _gif(16, 16, _frame(0, 0, 0, 0))
    yield "a million comments.gif", lambda: _gif(16, 16, b"!\xfe\x01a\x00" * 1_000_000 + _frame(0, 0, 16, 16))
    yield (
        "comment of 50 MB.gif",
        lambda: _gif(16, 16, b"!\xfe" + (b"\xff" + bytes([65]) * 255) * 200_000 + b"\0" + _frame(0, 0, 16, 16)),
    )
    yield "no frame.gif", lambda: _gif(16, 16, b"")


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a WebP file of some chunks."""
    body = b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def webps() -> Iterator[Made]:
    def canvas(width: int, height: int, flags: int) -> tuple[bytes, bytes]:
        return b"VP8X", struct.pack("<I", flags) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]

    still = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(still, "WEBP", lossless=True)
    pixels = still.getvalue()[12:]
    frame = b"ANMF", bytes(3) + bytes(3) + bytes((15, 0, 0, 15, 0, 0, 1, 0, 0, 0)) + pixels
    yield "canvas of 16 million sides.webp", lambda: riff(canvas(2**24, 2**24, 2), (b"ANIM", bytes(6)), frame)
    yield "canvas of 170 megapixels.webp", lambda: riff(canvas(13_000, 13_000, 2), (b"ANIM", bytes(6)), frame)
    yield (
        "canvas of 170 megapixels and many frames.webp",
        lambda: riff(canvas(13_000, 13_000, 2), (b"ANIM", bytes(6)), *[frame] * 20_000),
    )
    yield "200000 frames.webp", lambda: riff(canvas(16, 16, 2), (b"ANIM", bytes(6)), *[frame] * 200_000)
    yield "lying size.webp", lambda: b"RIFF\xff\xff\xff\xffWEBPVP8X" + pixels
    yield "EXIF loop.webp", lambda: riff(canvas(16, 16, 8), (pixels[:4], pixels[8:]), (b"EXIF", exif_loop()))

    def plain(side: int) -> bytes:
        target = io.BytesIO()
        Image.new("RGB", (side, side)).save(target, "WEBP", lossless=True, quality=0, method=0)
        return target.getvalue()

    yield "13000 x 13000 in some bytes.webp", lambda: plain(13_000)
