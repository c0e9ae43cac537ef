"""BMP, ICO, PPM, TGA and JPEG 2000 files made to harm, and files that are no images."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from bench.hostile_parts import MEBIBYTE, bomb, segment
from bench.hostile_pngs import PNG, chunk, png

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.hostile_case import Made


def _bmp(width: int, height: int, bits: int, packing: int, data: bytes = b"", *, offset: int = 54) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(data), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, offset) + info + data


def _ico(*pictures: tuple[int, bytes]) -> bytes:
    start = 6 + 16 * len(pictures)
    entries = b"".join(struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(one), start) for side, one in pictures)
    return struct.pack("<HHH", 0, 1, len(pictures)) + entries + b"".join(one for _, one in pictures)


def _jp2(side: int, components: int, tile: int) -> bytes:
    size = struct.pack(">HIIIIIIIIH", 0, side, side, 0, 0, tile, tile, 0, 0, components) + b"\x07\x01\x01" * components
    coding = struct.pack(">BBHBBBBBB", 0, 0, 1, 0, 5, 4, 4, 0, 0)
    quantities = bytes(1 + 16)
    return (
        b"\xff\x4f"
        + segment(0x51, size)
        + segment(0x52, coding)
        + segment(0x5C, quantities)
        + segment(0x90, struct.pack(">HIBB", 0, 0, 0, 1))
        + b"\xff\x93"
        + bytes(64)
        + b"\xff\xd9"
    )


def odd_formats() -> Iterator[Made]:
    """Yield all of them."""
    yield from _bitmaps()
    yield from _icons()
    yield from _plain_formats()
    yield from _waves()
    yield from _strangers()


def _bitmaps() -> Iterator[Made]:
    yield "lying 13000 x 13000.bmp", lambda: _bmp(13_000, 13_000, 32, 0)
    yield "negative sides.bmp", lambda: _bmp(-8, -(2**31), 24, 0)
    yield "runs for 13000 x 13000.bmp", lambda: _bmp(13_000, 13_000, 8, 1, b"\xff\0" * 10_000)
    yield "runs that leave the image.bmp", lambda: _bmp(8, 8, 8, 1, b"\0\2\xff\xff" * 100_000)
    yield "pixels behind the end.bmp", lambda: _bmp(8, 8, 24, 0, b"", offset=2**32 - 1)
    yield "32 bits in fields.bmp", lambda: _bmp(9_000, 9_000, 32, 3, bytes(12))


def _icons() -> Iterator[Made]:
    yield "170 megapixels inside.ico", lambda: _ico((0, png(13_000, 13_000, 8, 6, data=bytes(99))))
    yield (
        "170 megapixels inside, whole.ico",
        lambda: _ico(
            (
                0,
                PNG
                + chunk(b"IHDR", struct.pack(">IIBBBBB", 13_000, 13_000, 8, 0, 0, 0, 0))
                + chunk(b"IDAT", bomb(170 * MEBIBYTE))
                + chunk(b"IEND", b""),
            )
        ),
    )
    yield "400 megapixels inside.ico", lambda: _ico((0, png(20_000, 20_000, 1, 0, data=bytes(99))))
    yield (
        "bitmap of 60000 inside.ico",
        lambda: _ico((16, struct.pack("<IiiHHIIiiII", 40, 60_000, 60_000, 1, 32, 0, 0, 0, 0, 0, 0))),
    )
    yield (
        "65535 pictures.ico",
        lambda: struct.pack("<HHH", 0, 1, 65_535) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, 40, 6) * 65_535,
    )


def _plain_formats() -> Iterator[Made]:
    yield (
        "13000 x 13000.tga",
        lambda: struct.pack("<BBBHHBHHHHBB", 0, 0, 10, 0, 0, 0, 0, 0, 13_000, 13_000, 32, 0) + b"\xff\0\0\0\0" * 9,
    )
    yield "13000 x 13000.ppm", lambda: b"P6 13000 13000 255\n" + bytes(99)
    yield "13000 x 13000 in text.ppm", lambda: b"P3 13000 13000 255\n" + b"0 " * 9_999
    yield "number of a million digits.ppm", lambda: b"P6 " + b"9" * 1_000_000 + b" 1 255\n"
    yield "a comment of 50 MB.ppm", lambda: b"P6 #" + b"a" * 50_000_000 + b"\n8 8 255\n" + bytes(192)
    yield "white space of 50 MB in text.ppm", lambda: b"P3 8 8 255\n" + b" " * 50_000_000 + b"0 " * 192
    yield "13000 x 13000 of 16 bits.pgm", lambda: b"P5 13000 13000 65535\n" + bytes(99)
    yield "13000 x 13000 of floats.pgm", lambda: b"Pf\n13000 13000\n-1.0\n" + bytes(99)


def _waves() -> Iterator[Made]:
    yield "13000 x 13000.jp2", lambda: _jp2(13_000, 3, 13_000)
    yield "tiles of one pixel.jp2", lambda: _jp2(13_000, 1, 1)
    yield "16384 components.jp2", lambda: _jp2(64, 16_384, 64)


def _strangers() -> Iterator[Made]:
    """Yield files that are called images and are none."""
    yield "text called an image.jpg", lambda: b"hello\n" * 1_000
    yield "a program called an image.png", lambda: b"\x7fELF" + bytes(4_096)
    yield (
        "PostScript called an image.jpg",
        lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch pwned) (w) file\n",
    )
    yield "a PDF called an image.tif", lambda: b"%PDF-1.4\n" + bytes(999)
    yield (
        "SVG that includes a file.png",
        lambda: b"<svg xmlns:xlink='http://www.w3.org/1999/xlink'><image xlink:href='file:///etc/passwd'/></svg>",
    )
    yield "two bytes.webp", lambda: b"RI"
