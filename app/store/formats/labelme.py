"""labelme JSON: one file per image, beside it or in a folder of their own.

labelme keeps what it does not know, in a shape and in a file: what Boxwright alone says stands there under its name,
and comes back whole. labelme's own words for an image or a shape that Boxwright has no place for are kept under
`labelme` and given back at the next export.
"""

from __future__ import annotations

import json
import math
import os
import re
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from app.model.annotations import Flag
from app.model.words import tr
from app.store.formats.coco_fields import OWN, box_of, flags_from_fields, own_fields
from app.store.formats.delivery import deliver, require, too_long
from app.store.formats.draft import Draft, cut, ends, span
from app.store.formats.folder_walk import files_below
from app.store.formats.foreign import Delivery, Format, Images, Reading, Written
from app.store.formats.json_values import object_in
from app.store.formats.losses import ALL_OF_OURS, losses
from app.store.formats.project_images import shorter
from app.store.formats.targets import clashes, export_around, inside, new_folder, write_text
from app.store.formats.xml_reading import require_regular
from detector.coco import is_text, number
from detector.json_files import is_affordable
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.model.annotations import Box
    from app.store.formats.draft import Size
    from app.store.formats.project_images import ProjectImages
    from detector.coco import JsonObject

KEY, NAME = "labelme", "labelme JSON"
VERSION = "6.0.0"
"""The version of labelme whose files these are: it warns of files that state none."""
LOOKED_AT = 20
MAX_BYTES = 512 * 2**20
SHAPE_FIELDS = frozenset({"label", "points", "shape_type", "flags", "group_id", "description", "mask", OWN})
FILE_FIELDS = frozenset({"version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth", OWN})
_HEAD_BYTES = 4096
_KEYS = ('"imagePath"', '"shapes"', '"imageData"')
_FLAGS = tuple(flag.value for flag in Flag)
# As text, before JSON is parsed: pictures make up nearly all of a file, and no key is in a string with bare quotes.
_PICTURE = re.compile(rb'("(?:imageData|mask)"\s*:\s*)"[A-Za-z0-9+/=\\\s]*"')


def recognises(path: Path) -> bool:
    """Tell whether it is a file of labelme, or a folder with one among its first JSON files."""
    return any(map(_looks_like_labelme, islice(_files(path), LOOKED_AT)))


def _looks_like_labelme(file: Path) -> bool:
    if file.suffix.lower() != ".json":
        return False
    try:
        require_regular(file, MAX_BYTES)
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES).decode("utf-8", "replace")
            opened.seek(max(0, file.stat().st_size - _HEAD_BYTES))
            head += opened.read(_HEAD_BYTES).decode("utf-8", "replace")
    except (OSError, DetectorError):
        return False
    return '"images"' not in head and sum(key in head for key in _KEYS) >= 2


def read(path: Path, find_image: ProjectImages) -> Reading:
    """Read one file, or all JSON files below a folder. Raises DetectorError where a single file is none of labelme."""
    draft, exports = Draft(find_image), _Exports()
    if not path.is_dir():
        if not _read_file(draft, path, PurePosixPath(path.name), exports):
            raise DetectorError(tr("{} is not a file of labelme: it has no list “shapes”.").format(path))
        return draft.reading()
    for file in _files(path):
        name = PurePosixPath(file.relative_to(path).as_posix())
        try:
            if not _read_file(draft, file, name, exports):
                draft.note(tr("JSON files that are not labelme's, which were left out: {} (the first: {})."), str(name))
        except DetectorError as error:
            draft.problems.append(str(error))
    return draft.reading()


def write(document: JsonObject, target: Path, delivery: Delivery) -> Written:
    """Write one file per image into the folder `target`. Raises StoreError; `target` is as it was then."""
    files = [image["file_name"] for image in document["images"]]
    twins = {name for names in clashes(dict(zip(files, files, strict=True))) for name in names}
    stems = {file: file if file in twins else PurePosixPath(file).with_suffix("").as_posix() for file in files}
    require([*too_long({file: f"{stem}.json" for file, stem in stems.items()}, target)])
    names = {category["id"]: category["name"] for category in document["categories"]}
    sizes = {image["id"]: (image["height"], image["width"]) for image in document["images"]}
    shapes: dict[int, list[JsonObject]] = {image["id"]: [] for image in document["images"]}
    for annotation in document["annotations"]:
        image_id = annotation["image_id"]
        shapes[image_id].append(_shape(annotation, names[annotation["category_id"]], sizes[image_id]))
    written = []
    with new_folder(target, KEY) as part:
        for image in document["images"]:
            name = PurePosixPath(image["file_name"])
            file = inside(part, f"{stems[image['file_name']]}.json")
            pictures = target if delivery.images is not Images.NONE else delivery.image_folder
            picture = _path_from(target / file.relative_to(part), pictures / name)
            write_text(file, json.dumps(_file(image, shapes[image["id"]], picture), ensure_ascii=True, indent=2))
            written.append(target / file.relative_to(part))
        deliver(delivery, part, {image["file_name"]: image["file_name"] for image in document["images"]})
    lost = [*losses(document, NAME, ALL_OF_OURS), *_unused(document)]
    if twins:
        sentence = tr("Images that differ by their suffix alone have it in the name of their file too: {}.")
        lost.append(sentence.format(", ".join(sorted(twins))))
    return Written(tuple(written), tuple(lost))


def _files(path: Path) -> Iterator[Path]:
    return files_below(path, ".json") if path.is_dir() else iter([path])


def _read_file(draft: Draft, file: Path, name: PurePosixPath, exports: _Exports) -> bool:
    """Read one file, which is called `name` for people; false where it is none of labelme. Raises DetectorError."""
    said = _json(file)
    if not isinstance(said, dict) or not isinstance(said.get("shapes"), list):
        return False
    _read_page(draft, said, file, name, exports)
    return True


def _read_page(draft: Draft, said: JsonObject, file: Path, name: PurePosixPath, exports: _Exports) -> None:
    place, path = str(name), said.get("imagePath")
    if not is_text(path) or not path.strip() or "\0" in path:
        draft.problem(place, tr("it names no image"))
        return
    found = draft.found(place, path, _places(draft.find_image, file, path.replace("\\", "/"), exports))
    if found is None:
        return
    size = _size(said)
    kept = {key: value for key, value in said.items() if key not in FILE_FIELDS}
    flags = object_in(said, "flags")
    image = draft.image(
        place, found, size, labelme={**kept, **({"flags": flags} if flags else {})}, **{OWN: own_fields(said)}
    )
    if image is None:
        return
    if flags:
        draft.note(tr("Flags of whole images, kept for the next export but not shown: {} (the first: {})."), place)
    for nth, shape in enumerate(said["shapes"], 1):
        _read_shape(draft, f"{place}, shape {nth}", image, shape, found.image_size or size)


class _Exports(dict[Path, Path | None]):
    """Folder -> the export of Boxwright that it is in. Asked for each file, looked for once a folder."""

    def __missing__(self, folder: Path) -> Path | None:
        return self.setdefault(folder, export_around(folder, KEY))


def _places(images: ProjectImages, file: Path, path: str, exports: _Exports) -> list[list[str]]:
    """Return the paths that the image of a file may have, in tiers, the likeliest first."""
    folder = Path(os.path.abspath(file.parent))  # noqa: PTH100 - links stay
    beside = os.path.normpath(folder / path)
    named = images.place(beside)
    tiers = [] if named is None else [[named]]
    if export := exports[folder]:  # in it, a file lies as its image does, wherever the export is now
        return [[f"{folder.relative_to(export).as_posix()}/{PurePosixPath(path).name}"], *tiers]
    if named is not None:
        return [*tiers, shorter(named)]
    return [*ends(beside, images.folder_names), *ends(path, images.folder_names)]


def _read_shape(draft: Draft, place: str, image: JsonObject, shape: object, size: Size | None) -> None:
    if not isinstance(shape, dict):
        draft.problem(place, tr("it is no JSON object"), image)
        return
    kind = shape.get("shape_type") or "polygon"  # as in the first versions, which knew nothing else
    if kind not in ("rectangle", "polygon", "circle", "mask", "oriented_rectangle"):
        draft.note(tr("Points and lines, which were left out: {} (the first: {})."), place)
        return
    box = _corners(kind, shape.get("points"), size)
    if kind != "rectangle":
        draft.note(tr("Outlines, which became the box around them: {} (the first: {})."), place)
    flags = object_in(shape, "flags")
    description = shape.get("description")
    kept = {key: value for key, value in shape.items() if key not in SHAPE_FIELDS}
    own = dict(own_fields(shape))
    attributes = object_in(own, "attributes")
    own.pop("attributes", None)
    if is_text(description):
        own["note"] = description
    draft.box(
        place,
        image,
        shape.get("label"),
        box,
        iscrowd=1 if flags.get(Flag.CROWD.value) is True else None,
        attributes={
            **attributes,
            **{key: value for key, value in flags.items() if key != Flag.CROWD.value},
        },
        labelme={**kept, **({"group_id": shape["group_id"]} if shape.get("group_id") is not None else {})},
        **{OWN: {key: value for key, value in own.items() if value not in (None, "")}},
    )


def _corners(kind: str, points: object, size: Size | None) -> Box:
    """Return the box around the points of a shape, NaN where there are none; a rectangle has any two corners."""
    pairs = points if isinstance(points, list) else []
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return span([])
    found = [(number(x), number(y)) for x, y in pairs]
    if kind == "rectangle":
        return span(found if len(found) == 2 else [])
    if kind == "circle" and len(found) == 2:  # the middle, and a point of the edge
        (x, y), edge = found
        radius = math.dist((x, y), edge)
        found = [(x - radius, y - radius), (x + radius, y + radius)]
    return cut(span(found), size)


def _size(said: JsonObject) -> Size | None:
    """Return (height, width) where both are stated; files of the first years of labelme lack them."""
    height, width = (number(said.get(key)) for key in ("imageHeight", "imageWidth"))
    return (int(height), int(width)) if height >= 1 and width >= 1 else None


def _json(file: Path) -> object:
    """Return the content of a file without its pictures. Raises DetectorError that says which file."""
    try:
        require_regular(file, MAX_BYTES)
        text = _PICTURE.sub(rb"\1null", file.read_bytes())
        if not is_affordable(text):
            raise DetectorError(f"{file} is made of so many tiny values that it would take gigabytes of memory.")
        return json.loads(text)
    except OSError as error:
        raise DetectorError(f"The file {file} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise DetectorError(f"{file} is not JSON that can be read: {error}.") from error


def _file(image: JsonObject, shapes: list[JsonObject], picture: str) -> JsonObject:
    kept = object_in(image, "labelme")
    fields = {
        "version": VERSION,
        "flags": kept.get("flags") or {},
        "shapes": shapes,
        "imagePath": picture,
        "imageData": None,
        "imageHeight": image["height"],
        "imageWidth": image["width"],
    }
    own = own_fields(image)
    return {**{key: value for key, value in kept.items() if key not in fields}, **fields, **({OWN: own} if own else {})}


def _shape(annotation: JsonObject, label: str, size: Size) -> JsonObject:
    box = box_of(annotation, size)
    kept = object_in(annotation, "labelme")
    given = object_in(annotation, "attributes")
    flags = {name: value for name, value in given.items() if isinstance(value, bool)}
    said = flags_from_fields(annotation) | {Flag.CROWD.value: bool(annotation.get("iscrowd"))}
    flags |= {name: said[name] for name in _FLAGS if said[name] or name in flags}
    own = {key: value for key, value in own_fields(annotation).items() if key not in ("note", "box")}
    if others := {name: value for name, value in given.items() if name not in flags and name not in _FLAGS}:
        own["attributes"] = others  # labelme's flags are truth values
    fields = {
        "label": label,
        "points": [[box[0], box[1]], [box[2], box[3]]],
        "group_id": kept.get("group_id"),
        "description": own_fields(annotation).get("note", ""),
        "shape_type": "rectangle",
        "flags": flags,
        "mask": None,
    }
    return {**{key: value for key, value in kept.items() if key not in fields}, **fields, **({OWN: own} if own else {})}


def _unused(document: JsonObject) -> Iterator[str]:
    """Yield a sentence that names the categories without a box: labelme knows them by their shapes alone."""
    used = {annotation["category_id"] for annotation in document["annotations"]}
    unused = [category["name"] for category in document["categories"] if category["id"] not in used]
    if unused:
        yield tr("Categories without a box, which {} does not know: {}.").format(NAME, ", ".join(unused))


def _path_from(file: Path, image: Path) -> str:
    """Return how `file` names an image: by the way there, which is its whole path where there is none."""
    try:
        return Path(os.path.relpath(image, file.parent)).as_posix()
    except ValueError:  # another drive
        return image.as_posix()


LABELME = Format(KEY, NAME, "", recognises, read, write)
