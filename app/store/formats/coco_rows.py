"""Annotations as the text of COCO entries, straight from the rows of the database: most boxes of a project are plain.

Whatever is not plain, such as a flag or a field that came with an import, is left to the careful way of `coco_export`,
and the two write the same values in the same form. orjson writes here, since most of an export is to write numbers so
that every bit comes back; Python's own json writes there, since text from other files may be none that UTF-8 has.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from app.store.formats.coco_fields import OWN

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

IMAGES_AT_ONCE = 500  # whose boxes are in memory together
_PLAIN = "extra = '{}' AND note = '' AND author = '' AND difficult + occluded + truncated + locked = 0"
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


def plain_text(row: BoxRow, number: int, high: int, wide: int, categories: set[int]) -> bytes | None:
    """Return the entry `number` of a plain annotation on an image of `high` by `wide` pixels, in ASCII.

    None where it is not plain, or wrong: then the careful way has it written, or says what is wrong.
    """
    image_id, _, category_id, x1, y1, x2, y2, provenance, iscrowd, is_plain, *origin = row
    if not is_plain or not 0 <= x1 < x2 <= wide or not 0 <= y1 < y2 <= high or category_id not in categories:
        return None
    width, height = x2 - x1, y2 - y1
    own: dict[str, object] = {"provenance": provenance}
    ox1, oy1, ox2, oy2, score, name, model_version = origin
    if ox1 is not None:
        if not -1e300 < ox1 + oy1 + ox2 + oy2 + score < 1e300:  # JSON knows no infinity
            return None
        named = {"name": _quoted(name), "score": score, "model_version": _quoted(model_version)}
        own["origin"] = {"box": (ox1, oy1, ox2, oy2), **named}
    if x1 + width != x2 or y1 + height != y2:
        own["box"] = (x1, y1, x2, y2)
    return orjson.dumps(
        {
            "id": number,
            "image_id": image_id,
            "category_id": category_id,
            "bbox": (x1, y1, width, height),
            "area": width * height,
            "iscrowd": iscrowd,
            OWN: own,
        }
    )


@lru_cache(maxsize=4_096)
def _quoted(text: str) -> orjson.Fragment:
    """Return a text as JSON in ASCII has it: names of categories and of model versions are few."""
    return orjson.Fragment(json.dumps(text))
