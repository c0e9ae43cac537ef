"""Thumbnails on disk, so that a folder is decoded once and not each time it is opened."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from detector.types import ByteArray

logger = logging.getLogger(__name__)


class ThumbnailCache:
    """Small JPEG files in `folder`, keyed by path, size and modification time of the image and by the thumbnail's side.

    The cache only saves time: a file in it that is missing, broken or cannot be written is no error. Safe to use from
    any thread. `read_thumbnail(path, side)` decodes an image whose thumbnail is not there.
    """

    def __init__(self, folder: Path, side: int, read_thumbnail: Callable[[Path, int], ByteArray]) -> None:
        self._folder = folder
        self._side = side
        self._read_thumbnail = read_thumbnail

    def get(self, path: Path) -> ByteArray:
        """Return the thumbnail (h, w, 3) of an image file. Raises what `read_thumbnail` raises."""
        entry = self._entry(path)
        if entry is None:
            return self._read_thumbnail(path, self._side)
        thumbnail = _load(entry, self._side)
        if thumbnail is None:
            thumbnail = self._read_thumbnail(path, self._side)
            _save(entry, thumbnail)
        return thumbnail

    def _entry(self, path: Path) -> Path | None:
        """Return the file for a thumbnail; None if the image cannot be found, which its reader explains better."""
        try:
            status = path.stat()
        except OSError:
            return None
        key = f"{path.absolute()}|{status.st_size}|{status.st_mtime_ns}|{self._side}"
        name = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        # Some file systems are slow with a hundred thousand files in one folder.
        return self._folder / name[:2] / f"{name}.jpg"


def _load(entry: Path, side: int) -> ByteArray | None:
    """Read a file of the cache; None if it is not there, broken, or nothing that `_save` writes.

    The folder may come with a project of somebody else.
    """
    try:
        if not stat.S_ISREG(entry.lstat().st_mode):
            return None
        with Image.open(entry, formats=("JPEG",)) as image:
            return np.asarray(image.convert("RGB")) if max(image.size) <= side else None
    except (OSError, SyntaxError, ValueError, struct.error):
        return None


def _save(entry: Path, thumbnail: ByteArray) -> None:
    """Write a file of the cache under another name first: nobody ever reads half a thumbnail."""
    part = entry.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    try:
        for folder in (entry.parents[1], entry.parent):  # not those above, if a drive is gone
            folder.mkdir(exist_ok=True)
        Image.fromarray(thumbnail).save(part, "JPEG", quality=90)
        part.replace(entry)
    except OSError as error:
        logger.debug("The thumbnail cache cannot be written: %s", error)
        with suppress(OSError):
            part.unlink()
