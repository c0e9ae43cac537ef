"""Which images the decisions of people answer a question about: one query for each, on indexes alone.

Every function reads with the connection it is given and raises sqlite3.Error.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from app.model.image_filter import Boxes, CameAbout, Count, Flagged, FlagWord, FromModel, OfCategory

if TYPE_CHECKING:
    import sqlite3

    from app.model.image_filter import StoredTerm
    from app.model.shown_images import IntArray

_FLAGS = {
    FlagWord.DIFFICULT: "difficult = 1",
    FlagWord.OCCLUDED: "occluded = 1",
    FlagWord.TRUNCATED: "truncated = 1",
    FlagWord.CROWD: "iscrowd = 1",
    FlagWord.LOCKED: "locked = 1",
    FlagWord.NOTE: "note <> ''",
}
"""Spelled as in the indexes of the schema, or they would not be used."""


def images_where(connection: sqlite3.Connection, term: StoredTerm) -> IntArray:
    """Return the ids of the images that a term holds for, each at least once, in any order."""
    match term:
        case OfCategory(name, boxes):
            return _counted(connection, boxes, "category_id = ?", _category_id(connection, name))
        case Boxes(boxes):
            return _counted(connection, boxes, "1")
        case Flagged(flag):
            return _ids(connection, f"SELECT image_id FROM annotations WHERE {_FLAGS[flag]}")  # noqa: S608 - own
        case CameAbout(provenance):
            query = "SELECT DISTINCT image_id FROM annotations WHERE provenance = ?"
            return _ids(connection, query, provenance.value)
        case FromModel(model):
            versions = _versions(connection, model)
            marks = ", ".join("?" * len(versions))
            query = f"SELECT DISTINCT image_id FROM annotations WHERE origin_model_version IN ({marks})"  # noqa: S608
            return _ids(connection, query, *versions)


def reviewed_without_boxes(connection: sqlite3.Connection) -> IntArray:
    """Return the ids of the reviewed images that have no box."""
    return _ids(
        connection,
        "SELECT id FROM images WHERE reviewed = 1"
        " AND NOT EXISTS (SELECT 1 FROM annotations WHERE image_id = images.id)",
    )


def box_counts(connection: sqlite3.Connection) -> tuple[IntArray, IntArray]:
    """Return the ids of the images that have boxes, and how many."""
    return _pairs(connection, "SELECT image_id, count(*) FROM annotations GROUP BY image_id")


def last_changes(connection: sqlite3.Connection) -> tuple[IntArray, IntArray]:
    """Return the ids of the images that were worked on one at a time, and when that was last: greater is later.

    What was undone is no change; nor is an import, or what was decided about many images at once.
    """
    return _pairs(
        connection,
        "SELECT json_extract(command, '$.image_id') AS image, max(position) FROM journal"
        " WHERE position <= (SELECT position FROM history) AND image IS NOT NULL GROUP BY image",
    )


def _counted(connection: sqlite3.Connection, boxes: Count, where: str, *values: int) -> IntArray:
    """Return the ids of the images with so many annotations, for which `where` holds."""
    if boxes.most == 0:
        found = f"SELECT 1 FROM annotations WHERE image_id = images.id AND {where}"  # noqa: S608 - own words only
        return _ids(connection, f"SELECT id FROM images WHERE NOT EXISTS ({found})", *values)  # noqa: S608 - as above
    if boxes.least == 0:
        everything = _ids(connection, "SELECT id FROM images")
        if boxes.most is None:
            return everything
        return np.setdiff1d(everything, _counted(connection, Count(boxes.most + 1), where, *values))
    most = boxes.most if boxes.most is not None else 2**62
    query = f"SELECT image_id FROM annotations WHERE {where} GROUP BY image_id HAVING count(*) BETWEEN ? AND ?"  # noqa: S608
    return _ids(connection, query, *values, boxes.least, most)


def _category_id(connection: sqlite3.Connection, name: str) -> int:
    """Return the id of the category of this name in any case, of two the one spelled so; 0 where there is none."""
    named = {one: int(found) for found, one in connection.execute("SELECT id, name FROM categories ORDER BY id")}
    alike = (found for one, found in named.items() if one.casefold() == name.casefold())
    return named.get(name, next(alike, 0))


def _versions(connection: sqlite3.Connection, model: str) -> list[str]:
    """Return the names of the model versions that are called so, or whose name has this part."""
    wanted = model.casefold()
    titled = connection.execute("SELECT version FROM model_versions WHERE 'version ' || id = ?", (wanted,)).fetchall()
    if titled:
        return [version for (version,) in titled]
    # One step down the index for each version, and not one for each annotation.
    found = connection.execute(
        """WITH RECURSIVE versions (name) AS (
            SELECT min(origin_model_version) FROM annotations WHERE origin_model_version IS NOT NULL
            UNION ALL
            SELECT (SELECT min(origin_model_version) FROM annotations WHERE origin_model_version > name)
            FROM versions WHERE name IS NOT NULL
        ) SELECT name FROM versions WHERE name IS NOT NULL"""
    )
    return [name for (name,) in found if wanted in name.casefold()]


def _ids(connection: sqlite3.Connection, query: str, *values: Any) -> IntArray:
    return np.fromiter(chain.from_iterable(connection.execute(query, values)), np.int64)


def _pairs(connection: sqlite3.Connection, query: str) -> tuple[IntArray, IntArray]:
    found = np.fromiter(chain.from_iterable(connection.execute(query)), np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
