"""A dataset as PASCAL VOC: the challenge's folders, with coordinates as `voc_reading` explains them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from app.model.words import tr
from app.store.formats import losses as lost
from app.store.formats.coco_fields import box_of, flags_from_fields, own_fields
from app.store.formats.delivery import deliver, no_clashes, require, too_long
from app.store.formats.foreign import Delivery, Written
from app.store.formats.targets import inside, new_folder, write_text
from app.store.formats.voc_labelmap import LABELMAP, labelmap
from app.store.formats.voc_places import ANNOTATIONS, IMAGES, KEY
from app.store.formats.voc_reading import FLAGS, ROOT, SIDES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from detector.coco import JsonObject

NAME = "Pascal VOC XML"
SETS = "ImageSets/Main"
WHOLE = "trainval"
"""The set of everything that is not for testing; torchvision and others ask for it by this name."""
KEEPS = (lost.DIFFICULT, lost.OCCLUDED, lost.TRUNCATED, lost.ATTRIBUTES, lost.UNREVIEWED)
_NOT_IN_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(document: JsonObject, target: Path, delivery: Delivery) -> Written:
    """Write a folder; see `foreign.Format`."""
    names = {category["id"]: category["name"] for category in document["categories"]}
    images = {image["id"]: image["file_name"] for image in document["images"]}
    require(
        [
            *no_clashes({name: name for name in images.values()}),
            *too_long({name: f"{_stem(name)}.xml" for name in images.values()}, target),
            *_unwritable([*names.values(), *images.values()]),
        ]
    )
    boxes: dict[int, list[JsonObject]] = {}
    for annotation in document["annotations"]:
        boxes.setdefault(annotation["image_id"], []).append(annotation)
    text, unlisted = labelmap(sorted(document["categories"], key=lambda category: int(category["id"])))
    with new_folder(target, KEY) as folder:
        write_text(folder / LABELMAP, text)
        (folder / ANNOTATIONS).mkdir()
        for image in document["images"]:
            place = inside(folder / ANNOTATIONS, _stem(image["file_name"]) + ".xml")
            write_text(place, _annotation(image, boxes.get(image["id"], ()), names))
        for part, members in _sets(images, delivery.parts).items():
            write_text(folder / SETS / f"{part}.txt", "".join(f"{_stem(name)}\n" for name in members))
        deliver(delivery, folder / IMAGES, {name: name for name in images.values()})
    sentences = list(lost.losses(document, NAME, KEEPS))
    if unlisted:
        sentence = tr("{} cannot name these categories, which are lost where no box has them: {}.")
        sentences.append(sentence.format(LABELMAP, ", ".join(unlisted)))
    return Written((target,), tuple(sentences))


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _sets(images: Mapping[int, str], parts: Mapping[int, str]) -> dict[str, list[str]]:
    """Return the names of the images of each set; without a split all are in one."""
    sets: dict[str, list[str]] = {WHOLE: []}
    for image_id, name in images.items():
        part = parts.get(image_id, WHOLE)
        sets.setdefault(part, []).append(name)
        if part in ("train", "val"):
            sets[WHOLE].append(name)
    return sets


def _annotation(image: JsonObject, annotations: Sequence[JsonObject], names: Mapping[int, str]) -> str:
    path = PurePosixPath(image["file_name"])
    root = ET.Element(ROOT)
    if own_fields(image).get("reviewed"):
        root.set("verified", "yes")
    _add(root, "folder", "" if path.parent == PurePosixPath() else path.parent.as_posix())
    _add(root, "filename", path.name)
    _add(ET.SubElement(root, "source"), "database", "Unknown")
    size = ET.SubElement(root, "size")
    for side, value in (("width", image["width"]), ("height", image["height"]), ("depth", 3)):
        _add(size, side, str(value))
    _add(root, "segmented", "0")
    for annotation in annotations:
        root.append(_object(annotation, names[annotation["category_id"]], (image["height"], image["width"])))
    ET.indent(root, "\t")
    return ET.tostring(root, encoding="unicode") + "\n"


def _object(annotation: JsonObject, name: str, image_size: tuple[int, int]) -> ET.Element:
    flags, others = flags_from_fields(annotation), lost.other_attributes(annotation)
    found = ET.Element("object")
    _add(found, "name", name)
    _add(found, "pose", str(others.pop("pose", "Unspecified")))
    for flag in FLAGS:
        _add(found, flag, str(int(flags[flag])))
    box = ET.SubElement(found, "bndbox")
    for side, value in zip(SIDES, box_of(annotation, image_size), strict=True):
        _add(box, side, str(int(value)) if value == int(value) else repr(float(value)))
    if others:
        attributes = ET.SubElement(found, "attributes")
        for key, value in others.items():
            attribute = ET.SubElement(attributes, "attribute")
            _add(attribute, "name", _NOT_IN_XML.sub("\ufffd", key))
            _add(attribute, "value", _NOT_IN_XML.sub("\ufffd", str(value)))
    return found


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _unwritable(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        if _NOT_IN_XML.search(text):
            yield tr("{!r} has a character that XML does not know.").format(text)
