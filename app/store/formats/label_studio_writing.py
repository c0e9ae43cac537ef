"""A COCO document as tasks that Label Studio imports, and the labelling configuration that they are for."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import numpy as np

from app.model.words import tr
from app.store.formats.coco_fields import OWN, box_of, flags_from_fields, own_fields
from app.store.formats.foreign import Delivery, Written
from app.store.formats.json_values import object_in
from app.store.formats.losses import ALL_OF_OURS, losses
from app.store.formats.targets import new_file
from app.store.formats.xml_reading import read_xml
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.model.annotations import Box
    from detector.coco import JsonObject

ADDRESS = "/data/local-files/?d="
"""Where Label Studio serves images of its computer; what follows is relative to its document root."""
MADE_BY = "<!-- Written by Boxwright: the labelling configuration of the tasks in the file beside it. -->"
CONFIG_SUFFIX = ".label_config.xml"
NAME = "Label Studio JSON"
_STEPS = 4


def write(document: JsonObject, target: Path, delivery: Delivery) -> Written:
    """Write the tasks to `target`, and the configuration beside it unless somebody has put another file there.

    Raises StoreError; what could not be written is as it was then.
    """
    names = {category["id"]: category["name"] for category in document["categories"]}
    sizes = {image["id"]: (image["height"], image["width"]) for image in document["images"]}
    regions: dict[int, list[JsonObject]] = {image_id: [] for image_id in sizes}
    for annotation in document["annotations"]:
        image_id = annotation["image_id"]
        regions[image_id].append(_region(annotation, names[annotation["category_id"]], sizes[image_id]))
    folder = delivery.image_folder.resolve().name
    tasks = [_task(image, regions[image["id"]], folder) for image in document["images"]]
    with new_file(target) as part:
        part.write_text(json.dumps(tasks, allow_nan=False), encoding="ascii")
    lost, config = losses(document, NAME, ALL_OF_OURS), config_beside(target)
    if not _is_ours(config):
        return Written((target,), (*lost, tr("{} is somebody else's and was left as it is.").format(config)))
    with new_file(config) as part:
        part.write_text(_config(document), encoding="utf-8")
    return Written((target, config), lost)


def config_beside(tasks: Path) -> Path:
    """Return where the labelling configuration of a file of tasks is."""
    return tasks.with_name(f"{tasks.stem}{CONFIG_SUFFIX}")


def colors_of_config(file: Path) -> Iterator[tuple[str, str | None]]:
    """Yield (name, colour) of the labels in a labelling configuration; nothing where there is none that can be read."""
    try:
        root = read_xml(file)
    except DetectorError:
        return
    for label in root.iterfind(".//RectangleLabels/Label"):
        color = label.get("background", "")
        if name := label.get("value", ""):
            yield name, color if len(color) == 7 and color.startswith("#") else None


def _task(image: JsonObject, regions: list[JsonObject], folder: str) -> JsonObject:
    address = ADDRESS + quote(f"{folder}/{image['file_name']}", safe="/", errors="surrogateescape")
    own = own_fields(image)
    task: JsonObject = {"data": {"image": address}, "annotations": []}
    if own:
        task["meta"] = {OWN: own}
    if regions or own.get("reviewed", True):  # an annotation without regions says that there is nothing
        task["annotations"] = [{"result": regions, "was_cancelled": False, "ground_truth": False}]
    return task


def _region(annotation: JsonObject, label: str, size: tuple[int, int]) -> JsonObject:
    box = box_of(annotation, size)
    own = {key: value for key, value in own_fields(annotation).items() if key != "box"}
    note = own.pop("note", "")
    flags = {name: True for name, is_set in flags_from_fields(annotation).items() if is_set}
    attributes = {**object_in(annotation, "attributes"), **flags}
    own |= {key: value for key, value in (("attributes", attributes), ("iscrowd", annotation.get("iscrowd"))) if value}
    meta: JsonObject = {key: value for key, value in (("text", [note] if note else []), (OWN, own)) if value}
    region: JsonObject = {
        # Its own, and the same at the next export: Label Studio tells regions apart by it.
        "id": hashlib.sha256(str(annotation["id"]).encode()).hexdigest()[:10],
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": size[1],
        "original_height": size[0],
        "image_rotation": 0,
        "value": {**to_percent(box, size), "rotation": 0, "rectanglelabels": [label]},
    }
    return region | ({"meta": meta} if meta else {})


def to_percent(box: Box, size: tuple[int, int]) -> dict[str, float]:
    """Return a box in percent of its image. Reading it gives the same corners in float32, and mostly in full."""
    x1, y1, x2, y2 = box
    x, width = _start_and_length(x1, x2, size[1])
    y, height = _start_and_length(y1, y2, size[0])
    return {"x": x, "y": y, "width": width, "height": height}


def _start_and_length(start: float, end: float, side: int) -> tuple[float, float]:
    percent = _nearest(start / side * 100, start, lambda given: given / 100 * side)
    begin = percent / 100 * side
    return percent, _nearest((end - begin) / side * 100, end, lambda given: begin + given / 100 * side)


def _nearest(guess: float, wanted: float, back: Any) -> float:
    """Return the double beside `guess` that `back` leads to `wanted` from, or as near to it as one does."""
    tried = [guess]
    for direction in (-math.inf, math.inf):
        value = guess
        for _ in range(_STEPS):
            value = math.nextafter(value, direction)
            tried.append(value)
    return min(tried, key=lambda given: (np.float32(back(given)) != np.float32(wanted), abs(back(given) - wanted)))


def _is_ours(config: Path) -> bool:
    """Tell whether a file may be replaced: an export has written it, or there is none.

    A link is somebody else's: nobody chose this name, and what it leads to may be anything.
    """
    if config.is_symlink():
        return False
    try:
        with config.open(encoding="utf-8", errors="replace") as file:
            return file.read(len(MADE_BY)) == MADE_BY
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _config(document: JsonObject) -> str:
    labels = "".join(
        f"    <Label value={quoteattr(category['name'])} background={quoteattr(_color(category))}/>\n"
        for category in document["categories"]
    )
    return (
        f'{MADE_BY}\n<View>\n  <Image name="image" value="$image"/>\n'
        f'  <RectangleLabels name="label" toName="image">\n{labels}  </RectangleLabels>\n</View>\n'
    )


def _color(category: JsonObject) -> str:
    return str(own_fields(category).get("color", "#e69f00"))
