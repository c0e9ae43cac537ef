"""PASCAL VOC: one XML file per image.

Coordinates. The challenge counted pixels from 1, both ends included: `xmin` 1 and `xmax` W is the whole width, which is
0 to W here. Hardly anybody else does: labelImg, CVAT, datumaro and most others write the corners that they draw, from
0, and read them so. So do we, fractions included; only files that name the challenge as their database are read by its
rule, x1 = xmin - 1 and y1 = ymin - 1.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING

from app.model.words import tr, written
from app.store.formats.coco_fields import OWN, lack
from app.store.formats.folder_walk import GLANCE, files_below
from app.store.formats.foreign import Problems, Reading
from app.store.formats.voc_labelmap import LABELMAP, read_labelmap
from app.store.formats.voc_places import ANNOTATIONS, VocPlaces
from app.store.formats.xml_reading import begins_with_element, read_xml
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from app.store.formats.project_images import ProjectImages
    from detector.coco import JsonObject

ROOT = "annotation"
FLAGS = ("difficult", "truncated", "occluded")
SIDES = ("xmin", "ymin", "xmax", "ymax")
CHALLENGE = ("the voc", "pascal voc")
"""How the database is called in the files of the challenge."""
MAX_BYTES = 16 * 2**20


class _UnusableError(Exception):
    """Why one object cannot be used."""


def recognises(path: Path) -> bool:
    """Tell whether a file is an annotation of VOC, or a folder, or its sub-folder `Annotations`, has some."""
    if path.is_dir():
        return any(begins_with_element(file, ROOT) for file in islice(_files(path, GLANCE), GLANCE))
    return path.suffix.lower() == ".xml" and begins_with_element(path, ROOT)


def read(path: Path, find_image: ProjectImages) -> Reading:
    """Read one file, or all below a folder. A file of another kind is left out with a note."""
    root = path if path.is_dir() else path.parent
    files = list(_files(path)) if path.is_dir() else [path]
    if not files:
        raise DetectorError(f"There are no XML files in {path}.")
    reader = _Reader(root, find_image)
    for file in files:
        reader.read(file)
    return reader.reading()


def _files(folder: Path, folders_read: int | None = None) -> Iterator[Path]:
    below = folder / ANNOTATIONS
    return files_below(below if below.is_dir() else folder, ".xml", folders_read=folders_read)


class _Reader:
    """Turns file after file into entries of one document."""

    def __init__(self, root: Path, find_image: ProjectImages) -> None:
        self._root = root
        self._find_image = find_image
        self._places = VocPlaces(root, find_image)
        self._categories = read_labelmap(root / LABELMAP) or read_labelmap(root.parent / LABELMAP)
        self._ids = {category["name"]: category["id"] for category in self._categories}
        self._images: list[JsonObject] = []
        self._annotations: list[JsonObject] = []
        self._problems = Problems()
        self._lacking = 0
        self._of_challenge = 0
        self._rotated = self._outlined = self._parts = 0
        self._others: list[str] = []

    def reading(self) -> Reading:
        """Return what was read so far."""
        document = {"images": self._images, "annotations": self._annotations, "categories": self._categories}
        return Reading(document, self._problems.sentences(), tuple(self._notes()), self._lacking)

    def read(self, file: Path) -> None:
        """Read one file."""
        name = file.relative_to(self._root).as_posix()
        try:
            root = read_xml(file, MAX_BYTES)
        except DetectorError as error:
            self._problems.append(str(error))
            return
        if root.tag != ROOT:
            self._others.append(name)
            return
        try:
            image_id = self._image(root, file)
        except DetectorError as error:
            self._lacking += 1
            self._problems.append(f"{name}: {error}")
            return
        database = root.findtext("source/database", "").strip().casefold()
        first = 1.0 if database.startswith(CHALLENGE) else 0.0
        objects = root.findall("object")
        self._of_challenge += bool(first and objects)
        for number, found in enumerate(objects, 1):
            try:
                self._object(found, image_id, first)
            except _UnusableError as error:
                lack(self._images[-1])
                self._problems.append(f"{name}, object {number}: {error}.")

    def _image(self, root: Element, file: Path) -> int:
        """Add the entry of the image and return its id. Raises DetectorError."""
        names, folders = _spellings(root, "filename"), _spellings(root, "folder")
        if names:
            image = self._find_image.first(*(tier for one in names for tier in self._places.of(file, one, folders)))
        else:
            image = self._find_image.by_stem(*self._places.of(file, file.stem, folders))
        entry: JsonObject = {"id": len(self._images) + 1, "file_name": image.file_name}
        sides = {side: _whole(root.findtext(f"size/{side}", "")) for side in ("width", "height")}
        if all(sides.values()):  # some programs write 0 for what they do not know
            entry |= sides
        if root.get("verified") == "yes":  # labelImg's word
            entry[OWN] = {"reviewed": True}
        self._images.append(entry)
        return len(self._images)

    def _object(self, found: Element, image_id: int, first: float) -> None:
        """Add the entry of one object. `first` is the number of the first pixel. Raises _UnusableError."""
        name = found.findtext("name", "").strip()
        if not name:
            raise _UnusableError("it has no name")
        x1, y1, x2, y2 = self._corners(found)
        x1, y1 = x1 - first, y1 - first
        if not (x1 < x2 and y1 < y2):
            raise _UnusableError(f"its box ({x1:g}, {y1:g}, {x2:g}, {y2:g}) has no area")
        self._outlined += found.find("polygon") is not None
        self._parts += len(found.findall("part"))
        attributes = _attributes(found)
        entry: JsonObject = {
            "id": len(self._annotations) + 1,
            "image_id": image_id,
            "category_id": self._category(name),
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            OWN: {"box": [x1, y1, x2, y2]},
        }
        self._annotations.append({**entry, "attributes": attributes} if attributes else entry)

    def _category(self, name: str) -> int:
        if name not in self._ids:
            self._ids[name] = max(self._ids.values(), default=0) + 1
            self._categories.append({"id": self._ids[name], "name": name})
        return int(self._ids[name])

    def _corners(self, found: Element) -> tuple[float, float, float, float]:
        box = found.find("bndbox")
        if box is not None:
            x1, y1, x2, y2 = (_number(box, side) for side in SIDES)
            return x1, y1, x2, y2
        rotated = found.find("robndbox")  # roLabelImg's
        if rotated is None:
            raise _UnusableError("it has no bndbox")
        x, y, width, height, angle = (_number(rotated, side) for side in ("cx", "cy", "w", "h", "angle"))
        self._rotated += 1
        half_width = (abs(width * math.cos(angle)) + abs(height * math.sin(angle))) / 2
        half_height = (abs(width * math.sin(angle)) + abs(height * math.cos(angle))) / 2
        return x - half_width, y - half_height, x + half_width, y + half_height

    def _notes(self) -> Iterator[str]:
        sentences = (
            (self._of_challenge, tr("Files of the PASCAL VOC challenge, which counts pixels from 1: {}. Their left and "
                                    "upper sides were moved by one pixel.")),
            (self._rotated, tr("Rotated boxes that became the upright box around them: {}.")),
            (self._outlined, tr("Outlines that were left out; their boxes are there: {}.")),
            (self._parts, tr("Parts of objects that were left out: {}.")),
            (len(self._others), tr("XML files that are no annotations of VOC and were left out: {}.")),
        )  # fmt: skip
        return (sentence.format(written(count)) for count, sentence in sentences if count)


def _spellings(root: Element, tag: str) -> list[str]:
    """Return a name as it stands there, since it may begin with a space, and without white space around it."""
    said = root.findtext(tag, "").replace("\\", "/")
    return list(dict.fromkeys([said, said.strip()])) if said.strip() else []


def _number(box: Element, side: str) -> float:
    text = box.findtext(side, "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _UnusableError(f"{side} of its box is {text[:20]!r}, not a number" if text else f"its box has no {side}")
    return value


def _whole(text: str) -> int:
    """Return a size; 0 where there is none."""
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return 0


def _attributes(found: Element) -> dict[str, object]:
    """Return the flags that are set, the pose, and what CVAT adds, as COCO files have it."""
    said: dict[str, object] = {
        one.findtext("name", "").strip(): one.findtext("value", "").strip()
        for one in found.iterfind("attributes/attribute")
    }
    said.pop("", None)
    if (pose := found.findtext("pose", "").strip()) and pose.casefold() != "unspecified":
        said["pose"] = pose
    for flag in FLAGS:
        if (text := found.findtext(flag)) is not None and text.strip() in ("0", "1"):
            said[flag] = text.strip() == "1"
    return {name: value for name, value in said.items() if value is not False}
