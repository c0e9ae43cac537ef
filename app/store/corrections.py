"""Everything that people decided in a project, in one read: what a fine-tune learns from.

Shapes: M annotations and J rejections of one image, K categories of the project.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.model.annotations import Provenance
from app.model.category_mapping import learnt_names, merged_names, shown_names
from app.store import rows
from app.store.database import NOT_READ, open_read_only, speaking
from app.store.mappings import mapping_of
from detector.corrections import CorrectedImage, Corrections

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from app.model.annotations import Category
    from app.model.model_versions import ModelVersion
    from app.store.location import Location

_DECIDED = """SELECT id FROM images WHERE reviewed = 1
    UNION SELECT image_id FROM annotations UNION SELECT image_id FROM rejections"""
_FITS = "(?1 IS NULL OR height IS NULL OR height * width <= ?1)"
_AS_SUGGESTED = (Provenance.ACCEPTED.value, Provenance.MOVED.value)


@dataclass(frozen=True, slots=True, eq=False)
class StoredCorrections:
    """The corrections of a project at one moment, and the ids that the categories of labels 1..K have in it."""

    corrections: Corrections
    category_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CorrectionCounts:
    """How much there is to learn from.

    `reviewed` images; `partly`: images that are not reviewed and have boxes or rejections; `missing`: those of both
    whose file was not in the folder when it was last listed. `too_large`: images that are none of these because they
    have more pixels than was asked for. `boxes` by name of the category, in the project's order,
    also those without any; `rejections`.
    """

    reviewed: int
    partly: int
    missing: int
    boxes: Mapping[str, int]
    rejections: int
    too_large: int = 0


def read_corrections(
    location: Location,
    version: ModelVersion | None,
    model_version: str = "",
    names: Sequence[str] = (),
    *,
    most_pixels: int | None = None,
    tile: int = 0,
) -> StoredCorrections:
    """Return all reviewed images and all others with a box or a rejection, in file-name order.

    `version` is what the fine-tune starts from, None: a base model; the aliases are those of its names. Where they are
    known, `model_version` and `names` are what it is called and its categories, which may be mapped to the project's.
    Images that are known to have more than `most_pixels` are left out; `tile` is what the corrections say of the others
    that are large. Reads with a connection of its own, so in any thread, beside the writer: a large project takes a
    second. No image file is looked at. Raises StoreError.
    """
    with closing(open_read_only(location.database)) as connection, speaking(NOT_READ):
        connection.execute("BEGIN")  # one state of the project from the first row to the last
        renamed = current_names(connection, version)
        mapping = mapping_of(connection, model_version)
        shown = shown_names(names, rows.categories(connection), mapping, renamed)
        aliases = learnt_names(names, shown, renamed)
        return _stored(connection, location.image_folder, aliases, most_pixels, tile)


def _stored(
    connection: sqlite3.Connection, folder: Path, aliases: Mapping[str, str], most_pixels: int | None, tile: int
) -> StoredCorrections:
    categories = rows.categories(connection)
    labels = {category.id: label for label, category in enumerate(categories, 1)}
    boxes, rejected = defaultdict[int, list[Any]](list), defaultdict[int, list[Any]](list)
    found = connection.execute(
        "SELECT image_id, category_id, iscrowd, difficult, x1, y1, x2, y2 FROM annotations ORDER BY id"
    )
    for image_id, category_id, iscrowd, difficult, *box in found:
        boxes[image_id].append((box, labels[category_id], iscrowd, difficult))
    for image_id, *box in connection.execute("SELECT image_id, x1, y1, x2, y2 FROM rejections ORDER BY id"):
        rejected[image_id].append(box)
    images = connection.execute(
        f"""SELECT id, path, reviewed, height, width FROM images WHERE id IN ({_DECIDED})
        AND {_FITS} ORDER BY position, path""",  # noqa: S608 - own
        (most_pixels,),
    )
    corrections = Corrections(
        images=tuple(
            _image(folder, image, boxes.get(image_id, []), rejected.get(image_id, [])) for image_id, *image in images
        ),
        categories=tuple(category.name for category in categories),
        aliases=aliases,
        tile=tile,
    )
    return StoredCorrections(corrections, tuple(labels))


def count_corrections(connection: sqlite3.Connection, most_pixels: int | None = None) -> CorrectionCounts:
    """Return what `read_corrections` would find, without reading a box. Raises sqlite3.Error."""
    every, images, reviewed, missing = connection.execute(
        f"""SELECT count(*), total(fits), total(fits AND reviewed), total(fits AND missing) FROM
        (SELECT *, {_FITS} AS fits FROM images WHERE id IN ({_DECIDED}))""",  # noqa: S608 - own
        (most_pixels,),
    ).fetchone()
    counts = dict(connection.execute("SELECT category_id, count(*) FROM annotations GROUP BY category_id").fetchall())
    (rejections,) = connection.execute("SELECT count(*) FROM rejections").fetchone()
    return CorrectionCounts(
        reviewed=int(reviewed),
        partly=int(images - reviewed),
        missing=int(missing),
        boxes={category.name: counts.get(category.id, 0) for category in rows.categories(connection)},
        rejections=rejections,
        too_large=every - int(images),
    )


def current_names(
    connection: sqlite3.Connection, version: ModelVersion | None, others: Iterable[ModelVersion] = ()
) -> dict[str, str]:
    """Return name that a model gives -> today's name of the category that it became, where these differ.

    A `version` recorded the ids of its categories, which renaming keeps. For other names, of a category that is gone or
    of the model that the program starts with (None), the boxes tell: one that was accepted as "bolt" and counts as
    "screw" now, without having been relabelled, says that "bolt" became "screw". Names that only `others` gave, oldest
    version first, and that no category has today, are told by what those recorded. A merged category's name became that
    of the one that it was merged into. Raises sqlite3.Error.
    """
    categories = rows.categories(connection)
    today = {category.id: category.name for category in categories}
    merged = merged_names(categories)
    own = {name for _, name in version.categories} if version is not None else set()
    older = {
        name: to
        for other in others
        for name, to in other.current_names(categories).items()
        if name not in own and name not in today.values()
    }
    if version is None:
        return older | _traced(connection, categories) | merged
    gone = {name for number, name in version.categories if number not in today}
    traced = _traced(connection, categories) if gone else {}
    told = {name: to for name, to in traced.items() if name in gone}
    return older | told | merged | version.current_names(categories)


def _traced(connection: sqlite3.Connection, categories: Sequence[Category]) -> dict[str, str]:
    """Return the names that accepted suggestions had and no category has -> the category of most of those boxes."""
    today = {category.id: category.name for category in categories}
    found = connection.execute(
        "SELECT origin_name, category_id FROM annotations WHERE provenance IN (?, ?) AND origin_name IS NOT NULL "
        "GROUP BY origin_name, category_id ORDER BY count(*), category_id DESC",
        _AS_SUGGESTED,
    )
    return {name: today[category_id] for name, category_id in found if name not in today.values()}


def _image(folder: Path, row: list[Any], boxes: list[Any], rejected: list[Any]) -> CorrectedImage:
    path, reviewed, height, width = row
    return CorrectedImage(
        path=folder / path,
        name=path,
        gt_boxes=np.array([box for box, *_ in boxes], dtype=np.float32).reshape(-1, 4),
        labels=np.array([label for _, label, *_ in boxes], dtype=np.int64),
        rejected_boxes=np.array(rejected, dtype=np.float32).reshape(-1, 4),
        reviewed=bool(reviewed),
        iscrowd=np.array([iscrowd for *_, iscrowd, _ in boxes], dtype=np.bool_),
        difficult=np.array([difficult for *_, difficult in boxes], dtype=np.bool_),
        size=None if height is None or width is None else (height, width),
    )
