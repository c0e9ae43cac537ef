"""What a COCO dataset says, once everything in it has been checked.

Reading never trusts the file. What is wrong with one image, category or annotation becomes a sentence in
`CocoDataset.problems` and the rest is read; what makes the whole document unusable raises `DetectorError`. The parsed
objects stay available as `raw`, so that an import can keep every field that Boxwright does not know.
"""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import numpy as np

from detector.images import MAX_SIDE, read_image_size
from detector.types import DetectorError, FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from numpy.typing import NDArray

JsonObject = dict[str, Any]
Box = tuple[float, float, float, float]
Images = dict[int, "CocoImage | None"]  # None: an image of the file that cannot be used
Entry = TypeVar("Entry")
LISTS = ("images", "annotations", "categories")
OUTSIDE_TOLERANCE = 1.0  # pixels; writers that count pixels from 1, or round, end up this far outside the image
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CocoCategory:
    """One category of the file. Categories with the same name share a label."""

    category_id: int
    name: str
    label: int
    raw: JsonObject = field(repr=False)


@dataclass(frozen=True, slots=True)
class CocoAnnotation:
    """One box `(x1, y1, x2, y2)` inside its image, of positive size in float32. `annotation_id` is None if missing."""

    annotation_id: int | None
    category_id: int
    label: int
    box: Box
    iscrowd: bool
    raw: JsonObject = field(repr=False)


@dataclass(frozen=True, slots=True)
class CocoImage:
    """One image and its M annotations, in the order of the file. `path` is None if no image folder was given."""

    image_id: int
    file_name: str
    path: Path | None
    image_size: tuple[int, int]
    annotations: tuple[CocoAnnotation, ...]
    raw: JsonObject = field(repr=False)

    @property
    def gt_boxes(self) -> FloatArray:
        """(M, 4)."""
        return np.array([annotation.box for annotation in self.annotations], dtype=np.float32).reshape(-1, 4)

    @property
    def labels(self) -> IntArray:
        """(M,), from 1."""
        return np.array([annotation.label for annotation in self.annotations], dtype=np.int64)

    @property
    def iscrowd(self) -> NDArray[np.bool_]:
        """(M,)."""
        return np.array([annotation.iscrowd for annotation in self.annotations], dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class CocoDataset:
    """What could be read of a COCO file, in its order, and what could not.

    `category_names[label - 1]` is the name of `label`. `raw` holds the top-level entries other than the three lists.
    """

    images: tuple[CocoImage, ...]
    categories: tuple[CocoCategory, ...]
    category_names: tuple[str, ...]
    problems: tuple[str, ...]
    raw: JsonObject = field(repr=False)


def parse_dataset(document: object, images_dir: str | Path | None = None, name: str = "the dataset") -> CocoDataset:
    """Return what `document`, a parsed COCO file, says; each thing that had to be left out or put right is a problem.

    With `images_dir` the header of each image is read: an image without a readable file is left out, and the size of
    the upright image overrules the size in the file. The boxes of an image that is left out go with it, without a word
    of their own. Boxes are cut to their image; from more than `OUTSIDE_TOLERANCE` pixels on that is a problem. Raises
    DetectorError, which begins with `name`, if the document has not the form of a COCO dataset.
    """
    if not isinstance(document, dict):
        raise DetectorError(f"{name} is not a COCO dataset: it holds no JSON object at its top level.")
    for key in LISTS:
        if not isinstance(document.get(key), list):
            raise DetectorError(f'{name} is not a COCO dataset: it has no list "{key}".')
    problems: list[str] = []
    categories = _parse_categories(document["categories"], problems)
    images = _parse_images(document["images"], None if images_dir is None else Path(images_dir), problems)
    annotations = _parse_annotations(document["annotations"], images, categories, problems)
    whole = tuple(replace(image, annotations=tuple(annotations[key])) for key, image in images.items() if image)
    names = tuple(dict.fromkeys(category.name for category in categories.values()))
    rest = {key: value for key, value in document.items() if key not in LISTS}
    return CocoDataset(whole, tuple(categories.values()), names, tuple(problems), rest)


class _UnusableError(Exception):
    """Why one entry of the file is left out."""


def _parse_categories(entries: list[Any], problems: list[str]) -> dict[int, CocoCategory]:
    """Return the categories by id."""
    categories: dict[int, CocoCategory] = {}
    labels: dict[str, int] = {}
    for number, raw in enumerate(entries, start=1):
        try:
            category_id, name = _new_identifier(raw, categories), _category_name(raw)
        except _UnusableError as reason:
            problems.append(f"category number {number}: {reason}; left out")
            continue
        if name in labels:
            problems.append(f"category {category_id}: another category is named {name!r} too; taken as one")
        categories[category_id] = CocoCategory(category_id, name, labels.setdefault(name, len(labels) + 1), raw)
    return categories


def _parse_images(entries: list[Any], folder: Path | None, problems: list[str]) -> Images:
    """Return the images by id, without annotations yet; None for those that are left out."""
    images: Images = {}
    names: set[str] = set()
    for number, raw in enumerate(entries, start=1):
        try:
            image_id = _new_identifier(raw, images)
            images[image_id] = None
            image = _parse_image(image_id, raw, folder, names, problems)
        except (_UnusableError, DetectorError) as reason:
            problems.append(f"image number {number}: {str(reason).rstrip('.')}; left out")
            continue
        names |= {image.file_name, raw["file_name"]}
        images[image_id] = image
    return images


def _parse_image(
    image_id: int, raw: JsonObject, folder: Path | None, names: set[str], problems: list[str]
) -> CocoImage:
    file_name = _relative_name(raw.get("file_name"))
    if file_name in names:
        raise _UnusableError(f"{file_name} is listed more than once")
    size = _stated_size(raw)
    if folder is None:
        if size is None:
            raise _UnusableError(f"the size of {file_name} is missing or not two whole numbers")
        return CocoImage(image_id, file_name, None, size, (), raw)
    path = folder / file_name
    if not os.path.lexists(path):  # perhaps written on Windows
        path = folder / file_name.replace("\\", "/")
    true_size = read_image_size(path)
    if size != true_size:
        stated = size_text(size) if size else "missing or not two whole numbers"
        problems.append(f"image {image_id}: the size of {file_name} is {stated}, but it is {size_text(true_size)}")
    return CocoImage(image_id, path.relative_to(folder).as_posix(), path, true_size, (), raw)


def _stated_size(raw: JsonObject) -> tuple[int, int] | None:
    height, width = _number(raw.get("height")), _number(raw.get("width"))
    usable = all(1 <= side <= MAX_SIDE and side == int(side) for side in (height, width))
    return (int(height), int(width)) if usable else None


def _parse_annotations(
    entries: list[Any], images: Images, categories: dict[int, CocoCategory], problems: list[str]
) -> dict[int, list[CocoAnnotation]]:
    """Return the usable annotations by image id; every image has an entry."""
    annotations: dict[int, list[CocoAnnotation]] = {image_id: [] for image_id in images}
    seen: set[int] = set()
    for number, raw in enumerate(entries, start=1):
        who = f"annotation number {number}"
        try:
            annotation_id = _annotation_id(raw, who, seen, problems)
            who = who if annotation_id is None else f"annotation {annotation_id}"
            image = _referred(raw, "image", images)
            if image is None:
                continue
            who += f" on {image.file_name}"
            category = _referred(raw, "category", categories)
            box, crowd = _parse_box(raw, image.image_size, who, problems), _parse_crowd(raw, who, problems)
        except _UnusableError as reason:
            problems.append(f"{who}: {reason}; left out")
            continue
        read = CocoAnnotation(annotation_id, category.category_id, category.label, box, crowd, raw)
        annotations[image.image_id].append(read)
    return annotations


def _annotation_id(raw: object, who: str, seen: set[int], problems: list[str]) -> int | None:
    """Return the id, None if there is none to use; a box is not lost for the sake of its id."""
    if not isinstance(raw, dict):
        raise _UnusableError("it is not a JSON object")
    identifier = raw.get("id")
    if not _is_whole(identifier):
        problems.append(f"{who}: its id is {identifier!r}, not a whole number")
        return None
    if identifier in seen:
        problems.append(f"{who}: its id {identifier} is used more than once")
    seen.add(identifier)
    return identifier


def _parse_box(raw: JsonObject, image_size: tuple[int, int], who: str, problems: list[str]) -> Box:
    bbox = raw.get("bbox")
    x, y, width, height = map(_number, bbox if isinstance(bbox, list) and len(bbox) == 4 else [None] * 4)
    if math.isnan(x + y + width + height):
        raise _UnusableError("its box is not four finite numbers")
    if width <= 0 or height <= 0:
        raise _UnusableError(f"its box {bbox} has no area")
    bottom, right = image_size
    x1, x2 = (min(max(side, 0.0), float(right)) for side in (x, x + width))
    y1, y2 = (min(max(side, 0.0), float(bottom)) for side in (y, y + height))
    if not (np.float32(x1) < np.float32(x2) and np.float32(y1) < np.float32(y2)):
        raise _UnusableError(f"its box {bbox} has no area inside the image of {size_text(image_size)}")
    if max(-x, -y, x + width - right, y + height - bottom) > OUTSIDE_TOLERANCE:
        problems.append(f"{who}: its box {bbox} leaves the image of {size_text(image_size)}; cut to it")
    return x1, y1, x2, y2


def _parse_crowd(raw: JsonObject, who: str, problems: list[str]) -> bool:
    crowd = raw.get("iscrowd", 0)
    if crowd not in (0, 1):
        problems.append(f"{who}: iscrowd is {crowd!r}, neither 0 nor 1; taken as 0")
    return bool(crowd == 1)


def _new_identifier(raw: object, taken: Container[int]) -> int:
    if not isinstance(raw, dict):
        raise _UnusableError("it is not a JSON object")
    identifier = raw.get("id")
    if not _is_whole(identifier):
        raise _UnusableError(f"its id is {identifier!r}, not a whole number")
    if identifier in taken:
        raise _UnusableError(f"its id {identifier} is used more than once")
    return identifier


def _referred(raw: JsonObject, kind: str, entries: Mapping[int, Entry]) -> Entry:
    """Return the image or category that an annotation names."""
    identifier = raw.get(f"{kind}_id")
    if not _is_whole(identifier) or identifier not in entries:
        raise _UnusableError(f"there is no {kind} {identifier!r}")
    return entries[identifier]


def _category_name(raw: JsonObject) -> str:
    if isinstance(name := raw.get("name"), str) and name.strip():
        return name
    raise _UnusableError(f"its name is {name!r}")


def _is_whole(value: object) -> TypeGuard[int]:
    """Tell whether a value is an integer that a database can hold; JSON's true and 1.0 are none."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_ID


def _number(value: object) -> float:
    """Return a finite number as float, NaN for anything else (also for JSON's true)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        return math.nan
    return float(value)


def _relative_name(file_name: object) -> str:
    """Return the name if it stays inside the image folder, on every operating system."""
    if not isinstance(file_name, str) or not file_name.strip() or "\0" in file_name:
        raise _UnusableError(f"its file name is {file_name!r}")
    windows = PureWindowsPath(file_name)
    if PurePosixPath(file_name).is_absolute() or windows.drive or windows.root:
        raise _UnusableError(f"its file name {file_name!r} is absolute, not relative to the image folder")
    if ".." in windows.parts:
        raise _UnusableError(f"its file name {file_name!r} leaves the image folder")
    return file_name


def size_text(image_size: tuple[int, ...]) -> str:
    """Return (height, width) as people write it: width first."""
    return f"{image_size[1]} x {image_size[0]}"
