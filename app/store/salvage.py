"""Reading what can be read of a damaged database: row by row around the pages that are gone.

Nothing here opens the file that is damaged: a copy of it is read, with the log that lies beside it.
"""

from __future__ import annotations

import math
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from app.store.database import is_passing
from app.store.image_indexes import rows_of_indexes
from app.store.lone_reading import copy_with_log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.store.database import Migration

    Mend = Callable[[Path, Sequence[Migration]], None]

Values = tuple[Any, ...]
"""A row, in the order of the columns of its table as the newest schema has them."""

_MOST_FINDINGS = 20
_ROWS_OF_A_PAGE, _FEW = 8, 128
"""Hardly fewer rows are on one page: of a few that cannot be read, so many are passed over at a time."""
_MOST_ROWS, _NO_END = 1 << 32, 1 << 62
_ERRORS = (sqlite3.Error, ValueError, OverflowError)
"""SQLite tells what is wrong in words of the damaged file, which may be no text."""
_LEAF = 13
_HEADER_BYTES, _PAGE_BYTES, _PAGE_COUNT_AT = 100, 4096, 28


class _Column(NamedTuple):
    name: str
    type: str
    is_needed: bool
    default: Any

    def takes(self, value: Any) -> bool:
        """Return whether a value is such as this column has."""
        if value is None:
            return not self.is_needed
        if self.type == "REAL":
            return isinstance(value, int | float) and math.isfinite(value)
        return isinstance(value, int if self.type == "INTEGER" else str)


@dataclass
class SavedTable:
    """The rows of one table that could be read, by rowid.

    `gaps` are the ranges of rowids that could not be looked at, both ends included. `count` is how many rows there
    were, as an index says or, where none can, as many as were found. `last_id` is the greatest id ever given.
    `indexed` are the rows of images as far as their indexes know them, where there are gaps.
    """

    columns: tuple[str, ...]
    rows: dict[int, Values] = field(default_factory=dict)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0
    last_id: int = 0
    indexed: dict[int, Values] = field(default_factory=dict)

    def lacks(self, rowid: int) -> bool:
        """Return whether a row of this id may have been where nothing can be read, or made no sense."""
        return any(low <= rowid <= high for low, high in self.gaps)


def salvage(database: Path, migrations: Sequence[Migration]) -> dict[str, SavedTable]:
    """Return what can be read of the tables that `migrations` make; empty ones where nothing can. Raises OSError.

    What the first page says is taken from a new project where it cannot be made out: in all projects it is nearly the
    same.
    """
    mends: tuple[Mend, ...] = (_leave, _mend_header, _mend_first_page)
    found: dict[str, SavedTable] = {}
    for mend in mends:
        with tempfile.TemporaryDirectory(prefix="boxwright-") as folder:
            copy = copy_with_log(database, Path(folder))
            mend(copy, migrations)
            found = _read(copy, migrations)
        if any(table.rows for table in found.values()):
            break
    return found


def findings(connection: sqlite3.Connection) -> list[str]:
    """Return what SQLite finds wrong with a database, the first things. Raises sqlite3.Error where it cannot look."""
    try:
        found = [text for (text,) in connection.execute(f"PRAGMA integrity_check({_MOST_FINDINGS})")]
        lost = connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST_FINDINGS)
    except _ERRORS as error:
        if is_passing(error):
            raise
        return [str(error)]
    lacking = [f"{table}: row {row} needs one of {parent} that is not there" for table, row, parent, _ in lost]
    return [*([] if found == ["ok"] else found), *lacking]


def _leave(_copy: Path, _migrations: Sequence[Migration]) -> None:
    """Take it as it is."""


def _mend_header(copy: Path, migrations: Sequence[Migration]) -> None:
    _overwrite(copy, _new(copy.parent, migrations)[:_HEADER_BYTES])


def _mend_first_page(copy: Path, migrations: Sequence[Migration]) -> None:
    """Take the first page of a new project: where this one was made by the same migrations, its tables begin there."""
    _overwrite(copy, _new(copy.parent, migrations)[:_PAGE_BYTES])


def _new(folder: Path, migrations: Sequence[Migration]) -> bytes:
    path = folder / "new.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        _make(made, migrations)
    return path.read_bytes()


def _overwrite(copy: Path, start: bytes) -> None:
    size = copy.stat().st_size if copy.exists() else 0
    if size >= _PAGE_BYTES:
        with copy.open("rb+") as file:
            file.write(start)
            file.seek(_PAGE_COUNT_AT)  # or SQLite takes all that lies behind the pages of a new project for nothing
            file.write((size // _PAGE_BYTES).to_bytes(4, "big"))


def _make(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    for statements in migrations:
        for statement in statements:
            connection.execute(statement)


def _layout(migrations: Sequence[Migration]) -> dict[str, list[_Column]]:
    """Return the name of each table -> its columns."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        _make(made, migrations)
        names = made.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        layout: dict[str, list[_Column]] = {}
        for (name,) in names.fetchall():
            described = made.execute('SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)', (name,))
            layout[name] = [
                _Column(column, kind, bool(needed), made.execute(f"SELECT {default or 'NULL'}").fetchone()[0])
                for column, kind, needed, default in described.fetchall()
            ]
    return layout


def _read(copy: Path, migrations: Sequence[Migration]) -> dict[str, SavedTable]:
    layout = _layout(migrations)
    tables = {name: SavedTable(tuple(column.name for column in columns)) for name, columns in layout.items()}
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        with suppress(*_ERRORS):
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        greatest = _greatest_rowid(copy)
        for name, table in tables.items():
            with suppress(*_ERRORS):
                _read_table(connection, name, layout[name], table, greatest)
            if name == "images" and table.gaps:
                new = {column.name: column.default for column in layout[name]}
                table.indexed = rows_of_indexes(connection, new)
    return tables


def _read_table(
    connection: sqlite3.Connection, name: str, columns: Sequence[_Column], table: SavedTable, greatest: int
) -> None:
    described = connection.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    kind, sql = described or ("", "")
    if kind != "table":
        return
    there = {column for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))}
    has_rowid = "WITHOUT ROWID" not in sql
    said = [column.name if column.name in there else "NULL" for column in columns]
    wanted = ", ".join(["rowid" if has_rowid else "0", *said])

    def take(found: Sequence[Values]) -> None:
        for rowid, *values in found:
            pairs = list(zip(columns, values, strict=True))
            row = tuple(value if column.name in there else column.default for column, value in pairs)
            if all(column.takes(value) for column, value in zip(columns, row, strict=True)):
                table.rows[rowid if has_rowid else len(table.rows) + 1] = row
            else:
                table.gaps.append((rowid, rowid))

    query = f"SELECT {wanted} FROM {name}"  # noqa: S608 - own names only
    if has_rowid:
        table.last_id, knows_end = _last_id(connection, name)
        if not knows_end:
            table.gaps.append((greatest + 1, _NO_END))
        _read_around(connection, f"{query} NOT INDEXED", max(greatest, _ROWS_OF_A_PAGE), table, take)
    else:
        with suppress(*_ERRORS):
            for values in connection.execute(query):
                take([values])
    table.count = len(table.rows)
    with suppress(*_ERRORS):
        (count,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608 - own names only
        table.count = max(count, table.count)


def _read_around(
    connection: sqlite3.Connection,
    query: str,
    last: int,
    table: SavedTable,
    take: Callable[[Sequence[Values]], None],
) -> None:
    """Read the rows up to rowid `last`, and halve each range that cannot be read until what can be is read."""
    ranged = f"{query} WHERE rowid BETWEEN ? AND ?"
    waiting = [(-1, last)]
    while waiting:
        low, high = waiting.pop()
        try:
            take(connection.execute(ranged, (low, high)).fetchall())
        except _ERRORS:
            middle = (low + high) // 2
            probes = range(low, high + 1, _ROWS_OF_A_PAGE)
            if high - low < _FEW and not any(_answers(connection, ranged, rowid) for rowid in (*probes, high)):
                _add_gap(table, low, high)
            else:
                waiting += [(middle + 1, high), (low, middle)]


def _add_gap(table: SavedTable, low: int, high: int) -> None:
    if table.gaps and table.gaps[-1][1] == low - 1:
        low = table.gaps.pop()[0]
    table.gaps.append((low, high))


def _answers(connection: sqlite3.Connection, ranged: str, rowid: int) -> bool:
    with suppress(*_ERRORS):
        connection.execute(ranged, (rowid, rowid)).fetchall()
        return True
    return False


def _last_id(connection: sqlite3.Connection, name: str) -> tuple[int, bool]:
    """Return the greatest id that is known to have been given in a table, and whether its last row can be read."""
    found = []
    greatest = f"SELECT max(rowid) FROM {name} NOT INDEXED"  # noqa: S608 - own names only
    for query in (greatest, f"SELECT max(seq) FROM sqlite_sequence WHERE name = '{name}'"):  # noqa: S608 - as above
        try:
            found.append(connection.execute(query).fetchone()[0] or 0)
        except _ERRORS:
            found.append(None)
    numbers = [number for number in found if isinstance(number, int)]
    return max(numbers, default=0), found[0] is not None


def _greatest_rowid(database: Path) -> int:
    """Return the greatest rowid on any page that holds rows: what can be read of any table is not behind that."""
    greatest = 0
    with database.open("rb") as file:
        while page := file.read(_PAGE_BYTES):
            if page[0] == _LEAF and len(page) == _PAGE_BYTES:
                cells = int.from_bytes(page[3:5], "big")
                last = int.from_bytes(page[6 + 2 * cells : 8 + 2 * cells], "big")
                _, at = _varint(page, last)
                rowid, _ = _varint(page, at)
                greatest = max(greatest, rowid if rowid <= _MOST_ROWS else 0)
    return greatest


def _varint(page: bytes, at: int) -> tuple[int, int]:
    """Return the number of SQLite's variable length that begins at a place of a page, and the place behind it."""
    value = 0
    for length, byte in enumerate(page[at : at + 8], 1):
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + length
    return value, at + 8
