"""Annotations as the text of COCO entries, straight from the rows of the database: most boxes of a project are plain.

Whatever is not plain, such as a flag or a field that came with an import, is left to the careful way of `coco_export`,
and the two write the same text: a million boxes are not worth a million dicts.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.store.formats.coco_fields import OWN

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

IMAGES_AT_ONCE = 500  # whose boxes are in memory together
_PLAIN = "extra = '{}' AND note = '' AND difficult + occluded + truncated + locked = 0"
_ROWS = f"""SELECT image_id, id, category_id, x1, y1, x2, y2, provenance, iscrowd, {_PLAIN},
    origin_x1, origin_y1, origin_x2, origin_y2, origin_score, origin_name, origin_model_version
    FROM annotations WHERE image_id IN (%s) ORDER BY image_id, id"""  # noqa: S608 - own names only

BoxRow = tuple[Any, ...]
"""Its first two values are the ids of the image and of the annotation."""


def rows_by_image(connection: sqlite3.Connection, image_ids: Sequence[int]) -> Iterator[tuple[int, list[BoxRow]]]:
    """Yield each image id with the rows of its annotations by id, in the order of `image_ids`."""
    for first in range(0, len(image_ids), IMAGES_AT_ONCE):
        some = image_ids[first : first + IMAGES_AT_ONCE]
        found: dict[int, list[BoxRow]] = {image_id: [] for image_id in some}
        for row in connection.execute(_ROWS % ", ".join("?" * len(some)), some):
            found[row[0]].append(row)
        yield from found.items()


def plain_text(row: BoxRow, number: int, high: int, wide: int, categories: set[int]) -> str | None:
    """Return the entry `number` of a plain annotation on an image of `high` by `wide` pixels.

    None where it is not plain, or wrong: then the careful way has it written, or says what is wrong.
    """
    image_id, _, category_id, x1, y1, x2, y2, provenance, iscrowd, is_plain, *_ = row
    if not is_plain or not 0 <= x1 < x2 <= wide or not 0 <= y1 < y2 <= high or category_id not in categories:
        return None
    width, height = x2 - x1, y2 - y1
    # To write a number costs more than all else here: those that come twice are written once.
    left, top, ends, own = repr(x1), repr(y1), "", ""
    ox1, oy1, ox2, oy2, score, name, model_version = row[10:]
    if ox1 is not None:
        if not -1e300 < ox1 + oy1 + ox2 + oy2 + score < 1e300:  # JSON knows no infinity
            return None
        if ox1 == x1 and oy1 == y1 and ox2 == x2 and oy2 == y2:
            corners = ends = f"{left}, {top}, {x2!r}, {y2!r}"
        else:
            corners = f"{ox1!r}, {oy1!r}, {ox2!r}, {oy2!r}"
        own = (
            f', "origin": {{"box": [{corners}], "name": {_quoted(name)}, "score": {score!r}, '
            f'"model_version": {_quoted(model_version)}}}'
        )
    if x1 + width != x2 or y1 + height != y2:
        own = f'{own}, "box": [{ends or f"{left}, {top}, {x2!r}, {y2!r}"}]'
    return (
        f'{{"id": {number}, "image_id": {image_id}, "category_id": {category_id}, '
        f'"bbox": [{left}, {top}, {width!r}, {height!r}], "area": {width * height!r}, "iscrowd": {iscrowd}, '
        f'"{OWN}": {{"provenance": "{provenance}"{own}}}}}'
    )


@lru_cache(maxsize=4_096)
def _quoted(text: str) -> str:
    """Return a text as JSON has it: names of categories and of model versions are few."""
    return json.dumps(text)
