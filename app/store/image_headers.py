"""What the headers of the image files say, kept from export to export: a hundred thousand of them take long to read."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.store.database import Migration, open_database, speaking, transaction
from app.store.prediction_cache import file_stamp
from detector.images import ImageHeader, read_header

if TYPE_CHECKING:
    from pathlib import Path

_FIRST: Migration = (
    """CREATE TABLE headers (
        path TEXT PRIMARY KEY,
        stamp TEXT NOT NULL,
        height INTEGER NOT NULL CHECK (height > 0),
        width INTEGER NOT NULL CHECK (width > 0),
        turned INTEGER NOT NULL
    ) WITHOUT ROWID""",
)
_MIGRATIONS = (_FIRST,)
_FILE = "headers.db"
_NO_NUMBER = (TypeError, ValueError, OverflowError)


class ImageHeaders:
    """The headers of the files in `image_folder`, as the files are now. For one thread; `keep` at the end.

    What was read before is in the project's cache folder. Where that cannot be used every header is read again.
    """

    def __init__(self, image_folder: Path, cache: Path) -> None:
        self._image_folder = image_folder
        self._cache = cache
        self._known = self._recalled()
        self._new: list[tuple[str, str, int, int, bool]] = []

    def of(self, path: str) -> ImageHeader | None:
        """Return what the header of an image says, by its path in the project; None where there is no such file.

        Raises DetectorError where the file cannot be read.
        """
        file = f"{self._image_folder}/{path}"  # no Path: of a hundred thousand those take a second
        stamp = file_stamp(file)
        if not stamp:
            return None
        was, *said = self._known.get(path, ("", 0, 0, 0))
        if was == stamp:
            height, width, turned = said
            return ImageHeader((height, width), bool(turned))
        header = read_header(file)
        self._new.append((path, stamp, *header.size, header.is_turned))
        return header

    def keep(self) -> None:
        """Keep what was read, for the next time; where that cannot be, it is read again."""
        with suppress(StoreError), closing(self._open()) as connection:
            with speaking(""), transaction(connection):
                connection.executemany("INSERT OR REPLACE INTO headers VALUES (?, ?, ?, ?, ?)", self._new)
            self._new.clear()

    def _recalled(self) -> dict[str, tuple[str, int, int, int]]:
        # A column of numbers takes text, and the folder may come with a project of somebody else.
        with suppress(StoreError, sqlite3.Error, *_NO_NUMBER), closing(self._open()) as connection:
            rows = connection.execute("SELECT path, stamp, height, width, turned FROM headers")
            return {path: (stamp, int(height), int(width), int(turned)) for path, stamp, height, width, turned in rows}
        return {}

    def _open(self) -> sqlite3.Connection:
        return open_database(self._cache / _FILE, _MIGRATIONS, synchronous="NORMAL")
