"""A COCO document as CVAT for images 1.1: the `meta` that readers look for, and what CVAT needs to find its frames."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from app.model.annotations import Flag
from app.model.words import tr
from app.store.formats.coco_fields import box_of, flags_from_fields, own_fields
from app.store.formats.delivery import require
from app.store.formats.foreign import Written
from app.store.formats.json_values import list_in, object_in
from app.store.formats.losses import ATTRIBUTES, CROWDS, DIFFICULT, NOTES, OCCLUDED, TRUNCATED, losses
from app.store.formats.targets import new_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from app.store.formats.foreign import Delivery
    from detector.coco import JsonObject

NAME = "CVAT XML"
KEEPS = frozenset({DIFFICULT, OCCLUDED, TRUNCATED, CROWDS, NOTES, ATTRIBUTES})
_FLAG_NAMES = frozenset({"difficult", "ignore", "occluded", "truncated"})
_SOURCES = {"drawn": "manual", "accepted": "auto", "moved": "semi-auto", "relabelled": "semi-auto"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(document: JsonObject, target: Path, _: Delivery) -> Written:
    """Write the file. Raises StoreError, an ExportError for names that XML cannot hold; `target` is as it was then."""
    names = [entry[key] for kind, key in (("images", "file_name"), ("categories", "name")) for entry in document[kind]]
    bad = tr("{!r} has a character that XML does not know.")
    require([bad.format(name) for name in names if _NOT_XML.search(name)])
    with new_file(target) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        _Writer(document, file).write(target.stem)
    return Written((target,), losses(document, NAME, KEEPS))


class _Writer:
    """Writes one document."""

    def __init__(self, document: JsonObject, file: TextIO) -> None:
        self._document = document
        self._file = file
        self._names = {category["id"]: category["name"] for category in document["categories"]}
        self._annotations: dict[int, list[JsonObject]] = {image["id"]: [] for image in document["images"]}
        for annotation in document["annotations"]:
            self._annotations[annotation["image_id"]].append(annotation)

    def write(self, name: str) -> None:
        """Write the whole; `name` is that of the task."""
        self._file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n')
        self._meta(name)
        for number, image in enumerate(self._document["images"]):
            sides = {"width": image["width"], "height": image["height"]}
            self._open(2, "image", {"id": number, "name": image["file_name"], **sides})
            for annotation in self._annotations[image["id"]]:
                self._box(annotation, (image["height"], image["width"]))
            for tag in list_in(object_in(image, "cvat"), "tags"):
                if isinstance(tag, dict):
                    said = {key: value for key, value in tag.items() if key != "attributes"}
                    self._element("tag", said, tag.get("attributes"))
            self._file.write("  </image>\n")
        self._file.write("</annotations>\n")

    def _meta(self, name: str) -> None:
        said = {"id": "0", "name": name, "size": str(len(self._document["images"])), "mode": "annotation"}
        self._file.write("  <meta>\n    <task>\n")
        self._texts(6, {**said, "overlap": "0", "bugtracker": "", "flipped": "False"})
        self._file.write("      <labels>\n")
        used = self._attributes_used()
        for category in self._document["categories"]:
            kept = object_in(category, "cvat")
            color = own_fields(category).get("color", "")
            self._file.write("        <label>\n")
            # CVAT refuses boxes of a label that is for something else.
            kind = "rectangle" if kept.get("type") == "rectangle" else "any"
            self._texts(10, {"name": category["name"], "color": color, "type": kind})
            self._file.write("          <attributes>\n")
            for attribute in _specifications(list_in(kept, "attributes"), used.get(category["id"], {})):
                self._file.write("            <attribute>\n")
                self._texts(14, attribute)
                self._file.write("            </attribute>\n")
            self._file.write("          </attributes>\n        </label>\n")
        self._file.write("      </labels>\n    </task>\n  </meta>\n")

    def _attributes_used(self) -> dict[int, dict[str, bool]]:
        """Return by category the names of the attributes of its boxes, and whether each is a checkbox."""
        used: dict[int, dict[str, bool]] = {}
        for annotation in self._document["annotations"]:
            mine = used.setdefault(annotation["category_id"], {})
            for name, text in _attributes(annotation).items():
                mine[name] = mine.get(name, True) and text in ("true", "false")
        return used

    def _box(self, annotation: JsonObject, size: tuple[int, int]) -> None:
        box = box_of(annotation, size)
        kept = object_in(annotation, "cvat")
        provenance = own_fields(annotation).get("provenance", "")
        said = {
            "label": self._names[annotation["category_id"]],
            "source": kept.get("source") or _SOURCES.get(provenance, "file"),
            "occluded": int(flags_from_fields(annotation)["occluded"]),
            **dict(zip(("xtl", "ytl", "xbr", "ybr"), map(repr, box), strict=True)),
            "z_order": kept.get("z_order") or 0,
        }
        group = {"group_id": kept["group_id"]} if kept.get("group_id") else {}
        self._element("box", said | group, _attributes(annotation))

    def _element(self, tag: str, said: Mapping[str, Any], attributes: object) -> None:
        self._open(4, tag, said)
        for name, value in attributes.items() if isinstance(attributes, dict) else ():
            self._file.write(f"      <attribute name={quoteattr(_sane(name))}>{_escaped(_text(value))}</attribute>\n")
        self._file.write(f"    </{tag}>\n")

    def _open(self, indent: int, tag: str, said: Mapping[str, Any]) -> None:
        words = "".join(f" {key}={quoteattr(_sane(str(value)))}" for key, value in said.items() if _is_name(key))
        self._file.write(f"{' ' * indent}<{tag}{words}>\n")

    def _texts(self, indent: int, texts: Mapping[str, str]) -> None:
        for key, text in texts.items():
            self._file.write(f"{' ' * indent}<{key}>{_escaped(text)}</{key}>\n")


def _specifications(kept: Iterable[object], used: Mapping[str, bool]) -> Iterator[dict[str, str]]:
    """Yield what CVAT is told of the attributes of a label: those that it had, and those that its boxes have."""
    had = set()
    for one in kept:
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            had.add(one["name"])
            texts = {key: str(one.get(key, "")) for key in ("mutable", "input_type", "default_value", "values")}
            yield {"name": one["name"], **texts}
    for name, is_checkbox in used.items():
        if name not in had:
            kind = ("checkbox", "false", "false") if is_checkbox else ("text", "", "")
            said = dict(zip(("input_type", "default_value", "values"), kind, strict=True))
            yield {"name": name, "mutable": "False", **said}


def _attributes(annotation: JsonObject) -> dict[str, str]:
    """Return the attributes of a box as text, flags included where they are set; occlusion is not among them."""
    kept = object_in(annotation, "attributes")
    flags = flags_from_fields(annotation)
    said = {name: _text(value) for name, value in kept.items() if name not in _FLAG_NAMES}
    said |= {name: "false" for name in kept if name in (Flag.DIFFICULT.value, Flag.TRUNCATED.value)}
    said |= {name: "true" for name in (Flag.DIFFICULT.value, Flag.TRUNCATED.value) if flags[name]}
    if annotation.get("iscrowd"):
        said["is_crowd"] = "true"
    if note := own_fields(annotation).get("note"):
        said["note"] = note
    return said


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _escaped(text: str) -> str:
    return escape(_sane(text), {"\r": "&#13;"})  # which a reader would take for the end of a line


def _sane(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _is_name(key: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", key) is not None
