"""Making a damaged project whole: what is damaged is set aside, and what could be read takes its place."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from app.model.storage import PassingError, StoreError
from app.model.words import tr
from app.store.backups import backups_in, open_copy
from app.store.database import APPLICATION_ID, open_read_only, speaking
from app.store.inspection import check_schema, check_values
from app.store.lone_reading import copy_with_log
from app.store.recovery import TableTally, recover, write_project
from app.store.salvage import findings
from app.store.schema import MIGRATIONS
from app.store.versions import is_model_file
from app.store.writer_lock import WriterLock
from detector.durable import sync

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from app.store.location import Location
    from app.store.recovery import Recovered

_REPAIRED = "repaired.db"


@dataclass(frozen=True)
class RepairReport:
    """What was `wrong`; `aside` is the folder with what was there before, None where nothing was changed.

    `source` is the backup, or the file, that was taken as a whole; None where rows were read one by one. `heads` are
    the files of models that no version is known of any more: they are in `aside` too.
    """

    wrong: tuple[str, ...]
    tallies: Mapping[str, TableTally] = field(default_factory=dict)
    aside: Path | None = None
    source: Path | None = None
    heads: tuple[str, ...] = ()

    @property
    def lost(self) -> int:
        """The number of rows that are known to be lost."""
        return sum(tally.lost for tally in self.tallies.values())


def examine(location: Location) -> tuple[str, ...]:
    """Return what is wrong with a project, in words; nothing where it is sound. Only reads.

    Raises StoreError for what is no project of this program, and for one that a newer one wrote; PassingError where
    nobody can look now, because the disk is full or does not answer.
    """
    try:
        with closing(open_read_only(location.database)) as connection, speaking(tr("The project cannot be read")):
            return _look_at(connection, location.database)
    except PassingError as error:
        said = tr("Nobody can say now whether {} is damaged: {}").format(location.database, error.reason)
        raise PassingError(said, error.reason, is_away=error.is_away) from error
    except StoreError as error:
        if not location.database.exists() or _is_refused(error):
            raise
        return (str(error.__cause__ or error),)


def repair(location: Location, now: datetime, source: Path | None = None) -> RepairReport:
    """Make a good project of a damaged one, or of the file `source`; what was there is set aside and stays.

    Raises StoreError, and nothing has changed then: where another process has the project, nothing can be read of it
    and of its backups, or the disk does not allow it.
    """
    lock = WriterLock(location.folder)
    try:
        wrong = examine(location)
        if not wrong and source is None:
            return RepairReport(())
        with speaking(tr("The project in {} could not be repaired").format(location.folder)):
            found = recover(
                location.database if source is None else source, None if source else _good_backup(location, now)
            )
            if not found.tables["images"].rows:
                raise StoreError(
                    tr("Nothing can be read of {}, and there is no good backup. It was left as it is.").format(
                        location.database if source is None else source
                    )
                )
            return _replace(location, found, now, wrong, source)
    finally:
        lock.release()


def _is_refused(error: StoreError) -> bool:
    return error.__cause__ is None


def _look_at(connection: sqlite3.Connection, path: Path) -> tuple[str, ...]:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StoreError(tr("{} was written by a newer Boxwright. Update Boxwright to repair it.").format(path))
    found = findings(connection)
    if application_id != APPLICATION_ID:
        found.append(f"its application id is {application_id:#x}, not {APPLICATION_ID:#x}")
    expected, tables = _tables_made_by(MIGRATIONS[:version]), _tables_of(connection)
    found += [f"table {name} is not as it should be" for name in expected if tables.get(name) != expected[name]]
    if not found:
        query = "SELECT position, (SELECT count(*) FROM journal), (SELECT max(position) FROM journal) FROM history"
        position, count, last = connection.execute(query).fetchone() or (0, 0, -1)
        if position > (last or 0) or count != (last or 0):
            found.append(f"the journal has {count} entries, its last is {last}, and {position} are in force")
    if not found and version == len(MIGRATIONS):
        try:  # what opening the project refuses
            check_schema(connection, path, MIGRATIONS)
            check_values(connection, path)
        except StoreError as error:
            found.append(str(error))
    return tuple(found)


def _tables_made_by(migrations: Sequence[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the name of each table -> its columns, as these migrations make them."""
    with closing(sqlite3.connect(":memory:")) as sound:
        for statement in chain.from_iterable(migrations):
            sound.execute(statement)
        return _tables_of(sound)


def _tables_of(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Return the name of each table -> its columns. Raises sqlite3.Error."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    query = "SELECT name FROM pragma_table_info(?) ORDER BY cid"
    return {name: tuple(column for (column,) in connection.execute(query, (name,))) for (name,) in found.fetchall()}


def _good_backup(location: Location, now: datetime) -> Path | None:
    """Return the newest backup that SQLite finds nothing wrong with."""
    older = sorted(location.folder.glob("project.schema-*.backup.db"), reverse=True)
    for path in [*(one.path for one in backups_in(location.backups, now)), *older]:
        with suppress(sqlite3.Error, StoreError), closing(open_copy(path)) as copy:
            if not _look_at(copy, path):
                return path
    return None


def _replace(
    location: Location, found: Recovered, now: datetime, wrong: tuple[str, ...], source: Path | None
) -> RepairReport:
    """Put a project of what was found in place of what is there. Raises StoreError, sqlite3.Error, OSError."""
    aside = _new_folder(location.folder / f"damaged-{now:%Y%m%dT%H%M%SZ}")
    made = aside / _REPAIRED
    try:
        _write(found, made)
        copy_with_log(location.database, aside)
        _sync(aside)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    # A log is that of the file beside it: the new file must never have that of the old one.
    for suffix in ("-wal", "-shm"):
        location.database.with_name(f"{location.database.name}{suffix}").unlink(missing_ok=True)
    made.replace(location.database)
    heads = _set_heads_aside(location, found, aside)
    whole = source if source is not None else found.backup
    return RepairReport(wrong, found.tallies, aside, whole, heads)


def _write(found: Recovered, target: Path) -> None:
    """Write what was found, and look whether it is a good project."""
    write_project(found, target)
    with closing(open_copy(target)) as connection:
        problems = _look_at(connection, target)
    if problems:
        raise StoreError(tr("What could be read makes no good project: {}.").format(problems[0]))


def _set_heads_aside(location: Location, found: Recovered, aside: Path) -> tuple[str, ...]:
    """Move the files of models that nothing speaks of any more: the next start would take them for leftovers."""
    versions = found.tables["model_versions"]
    known = {values[versions.columns.index("file")] for values in versions.rows.values()}
    moved = []
    with suppress(OSError):
        for path in sorted(location.heads.iterdir()):
            if is_model_file(path.name) and path.name not in known:
                (aside / location.heads.name).mkdir(exist_ok=True)
                path.rename(aside / location.heads.name / path.name)
                moved.append(path.name)
    return tuple(moved)


def _new_folder(wanted: Path) -> Path:
    for number in range(1, 1000):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        with suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise FileExistsError(str(wanted))


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        sync(path)
