"""Whether a project file holds what Boxwright writes: its schema first, then the values that SQLite would take anyway.

A project may come from somebody else, and a database can be made to do anything: triggers and views run when a table is
touched, a column of numbers takes text, a path leads out of its folder. Whoever has looked here first may trust it.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from app.model.annotations import FARTHEST, LARGEST_ID, LONGEST_NAME
from app.model.storage import StoreError
from app.model.words import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LONGEST_TEXT = 512 * 2**20  # bytes of one value; a command about a million boxes takes 350 MB
_LONGEST_PATH = 4_096
_LONGEST_SIDE = 10_000_000
_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite^_stat%' ESCAPE '^'"


def harden(connection: sqlite3.Connection) -> None:
    """Let SQLite distrust the file: what its documentation advises for a database that somebody else made."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA mmap_size = 0")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_TEXT)
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE)


def check_schema(connection: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]]) -> None:
    """Raise StoreError where the file has tables or indexes that the `migrations` do not make, or anything that runs.

    Raises sqlite3.DatabaseError where it only lacks some: that is damage, and harms nobody.
    """
    found = set(connection.execute(_SCHEMA).fetchall())
    with closing(sqlite3.connect(":memory:")) as blank:
        for statement in (statement for migration in migrations for statement in migration):
            blank.execute(statement)
        own = set(blank.execute(_SCHEMA).fetchall())
    if strange := found - own:
        kind, name, *_ = min(strange, key=str)
        raise _refusal(path, tr("the {} {!r} is not as Boxwright makes it").format(kind, name))
    if missing := own - found:
        raise sqlite3.DatabaseError(f"malformed: {min(missing, key=str)[1]} is not there")


def check_values(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError where a value of a project of the newest schema is of no use, or leads out of its folder.

    Everything behind this may rely on types, ids, times, paths and JSON objects being what the schema says. A million
    boxes take about two seconds.
    """
    for table, rules in _RULES.items():
        bad = " ".join(f"WHEN {condition} THEN '{column}'" for column, condition in rules)
        query = f"SELECT column FROM (SELECT CASE {bad} END AS column FROM {table}) WHERE column IS NOT NULL LIMIT 1"  # noqa: S608 - own
        found = connection.execute(query).fetchone()
        if found is not None:
            raise _refusal(path, tr("a value of {} in the table {} is not possible").format(found[0], table))
    if lost := connection.execute("PRAGMA foreign_key_check").fetchone():
        raise _refusal(path, tr("a row of the table {} belongs to nothing in the table {}").format(lost[0], lost[2]))
    for table in ("dataset", "identity", "history", "active_version"):
        if connection.execute(f"SELECT count(*) FROM {table}").fetchone() != (1,):  # noqa: S608 - own names only
            raise _refusal(path, tr("the table {} has not the one row that it needs").format(table))


def _refusal(path: Path, what: str) -> StoreError:
    return StoreError(
        tr(
            "The project file {} was not written by Boxwright, or was changed by another program: {}. It was left as "
            "it is; restore a backup, or move it away to start a new project."
        ).format(path, what)
    )


def _text(column: str, longest: int = LONGEST_TEXT) -> str:
    """Text, of so many characters at most. In SQLite's order numbers are less than any text, blobs greater."""
    return f"({column} < '' OR {column} >= x'' OR length({column}) > {longest})"


def _names_only(*columns: str) -> Iterable[tuple[str, str]]:
    return ((column, _text(column, LONGEST_NAME)) for column in columns)


def _whole(column: str, least: int = -(2**53), most: int = 2**53) -> tuple[str, str]:
    return column, f"(typeof({column}) = 'real' OR {column} NOT BETWEEN {least} AND {most})"


def _ids(*columns: str) -> Iterable[tuple[str, str]]:
    return ((column, f"{column} NOT BETWEEN 1 AND {LARGEST_ID}") for column in columns)


def _numbers(least: float, most: float, *columns: str) -> Iterable[tuple[str, str]]:
    return ((column, f"{column} NOT BETWEEN {least} AND {most}") for column in columns)


def _flags(*columns: str) -> Iterable[tuple[str, str]]:
    return ((column, f"{column} NOT IN (0, 1)") for column in columns)


def _time(column: str) -> tuple[str, str]:
    digits = "[0-9][0-9]"
    return column, f"{column} NOT GLOB '{digits}{digits}-{digits}-{digits}T{digits}:{digits}:*'"


_EXTRA = ("extra", f"(extra <> '{{}}' AND ({_text('extra')} OR NOT json_valid(extra) OR json_type(extra) <> 'object'))")
_CORNERS = ("x1", "y1", "x2", "y2")
_OUTSIDE = (
    f"{_text('path', _LONGEST_PATH)} OR path = '' OR path LIKE '/%' OR '/' || path || '/' LIKE '%/../%' "
    "OR instr(path, char(0))"
)
_ANYWHERE_ON_WINDOWS = " OR path GLOB '*[:\\]*'"  # elsewhere both are letters like any other
NO_PATH = f"({_OUTSIDE}{_ANYWHERE_ON_WINDOWS if os.name == 'nt' else ''})"
"""The condition that no `path` of an image may meet."""
_NO_FILE = f"{_text('file', LONGEST_NAME)} OR file IN ('', '.', '..') OR file GLOB '*[/\\:]*' OR instr(file, char(0))"

_NO_ORIGIN = " OR ".join(
    (
        *(bad for _, bad in _numbers(-FARTHEST, FARTHEST, "origin_x1", "origin_y1", "origin_x2", "origin_y2")),
        "origin_score NOT BETWEEN 0 AND 1",
        *(bad for _, bad in _names_only("origin_name", "origin_model_version")),
    )
)

_RULES: dict[str, tuple[tuple[str, str], ...]] = {
    "categories": (
        *_ids("id"),
        *_names_only("name", "supercategory"),
        ("color", f"color NOT GLOB '#{'[0-9a-fA-F]' * 6}'"),
        _whole("position"),
        _EXTRA,
        *_numbers(0, 1, "score_thresh"),
        ("merged", _text("merged")),
    ),
    "images": (
        *_ids("id"),
        ("path", NO_PATH),
        _whole("position"),
        _whole("height", 1, _LONGEST_SIDE),
        _whole("width", 1, _LONGEST_SIDE),
        ("width", "(height IS NULL) <> (width IS NULL)"),
        *_flags("reviewed", "unsure", "missing"),
        _EXTRA,
    ),
    "annotations": (
        *_ids("id"),
        *_numbers(-FARTHEST, FARTHEST, *_CORNERS),
        ("provenance", "provenance NOT IN ('drawn', 'accepted', 'moved', 'relabelled', 'imported')"),
        *_flags("iscrowd", "difficult", "occluded", "truncated", "locked"),
        *((column, f"({column} <> '' AND {_text(column)})") for column in ("note", "author")),
        _EXTRA,
        ("origin", f"(origin_x1 IS NOT NULL AND coalesce({_NO_ORIGIN}, 1))"),
    ),
    "rejections": (
        *_ids("id"),
        *_numbers(-FARTHEST, FARTHEST, *_CORNERS),
        *_numbers(0, 1, "score"),
        *_names_only("name", "model_version"),
    ),
    "dataset": (_EXTRA,),
    "identity": (("project", _text("project")),),
    "journal": (_whole("position", 1), ("text", _text("text")), ("command", _text("command")), _time("made_at")),
    "history": (
        ("position", "position NOT BETWEEN 0 AND (SELECT coalesce(max(position), 0) FROM journal)"),
        _whole("position"),
    ),
    "remembered": (("key", _text("key")), ("value", _text("value"))),
    "model_versions": (
        *_ids("id"),
        *_names_only("version", "parent"),
        ("file", f"({_NO_FILE})"),
        ("categories", _text("categories")),
        ("result", _text("result")),
        _time("made_at"),
    ),
    "category_mapping": (*_names_only("model_version", "name"), _whole("category_id"), *_flags("ignored")),
    "base_models": (("model_version", _text("model_version")), ("file", _text("file", _LONGEST_PATH))),
    "activity": (*_numbers(0, 1e9, "seconds"), _time("began_at")),
    "sqlite_sequence": (_whole("seq", 0, LARGEST_ID),),
}
"""By table: a column and the condition that none of its values may meet. NOT NULL and CHECK are for `quick_check`."""
