"""CVAT for images 1.1: one XML file with the labels of a task and the shapes of each image.

Occlusion is an attribute of the box; our other flags, crowds and notes are attributes of the label, as any CVAT task
may have them. What CVAT says beside that, such as `z_order`, is kept under `cvat` and given back at the next export.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from app.model.words import tr
from app.store.formats.coco_fields import OWN
from app.store.formats.cvat_writing import NAME, write
from app.store.formats.draft import Draft, brief, cut, own, span, suffixes, turned
from app.store.formats.foreign import Format, Reading
from app.store.formats.xml_reading import begins_with_element, read_xml
from detector.coco import is_yes
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from app.model.annotations import Box
    from app.store.formats.draft import Size
    from app.store.formats.project_images import ProjectImages
    from detector.coco import JsonObject

FILE = "annotations.xml"
SHAPES = frozenset({"box", "polygon", "mask", "ellipse", "cuboid"})
KEPT = ("z_order", "group_id", "source")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_OF_LABEL = ("type",)
_OF_ATTRIBUTE = ("name", "mutable", "input_type", "default_value", "values")


def recognises(path: Path) -> bool:
    """Tell whether it is an XML file of CVAT, or a folder with one."""
    return begins_with_element(path / FILE if path.is_dir() else path, "annotations")


def read(path: Path, find_image: ProjectImages) -> Reading:
    """Read a file, or the one in a folder. Raises DetectorError where it is no CVAT XML at all."""
    file = path / FILE if path.is_dir() else path
    root = read_xml(file)
    if root.tag != "annotations":
        raise DetectorError(tr("{} is not CVAT XML: it begins with <{}>.").format(file, root.tag))
    reader = _Reader(Draft(find_image), file.name)
    reader.labels(root)
    for number, element in enumerate(root.findall("image"), 1):
        reader.image(element, number)
    if tracks := len(root.findall("track")):
        sentence = tr("{} tracks are not read: export the task as “CVAT for images”, where each frame has its boxes")
        reader.draft.problem(file.name, sentence.format(tracks))
    return reader.draft.reading()


class _Reader:
    """Reads the parts of one file into a draft."""

    def __init__(self, draft: Draft, name: str) -> None:
        self.draft = draft
        self._name = name

    def labels(self, root: Element) -> None:
        """Read the labels of the task or project: those of no box are categories too."""
        for number, element in enumerate(root.iterfind("meta//label"), 1):
            if element.findtext("type", "any") == "tag" or element.find("parent") is not None:
                continue  # of whole images, and of the points of a skeleton
            color = element.findtext("color", "")
            said = {key: element.findtext(key) for key in _OF_LABEL}
            attributes = [
                {key: one.findtext(key, "") for key in _OF_ATTRIBUTE}
                for one in element.iterfind("attributes/attribute")
            ]
            self.draft.category(
                tr("{}, label {}").format(self._name, number),
                element.findtext("name"),
                cvat=own(attributes=attributes, **said),
                **{OWN: own(color=color if _COLOR.fullmatch(color) else None)},
            )

    def image(self, element: Element, number: int) -> None:
        """Read one image and what is in it."""
        name = element.get("name", "")
        place = tr("{}, image {} ({})").format(self._name, brief(element.get("id", number)), brief(name))
        found = self.draft.found(place, name, [[end] for end in suffixes(name)])
        if found is None:
            return
        sides = [_whole(element.get(key)) for key in ("height", "width")]
        stated = (sides[0], sides[1]) if sides[0] and sides[1] else None
        if stated is None and (element.get("height") or element.get("width")):
            self.draft.problem(place, tr("its width and height are no numbers of pixels; those of the image are taken"))
        tags = [{"attributes": _attributes(tag), **tag.attrib} for tag in element.iterfind("tag")]
        image = self.draft.image(place, found, stated, cvat=own(tags=tags))
        if image is None:
            return
        for _ in tags:
            self.draft.note(
                tr("Tags of whole images, kept for the next export but not shown: {} (the first: {})."), place
            )
        for nth, shape in enumerate((child for child in element if child.tag != "tag"), 1):
            self._shape(f"{place}, {brief(shape.tag)} {nth}", image, shape, found.image_size or stated)

    def _shape(self, place: str, image: JsonObject, shape: Element, size: Size | None) -> None:
        if shape.tag not in SHAPES:
            self.draft.note(tr("Points, lines and skeletons, which were left out: {} (the first: {})."), place)
            return
        corners = self._corners(place, shape, size)
        attributes = _attributes(shape)
        note, crowd = attributes.pop("note", ""), is_yes(attributes.pop("is_crowd", None))
        if shape.get("occluded") == "1":
            attributes["occluded"] = True
        self.draft.box(
            place,
            image,
            shape.get("label"),
            corners,
            iscrowd=1 if crowd else None,
            attributes=attributes,
            cvat={key: shape.get(key) for key in KEPT if shape.get(key)},
            **{OWN: own(note=note if isinstance(note, str) else str(note).lower())},
        )

    def _corners(self, place: str, shape: Element, size: Size | None) -> Sequence[float]:
        """Return the bounding box of a shape, NaN where it has none, and count what that leaves unsaid."""
        rotation = _number(shape.get("rotation", "0"))
        if shape.tag == "box":
            x1, y1, x2, y2 = box = _box(shape)
            if not rotation:
                return box
            self.draft.note(tr("Rotated boxes, which became the upright box around them: {} (the first: {})."), place)
            return cut(span(turned(box, rotation, ((x1 + x2) / 2, (y1 + y2) / 2))), size)
        self.draft.note(tr("Outlines, which became the box around them: {} (the first: {})."), place)
        return cut(span(list(_points(shape, rotation))), size)


def _box(shape: Element) -> Box:
    x1, y1, x2, y2 = (_number(shape.get(key)) for key in ("xtl", "ytl", "xbr", "ybr"))
    return x1, y1, x2, y2


def _points(shape: Element, rotation: float) -> Iterator[tuple[float, float]]:
    """Yield points that a shape other than a box reaches and does not go beyond."""
    if shape.tag == "mask":
        left, top, width, height = (_number(shape.get(key)) for key in ("left", "top", "width", "height"))
        yield from ((left, top), (left + width, top + height))
    elif shape.tag == "ellipse":
        x, y, wide, high = (_number(shape.get(key)) for key in ("cx", "cy", "rx", "ry"))
        cosine, sine = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
        reach = math.hypot(wide * cosine, high * sine), math.hypot(wide * sine, high * cosine)
        yield from ((x - reach[0], y - reach[1]), (x + reach[0], y + reach[1]))
    elif shape.tag == "cuboid":
        for corner in ("tl", "bl", "tr", "br"):
            for side in "12":
                yield _number(shape.get(f"x{corner}{side}")), _number(shape.get(f"y{corner}{side}"))
    else:
        for point in shape.get("points", "").split(";"):
            x_text, _, y_text = point.partition(",")
            yield _number(x_text), _number(y_text)


def _attributes(element: Element) -> dict[str, Any]:
    """Return the attributes that the label gives a shape; a checkbox is a truth value."""
    truths: dict[str, Any] = {"true": True, "false": False}
    texts = ((one.get("name", ""), one.text or "") for one in element.iterfind("attribute"))
    return {name: truths.get(text, text) for name, text in texts if name}


def _number(text: str | None) -> float:
    """Return a finite number, NaN for any other text."""
    try:
        value = float(text or "")
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _whole(text: str | None) -> int | None:
    value = _number(text)
    return int(value) if value == value // 1 and value >= 1 else None


CVAT = Format("cvat", NAME, ".xml", recognises, read, write)
