"""A large image while it is on screen: coarse within seconds, then in tiles of its full resolution."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.model.words import tr
from app.workers.array_cache import ArrayCache
from app.workers.decode_pool import DecodePool
from detector import large_images
from detector.pyramids import TILE, Pyramid
from detector.types import ByteArray

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from app.workers.boundary import Failure
    from app.workers.pyramid_cache import PyramidCache
    from detector.large_images import LargeFile

OVERVIEW_SIDE = 4096
TILE_BYTES = 256 * 2**20
TILE_THREADS = 2
UNREAD = 128
"""The grey of what of an overview is not read yet."""

_STEP = 0.01


class Tile(NamedTuple):
    """A square of `detector.pyramids.TILE` pixels of a level: the image halved `level` times."""

    level: int
    column: int
    row: int

    @property
    def number(self) -> int:
        """A number of its own: neither `column` nor `row` reaches 256, since no side reaches 65,536 pixels."""
        return self.level << 16 | self.row << 8 | self.column


class LargeImage(QObject):
    """One large image, made by `LargeImages`; lives in the GUI thread.

    `size` is (height, width); `overview` the whole image in uint8 RGB, which fills while `progress`, a share, is not 1.
    `prepared` is the same for the tiles, None as long as nobody makes them. `changed()` comes when there is more to
    paint or to say, `tile_failed(Failure)` when the tiles cannot be read; then there are no more of them.
    """

    changed = Signal()
    tile_failed = Signal(object)

    def __init__(self, file: LargeFile, overview_side: int) -> None:
        super().__init__()
        self.size = file.size
        shape = (*large_images.overview_size(file.size, overview_side), 3)
        self.overview: ByteArray = np.full(shape, UNREAD, dtype=np.uint8)
        self.progress = 0.0
        self.prepared: float | None = None
        self._pyramid: Pyramid | None = None
        self._arrays = ArrayCache(TILE_BYTES)
        self._tiles = DecodePool(TILE_THREADS, self)
        self._tiles.decoded.connect(self._take_tile)
        self._tiles.failed.connect(self._take_tile_failure)

    @property
    def levels(self) -> int:
        """How many levels there are tiles of; 0 while they are not prepared."""
        return 0 if self._pyramid is None else len(self._pyramid)

    def level_size(self, level: int) -> tuple[int, int]:
        """Return (height, width) of a level that there are tiles of."""
        assert self._pyramid is not None
        return self._pyramid.size(level)

    def tile(self, tile: Tile) -> ByteArray | None:
        """Return the pixels (h, w, 3) of a tile that is in memory."""
        return self._arrays.get(tile.number)

    def want(self, tiles: Collection[Tile]) -> None:
        """Bring these tiles into memory, instead of any that were wanted before."""
        if self._pyramid is None:
            return
        self._tiles.keep({tile.number for tile in tiles})
        for tile in tiles:
            self._tiles.request(tile.number, partial(self._pyramid.read, *tile), tr("Reading a part of the image"))

    def take(self, said: large_images.Band | float | Pyramid) -> None:
        """Take over what was read by now: a band of the overview, the share of the tiles prepared, or all of them."""
        if isinstance(said, Pyramid):
            self._pyramid, self.prepared = said, 1.0
        elif isinstance(said, float):
            self.prepared = said
        else:
            large_images.paste(self.overview, said)
            self.progress = said.done
        self.changed.emit()

    def give_up_tiles(self) -> None:
        """Go on with the overview alone."""
        self._tiles.stop()
        self._pyramid = self.prepared = None
        self.changed.emit()

    def stop(self) -> None:
        """Read no more tiles; idempotent."""
        self._tiles.stop()

    @Slot(int, object)
    def _take_tile(self, number: int, pixels: ByteArray) -> None:
        self._arrays.put(number, pixels)
        self.changed.emit()

    @Slot(int, object)
    def _take_tile_failure(self, _number: int, failure: Failure) -> None:
        if self._pyramid is not None:
            self.give_up_tiles()
            self.tile_failed.emit(failure)


ShownImage = ByteArray | LargeImage
"""What can be on screen: all pixels (H, W, 3) of an image, or a large one."""


def size_of(image: ShownImage) -> tuple[int, int]:
    """Return (height, width)."""
    return image.size if isinstance(image, LargeImage) else (image.shape[0], image.shape[1])


class LargeImages(QObject):
    """Opens the large image on screen in a thread of its own; lives in the GUI thread.

    `failed(Failure)`: the image cannot be shown, or not all of it was; `coarse(Failure)`: there is its overview and
    will be no more. `stop` must be called before it is destroyed.
    """

    failed = Signal(object)
    coarse = Signal(object)
    _said = Signal(int, object)

    def __init__(self, cache: PyramidCache, overview_side: int = OVERVIEW_SIDE, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache = cache
        self._overview_side = overview_side
        self._shown: LargeImage | None = None
        self._cancel = threading.Event()
        self._run = 0
        # One thread: what was on screen before has to end first, and its file and memory are free then.
        self._pool = DecodePool(1, self)
        self._pool.decoded.connect(self._take)
        self._pool.failed.connect(self._take_failure)
        self._said.connect(self._take)

    def show(self, file: LargeFile) -> LargeImage:
        """Open an image, instead of any that was opened before."""
        self.leave()
        self._run += 1
        shown = self._shown = LargeImage(file, self._overview_side)
        shown.tile_failed.connect(self.coarse)
        self._cancel = threading.Event()
        work = partial(self._open, self._run, file, self._cancel)
        self._pool.request(self._run, work, tr("Reading {}").format(file.path.name))
        return shown

    def leave(self) -> None:
        """Cancel what is done for the image on screen."""
        self._cancel.set()
        self._pool.keep(())
        if self._shown is not None:
            self._shown.stop()
            self._shown = None

    def stop(self) -> None:
        """Cancel everything and wait for the end of it; idempotent."""
        self.leave()
        self._pool.stop()

    def _open(self, run: int, file: LargeFile, cancel: threading.Event) -> Pyramid | None:
        """Say the overview band by band, then return the tiles; None if it was cancelled. In a thread of the pool."""
        pyramid = self._cache.find(file)
        side = self._overview_side
        for band in large_images.overview(file, side) if pyramid is None else _bands(pyramid, file, side):
            if cancel.is_set():
                return None
            self._said.emit(run, band)
        if pyramid is not None:
            return pyramid
        said = -1.0

        def say(share: float) -> None:
            nonlocal said
            if share >= said + _STEP:
                said = share
                self._said.emit(run, share)

        say(0.0)
        return self._cache.build(file, say, cancel.is_set)

    @Slot(int, object)
    def _take(self, run: int, said: large_images.Band | float | Pyramid | None) -> None:
        if run == self._run and self._shown is not None and said is not None:
            self._shown.take(said)

    @Slot(int, object)
    def _take_failure(self, run: int, failure: Failure) -> None:
        if run != self._run or self._shown is None:
            return
        if self._shown.progress < 1:
            self.leave()
            self.failed.emit(failure)
        else:
            self._shown.give_up_tiles()
            self.coarse.emit(failure)


def _bands(pyramid: Pyramid, file: LargeFile, side: int) -> Iterator[large_images.Band]:
    """Yield the overview tile by tile, where there is a level that it is, else as the file is read."""
    size = large_images.overview_size(file.size, side)
    level = next((level for level in range(len(pyramid)) if pyramid.size(level) == size), None)
    if level is None:
        yield from large_images.overview(file, side)
        return
    tiles = [(column, row) for row in range(-(-size[0] // TILE)) for column in range(-(-size[1] // TILE))]
    for done, (column, row) in enumerate(tiles, 1):
        pixels = pyramid.read(level, column, row)
        yield large_images.Band(column * TILE, row * TILE, pixels, done / len(tiles))
