"""Images for the canvas and thumbnails for the list, decoded beside the window and kept in memory."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, Signal, Slot

from app.model.words import tr
from app.workers.array_cache import ArrayCache
from app.workers.boundary import CrashReports
from app.workers.decode_pool import DecodePool
from app.workers.decoded_images import open_for_screen
from app.workers.large_image import LargeImages
from app.workers.pyramid_cache import PyramidCache
from app.workers.thumbnail_cache import ThumbnailCache
from detector import images
from detector.large_images import LargeFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.workers.boundary import Failure
    from detector.types import ByteArray

    Item = tuple[int, Path]

MEBIBYTE = 2**20
# A decoder is bound by the processor and an image of 100 megapixels takes 300 MB: more threads gain little.
DECODING_THREADS = 2
NEIGHBOUR, ON_SCREEN = range(2)
HALVED_FROM = 4 * MEBIBYTE
"""Pixels. So many and more are rarely all on a screen, and to halve them takes the window longer than to show them."""
_STRIP_BYTES = 4 * MEBIBYTE


class ImageLoader(QObject):
    """Decodes the images of one project; lives in the GUI thread.

    `image_ready(image_id, image)` brings the image on screen, and no other, as read-only uint8 (H, W, 3), upright
    RGB, or a large one as a `LargeImage`, of which nothing is read yet; `image_coarse(sentence)` says why it will stay
    coarse. `thumbnail_ready(image_id, array)` brings a thumbnail, uint8 (h, w, 3) with no side longer than
    `thumbnail_side`; `forgotten()` says that some are to be asked for anew. Their failures come as a sentence to show.
    The failure of a neighbour is told when it comes on screen. Images of `HALVED_FROM` pixels are halved where they are
    decoded, for a picture that is smaller than they are.
    """

    image_ready = Signal(int, object)
    image_failed = Signal(int, str)
    image_coarse = Signal(str)
    thumbnail_ready = Signal(int, object)
    thumbnail_failed = Signal(int, str)
    forgotten = Signal()
    crashed = Signal(object)

    def __init__(
        self,
        cache_dir: Path,
        *,
        thumbnail_side: int = 160,
        max_image_bytes: int = 512 * MEBIBYTE,
        max_thumbnail_bytes: int = 64 * MEBIBYTE,
        read_image: Callable[[Path], ByteArray | LargeFile] = open_for_screen,
        read_thumbnail: Callable[[Path, int], ByteArray] = images.read_thumbnail,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._read_image = read_image
        self._images = ArrayCache(max_image_bytes)
        self._halves = ArrayCache(max_image_bytes // 4)
        self._thumbnails = ArrayCache(max_thumbnail_bytes)
        self._thumbnails_on_disk = ThumbnailCache(cache_dir, thumbnail_side, read_thumbnail)
        self._large = LargeImages(PyramidCache(cache_dir.parent / "pyramids"), parent=self)
        self._large.failed.connect(self._on_large_failed)
        self._large.coarse.connect(self._on_large_coarse)
        self._on_screen: int | None = None
        self._unreadable: set[int] = set()
        self._crashes = CrashReports()
        # Two pools: the image on screen never waits behind a page of thumbnails.
        self._image_pool = DecodePool(DECODING_THREADS, self)
        self._image_pool.decoded.connect(self._on_image)
        self._image_pool.failed.connect(self._on_image_failed)
        self._thumbnail_pool = DecodePool(DECODING_THREADS, self)
        self._thumbnail_pool.decoded.connect(self._on_thumbnail)
        self._thumbnail_pool.failed.connect(self._on_thumbnail_failed)

    def show(self, image_id: int, path: Path, neighbours: Sequence[Item] = ()) -> None:
        """Ask for the image on screen, and bring its neighbours into memory, instead of any asked for before.

        An image in memory is emitted before this returns.
        """
        self._on_screen = image_id
        self._large.leave()
        array = self._images.get(image_id)
        if array is None:
            self._request(image_id, path, ON_SCREEN)
        self.prepare(neighbours)
        if array is not None:
            self.image_ready.emit(image_id, array)

    def prepare(self, neighbours: Sequence[Item]) -> None:
        """Bring these images into memory while the one on screen stays, instead of any others asked for before."""
        on_screen = () if self._on_screen is None else (self._on_screen,)
        self._image_pool.keep({*on_screen, *(neighbour for neighbour, _ in neighbours)})
        for neighbour, neighbour_path in neighbours:
            if self._images.get(neighbour) is None:
                self._request(neighbour, neighbour_path, NEIGHBOUR)

    def half(self, image_id: int) -> ByteArray | None:
        """Return an image of many pixels averaged over squares of two, (⌈H / 2⌉, ⌈W / 2⌉, 3), if that is in memory."""
        return self._halves.get(image_id)

    def show_thumbnails(self, items: Sequence[Item]) -> None:
        """Ask for the thumbnails of the rows that can be seen, instead of any asked for before.

        Those in memory are not emitted again, ask `thumbnail`; nor is a failure, until the image is forgotten.
        """
        self._thumbnail_pool.keep({image_id for image_id, _ in items})
        for image_id, path in items:
            if image_id not in self._unreadable and self._thumbnails.get(image_id) is None:
                self._thumbnail_pool.request(image_id, partial(self._thumbnails_on_disk.get, path), _reading(path))

    def thumbnail(self, image_id: int) -> ByteArray | None:
        """Return a thumbnail (h, w, 3) that is in memory, for painting."""
        return self._thumbnails.get(image_id)

    def forget(self, image_ids: Sequence[int]) -> None:
        """Forget what is known of images that have changed on disk or left the project."""
        for image_id in image_ids:
            self._image_pool.drop(image_id)
            self._thumbnail_pool.drop(image_id)
            self._images.drop(image_id)
            self._halves.drop(image_id)
            self._thumbnails.drop(image_id)
            self._unreadable.discard(image_id)
        if image_ids:
            self.forgotten.emit()

    def stop(self) -> None:
        """Cancel everything, wait for what is being decoded, forget all images; nothing is decoded then; idempotent."""
        self._large.stop()
        self._image_pool.stop()
        self._thumbnail_pool.stop()
        for cache in (self._images, self._halves, self._thumbnails):
            cache.clear()  # now: the loader itself is in cycles, and stays until somebody looks for garbage

    def _request(self, image_id: int, path: Path, urgency: int) -> None:
        self._image_pool.request(image_id, partial(_read, self._read_image, path), _reading(path), urgency)

    @Slot(int, object)
    def _on_image(self, image_id: int, decoded: tuple[ByteArray | LargeFile, ByteArray | None]) -> None:
        image, half = decoded
        if not isinstance(image, LargeFile):
            self._images.put(image_id, image)
        self._halves.drop(image_id)
        if half is not None:
            self._halves.put(image_id, half)
        if image_id == self._on_screen:
            self.image_ready.emit(image_id, self._large.show(image) if isinstance(image, LargeFile) else image)

    @Slot(int, object)
    def _on_image_failed(self, image_id: int, failure: Failure) -> None:
        if image_id == self._on_screen:
            self.image_failed.emit(image_id, failure.sentence)
            self._report(failure)

    @Slot(object)
    def _on_large_failed(self, failure: Failure) -> None:
        if self._on_screen is not None:
            self._on_image_failed(self._on_screen, failure)

    @Slot(object)
    def _on_large_coarse(self, failure: Failure) -> None:
        self.image_coarse.emit(failure.sentence)
        self._report(failure)

    @Slot(int, object)
    def _on_thumbnail(self, image_id: int, array: ByteArray) -> None:
        self._thumbnails.put(image_id, array)
        self.thumbnail_ready.emit(image_id, array)

    @Slot(int, object)
    def _on_thumbnail_failed(self, image_id: int, failure: Failure) -> None:
        self._unreadable.add(image_id)
        self.thumbnail_failed.emit(image_id, failure.sentence)
        self._report(failure)

    def _report(self, failure: Failure) -> None:
        crash = self._crashes.first(failure)
        if crash is not None:
            self.crashed.emit(crash)


def _reading(path: Path) -> str:
    return tr("Reading {}").format(path.name)


def _read(read_image: Callable[[Path], ByteArray | LargeFile], path: Path) -> tuple[object, ByteArray | None]:
    """Return what `read_image` says, pixels read-only, and the half of many pixels."""
    image = read_image(path)
    if isinstance(image, LargeFile):
        return image, None
    image.flags.writeable = False
    return image, reduced(image, 2) if image.shape[0] * image.shape[1] >= HALVED_FROM else None


def reduced(array: ByteArray, factor: int) -> ByteArray:
    """Return an image (H, W, 3) averaged over squares of `factor` pixels, or what is left of them at the edges."""
    height, width = array.shape[:2]
    # Strip by strip: Pillow copies what it is given.
    rows = max(_STRIP_BYTES // (3 * width) // factor, 1) * factor
    strips = [np.asarray(Image.fromarray(array[y : y + rows]).reduce(factor)) for y in range(0, height, rows)]
    return np.concatenate(strips)
