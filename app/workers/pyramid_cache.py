"""Pyramids of large images on disk, so that each is built once; the oldest go where they take too much room."""

from __future__ import annotations

import hashlib
import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from app.model.words import tr
from detector import pyramids
from detector.pyramids import Pyramid
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from detector.large_images import LargeFile

logger = logging.getLogger(__name__)

GIBIBYTE = 2**30


class PyramidCache:
    """Files in `folder`, keyed by path, size and modification time of the image: `max_bytes` of them, and the newest.

    Used by one thread at a time.
    """

    def __init__(self, folder: Path, max_bytes: int = 12 * GIBIBYTE) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def find(self, file: LargeFile) -> Pyramid | None:
        """Return the pyramid of an image; None where it has not been built or is broken."""
        entry = self._entry(file)
        if not entry.is_file():
            return None
        try:
            pyramid = Pyramid(entry, file)
            os.utime(entry)  # the ones that nobody has looked at the longest go first
        except (DetectorError, OSError) as error:
            logger.debug("A pyramid cannot be read: %s", error)
            return None
        return pyramid

    def build(
        self, file: LargeFile, progress: Callable[[float], None], is_cancelled: Callable[[], bool]
    ) -> Pyramid | None:
        """Build the pyramid of an image; None if it was cancelled. Arguments and errors: see `pyramids.build`."""
        entry = self._entry(file)
        self._make_room(pyramids.needed_bytes(file))
        if not pyramids.build(file, entry, progress, is_cancelled):
            return None
        return Pyramid(entry, file)

    def _entry(self, file: LargeFile) -> Path:
        """Return the file for a pyramid. Raises DetectorError where the image is gone."""
        try:
            stat = file.path.stat()
        except OSError as error:
            raise DetectorError(tr("The image {} cannot be read: {}.").format(file.path, error.strerror)) from error
        key = f"{file.path.absolute()}|{stat.st_size}|{stat.st_mtime_ns}"
        name = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        return self._folder / f"{name}.tif"

    def _make_room(self, needed: int) -> None:
        """Remove the pyramids used longest ago until `needed` more bytes fit, and what a killed program left behind."""
        with suppress(OSError):
            for part in self._folder.glob("*.part"):
                part.unlink()
        try:
            by_age = sorted(
                (entry.stat().st_mtime, entry.stat().st_size, entry) for entry in self._folder.glob("*.tif")
            )
        except OSError:
            return
        total = sum(size for _, size, _ in by_age)
        for _, size, entry in by_age:
            if total + needed <= self._max_bytes:
                break
            with suppress(OSError):  # on some systems a file that is open stays
                entry.unlink()
                total -= size
