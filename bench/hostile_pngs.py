"""PNG files made to harm: bombs, lies about sizes, endless chunks."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from bench.hostile_parts import MEBIBYTE, bomb, exif_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.hostile_case import Made

PNG = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(
    width: int,
    height: int,
    depth: int,
    color: int,
    *between: bytes,
    data: bytes = b"",
    packed: bytes = b"",
    interlace: int = 0,
) -> bytes:
    """Return a PNG file with `between` before its pixels: `packed`, or else `data`, which is compressed here."""
    pixels = chunk(b"IDAT", packed or zlib.compress(data, 9))
    return head(width, height, depth, color, interlace) + b"".join(between) + pixels + chunk(b"IEND", b"")


def head(width: int, height: int, depth: int, color: int, interlace: int = 0) -> bytes:
    """Return how a PNG file begins."""
    return PNG + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))


def pngs() -> Iterator[Made]:
    """Yield all of them."""
    yield from _sizes()
    yield from _texts()
    yield from _parts()


def _sizes() -> Iterator[Made]:
    yield "lying 13000 x 13000.png", lambda: png(13_000, 13_000, 8, 6, data=bytes(100))
    yield "lying 13000 x 13000 interlaced.png", lambda: png(13_000, 13_000, 16, 6, data=bytes(100), interlace=1)
    yield "lying 2 to the 31.png", lambda: png(2**31 - 1, 2**31 - 1, 8, 2)
    yield "zero sides.png", lambda: png(0, 0, 8, 2)
    yield "odd depth.png", lambda: png(8, 8, 7, 5, data=bytes(400))
    yield "400 megapixels in 50 kB.png", lambda: png(20_000, 20_000, 1, 0, packed=bomb(50 * MEBIBYTE))
    yield "170 megapixels in 170 kB.png", lambda: png(13_000, 13_000, 8, 0, packed=bomb(170 * MEBIBYTE))
    yield "170 megapixels interlaced.png", lambda: png(13_000, 13_000, 8, 0, packed=bomb(170 * MEBIBYTE), interlace=1)
    yield "177 megapixels of 16-bit colour.png", lambda: png(13_300, 13_300, 16, 6, packed=bomb(1350 * MEBIBYTE))
    yield "pixels of 1 GB for 8 x 8.png", lambda: png(8, 8, 8, 2, packed=bomb(1024 * MEBIBYTE))


def _texts() -> Iterator[Made]:
    """Yield files with more words than pixels."""
    for name, start in ((b"iCCP", b"profile\0\0"), (b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\1\0\0\0")):
        yield (
            f"{name.decode()} of 1 GB.png",
            lambda name=name, start=start: png(8, 8, 8, 2, chunk(name, start + bomb(1024 * MEBIBYTE)), data=bytes(200)),  # type: ignore[misc]
        )
    texts = chunk(b"tEXt", b"Comment\0" + bytes(40))
    yield "a million texts.png", lambda: png(8, 8, 8, 2, texts * 1_000_000, data=bytes(200))
    yield (
        "a million compressed texts.png",
        lambda: png(
            8, 8, 8, 2, chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(60_000))) * 50_000, data=bytes(200)
        ),
    )


def _parts() -> Iterator[Made]:
    """Yield files whose parts are too many, too long, or not what they say."""
    yield "a million empty parts.png", lambda: png(64, 64, 8, 2, chunk(b"IDAT", b"") * 1_000_000, data=bytes(64 * 193))
    yield (
        "part of 2 GB that is not there.png",
        lambda: head(8, 8, 8, 2) + struct.pack(">I", 2**31 - 1) + b"IDAT",
    )
    yield (
        "negative length.png",
        lambda: head(8, 8, 8, 2) + struct.pack(">I", 2**32 - 1) + b"tEXt" + bytes(99),
    )
    yield (
        "4 billion frames.png",
        lambda: png(8, 8, 8, 2, chunk(b"acTL", struct.pack(">II", 2**32 - 1, 0)), data=bytes(200)),
    )
    yield (
        "frame larger than the image.png",
        lambda: png(
            8,
            8,
            8,
            2,
            chunk(b"acTL", struct.pack(">II", 2, 0))
            + chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 60_000, 60_000, 9, 9, 1, 1, 0, 0)),
            data=bytes(200),
        ),
    )
    yield (
        "palette of 70000.png",
        lambda: png(8, 8, 8, 3, chunk(b"PLTE", bytes(210_000)), chunk(b"tRNS", bytes(70_000)), data=bytes(200)),
    )
    late = head(8, 8, 8, 2) + chunk(b"IDAT", zlib.compress(bytes(200)))
    yield "EXIF loop behind the pixels.png", lambda: late + chunk(b"eXIf", exif_loop()) + chunk(b"IEND", b"")
    yield "a million parts behind the pixels.png", lambda: late + chunk(b"tEXt", b"a\0") * 1_000_000
