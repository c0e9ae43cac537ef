"""A large image as tiles of its full resolution, of its half, its quarter and so on: a TIFF file that libvips writes.

Without loss, so that what a person sees at actual size are the pixels of the file. The tiles lie as the file has them;
what is read from them is upright.
"""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from detector.large_images import LargeFile, decoded, libvips, speaking
from detector.orientation import as_upright, stored_rectangle
from detector.types import ByteArray, DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TILE = 512
"""Side of a tile in pixels."""

FAST = 1  # of deflate: half the bytes of none, and reading a tile takes 5 ms
BYTES_PER_PIXEL = 4  # RGB and a third for all halves, where nothing can be compressed


def build(file: LargeFile, target: Path, progress: Callable[[float], None], is_cancelled: Callable[[], bool]) -> bool:
    """Write the pyramid of `file` to `target`, in one go; return false if it was cancelled, and there is no file then.

    `progress` is told the share done and `is_cancelled` asked, both from threads of libvips. Raises DetectorError where
    the image is damaged or the disk has no room.
    """
    part = target.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
    try:
        target.parent.mkdir(exist_ok=True)
        _require_room(file, target.parent)
        _write(file, part, progress, is_cancelled)
        if not is_cancelled():
            part.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DetectorError(f"The full resolution of {file.path.name} cannot be prepared: {reason}.") from error
    except DetectorError:
        if not is_cancelled():  # libvips says that it was killed
            raise
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return not is_cancelled()


def needed_bytes(file: LargeFile) -> int:
    """Return how many bytes the pyramid takes at most."""
    height, width = file.size
    return height * width * BYTES_PER_PIXEL


def _require_room(file: LargeFile, folder: Path) -> None:
    free, needed = shutil.disk_usage(folder).free, needed_bytes(file)
    if free < needed:
        raise DetectorError(
            f"The full resolution of {file.path.name} needs up to {needed / 1e9:.1f} GB in {folder}, where "
            f"{free / 1e9:.1f} GB are free: make room and open the image again."
        )


def _write(file: LargeFile, part: Path, progress: Callable[[float], None], is_cancelled: Callable[[], bool]) -> None:
    with speaking(file.path):
        image = decoded(file)

        def look(_image: Any, state: Any) -> None:
            if is_cancelled():
                image.set_kill(True)
            else:
                progress(state.percent / 100)

        image.set_progress(True)
        image.signal_connect("eval", look)
        image.tiffsave(
            str(part),
            tile=True,
            pyramid=True,
            bigtiff=True,
            tile_width=TILE,
            tile_height=TILE,
            compression="deflate",
            predictor="horizontal",
            level=FAST,
            keep="none",
        )


class Pyramid:
    """The tiles of a large image. Level n is the image halved n times; any thread may read."""

    def __init__(self, path: Path, file: LargeFile) -> None:
        """Open what `build` wrote. Raises DetectorError where that is no pyramid of `file`."""
        self._orientation = file.orientation
        with speaking(path):
            load = libvips().Image.tiffload
            first = load(str(path))
            pages = int(first.get("n-pages")) if "n-pages" in first.get_fields() else 1
            self._levels = [first, *(load(str(path), page=page) for page in range(1, pages))]
        self._path = path
        if (first.height, first.width) != file.stored_size:
            raise DetectorError(f"{path} is the pyramid of another image.")

    def __len__(self) -> int:
        return len(self._levels)

    def size(self, level: int) -> tuple[int, int]:
        """Return (height, width) of a level."""
        image = self._levels[level]
        return (image.width, image.height) if self._orientation >= 5 else (image.height, image.width)

    def read(self, level: int, column: int, row: int) -> ByteArray:
        """Return a tile (h, w, 3), smaller than `TILE` at the right and lower edge. Raises DetectorError."""
        height, width = self.size(level)
        left, top = column * TILE, row * TILE
        upright = (left, top, min(left + TILE, width), min(top + TILE, height))
        x1, y1, x2, y2 = stored_rectangle(upright, (height, width), self._orientation)
        with speaking(self._path):
            pixels = self._levels[level].crop(x1, y1, x2 - x1, y2 - y1).numpy()
        return np.ascontiguousarray(as_upright(pixels, self._orientation))
