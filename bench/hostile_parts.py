"""What several sorts of hostile images are put together from."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

MEBIBYTE = 2**20


def sample(kind: str) -> bytes:
    """Return a small whole image of a format."""
    rng = np.random.default_rng(7)
    picture = Image.fromarray(rng.integers(0, 255, (24, 32, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    target = io.BytesIO()
    options = {"exif": exif} if kind in ("JPEG", "PNG", "WEBP", "TIFF") else {}
    picture.save(target, kind, **options)
    return target.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    """Return a segment of JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def bomb(size: int) -> bytes:
    """Return `size` zeros, deflated: a thousandth of that."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(MEBIBYTE)) for _ in range(size // MEBIBYTE)]
    return b"".join((*parts, packer.flush()))


def ifd(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    """Return a TIFF header with one directory of (tag, type, count, value)."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def exif_loop() -> bytes:
    """Return EXIF whose directories lead to themselves: next, EXIF, GPS and interoperability."""
    return ifd([(0x0112, 3, 1, 6), (0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0xA005, 4, 1, 8)], following=8)
