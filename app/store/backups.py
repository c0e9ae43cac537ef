"""Copies of a project's database, made while people work: the last ones, one of each day, one of each week."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from app.model.storage import StoreError
from app.model.words import tr, worded
from app.store.database import copy_database, open_read_only, speaking

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.store.location import Location

NEWEST, DAYS, WEEKS = 3, 7, 4
MOST_BYTES = 2 << 30
"""What all of them may take; the newest is kept whatever it takes."""
_NO_BACKUP = worded("No backup of the project could be made")
_NAME = "project-{:%Y%m%dT%H%M%SZ}.db"
_STAMP = re.compile(r"project-(\d{8}T\d{6})Z\.db")
_PART = ".project.part"
# Two states of one project in which this is the same are the same to its people.
_STATE = """SELECT (SELECT position FROM history), (SELECT max(position) FROM journal),
    (SELECT made_at FROM journal ORDER BY position DESC LIMIT 1), (SELECT count(*) FROM images),
    (SELECT count(*) FROM model_versions), (SELECT version_id FROM active_version)"""


class Backup(NamedTuple):
    """A copy, and when it was made, in UTC."""

    path: Path
    made_at: datetime


def backups_in(folder: Path, now: datetime) -> list[Backup]:
    """Return the copies in a folder, the newest first; none where it cannot be read.

    Copies of the future come last, as the oldest: a clock was wrong, and they say nothing of what was made since.
    """
    found = []
    with suppress(OSError):
        for path in folder.iterdir():
            stamp = _STAMP.fullmatch(path.name)
            with suppress(ValueError):  # ninety-nine seconds past the minute are no time
                if stamp is not None:
                    found.append(Backup(path, datetime.strptime(f"{stamp[1]}+0000", "%Y%m%dT%H%M%S%z")))
    return sorted(found, key=lambda one: (one.made_at <= now, one.made_at), reverse=True)


def back_up(location: Location, now: datetime, *, spare: timedelta = timedelta(0)) -> Path | None:
    """Copy the database of a project, whoever writes to it, check the copy, and drop those that are too many.

    Return the copy; None where the newest has all that there is, or is younger than `spare`. In any thread. Raises
    StoreError where the project or the disk does not allow a copy; those that are there are not touched then.
    """
    existing = backups_in(location.backups, now)
    if existing and timedelta(0) <= now - existing[0].made_at < spare:
        return None
    with closing(open_read_only(location.database)) as source, speaking(_NO_BACKUP):
        if existing and _state(existing[0].path) == source.execute(_STATE).fetchone():
            return None
        location.backups.mkdir(exist_ok=True)
        part, target = location.backups / _PART, location.backups / _NAME.format(now)
        part.unlink(missing_ok=True)  # of a program that was killed
        needed = location.database.stat().st_size
        if shutil.disk_usage(location.backups).free < 2 * needed:
            raise StoreError(tr("No backup of the project could be made: the disk has too little room."))
        try:
            copy_database(source, part)
            require_sound(part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    thin(location.backups, now)
    return target


def require_sound(path: Path) -> None:
    """Raise StoreError unless SQLite finds nothing wrong with a copy."""
    with closing(open_copy(path)) as copy, speaking(_NO_BACKUP):
        (finding,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise sqlite3.DatabaseError(f"malformed: {finding}")


def open_copy(path: Path) -> sqlite3.Connection:
    """Open a file that nobody writes to, making no other beside it."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)


def thin(folder: Path, now: datetime) -> None:
    """Keep the last `NEWEST` copies, the last of each of `DAYS` days and of `WEEKS` weeks, and no more than fit.

    Copies of the future are counted apart: whether the clock was ahead then or is behind now, neither those nor these
    drive the others out. Where there is too little room they are the first to go.
    """
    existing = backups_in(folder, now)
    kept = _worth([one for one in existing if one.made_at <= now]) | _worth(
        [one for one in existing if one.made_at > now]
    )
    taken = 0
    for backup in existing:
        with suppress(OSError):
            taken += backup.path.stat().st_size
            if backup not in kept or (taken > MOST_BYTES and backup != existing[0]):
                taken -= backup.path.stat().st_size
                backup.path.unlink()


def _worth(backups: Sequence[Backup]) -> set[Backup]:
    """Return those to keep of copies that are sorted, the newest first."""
    return set(backups[:NEWEST]) | set(_last_of(backups, "%Y-%m-%d")[:DAYS]) | set(_last_of(backups, "%G-%V")[:WEEKS])


def _last_of(backups: Sequence[Backup], period: str) -> list[Backup]:
    """Return the last copy of each day or week, the newest first."""
    last = {f"{one.made_at:{period}}": one for one in reversed(backups)}
    return sorted(last.values(), key=lambda one: one.made_at, reverse=True)


def _state(path: Path) -> tuple[object, ...] | None:
    with suppress(sqlite3.Error), closing(open_copy(path)) as copy:
        return tuple(copy.execute(_STATE).fetchone())
    return None
