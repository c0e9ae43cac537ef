"""The EXIF orientation: how the pixels of a file lie, seen from the upright image. EXIF 2.32, tag 0x0112."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.types import ByteArray

    Rectangle = tuple[int, int, int, int]


def as_stored(upright: ByteArray, orientation: int) -> ByteArray:
    """Return a view of the upright pixels, indexed by row and column of the file."""
    turned = upright
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    return turned.swapaxes(0, 1) if orientation >= 5 else turned


def as_upright(stored: ByteArray, orientation: int) -> ByteArray:
    """Return a view of pixels of the file, indexed by row and column of the upright image."""
    turned = stored.swapaxes(0, 1) if orientation >= 5 else stored
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return turned


def stored_rectangle(upright: Rectangle, size: tuple[int, int], orientation: int) -> Rectangle:
    """Return where `upright` (x1, y1, x2, y2) lies in the file; `size` (height, width) is that of the upright image."""
    x1, y1, x2, y2 = _mirrored(upright, size, orientation)
    return (y1, x1, y2, x2) if orientation >= 5 else (x1, y1, x2, y2)


def upright_rectangle(stored: Rectangle, size: tuple[int, int], orientation: int) -> Rectangle:
    """Return where a rectangle of the file lies; `size` (height, width) is that of the upright image."""
    x1, y1, x2, y2 = stored
    if orientation >= 5:
        x1, y1, x2, y2 = y1, x1, y2, x2
    return _mirrored((x1, y1, x2, y2), size, orientation)


def _mirrored(rectangle: Rectangle, size: tuple[int, int], orientation: int) -> Rectangle:
    x1, y1, x2, y2 = rectangle
    height, width = size
    if orientation in (2, 3, 6, 7):
        x1, x2 = width - x2, width - x1
    if orientation in (3, 4, 7, 8):
        y1, y2 = height - y2, height - y1
    return x1, y1, x2, y2
