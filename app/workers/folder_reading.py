"""What the detector thread looks at, read: the images of the folder while the network works on those before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.store.prediction_cache import file_stamp
from app.workers.messages import Priority
from detector.image_batches import size_at_once
from detector.reading_ahead import READ_AHEAD, ReadAhead

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.workers.messages import DetectRequest
    from app.workers.request_queue import RequestQueue
    from detector.tiling import Source


class Opened(NamedTuple):
    """An image, or the file to read it from in parts, and the stamp that its file had before it was read."""

    source: Source
    stamp: str


class FolderReading:
    """Reads by `read_image`, which is called in several threads. Used in the detector thread; `close` ends it."""

    def __init__(self, read_image: Callable[[Path], Source]) -> None:
        self.read_image = read_image
        self._ahead: ReadAhead[Path, Opened] = ReadAhead(self._open, _bytes)

    def take(self, request: DetectRequest, queue: RequestQueue) -> Opened:
        """Return the image of a request; from one of the folder on, those behind it in `queue` are read meanwhile.

        Raises DetectorError where it cannot be read.
        """
        if request.priority is Priority.FOLDER:
            behind = [one.path for one in queue.upcoming(READ_AHEAD)]
            self._ahead.want([request.path, *behind])
        return self._ahead.take(request.path)

    def take_equal(self, size: tuple[int, int], count: int, queue: RequestQueue) -> list[tuple[DetectRequest, Opened]]:
        """Take requests of the folder from `queue` whose images are of `size` and read by now: `count` at most."""
        equal = [one for one in queue.upcoming(READ_AHEAD) if self._size(one) == size]
        taken = queue.drop(one.image_id for one in equal[:count])
        return [(request, self._ahead.take(request.path)) for request in taken]

    def rest(self) -> None:
        """Let go of what was read ahead: nobody asks for it now."""
        self._ahead.want(())

    def close(self) -> None:
        """Read nothing more, and wait for what is being read; idempotent."""
        self._ahead.close()

    def _size(self, request: DetectRequest) -> tuple[int, int] | None:
        opened = self._ahead.peek(request.path)
        return None if opened is None else size_at_once(opened.source, request.tile)

    def _open(self, path: Path) -> Opened:
        stamp = file_stamp(path)  # before the file is read: whoever replaces it after that is noticed
        return Opened(self.read_image(path), stamp)


def _bytes(opened: Opened) -> int:
    return opened.source.nbytes if isinstance(opened.source, np.ndarray) else 0
