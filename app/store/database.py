"""SQLite as this store uses it: connections, transactions, migrations with a backup, and errors as sentences."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Literal

from app.model.storage import DamagedError, PassingError, StoreError
from app.model.words import tr, worded
from app.store.inspection import check_schema, harden
from app.store.lone_reading import open_alone
from app.store.project_files import check_database_file
from detector.durable import sync

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

APPLICATION_ID = 0x426F7857  # "BoxW": whoever inspects the file sees whose it is, and another program's file is refused

# What may succeed later: nothing is wrong with what is written, nor with what is there. The lowest byte of a code.
_AWAY = frozenset((sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN))
_PASSING = _AWAY | {
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM)
}

# Why SQLite does not open what can be read: it can make no file beside it.
_NO_FILE_BESIDE = _AWAY | {sqlite3.SQLITE_FULL}
_LEAST_ROOM = 1 << 16
"""A disk with fewer free bytes is full: SQLite needs half of this beside a database that it opens."""

NOT_READ = worded("The project could not be read")

Migration = tuple[str, ...]
"""The statements that lead from one schema version to the next. Append-only: a released one never changes."""


def open_database(
    path: Path, migrations: Sequence[Migration], *, synchronous: Literal["FULL", "NORMAL"] = "FULL"
) -> sqlite3.Connection:
    """Open or create the database at `path` and bring it to the newest schema, after a backup beside it.

    FULL survives a power cut; NORMAL may lose the last transactions then, and nothing when only the process dies: it is
    for what can be made anew, of which there is no backup.
    Raises StoreError for a damaged file, another program's, or one that a newer Boxwright wrote; it is left as it is.
    """
    check_database_file(path)
    with speaking(tr("The project file {} cannot be opened").format(path), path.parent):
        if not path.exists():
            _create(path, migrations)
        if path.stat().st_size == 0:
            raise sqlite3.DatabaseError("empty, so it is not a database")
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            harden(connection)
            if not _is_blank(connection):
                check(connection, path, migrations)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
            _migrate(connection, path, migrations, keeps_old=synchronous == "FULL")
        except BaseException:
            connection.close()
            raise
    return connection


def open_again(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    """Open the database at `path` that was open before, for writing with FULL. Makes none. Raises StoreError."""
    check_database_file(path)
    with speaking(tr("The project file {} cannot be opened").format(path), path.parent):
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
        try:
            harden(connection)
            check(connection, path, migrations)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open an existing database for reading beside its writer. Raises StoreError where there is none.

    On a full disk, and on one that may only be read, it is opened without a file beside it where nobody writes to it.
    """
    check_database_file(path)
    uri = f"{path.resolve().as_uri()}?mode=ro"
    if not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists():
        uri += "&immutable=1"  # nobody can write here, and SQLite cannot make the file that it coordinates with
    with speaking(tr("The project file {} cannot be read").format(path), path.parent):
        if _is_full(path.parent):
            # SQLite would leave files half made there, and where the disk has small blocks its process would be killed.
            with suppress(OSError):  # the temporary folder may have no room either
                if (alone := open_alone(path)) is not None:
                    return _looked_into(alone)
        try:
            return _looked_into(sqlite3.connect(uri, uri=True, isolation_level=None))
        except sqlite3.Error as error:
            if _kind(error) not in _NO_FILE_BESIDE or (alone := open_alone(path)) is None:
                raise
            return _looked_into(alone)


def _looked_into(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return a connection whose file is open: SQLite does that at the first question only. Raises sqlite3.Error."""
    try:
        harden(connection)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def copy_database(source: sqlite3.Connection, target: Path) -> None:
    """Copy a database as it is now, whoever writes to it, into the one file `target`. Raises sqlite3.Error, OSError."""
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # the copy says that it has a log beside it, as its source has
    sync(target)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Make what happens inside happen as a whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has rolled back by itself after some errors, a full disk among them
            connection.execute("ROLLBACK")
        raise


@contextmanager
def relaxed(connection: sqlite3.Connection) -> Iterator[None]:
    """Do not wait for the disk with what is written inside, outside of a transaction: a power cut may lose it."""
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        connection.execute("PRAGMA synchronous = FULL")


@contextmanager
def speaking(what: str, place: Path | None = None) -> Iterator[None]:
    """Turn an error of SQLite or of the file system into a StoreError that begins with `what`: a PassingError if so.

    Where a file in the folder `place` was to be opened, the sentence says so if the disk of that folder is full.
    """
    try:
        yield
    except UnicodeDecodeError as error:  # SQLite tells what is wrong in words of the file itself
        text = tr("it is damaged ({}). It was left as it is; `boxwright repair` says what can be saved.")
        raise DamagedError(f"{tr(what)}: {text.format(error)}") from error
    except (sqlite3.Error, OSError) as error:
        reason = _full() if _kind(error) in _AWAY and place is not None and _is_full(place) else _reason(error)
        sentence = f"{tr(what)}: {reason}"
        if is_passing(error):
            raise PassingError(sentence, reason, is_away=_kind(error) in _AWAY) from error
        raise (DamagedError if _is_damage(error) else StoreError)(sentence) from error


def is_passing(error: Exception) -> bool:
    """Return whether an error is about the place of a file, and says nothing of what is in it."""
    return isinstance(error, OSError) or _kind(error) in _PASSING


def _kind(error: Exception) -> int:
    """Return the kind of an error of SQLite, 0 of others: the lowest byte of its code."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_full(place: Path) -> bool:
    """Return whether a folder that may be written has no room; a medium that may only be read has none anyway."""
    try:
        return os.access(place, os.W_OK) and shutil.disk_usage(place).free < _LEAST_ROOM
    except OSError:
        return False


def _full() -> str:
    return tr("the disk is full. Free some space and try again.")


def _create(path: Path, migrations: Sequence[Migration]) -> None:
    """Make a database that is there as a whole or not at all: whoever is killed meanwhile leaves none."""
    log, part = path.with_name(f"{path.name}-wal"), path.with_name(f".{path.name}.new")
    if log.exists():
        raise sqlite3.DatabaseError("gone but for its log, so it is not a database")
    try:
        part.unlink(missing_ok=True)
        part.with_name(f"{part.name}-journal").unlink(missing_ok=True)
        with closing(sqlite3.connect(part, isolation_level=None)) as made:
            made.execute("PRAGMA synchronous = FULL")
            _migrate(made, path, migrations)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _is_damage(error: sqlite3.Error | OSError) -> bool:
    return "not a database" in str(error) or "malformed" in str(error)


def _reason(error: sqlite3.Error | OSError) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    is_full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE  # the file beside it has no room
    if is_full or "disk is full" in text or "No space left" in text:
        return _full()
    if _is_damage(error):
        return tr("it is damaged ({}). It was left as it is; `boxwright repair` says what can be saved.").format(text)
    if any(words in text for words in ("readonly", "Read-only", "Permission denied")):
        return tr("it may not be written ({}). Check the permissions of the folder.").format(text)
    known = {
        "too big": tr("it is more than can be written in one step. Import it in parts."),
        "locked": tr("another program has locked it."),
        "disk I/O": tr("the disk does not answer."),
        "unable to open": tr("the disk does not answer."),
    }
    return next((sentence for words, sentence in known.items() if words in text), f"{text}.")


def _is_blank(connection: sqlite3.Connection) -> bool:
    """Return whether nothing was ever made in the file: whoever created it was killed before the first migration."""
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return not (objects or application_id or version)


def check(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Raise StoreError or sqlite3.Error unless the file at `path` is a whole one of ours with the schema it says."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application_id != APPLICATION_ID:
        raise StoreError(
            tr("{} is not a file of Boxwright. It was left as it is; move it away to start a new project.").format(path)
        )
    if version > len(migrations):
        raise StoreError(
            tr(
                "{} was written by a newer Boxwright (schema {}; this one knows {}). Update Boxwright to open "
                "it; it was left as it is."
            ).format(path, version, len(migrations))
        )
    check_schema(connection, path, migrations[: max(0, version)])  # first: to look for damage evaluates what it says
    (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if finding != "ok":
        raise sqlite3.DatabaseError(f"malformed: {finding}")


def _migrate(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration], *, keeps_old: bool = True
) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if keeps_old and 0 < version < len(migrations):
        with closing(sqlite3.connect(backup_path(path, version))) as backup:
            connection.backup(backup)
    for number, statements in enumerate(migrations[version:], version + 1):
        with transaction(connection):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")


def backup_path(path: Path, version: int) -> Path:
    """Return where the copy of `path` goes before it leaves schema `version`."""
    return path.with_name(f"{path.stem}.schema-{version}.backup{path.suffix}")
