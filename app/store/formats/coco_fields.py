"""The words of COCO JSON that import and export share, and boxes both ways.

`bbox` is `[x, y, width, height]`. Whatever Boxwright does not know is kept in `extra` and given back; what Boxwright
adds is in one object per entry, under `boxwright`, which other readers ignore.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from app.model.annotations import Box, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN = "boxwright"
KNOWN_IMAGE_FIELDS = frozenset({"id", "file_name", "width", "height", OWN})
KNOWN_CATEGORY_FIELDS = frozenset({"id", "name", "supercategory", OWN})
KNOWN_ANNOTATION_FIELDS = frozenset({"id", "image_id", "category_id", "bbox", "area", "iscrowd", OWN})
KNOWN_FIELDS = frozenset({"images", "annotations", "categories"})


def to_box(bbox: object) -> Box | None:
    """Return the box of a `bbox`; None where that is not four finite numbers with a positive width and height."""
    if not isinstance(bbox, list) or len(bbox) != 4:
        return None
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in bbox):
        return None
    x, y, width, height = (float(value) for value in bbox)
    box = (x, y, x + width, y + height)
    if not all(math.isfinite(value) for value in box):
        return None
    return box if box[2] > x and box[3] > y else None


def to_bbox(box: Box) -> list[float]:
    """Return the `bbox` of a box, not rounded."""
    return [box[0], box[1], box[2] - box[0], box[3] - box[1]]


def origin_to_fields(origin: Origin) -> dict[str, Any]:
    """Return a suggestion as it stands in the file: corners, because a round trip keeps every bit of them."""
    return {
        "box": list(origin.box),
        "name": origin.name,
        "score": origin.score,
        "model_version": origin.model_version,
    }


def origin_from_fields(fields: Any) -> Origin | None:
    """Read what `origin_to_fields` wrote; None for anything else."""
    try:
        x1, y1, x2, y2 = (float(value) for value in fields["box"])
        return Origin((x1, y1, x2, y2), str(fields["name"]), float(fields["score"]), str(fields["model_version"]))
    except (TypeError, KeyError, ValueError):
        return None


def unknown_fields(entry: Mapping[str, Any], known: frozenset[str]) -> str:
    """Return the fields of `entry` that are not `known`, as the text of a JSON object."""
    return json.dumps({key: value for key, value in entry.items() if key not in known}, ensure_ascii=False)


def own_fields(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what Boxwright said about `entry`; empty where it said nothing."""
    own = entry.get(OWN)
    return own if isinstance(own, dict) else {}
