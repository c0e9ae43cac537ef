"""Reading a database where SQLite can make no file beside it: the disk is full, or may only be read.

SQLite coordinates readers and writers by a file that it makes. Where nobody writes there is nothing to coordinate.
"""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import ExitStack
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from detector.temporary import temporary_folder

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import BaseFileLock

_LEAST_SHARED_BYTES = 32_768
"""The file by which processes coordinate is this long as soon as one of them reads; shorter ones are remains."""


def folder_lock(folder: Path) -> BaseFileLock:
    """Return the lock that whoever writes to a project's folder holds; nobody waits for it."""
    return FileLock(folder / "lock", blocking=False, thread_local=False)


def open_alone(path: Path) -> sqlite3.Connection | None:
    """Open a database for reading without a file beside it; None where it is not there or somebody may write to it.

    Where it has a log, a copy of both in the system's temporary folder is opened, which goes when the connection is
    closed. Raises sqlite3.Error, and OSError where there is no room for a copy.
    """
    log = path.with_name(f"{path.name}-wal")
    with ExitStack() as held:
        if not path.exists() or not _keep_writers_out(path, held):
            return None
        if log.exists() and log.stat().st_size > 0:
            return _open_copy(path)
        # Who begins to write makes a log first, which this disk does not take: what is read here stays as it is.
        return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)


def copy_with_log(database: Path, folder: Path) -> Path:
    """Copy a database that nobody writes to, and its log, into a folder; return the copy. Raises OSError."""
    for suffix in ("", "-wal"):
        file = database.with_name(f"{database.name}{suffix}")
        if file.exists():
            shutil.copyfile(file, folder / file.name)
    return folder / database.name


def _keep_writers_out(path: Path, held: ExitStack) -> bool:
    """Return whether nobody writes to the database, and let nobody begin to until `held` is closed."""
    if _has_lock(path.parent):
        lock = folder_lock(path.parent)
        try:
            lock.acquire()
        except Timeout:
            return False
        except (OSError, NotImplementedError):  # nothing can be locked here: the other sign has to do
            return not _is_shared(path)
        held.callback(lock.release)
        return True
    return not _is_shared(path)


def _has_lock(folder: Path) -> bool:
    """Return whether what is called like the lock is one: to lock a file empties it, and it may be a person's."""
    try:
        status = (folder / "lock").lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


def _is_shared(path: Path) -> bool:
    """Return whether somebody has the database open, or was killed meanwhile."""
    shared = path.with_name(f"{path.name}-shm")
    return shared.exists() and shared.stat().st_size >= _LEAST_SHARED_BYTES


class _OfCopy(sqlite3.Connection):
    """A connection to a copy that goes with it."""

    kept: ExitStack | None = None

    def close(self) -> None:
        super().close()
        if self.kept is not None:
            self.kept.close()


def _open_copy(path: Path) -> sqlite3.Connection:
    with ExitStack() as made:
        copy = copy_with_log(path, made.enter_context(temporary_folder("reading")))
        uri = f"{copy.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, factory=_OfCopy)
        connection.kept = made.pop_all()
        return connection
