"""What the indexes of the images still know where pages of their table are gone: id, path, and which are reviewed."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.model.annotations import LARGEST_ID
from app.store.inspection import NO_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ERRORS = (sqlite3.Error, ValueError, OverflowError)
# Both answer from the index alone: what it does not hold is not asked for.
_PATHS = f"SELECT rowid, path FROM images INDEXED BY sqlite_autoindex_images_1 WHERE NOT {NO_PATH} ORDER BY path"  # noqa: S608 - own
_REVIEWED = "SELECT id FROM images INDEXED BY reviewed_images WHERE reviewed = 1 ORDER BY id"


def rows_of_indexes(connection: sqlite3.Connection, new: Mapping[str, Any]) -> dict[int, tuple[Any, ...]]:
    """Return a row of the table of images by id, for each that its indexes know; none where they cannot be read.

    `new` are the columns of a new row with their values: they stand for what no index knows. The place in the listing
    is that of a first listing, until the folder is listed again. Where pages of an index are gone, all before the first
    of them and behind the last is found.
    """
    ends = ("", " DESC")
    paths: dict[int, str] = {
        image_id: path
        for end in ends
        for image_id, path in _until_damage(connection, _PATHS + end)
        if 1 <= image_id <= LARGEST_ID
    }
    if len(set(paths.values())) < len(paths):  # it contradicts itself
        return {}
    reviewed = {image_id for end in ends for (image_id,) in _until_damage(connection, _REVIEWED + end)}
    return {
        image_id: tuple({**new, **_known(image_id, path, image_id in reviewed)}.values())
        for image_id, path in paths.items()
    }


def _known(image_id: int, path: str, is_reviewed: bool) -> dict[str, Any]:
    return {"id": image_id, "path": path, "position": image_id - 1, "reviewed": int(is_reviewed)}


def _until_damage(connection: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query up to the first page that is gone."""
    with suppress(*_ERRORS):
        yield from connection.execute(query)
