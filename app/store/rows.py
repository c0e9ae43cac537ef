"""Rows of the model as rows of the database, both ways. The only place that knows both."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from app.model.annotations import (
    Annotation,
    Category,
    DatasetNotes,
    ImageMark,
    ImageRecord,
    Origin,
    Provenance,
    Rejection,
)
from app.model.model_versions import categories_from_json, categories_to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.model.commands import Edit, Row
    from app.model.unsaved import Write

_COLUMNS: dict[type[Row], tuple[str, tuple[str, ...]]] = {
    Annotation: (
        "annotations",
        (
            *("id", "image_id", "category_id", "x1", "y1", "x2", "y2", "provenance", "iscrowd", "extra"),
            *("origin_x1", "origin_y1", "origin_x2", "origin_y2"),
            *("origin_name", "origin_score", "origin_model_version"),
            *("difficult", "occluded", "truncated", "locked", "note", "author"),
        ),
    ),
    Rejection: ("rejections", ("id", "image_id", "x1", "y1", "x2", "y2", "name", "score", "model_version")),
    Category: ("categories", ("id", "name", "color", "supercategory", "position", "extra", "score_thresh", "merged")),
    # Path, size and `missing` are facts about a file: no command changes them, and no undo takes them back.
    ImageMark: ("images", ("id", "reviewed", "unsure", "extra")),
    DatasetNotes: ("dataset", ("id", "extra")),
}


def table_of(kind: type[Row]) -> str:
    """Return the name of the table that keeps rows of `kind`."""
    return _COLUMNS[kind][0]


def as_columns(row: Row) -> dict[str, Any]:
    """Return a row of the model as column -> value."""
    return dict(zip(_COLUMNS[type(row)][1], _values(row), strict=True))


def apply_edits(connection: sqlite3.Connection, edits: Sequence[Edit]) -> None:
    """Put `after` where `before` was, in order. Raises sqlite3.Error where a row is not there to be changed."""
    for edit in edits:
        row = edit.row
        table, columns = _COLUMNS[type(row)]
        if edit.after is None:
            done = connection.execute(f"DELETE FROM {table} WHERE id = ?", (row.id,))  # noqa: S608 - own names only
        elif edit.before is None:
            marks = ", ".join("?" * len(columns))
            done = connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - own names only
                _values(row),
            )
        else:
            # What stays is not written: an index costs more than a comparison, and a merge changes one column of many.
            values = zip(columns, _values(edit.before), _values(row), strict=True)
            changed = {column: value for column, was, value in values if value != was} or {"id": row.id}
            settings = ", ".join(f"{column} = ?" for column in changed)
            done = connection.execute(
                f"UPDATE {table} SET {settings} WHERE id = ?",  # noqa: S608 - own names only
                (*changed.values(), row.id),
            )
        if done.rowcount != 1:
            raise sqlite3.IntegrityError(f"{table} has no row {row.id} to change")


def apply_write(connection: sqlite3.Connection, write: Write) -> None:
    """Do what `Store.write` promises, inside a transaction. Raises sqlite3.Error."""
    apply_edits(connection, write.edits)
    position, entry = write.history.position, write.entry
    connection.execute("UPDATE history SET position = ?", (position,))
    if entry is not None:
        connection.execute("DELETE FROM journal WHERE position >= ?", (position,))
        connection.execute(
            "INSERT INTO journal (position, text, command) VALUES (?, ?, ?)", (position, entry.text, entry.to_json())
        )


def annotations_of(connection: sqlite3.Connection, image_id: int) -> list[Annotation]:
    """Return the annotations of one image by id."""
    return [_annotation(values) for values in _select(connection, Annotation, "WHERE image_id = ?", image_id)]


def annotations_in(connection: sqlite3.Connection, category_id: int) -> list[Annotation]:
    """Return the annotations of one category, on all images, by id."""
    return [_annotation(values) for values in _select(connection, Annotation, "WHERE category_id = ?", category_id)]


def rejections_of(connection: sqlite3.Connection, image_id: int) -> list[Rejection]:
    """Return the rejections of one image by id."""
    selected = _select(connection, Rejection, "WHERE image_id = ?", image_id)
    return [Rejection(row[0], row[1], Origin(row[2:6], *row[6:])) for row in selected]


def images_with_rejections(connection: sqlite3.Connection) -> set[int]:
    """Return the ids of the images on which anything was rejected."""
    return {image_id for (image_id,) in connection.execute("SELECT DISTINCT image_id FROM rejections")}


def categories(connection: sqlite3.Connection) -> list[Category]:
    """Return all categories by position, then id."""
    found = [_category(values) for values in _select(connection, Category)]
    return sorted(found, key=lambda category: (category.position, category.id))


def dataset_notes(connection: sqlite3.Connection) -> DatasetNotes:
    """Return the one row about the dataset as a whole."""
    (values,) = _select(connection, DatasetNotes)
    return DatasetNotes(*values)


def identity(connection: sqlite3.Connection) -> str:
    """Return what a project has in common with its shares, and with no other project."""
    (found,) = connection.execute("SELECT project FROM identity").fetchone()
    return str(found)


def recalled(connection: sqlite3.Connection, key: str) -> str | None:
    """Return the text remembered under `key`, None where there is none."""
    found = connection.execute("SELECT value FROM remembered WHERE key = ?", (key,)).fetchone()
    return None if found is None else str(found[0])


def image_records(connection: sqlite3.Connection) -> Iterator[ImageRecord]:
    """Yield all images in file-name order, as the folder was listed last."""
    columns = "id, path, height, width, reviewed, unsure, missing, extra"
    for row in connection.execute(f"SELECT {columns} FROM images ORDER BY position, path"):  # noqa: S608 - own names only
        size = None if row[2] is None else (row[2], row[3])
        yield ImageRecord(row[0], row[1], size, bool(row[4]), bool(row[5]), bool(row[6]), row[7])


def _select(connection: sqlite3.Connection, kind: type[Row], where: str = "", *values: int) -> list[tuple[Any, ...]]:
    table, columns = _COLUMNS[kind]
    query = f"SELECT {', '.join(columns)} FROM {table} {where} ORDER BY id"  # noqa: S608 - own names only
    return connection.execute(query, values).fetchall()


def _category(row: tuple[Any, ...]) -> Category:
    number, name, color, supercategory, position, extra, score_thresh, merged = row
    return Category(number, name, color, supercategory, position, extra, score_thresh, categories_from_json(merged))


def _annotation(row: tuple[Any, ...]) -> Annotation:
    origin = None if row[10] is None else Origin(row[10:14], row[14], row[15], row[16])
    difficult, occluded, truncated, locked = map(bool, row[17:21])
    return Annotation(
        id=row[0],
        image_id=row[1],
        category_id=row[2],
        box=row[3:7],
        provenance=Provenance(row[7]),
        origin=origin,
        iscrowd=bool(row[8]),
        extra=row[9],
        difficult=difficult,
        occluded=occluded,
        truncated=truncated,
        locked=locked,
        note=row[21],
        author=row[22],
    )


def _values(row: Row) -> tuple[Any, ...]:
    match row:
        case Annotation():
            own = (row.id, row.image_id, row.category_id, *row.box, row.provenance.value, row.iscrowd, row.extra)
            origin = _origin(row.origin) if row.origin is not None else (None,) * 7
            return (*own, *origin, row.difficult, row.occluded, row.truncated, row.locked, row.note, row.author)
        case Rejection():
            return (row.id, row.image_id, *_origin(row.origin))
        case Category():
            said = (row.id, row.name, row.color, row.supercategory, row.position, row.extra, row.score_thresh)
            return (*said, categories_to_json(row.merged))
        case ImageMark():
            return (row.id, row.reviewed, row.unsure, row.extra)
        case DatasetNotes():
            return (row.id, row.extra)


def _origin(origin: Origin) -> tuple[Any, ...]:
    return (*origin.box, origin.name, origin.score, origin.model_version)
