"""What a damaged project is made of again: rows that can be read, what journal and indexes say of others, a backup.

The journal has every decision in its own words. Where it is whole, a box whose page is gone is known to its last bit.
"""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from app.model.annotations import Annotation, Category, ImageMark, Rejection, default_color
from app.model.commands import Command
from app.model.words import tr
from app.store import rows
from app.store.database import open_database, transaction
from app.store.salvage import SavedTable, salvage
from app.store.schema import MIGRATIONS
from app.store.versions import STARTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from app.model.commands import Row
    from app.store.salvage import Values

    Tables = dict[str, SavedTable]

# In the order in which they need one another.
_ORDER = (
    *("categories", "images", "annotations", "rejections", "dataset", "identity", "journal", "history", "remembered"),
    *("model_versions", "active_version", "category_mapping", "base_models", "activity"),
)
_NUMBERED = ("categories", "images", "annotations", "rejections", "model_versions")
_SINGLE = frozenset(("dataset", "identity", "history", "active_version"))
_DECIDED: tuple[type[Row], ...] = (Annotation, Rejection, Category)
_MOST_LOST = 100_000
"""So many entries may be missing at the end of a journal; a greater number is no number of an entry."""


@dataclass
class TableTally:
    """What became of the rows of one table: those read, brought back, each from where, and known to be lost.

    `index`: of so many images no more was left than their paths, the marks that say they are reviewed, and their boxes.
    """

    read: int = 0
    journal: int = 0
    backup: int = 0
    index: int = 0
    lost: int = 0


@dataclass
class Recovered:
    """A project to be written, and where its rows come from. `backup` is the one that was taken as a whole."""

    tables: Tables
    tallies: dict[str, TableTally] = field(default_factory=dict)
    backup: Path | None = None

    @property
    def decisions(self) -> int:
        """How much work there is in it: boxes, rejections and reviewed images."""
        images = self.tables["images"]
        reviewed = images.columns.index("reviewed")
        boxes = sum(len(self.tables[name].rows) for name in ("annotations", "rejections"))
        return boxes + sum(bool(row[reviewed]) for row in images.rows.values())


def recover(database: Path, backup: Path | None) -> Recovered:
    """Return what can be had of a database; of the `backup` as a whole where that has more. Raises OSError."""
    tables = salvage(database, MIGRATIONS)
    copied = None if backup is None else salvage(backup, MIGRATIONS)
    found = Recovered(tables, {name: TableTally(read=len(table.rows)) for name, table in tables.items()})
    journal = _Journal(tables)
    _take_from_journal(found, journal)
    if copied is not None:
        _take_from_backup(found, copied)
    _take_from_index(found)
    if copied is not None:
        whole = Recovered(copied, {name: TableTally(backup=len(one.rows)) for name, one in copied.items()}, backup)
        if whole.decisions > found.decisions or not tables["images"].rows:
            found, journal = whole, _Journal(copied)
    for name, tally in found.tallies.items():
        tally.lost = max(0, tables[name].count - len(found.tables[name].rows))
    # No index counts the entries, but each has its number.
    found.tallies["journal"].lost = sum(place not in journal.entries for place in range(1, journal.length + 1))
    _complete(found, journal)
    return found


def write_project(found: Recovered, target: Path) -> None:
    """Write a new database at `target`, where there is none. Raises StoreError, sqlite3.Error."""
    with closing(open_database(target, MIGRATIONS)) as made, transaction(made):
        for name in _SINGLE:
            made.execute(f"DELETE FROM {name}")  # noqa: S608 - own names only
        for name in _ORDER:
            table = found.tables[name]
            marks = ", ".join("?" * len(table.columns))
            insert = f"INSERT INTO {name} ({', '.join(table.columns)}) VALUES ({marks})"  # noqa: S608 - own names only
            for values in table.rows.values():
                try:
                    made.execute(insert, values)
                except sqlite3.IntegrityError:  # it speaks of a row that is lost, or contradicts another
                    found.tallies[name].lost += 1
        for name in _NUMBERED:
            made.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            made.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, found.tables[name].last_id))


class _Journal:
    """The entries that can be read, and what was there when the last one in force was done."""

    def __init__(self, tables: Tables) -> None:
        self.entries: dict[int, Command] = {}
        for values in tables["journal"].rows.values():
            row = dict(zip(tables["journal"].columns, values, strict=True))
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                self.entries[row["position"]] = Command.from_json(row["command"])
        last = max(self.entries, default=0)
        gone = min(max((high for _, high in tables["journal"].gaps), default=0), last + _MOST_LOST)
        stored = [values[-1] for values in tables["history"].rows.values()]
        # A number that no entry was ever given is as damaged as the rest.
        self.position: int = stored[0] if stored and 0 <= stored[0] <= max(last, gone) else last
        self.length = max(last, self.position)

    @property
    def is_whole(self) -> bool:
        """Whether each entry in force can be read: then nothing that was decided is unknown."""
        return self.position > 0 and all(place in self.entries for place in range(1, self.position + 1))

    def rows_in_force(self) -> dict[tuple[type[Row], int], Row]:
        """Return what there is after the entries in force."""
        found: dict[tuple[type[Row], int], Row] = {}
        for place in range(1, self.position + 1):
            for edit in self.entries[place].edits if place in self.entries else ():
                if edit.after is None:
                    found.pop((type(edit.row), edit.row.id), None)
                else:
                    found[type(edit.row), edit.row.id] = edit.after
        return found

    def last_ids(self) -> Iterable[tuple[str, int]]:
        """Yield (table, id) of all rows that are spoken of: none of these ids may be given again."""
        for entry in self.entries.values():
            for edit in entry.edits:
                yield rows.table_of(type(edit.row)), edit.row.id

    def ever(self, category_id: int) -> Category | None:
        """Return a category as it was last, also one that was removed."""
        spoken = (edit.row for _, entry in sorted(self.entries.items()) for edit in entry.edits)
        found = [row for row in spoken if isinstance(row, Category) and row.id == category_id]
        return found[-1] if found else None


def _take_from_journal(found: Recovered, journal: _Journal) -> None:
    """Bring back the rows that the journal knows and that cannot be read.

    One with gaps may not know that a row was deleted: then only those come back that lay where nothing can be read.
    """
    for (kind, row_id), row in journal.rows_in_force().items():
        table = found.tables[rows.table_of(kind)]
        if kind in _DECIDED and row_id not in table.rows and (journal.is_whole or table.lacks(row_id)):
            table.rows[row_id] = _values(table, row)
            found.tallies[rows.table_of(kind)].journal += 1


def _take_from_backup(found: Recovered, copied: Tables) -> None:
    """Bring back rows from where nothing can be read; some may have been deleted since the backup was made."""
    for name, table in found.tables.items():
        if name in _NUMBERED or name in _SINGLE:
            for row_id, values in copied[name].rows.items():
                if row_id not in table.rows and (table.lacks(row_id) or (name in _SINGLE and not table.rows)):
                    table.rows[row_id] = values
                    found.tallies[name].backup += 1


def _take_from_index(found: Recovered) -> None:
    """Bring back the images that are in no backup: without them all their boxes would be lost."""
    images = found.tables["images"]
    path = images.columns.index("path")
    known = {values[path] for values in images.rows.values()}
    for row_id, values in images.indexed.items():
        if row_id not in images.rows and images.lacks(row_id) and values[path] not in known:
            images.rows[row_id] = values
            found.tallies["images"].index += 1


def _complete(found: Recovered, journal: _Journal) -> None:
    """Put in what a project cannot be without: categories of boxes, entries of the journal, ids that were given."""
    tables = found.tables
    _mark_images(tables["images"], journal)
    _name_categories(tables, journal)
    for number, command in ((place, journal.entries.get(place)) for place in range(1, journal.length + 1)):
        if command is None:
            lost = Command(tr("something that was lost"), None, ())
            made_at = _last_time(tables["journal"], number)
            tables["journal"].rows[number] = (number, lost.text, lost.to_json(), made_at)
    tables["history"].rows = {1: (1, journal.position)}
    unsaid: dict[str, str | None] = {"dataset": "{}", "active_version": None, "identity": uuid.uuid4().hex}
    for name, value in unsaid.items():
        if not tables[name].rows:
            tables[name].rows = {1: (1, value)}
    key = tables["remembered"].columns.index("key")
    remembered = tables["remembered"].rows
    # Whoever opens the project next must not take a model's file for one that nobody knows.
    tables["remembered"].rows = {place: row for place, row in remembered.items() if row[key] != STARTED}
    there = ((table, row_id) for table in _NUMBERED for row_id in tables[table].rows)
    for table, row_id in chain(journal.last_ids(), there):
        tables[table].last_id = max(tables[table].last_id, row_id)


def _mark_images(images: SavedTable, journal: _Journal) -> None:
    """Give images the marks that the journal knows; those of a backup may be older."""
    if journal.is_whole:
        for (kind, row_id), row in journal.rows_in_force().items():
            if kind is ImageMark and row_id in images.rows:
                images.rows[row_id] = _values(images, row, images.rows[row_id])


def _name_categories(tables: Tables, journal: _Journal) -> None:
    boxes, categories = tables["annotations"], tables["categories"]
    place, name = boxes.columns.index("category_id"), categories.columns.index("name")
    taken = {values[name] for values in categories.rows.values()}
    for category_id in sorted({values[place] for values in boxes.rows.values()} - set(categories.rows)):
        known = journal.ever(category_id) or Category(
            category_id, f"recovered {category_id}", default_color(category_id)
        )
        if known.name in taken:
            known = replace(known, name=f"{known.name} (recovered {category_id})")
        taken.add(known.name)
        categories.rows[category_id] = _values(categories, known)


def _last_time(journal: SavedTable, number: int) -> str:
    """Return the time of the entry before a lost one: its own is not known, and times never go back."""
    place = journal.columns.index("made_at")
    before = [values[place] for position, values in journal.rows.items() if position < number]
    return str(max(before, default="1970-01-01T00:00:00.000Z"))


def _values(table: SavedTable, row: Row, before: Values | None = None) -> Values:
    """Return a row of the model as the table has it; columns that no command changes are as `before`."""
    known: Mapping[str, Any] = dict(zip(table.columns, before, strict=True)) if before is not None else {}
    said = {**known, **rows.as_columns(row)}
    return tuple(said[column] for column in table.columns)
