"""What there is of one category in a project: what somebody should know before it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from app.model.annotations import Category
    from app.model.model_versions import ModelVersion

_BOXES = """SELECT count(*), count(DISTINCT image_id),
    total(reviewed), count(DISTINCT CASE WHEN reviewed THEN image_id END), total(locked), count(origin_name)
    FROM annotations JOIN images ON images.id = image_id WHERE category_id = ?"""


@dataclass(frozen=True, slots=True)
class CategoryUse:
    """How much is of a category.

    `boxes` on `images`, of them `reviewed_boxes` on `reviewed_images`; `locked` boxes; boxes `from_suggestions`;
    `rejections` of suggestions of its name; `mapped`: names of models that a person matched to it; `versions`: the
    titles of the model versions that learnt it, the oldest first.
    """

    boxes: int = 0
    images: int = 0
    reviewed_boxes: int = 0
    reviewed_images: int = 0
    locked: int = 0
    from_suggestions: int = 0
    rejections: int = 0
    mapped: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


def count_use(connection: sqlite3.Connection, category: Category, versions: Iterable[ModelVersion]) -> CategoryUse:
    """Return what there is of `category`, without reading a box. Raises sqlite3.Error."""
    found = connection.execute(_BOXES, (category.id,)).fetchone()
    boxes, images, reviewed_boxes, reviewed_images, locked, from_suggestions = map(int, found)
    names = (category.name, *(name for _, name in category.merged))
    rejected = connection.execute("SELECT name, count(*) FROM rejections GROUP BY name").fetchall()
    query = "SELECT DISTINCT name FROM category_mapping WHERE category_id = ? ORDER BY name"
    ids = {category.id, *(number for number, _ in category.merged)}
    return CategoryUse(
        boxes=boxes,
        images=images,
        reviewed_boxes=reviewed_boxes,
        reviewed_images=reviewed_images,
        locked=locked,
        from_suggestions=from_suggestions,
        rejections=sum(count for name, count in rejected if name in names),
        mapped=tuple(name for number in sorted(ids) for (name,) in connection.execute(query, (number,))),
        versions=tuple(one.title for one in versions if any(number in ids for number, _ in one.categories)),
    )
