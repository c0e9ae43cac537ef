"""What the detector said, per image and model version: derived data, in a file of its own that may be lost."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from app.model.storage import StoreError
from app.model.words import tr, worded
from app.store.database import Migration, open_database, speaking, transaction
from detector.packing import UNREADABLE, decode, encode
from detector.tiling import is_seen_so

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from detector.types import Prediction

PREDICTIONS = "predictions.db"

_FIRST: Migration = (
    """CREATE TABLE predictions (
        image_id INTEGER NOT NULL,
        model_version TEXT NOT NULL,
        stamp TEXT NOT NULL,
        prediction BLOB NOT NULL,
        PRIMARY KEY (image_id, model_version)
    ) WITHOUT ROWID""",
)
_SECOND: Migration = ("ALTER TABLE predictions ADD COLUMN looks INTEGER NOT NULL DEFAULT 1",)
_THIRD: Migration = ("ALTER TABLE predictions ADD COLUMN side INTEGER NOT NULL DEFAULT 0",)
_MIGRATIONS = (_FIRST, _SECOND, _THIRD)
_NOT_DROPPED = worded("Old predictions could not be dropped")


class Seen(NamedTuple):
    """How a model has looked at an image: at what state of its file, how often, and its longer side, 0 if unknown."""

    stamp: str
    looks: int
    side: int

    def is_so(self, tile: int, size: tuple[int, int] | None) -> bool:
        """Return whether that is how it looks at the image with tiles of this side, 0 for none.

        `size` (height, width) is what is known of the image, for what was kept before the side was.
        """
        side = self.side or max(size or (0,))
        # Of what nobody knows how large it is: tiles say that it needed them, and a look at the whole says nothing.
        return is_seen_so(self.looks, (side, side), tile) if side else (self.looks > 1) == (tile > 0)


class PredictionCache:
    """The file `predictions.db` in the project's cache folder; one that cannot be opened is made anew."""

    def __init__(self, folder: Path) -> None:
        path = folder / PREDICTIONS
        with speaking(tr("The cache folder {} cannot be made").format(folder)):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = open_database(path, _MIGRATIONS, synchronous="NORMAL")
        except StoreError:
            with speaking(tr("The damaged cache {} cannot be replaced").format(path)):
                for name in (PREDICTIONS, *(f"{PREDICTIONS}-{end}" for end in ("wal", "shm", "journal"))):
                    (folder / name).unlink(missing_ok=True)
            self._connection = open_database(path, _MIGRATIONS, synchronous="NORMAL")
        # Some builds of SQLite write zeros over what is deleted: four times the work, and nothing here is a secret.
        self._connection.execute("PRAGMA secure_delete = OFF")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def get(self, image_id: int, model_version: str, stamp: str) -> Prediction | None:
        """Return the prediction, None where there is none for this state (`stamp`) of the image file."""
        return kept_prediction(self._connection, image_id, model_version, stamp)

    def seen(self, model_version: str) -> dict[int, Seen]:
        """Return image id -> how this model version has looked at it, at whatever state of the file."""
        with suppress(sqlite3.Error):
            return seen_images(self._connection, model_version)
        return {}

    def put(self, image_id: int, stamp: str, prediction: Prediction) -> None:
        """Keep a prediction, in place of the one that this model version gave before. Raises StoreError."""
        seen = (prediction.looks, max(prediction.image_size))
        values = (image_id, prediction.model_version, stamp, encode(prediction), *seen)
        with speaking(tr("The prediction could not be kept")), transaction(self._connection):
            self._connection.execute("INSERT OR REPLACE INTO predictions VALUES (?, ?, ?, ?, ?, ?)", values)

    def forget(self, model_version: str) -> None:
        """Drop what one model version said. Raises StoreError."""
        with speaking(_NOT_DROPPED):
            self._connection.execute("DELETE FROM predictions WHERE model_version = ?", (model_version,))

    def keep_only(self, model_versions: Collection[str]) -> None:
        """Drop what all other model versions said: about 25 ms for a thousand predictions. Raises StoreError."""
        marks = ", ".join("?" * len(model_versions))
        others = f"DELETE FROM predictions WHERE model_version NOT IN ({marks})"  # noqa: S608 - only marks
        with speaking(_NOT_DROPPED):
            self._connection.execute(others, tuple(model_versions))


def seen_images(connection: sqlite3.Connection, model_version: str) -> dict[int, Seen]:
    """Return image id -> how a model version has looked at it. Raises sqlite3.Error."""
    query = "SELECT image_id, stamp, looks, side FROM predictions WHERE model_version = ?"
    return {image_id: Seen(*seen) for image_id, *seen in connection.execute(query, (model_version,))}


def kept_prediction(
    connection: sqlite3.Connection, image_id: int, model_version: str, stamp: str | None
) -> Prediction | None:
    """Return the prediction for this state (`stamp`) of the image file, None: for whatever state; None where none is.

    One that is damaged is none.
    """
    query = "SELECT prediction FROM predictions WHERE image_id = ? AND model_version = ? AND stamp = coalesce(?, stamp)"
    with suppress(sqlite3.Error, *UNREADABLE):
        found = connection.execute(query, (image_id, model_version, stamp)).fetchone()
        return None if found is None else decode(found[0])
    return None


def file_stamp(path: Path | str) -> str:
    """Return what changes when somebody replaces an image file; empty where it cannot be found. Any thread."""
    try:
        status = os.stat(path)  # noqa: PTH116 - asked for a hundred thousand files, a Path would take longer
    except OSError:
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"
