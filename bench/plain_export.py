"""The peer of the export in `bench.store`: all rows as dicts, and one `json.dump`, as most scripts write COCO JSON."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

from app.store.database import open_read_only

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.location import Location

_BOXES = """SELECT image_id, category_id, x1, y1, x2, y2, provenance, iscrowd,
    origin_x1, origin_y1, origin_x2, origin_y2, origin_name, origin_score, origin_model_version
    FROM annotations ORDER BY image_id, id"""


def export_plainly(location: Location, target: Path, size: tuple[int, int]) -> None:
    """Write the project to `target`. Every image is taken to be reviewed and of this (height, width)."""
    height, width = size
    with closing(open_read_only(location.database)) as connection:
        images = [
            {"id": number, "file_name": path, "width": width, "height": height, "boxwright": {"reviewed": True}}
            for number, path in connection.execute("SELECT id, path FROM images ORDER BY position, path")
        ]
        categories = [
            {
                "id": number,
                "name": name,
                "supercategory": above,
                "boxwright": {"color": color, "position": position},
            }
            for number, name, above, color, position in connection.execute(
                "SELECT id, name, supercategory, color, position FROM categories ORDER BY id"
            )
        ]
        annotations = [_annotation(number, row) for number, row in enumerate(connection.execute(_BOXES), 1)]
    document = {
        "info": {},
        "licenses": [],
        "categories": categories,
        "images": images,
        "annotations": annotations,
    }
    with target.open("w", encoding="ascii") as file:
        json.dump(document, file)


def _annotation(number: int, row: tuple[Any, ...]) -> dict[str, Any]:
    image_id, category_id, x1, y1, x2, y2, provenance, iscrowd, *origin = row
    own: dict[str, Any] = {"provenance": provenance}
    if origin[0] is not None:
        *box, name, score, model_version = origin
        own["origin"] = {"box": box, "name": name, "score": score, "model_version": model_version}
    if (x1 + (x2 - x1), y1 + (y2 - y1)) != (x2, y2):
        own["box"] = [x1, y1, x2, y2]
    return {
        "id": number,
        "image_id": image_id,
        "category_id": category_id,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "area": (x2 - x1) * (y2 - y1),
        "iscrowd": iscrowd,
        "boxwright": own,
    }
