"""TIFF files made to harm: loops, a million pages, strips and samples without sense."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from bench.hostile_parts import MEBIBYTE, bomb, ifd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.hostile_case import Made


def _tiff(
    width: int, height: int, more: dict[int, tuple[int, int, int]] | None = None, data: bytes = b"", following: int = 0
) -> bytes:
    """Return a grey TIFF file; `more` adds or changes entries: tag -> (type, count, value)."""
    entries = {
        256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1),
        273: (4, 1, 8), 277: (3, 1, 1), 278: (4, 1, height), 279: (4, 1, len(data)),
    }  # fmt: skip
    entries |= more or {}
    start = 8 + 2 + 12 * len(entries) + 4
    if entries[273] == (4, 1, 8):
        entries[273] = (4, 1, start)
    return ifd([(tag, *entries[tag]) for tag in sorted(entries)], following) + data


def tiffs() -> Iterator[Made]:
    """Yield all of them."""
    yield from _directories()
    yield from _strips()
    yield from _samples()
    yield from _bombs()
    yield from _tags()


def _directories() -> Iterator[Made]:
    yield "lying 13000 x 13000.tif", lambda: _tiff(13_000, 13_000, data=bytes(64))
    yield "lying 4 billion.tif", lambda: _tiff(2**32 - 1, 2**32 - 1)
    yield "directory that follows itself.tif", lambda: _tiff(8, 8, data=bytes(64), following=8)
    pages = 1_000_000

    def many_pages() -> bytes:
        first = _tiff(8, 8, data=bytes(64))
        links = bytearray(struct.pack("<H", 0) + bytes(4)) * pages
        for page in range(pages - 1):
            links[page * 6 + 2 : page * 6 + 6] = struct.pack("<I", len(first) + (page + 1) * 6)
        whole = bytearray(first + links)
        end = 8 + 2 + 12 * 9
        whole[end : end + 4] = struct.pack("<I", len(first))
        return bytes(whole)

    yield "a million pages.tif", many_pages


def _strips() -> Iterator[Made]:
    yield "4 billion strips.tif", lambda: _tiff(8, 8, {273: (4, 2**32 - 1, 8), 279: (4, 2**32 - 1, 8)}, bytes(64))
    yield "strips of no rows.tif", lambda: _tiff(8, 8, {278: (4, 1, 0)}, bytes(64))
    yield (
        "a million strips.tif",
        lambda: _tiff(1, 60_000, {273: (4, 60_000, 8), 279: (4, 60_000, 8), 278: (4, 1, 1)}, bytes(9_999)),
    )
    yield (
        "tiles of 4 billion.tif",
        lambda: _tiff(8, 8, {322: (4, 1, 2**31), 323: (4, 1, 2**31), 324: (4, 1, 8), 325: (4, 1, 8)}),
    )
    yield (
        "tiles of 1 x 1.tif",
        lambda: _tiff(
            13_000,
            13_000,
            {322: (4, 1, 1), 323: (4, 1, 1), 324: (4, 10**6, 200), 325: (4, 10**6, 200)},
            bytes(5 * 10**6),
        ),
    )


def _samples() -> Iterator[Made]:
    """Yield files whose numbers are of a kind or a packing that hardly anybody has."""
    yield (
        "65535 samples a pixel.tif",
        lambda: _tiff(60, 60, {277: (3, 1, 65_535), 258: (3, 65_535, 200)}, bytes(200_000)),
    )
    for bits, form in ((1, 1), (7, 1), (12, 1), (32, 3), (64, 3), (64, 1), (128, 6), (8, 65_535), (65_535, 1)):
        yield (
            f"{bits} bits of format {form}.tif",
            lambda bits=bits, form=form: _tiff(16, 16, {258: (3, 1, bits), 339: (3, 1, form)}, bytes(4_096)),  # type: ignore[misc]
        )
    for code in (2, 3, 4, 5, 6, 7, 8, 32_773, 32_946, 34_661, 34_676, 34_712, 34_887, 34_925, 50_000, 50_001, 65_535):
        yield (
            f"compression {code}.tif",
            lambda code=code: _tiff(6_000, 6_000, {259: (3, 1, code)}, bytes(range(256)) * 40),  # type: ignore[misc]
        )


def _bombs() -> Iterator[Made]:
    yield "deflate bomb.tif", lambda: _tiff(8, 8, {259: (3, 1, 8)}, bomb(1024 * MEBIBYTE))
    yield "170 megapixels deflated.tif", lambda: _tiff(13_000, 13_000, {259: (3, 1, 8)}, bomb(170 * MEBIBYTE))
    yield (
        "170 megapixels of floats.tif",
        lambda: _tiff(13_000, 13_000, {259: (3, 1, 8), 258: (3, 1, 32), 339: (3, 1, 3)}, bomb(680 * MEBIBYTE)),
    )
    yield (
        "170 megapixels of CMYK.tif",
        lambda: _tiff(
            13_000,
            13_000,
            {259: (3, 1, 8), 262: (3, 1, 5), 277: (3, 1, 4), 258: (3, 4, 8 * 2**16 + 8)},
            bomb(680 * MEBIBYTE),
        ),
    )


def _tags() -> Iterator[Made]:
    yield (
        "tags of 4 GB.tif",
        lambda: _tiff(8, 8, {305: (2, 2**32 - 1, 8), 34_675: (7, 2**32 - 1, 8), 700: (1, 2**32 - 1, 8)}, bytes(64)),
    )
    yield "orientation without sense.tif", lambda: _tiff(8, 8, {274: (12, 2**31, 8)}, bytes(64))
    yield "sub-directories without end.tif", lambda: _tiff(8, 8, {330: (4, 10**6, 8), 0x8769: (4, 1, 8)}, bytes(64))
