"""JPEG files made to harm: passes without end, tables and comments without end, loops in EXIF."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from PIL import Image

from bench.hostile_parts import exif_loop, ifd, sample, segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.hostile_case import Made

_START = b"\xff\xd8"


def _jpeg(width: int, height: int, *, progressive: bool = False) -> bytes:
    """Return a grey JPEG file of one colour whose header says that it is of another size."""
    target = io.BytesIO()
    Image.new("L", (64, 64), 99).save(target, "JPEG", progressive=progressive)
    whole = bytearray(target.getvalue())
    start = whole.index(bytes((0xFF, 0xC2 if progressive else 0xC0)))
    whole[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def _in_colour(width: int, height: int) -> bytes:
    """Return a progressive JPEG of three full components whose header says that it is of another size."""
    target = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(target, "JPEG", progressive=True, subsampling=0)
    whole = bytearray(target.getvalue())
    start = whole.index(b"\xff\xc2")
    whole[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def _scans(width: int, height: int, count: int) -> bytes:
    """Return a progressive JPEG of `count` scans, each of which the decoder goes through for every pixel.

    A scan of end-of-band runs says of 32767 blocks at once that they are as they were: some bytes for a whole pass.
    """
    head = _START + segment(0xDB, bytes(1) + bytes([1]) * 64)
    frame = segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + bytes((1, 0x11, 0)))
    dc_codes = segment(0xC4, bytes((0x00, 1, *(0,) * 15, 0)))  # one code of one bit: no difference
    ac_codes = segment(0xC4, bytes((0x10, 1, *(0,) * 15, 0xE0)))  # one code: a run of 2 to the 14 blocks and 14 bits
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    dc_scan = segment(0xDA, bytes((1, 1, 0x00, 0, 0, 0x00))) + bytes((blocks + 7) // 8)
    runs = -(-blocks // 2**14)
    bits = "".join("0" + "0" * 14 for _ in range(runs))
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    ac_scan = segment(0xDA, bytes((1, 1, 0x00, 1, 63, 0x00))) + packed
    return head + frame + dc_codes + ac_codes + dc_scan + ac_scan * count + b"\xff\xd9"


def jpegs() -> Iterator[Made]:
    """Yield all of them."""
    yield from _sizes()
    yield from _passes()
    yield from _headers()
    yield from _metadata()
    yield from _pictures()


def _sizes() -> Iterator[Made]:
    yield "lying 13000 x 13000.jpg", lambda: _jpeg(13_000, 13_000)
    yield "lying 13000 x 13000 progressive.jpg", lambda: _jpeg(13_000, 13_000, progressive=True)
    yield "lying 65535 x 65535.jpg", lambda: _jpeg(65_535, 65_535)
    yield "no height.jpg", lambda: _jpeg(64, 0)
    yield "lying 13000 x 13000 progressive in colour.jpg", lambda: _in_colour(13_000, 13_000)
    yield "lying 9400 x 9400 progressive in colour.jpg", lambda: _in_colour(9_400, 9_400)


def _passes() -> Iterator[Made]:
    yield "100 scans of 170 megapixels.jpg", lambda: _scans(13_000, 13_000, 99)
    yield "100 scans of 85 megapixels.jpg", lambda: _scans(9_200, 9_200, 99)
    yield "1000 scans of 4 megapixels.jpg", lambda: _scans(2_000, 2_000, 1_000)
    yield "5000 scans of 170 megapixels.jpg", lambda: _scans(13_000, 13_000, 5_000)
    yield "100000 scans of 16 megapixels.jpg", lambda: _scans(4_000, 4_000, 100_000)
    yield "100000 scans of one block.jpg", lambda: _scans(8, 8, 100_000)


def _headers() -> Iterator[Made]:
    """Yield files whose header does not end soon."""
    start, small = _START, sample("JPEG")[2:]
    yield "padding of 50 MB.jpg", lambda: start + b"\xff" * 50_000_000 + small
    yield "a million comments.jpg", lambda: start + segment(0xFE, b"") * 1_000_000 + small
    yield "100 MB of comments.jpg", lambda: start + segment(0xFE, bytes(65_000)) * 1_600 + small
    yield (
        "profile of 255 parts.jpg",
        lambda: (
            start
            + b"".join(segment(0xE2, b"ICC_PROFILE\0" + bytes((n, 255)) + bytes(65_000)) for n in range(1, 256))
            + small
        ),
    )
    yield "profile of a million parts.jpg", lambda: start + segment(0xE2, b"ICC_PROFILE\0\1\1") * 1_000_000 + small
    yield "tables without end.jpg", lambda: start + segment(0xDB, bytes(1) + bytes([1]) * 64) * 500_000 + small


def _metadata() -> Iterator[Made]:
    """Yield files whose EXIF or XMP swells."""
    start, small = _START, sample("JPEG")[2:]
    yield "EXIF loop.jpg", lambda: start + segment(0xE1, b"Exif\0\0" + exif_loop()) + small
    yield (
        "EXIF of 4 billion values.jpg",
        lambda: start + segment(0xE1, b"Exif\0\0" + ifd([(0x0112, 3, 2**32 - 1, 8)])) + small,
    )
    yield (
        "EXIF of 65535 entries.jpg",
        lambda: start + segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(5_000)) + small,
    )
    yield (
        "XMP of 10000 entities.jpg",
        lambda: (
            start
            + segment(
                0xE1,
                b"http://ns.adobe.com/xap/1.0/\0<!DOCTYPE a [<!ENTITY b '"
                + b"c" * 999
                + b"'>]><a tiff:Orientation='6'>"
                + b"&b;" * 10_000
                + b"</a>",
            )
            + small
        ),
    )


def _pictures() -> Iterator[Made]:
    """Yield files with other pictures than one of three components, or with none."""
    start, small = _START, sample("JPEG")[2:]
    yield (
        "multi-picture of a million frames.jpg",
        lambda: (
            start
            + segment(
                0xE2, b"MPF\0" + ifd([(0xB000, 7, 4, 0x30303130), (0xB001, 4, 1, 10**6), (0xB002, 7, 16 * 10**6, 50)])
            )
            + small
        ),
    )
    yield (
        "multi-picture whose frame is itself.jpg",
        lambda: (
            start
            + segment(
                0xE2, b"MPF\0" + ifd([(0xB000, 7, 4, 0x30303130), (0xB001, 4, 1, 2), (0xB002, 7, 32, 50)]) + bytes(64)
            )
            + small
        ),
    )
    yield (
        "sixteen times sampled.jpg",
        lambda: (
            start
            + segment(0xDB, bytes(1) + bytes([1]) * 64)
            + segment(
                0xC0,
                struct.pack(">BHHB", 8, 60_000, 2_900, 4) + bytes((1, 0x44, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)),
            )
            + small
        ),
    )
    yield "no components.jpg", lambda: start + segment(0xC0, struct.pack(">BHHB", 8, 9, 9, 0)) + b"\xff\xd9"
    yield "only its first two bytes.jpg", lambda: start
