"""`labelmap.txt`, where CVAT and datumaro keep the categories of a VOC dataset: one `name:r,g,b:parts:actions` a line.

VOC itself has no list of categories: without this file those that no image has would be lost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.store.formats.coco_fields import OWN, color_from_fields, own_fields
from app.store.formats.xml_reading import require_regular
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from detector.coco import JsonObject

LABELMAP = "labelmap.txt"
BACKGROUND = "background"
MAX_BYTES = 2**20
_LINE = re.compile(r"([^:#][^:]*):(?:(\d{1,3}),(\d{1,3}),(\d{1,3}))?:[^:]*:[^:]*")


def read_labelmap(path: Path) -> list[JsonObject]:
    """Return the categories of a file in its order, from id 1; none where there is no such file."""
    try:
        require_regular(path, MAX_BYTES)
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, DetectorError):
        return []
    categories: dict[str, JsonObject] = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None or (name := found[1].strip()) == BACKGROUND:
            continue
        entry: JsonObject = {"id": len(categories) + 1, "name": name}
        if found[2] and all(int(part) < 256 for part in found.groups()[1:]):
            entry[OWN] = {"color": "#" + "".join(f"{int(part):02x}" for part in found.groups()[1:])}
        categories.setdefault(name, entry)
    return list(categories.values())


def labelmap(categories: Sequence[JsonObject]) -> tuple[str, list[str]]:
    """Return the text of the file, and the names that it cannot hold."""
    lines, refused = ["# label:color_rgb:parts:actions"], []
    for category in categories:
        name, color = category["name"], color_from_fields(own_fields(category))
        red_green_blue = ",".join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5)) if color else ""
        line = f"{name}:{red_green_blue}::"
        if _LINE.fullmatch(line) and name.strip() == name != BACKGROUND and len(line.splitlines()) == 1:
            lines.append(line)
        else:
            refused.append(name)
    return "\n".join(lines) + "\n", refused
