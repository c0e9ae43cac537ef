"""What a network that learns is shown of a corrected image: all of it at once, or the whole and tiles of a large one.

The tiles are those that it is detected in, so that objects are learnt as large as they are seen. No torch.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from detector.images import read_image, read_image_size
from detector.near_copies import chance
from detector.tiling import OVERLAP, needs_tiles, tile_rectangles
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

    from detector.corrections import CorrectedImage
    from detector.orientation import Rectangle
    from detector.types import ByteArray, FloatArray

SEEN = 0.5
"""Share of an object that has to be in a part of the image: with less it is neither object nor background there."""


def looks_at(image: CorrectedImage, tile: int) -> tuple[CorrectedImage, ...]:
    """Return the looks at `image`: it alone, or the whole and then tiles of side `tile`, where it needs them; 0: never.

    Its size is read from the file, unless what is known of it says that it needs no tiles: that may be old, and a tile
    must lie inside. Raises DetectorError where that fails.
    """
    if not tile or (image.size is not None and not needs_tiles(image.size, tile)):
        return (image,)
    return looks_in(image, read_image_size(image.path), tile)


def looks_in(image: CorrectedImage, size: tuple[int, int], tile: int) -> tuple[CorrectedImage, ...]:
    """Return the looks at an image of `size` (height, width), see `looks_at`.

    In the whole an object counts as a crowd where the tiles show it better, as in `detector.tiling`, and in a tile
    where less than `SEEN` of it is inside. Tiles without an object are background where the image is reviewed; there
    are no more of these than of the others.
    """
    if not needs_tiles(size, tile):
        return (image,)
    tiles = [_tile(image, rectangle) for rectangle in tile_rectangles(size, tile)]
    telling = [one for one in tiles if one.shows_decisions]
    others = [one for one in tiles if one.reviewed and not one.shows_decisions]
    others.sort(key=lambda one: chance(one.name))
    return (_whole(image, round(tile * OVERLAP)), *telling, *others[: max(1, len(telling))])


def cut(boxes: FloatArray, window: Rectangle) -> tuple[FloatArray, FloatArray]:
    """Return what of `boxes` (M, 4) is in `window`, in pixels of it, and the share (M,) of each box that this is."""
    left, top, right, bottom = window
    whole = boxes - np.array([left, top, left, top], dtype=np.float32)
    inside = np.clip(whole, 0, np.array([right - left, bottom - top] * 2, dtype=np.float32))
    areas = [(one[:, 2] - one[:, 0]) * (one[:, 3] - one[:, 1]) for one in (inside, whole)]
    return inside, np.divide(areas[0], areas[1], out=np.zeros_like(areas[0]), where=areas[1] > 0)


def size_of(image: CorrectedImage) -> tuple[int, int]:
    """Return (height, width) of a look. Raises DetectorError where the header of its file cannot be read."""
    if image.window is None:
        return read_image_size(image.path)
    left, top, right, bottom = image.window
    return bottom - top, right - left


class Reader:
    """Reads the pixels of looks; the file that was read last stays in memory, for all its tiles.

    For one thread. What `read` returns of a whole image must not be changed.
    """

    def __init__(self) -> None:
        self._stamp: tuple[Path, int, int] | None = None
        self._pixels: ByteArray | None = None

    def read(self, image: CorrectedImage) -> ByteArray:
        """Return the pixels (h, w, 3). Raises DetectorError where the file cannot be read or was made smaller."""
        stamp = _stamp_of(image.path)
        if self._pixels is None or stamp != self._stamp:
            self._pixels = None  # before the next one: both would take twice the memory
            self._stamp, self._pixels = stamp, read_image(image.path)
        if image.window is None:
            return self._pixels
        left, top, right, bottom = image.window
        part = self._pixels[top:bottom, left:right]
        if part.shape[:2] != (bottom - top, right - left):
            raise DetectorError(f"The image {image.path} has become smaller meanwhile. Start again.")
        return np.ascontiguousarray(part)

    def forget(self) -> None:
        """Let go of the file that was read last."""
        self._pixels = None


def _stamp_of(path: Path) -> tuple[Path, int, int] | None:
    """Return what changes with the content of a file, None where it is gone: between two tiles minutes may go by."""
    with suppress(OSError):
        about = path.stat()
        return path, about.st_mtime_ns, about.st_size
    return None


def _whole(image: CorrectedImage, shared: int) -> CorrectedImage:
    """Return `image` with what is no larger than the `shared` pixels of two tiles as crowds."""
    small, rejected = (
        (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) <= shared
        for boxes in (image.gt_boxes, image.rejected_boxes)
    )
    return replace(image, iscrowd=image.iscrowd | small, rejected_boxes=image.rejected_boxes[~rejected])


def _tile(image: CorrectedImage, window: Rectangle) -> CorrectedImage:
    boxes, shares = cut(image.gt_boxes, window)
    rejected, rejected_shares = cut(image.rejected_boxes, window)
    inside = shares > 0
    return replace(
        image,
        name=f"{image.name} at {window[0]}, {window[1]}",
        window=window,
        gt_boxes=boxes[inside],
        labels=image.labels[inside],
        iscrowd=(image.iscrowd | (shares < SEEN))[inside],
        difficult=image.difficult[inside],
        rejected_boxes=rejected[rejected_shares >= SEEN],
    )
