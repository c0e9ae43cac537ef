"""The model versions of a project: a row of the database and a file in `heads/` for each.

The detector's thread saves the file first and the row is added after it. So a file without a row is left by a program
that was killed between the two; a row without its file says that somebody took the file away.
"""

from __future__ import annotations

import re
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.model.model_versions import (
    ModelVersion,
    categories_from_json,
    categories_to_json,
    result_from_json,
    result_to_json,
)
from app.model.storage import StoreError
from app.model.words import tr, worded
from app.store import rows
from app.store.database import speaking, transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.store.location import Location
    from app.store.prediction_cache import PredictionCache
    from detector.fine_tune_values import StageResult

_NOT_READ = worded("The list of model versions could not be read")
IN_USE = "model_version"
"""What the name of the model that looked last is remembered under."""
_SELECT = "SELECT id, version, file, parent, categories, result, made_at FROM model_versions"
STARTED = "started"
"""What the time of the last start is remembered under."""
# What saving a version makes, whole or half; whatever else lies in the folder is somebody's own.
_OURS = re.compile(r"(head|whole)-[0-9a-f]{8}\.safetensors|\.[0-9a-f]{32}\.tmp")


class VersionStore:
    """The versions of one open project. Used in the thread that opened it. None of it can be undone."""

    def __init__(self, connection: sqlite3.Connection, location: Location, predictions: PredictionCache) -> None:
        self._connection = connection
        self._folder = location.heads
        self._predictions = predictions

    def reconnect(self, connection: sqlite3.Connection) -> None:
        """Go on with another connection: the file was opened again."""
        self._connection = connection

    def all(self) -> tuple[ModelVersion, ...]:
        """Return all versions, the oldest first, those whose file is gone too. Raises StoreError."""
        with speaking(_NOT_READ):
            return versions_of(self._connection)

    def active(self) -> ModelVersion | None:
        """Return the version that the person works with, None for the model that the program starts with.

        Its file may be gone: `path` says so. Raises StoreError.
        """
        return self._one("WHERE id = (SELECT version_id FROM active_version)")

    def named(self, version: str) -> ModelVersion | None:
        """Return the version that the detector calls `version`, None where it is none of this project."""
        return self._one("WHERE version = ?", version)

    def path(self, version: ModelVersion) -> Path:
        """Return the file of a version. Raises StoreError with a sentence where it is not there any more."""
        path = self._folder / version.file
        if not path.is_file():
            raise StoreError(
                tr("The file of {}, {}, is not there any more. Put it back, or delete this version.").format(
                    version.title, path
                )
            )
        return path

    def has_file(self, version: ModelVersion) -> bool:
        """Return whether the file of a version is there."""
        return (self._folder / version.file).is_file()

    def add(
        self, path: Path, version: str, parent: str, categories: Sequence[tuple[int, str]], result: StageResult
    ) -> ModelVersion:
        """Register the file that a fine-tune saved in `heads/`; return it as a version, which is not active yet.

        `categories` are (id, name) of labels 1..K as they were when training began: they may have been renamed since.
        Raises StoreError, and nothing is registered then.
        """
        with speaking(tr("The new model version could not be kept")):
            if path != self._folder / path.name or not path.is_file():
                raise StoreError(
                    tr("The new model version is not where it was saved, in {}; train it again.").format(self._folder)
                )
            values = (version, path.name, parent, categories_to_json(categories), result_to_json(result))
            with transaction(self._connection):
                done = self._connection.execute(
                    "INSERT INTO model_versions (version, file, parent, categories, result) VALUES (?, ?, ?, ?, ?)",
                    values,
                )
        return self._get(int(done.lastrowid or 0))

    def set_active(self, version_id: int | None) -> None:
        """Work with a version from now on, None: with the model that the program starts with.

        Raises StoreError where there is no such version or its file is gone; the active one stays then.
        """
        if version_id is not None:
            self.path(self._get(version_id))
        with speaking(tr("The model version could not be changed")), transaction(self._connection):
            self._connection.execute("UPDATE active_version SET version_id = ?", (version_id,))

    def delete(self, version_id: int) -> None:
        """Delete a version, its file and its predictions. What was made from it counts as made from its parent.

        Raises StoreError for the active version, for one that is not there, and where it cannot be written.
        """
        version, active = self._get(version_id), self.active()
        if active is not None and active.id == version_id:
            raise StoreError(tr("{} is in use. Go back to another version before you delete it.").format(version.title))
        with speaking(tr("{} could not be deleted").format(version.title)), transaction(self._connection):
            self._connection.execute(
                "UPDATE model_versions SET parent = ? WHERE parent = ?", (version.parent, version.version)
            )
            self._connection.execute("DELETE FROM model_versions WHERE id = ?", (version_id,))
        # Without a row, what stays of it now goes when the project is opened again and when predictions are pruned.
        with suppress(OSError):
            (self._folder / version.file).unlink(missing_ok=True)
        with suppress(StoreError):
            self._predictions.forget(version.version)

    def export(self, version_id: int, target: Path) -> None:
        """Copy a version to `target`, all or nothing: a file that `detect --model` takes.

        Raises StoreError with a sentence where the version's file is gone or `target` cannot be written; `target` is
        as it was then.
        """
        # It comes with a parser of XML, which the window does not need at its start.
        from app.store.formats.targets import new_file  # noqa: PLC0415

        source = self.path(self._get(version_id))
        with new_file(target) as part, source.open("rb") as whole, part.open("wb") as copy:
            shutil.copyfileobj(whole, copy, 1 << 20)

    def lineage(self) -> Iterator[str]:
        """Yield the names of those whose predictions are worth keeping: the active version, its parent and the base.

        Without an active version: the bases of all. Raises StoreError.
        """
        versions, active = self.all(), self.active()
        if active is not None:
            yield from (active.version, active.parent)
        known = {one.version for one in versions}
        yield from (one.parent for one in versions if one.parent not in known)

    def sweep(self) -> None:
        """Remove the files without a row that are older than the last start of this project; call it when opening.

        A younger one may be of a training that is under way. What cannot be removed stays for the next time.
        """
        with suppress(StoreError, ValueError), speaking(_NOT_READ):
            found = rows.recalled(self._connection, STARTED)
            self._connection.execute("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (STARTED, str(time.time())))
            last = 0.0 if found is None else float(found)
            registered = {one.file for one in self.all()}
            for path in self._folder.iterdir():
                is_orphan = is_model_file(path.name) and path.name not in registered and path.is_file()
                if is_orphan and path.stat().st_mtime < last:
                    path.unlink()

    def _get(self, version_id: int) -> ModelVersion:
        found = self._one("WHERE id = ?", version_id)
        if found is None:
            raise StoreError(tr("There is no Version {} in this project any more.").format(version_id))
        return found

    def _one(self, where: str, *values: int | str) -> ModelVersion | None:
        with speaking(_NOT_READ):
            row = self._connection.execute(f"{_SELECT} {where}", values).fetchone()
        return None if row is None else _version(row)


def versions_of(connection: sqlite3.Connection) -> tuple[ModelVersion, ...]:
    """Return all versions, the oldest first. Raises sqlite3.Error."""
    return tuple(_version(row) for row in connection.execute(f"{_SELECT} ORDER BY id"))


def is_model_file(name: str) -> bool:
    """Return whether a fine-tune makes files of such a name in `heads/`."""
    return _OURS.fullmatch(name) is not None


def _version(row: tuple[Any, ...]) -> ModelVersion:
    number, version, file, parent, categories, result, made_at = row
    return ModelVersion(
        number, version, file, parent, categories_from_json(categories), result_from_json(result), made_at
    )
