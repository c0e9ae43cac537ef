"""What a COCO dataset says, once everything in it has been checked.

Reading never trusts the file. What is wrong with one image, category or annotation becomes a sentence in
`CocoDataset.problems` and the rest is read; what makes the whole document unusable raises `DetectorError`. The parsed
objects stay available as `raw`, so that an import can keep every field that Boxwright does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

import numpy as np

from detector.coco_images import FindImage, agreed_size, by_name, image_name, in_folder, size_text
from detector.coco_values import (
    Box,
    JsonObject,
    UnusableError,
    category_name,
    corners,
    fractions,
    is_flagged,
    is_whole,
    new_id,
    referred,
)
from detector.json_files import is_shallow
from detector.types import DetectorError, FloatArray, IntArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

LISTS = ("images", "annotations", "categories")
OUTSIDE_TOLERANCE = 1.0  # pixels; writers that count pixels from 1, or round, end up this far outside the image
ARITHMETIC = 1e-3  # pixels; what is less far outside comes from adding x and width, and is not worth a word


@dataclass(frozen=True, slots=True)
class CocoCategory:
    """One category of the file. Categories with the same name share a label."""

    category_id: int
    name: str
    label: int
    raw: JsonObject = field(repr=False)


@dataclass(frozen=True, slots=True)
class CocoAnnotation:
    """One box `(x1, y1, x2, y2)` inside its image, of positive size in float32.

    `annotation_id` is None if it is missing; it is as good as the file, where it may occur more than once. `difficult`
    is PASCAL VOC's word for an object that nobody has to find.
    """

    annotation_id: int | None
    category_id: int
    label: int
    box: Box
    iscrowd: bool
    difficult: bool
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
    is_complete: bool = True  # none of its annotations was left out

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

    @property
    def difficult(self) -> NDArray[np.bool_]:
        """(M,)."""
        return np.array([annotation.difficult for annotation in self.annotations], dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class CocoDataset:
    """What could be read of a COCO file, in its order, and what could not.

    `category_names[label - 1]` is the name of `label`. `problems` and `notes` are sentences: what is wrong with the
    file, and what follows from that or was put right without harm. `raw` holds the top-level entries other than the
    three lists.
    """

    images: tuple[CocoImage, ...]
    categories: tuple[CocoCategory, ...]
    category_names: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    raw: JsonObject = field(repr=False)


Images = dict[int, CocoImage | None]  # None: an image of the file that cannot be used
Categories = dict[int, CocoCategory | None]


def parse_dataset(
    document: object,
    images_dir: str | Path | None = None,
    name: str = "The dataset",
    *,
    find_image: FindImage | None = None,
) -> CocoDataset:
    """Return what `document`, a parsed COCO file, says.

    With `images_dir` the header of each image there is read; `find_image` is asked instead where images are matched by
    other rules, and says with a DetectorError why there is none. An image of another size than the dataset says is not
    the one that its boxes were drawn on: it is left out. A size that the dataset does not state is that of the image.

    What has a problem is left out, unless its sentence says how it is taken. The annotations of an image or a category
    that is left out go with it, in one note. Boxes are cut to their image; more than `OUTSIDE_TOLERANCE` pixels outside
    it are a problem. Raises DetectorError, which begins with `name`, if the document has not the form of a dataset.
    """
    if not isinstance(document, dict):
        raise DetectorError(f"{name} is not a COCO dataset: it holds no JSON object at its top level.")
    if not is_shallow(document):
        raise DetectorError(f"{name} is not a COCO dataset: its values are nested too deeply.")
    if missing := [f'"{key}"' for key in LISTS if not isinstance(document.get(key), list)]:
        raise DetectorError(f"{name} is not a COCO dataset: it has no list {' and no list '.join(missing)}.")
    report = _Report()
    categories = _parse_categories(document["categories"], report)
    find_image = find_image or (by_name if images_dir is None else in_folder(Path(images_dir)))
    images = _parse_images(document["images"], find_image, report)
    annotations = _parse_annotations(document["annotations"], images, categories, report)
    usable = tuple(category for category in categories.values() if category)
    return CocoDataset(
        images=tuple(
            replace(image, annotations=tuple(annotations[key]), is_complete=key not in report.incomplete)
            for key, image in images.items()
            if image
        ),
        categories=usable,
        category_names=tuple(dict.fromkeys(category.name for category in usable)),
        problems=(*report.problems, *fractions(one.box for several in annotations.values() for one in several)),
        notes=tuple(report.notes),
        raw={key: value for key, value in document.items() if key not in LISTS},
    )


@dataclass(frozen=True, slots=True)
class _Report:
    """What was said so far, and of which images."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    incomplete: set[int] = field(default_factory=set)  # ids of images that lost an annotation
    owners: dict[str, int] = field(default_factory=dict)  # file -> id of the first image that means it
    first_of: dict[int, int] = field(default_factory=dict)  # id of an image -> id of the first one with its file

    def problem(self, who: str, reason: object) -> None:
        self.problems.append(f"{who}: {str(reason).rstrip('.')}.")

    def claim(self, name: str, image_id: int) -> None:
        self.first_of[image_id] = first = self.owners.setdefault(name, image_id)
        if first != image_id:
            raise UnusableError(f"it is the same file as image {first}")

    def lose_one_of(self, raw: Any) -> None:
        if isinstance(raw, dict) and is_whole(image_id := raw.get("image_id")):
            self.incomplete.add(self.first_of.get(image_id, image_id))


def _parse_categories(entries: list[Any], report: _Report) -> Categories:
    """Return the categories by id; None for those that have an id and are left out."""
    categories: Categories = {}
    first_of: dict[str, CocoCategory] = {}
    for number, raw in enumerate(entries, start=1):
        who = f"Category number {number}"
        try:
            category_id = new_id(raw, categories)
            who, categories[category_id] = f"Category {category_id}", None
            name = category_name(raw)
        except UnusableError as reason:
            report.problem(who, reason)
            continue
        label = len(first_of) + 1
        if first := first_of.get(name):
            label = first.label
            report.problem(who, f"category {first.category_id} is named {name!r} too; taken as one")
        category = CocoCategory(category_id, name, label, raw)
        categories[category_id] = category
        first_of.setdefault(name, category)
    return categories


def _parse_images(entries: list[Any], find_image: FindImage, report: _Report) -> Images:
    """Return the images by id, without annotations yet; None for those that have an id and are left out."""
    images: Images = {}
    for number, raw in enumerate(entries, start=1):
        who = f"Image number {number}"
        try:
            image_id = new_id(raw, images)
            who, images[image_id] = f"Image {image_id}", None
            name = image_name(raw)
            who += f" ({name})"
            found = find_image(name)
            report.claim(found.file_name, image_id)
            size = agreed_size(raw, found)
        except (UnusableError, DetectorError) as reason:
            report.problem(who, reason)
            continue
        images[image_id] = CocoImage(image_id, found.file_name, found.path, size, (), raw)
    return images


def _parse_annotations(
    entries: list[Any], images: Images, categories: Categories, report: _Report
) -> dict[int, list[CocoAnnotation]]:
    """Return the usable annotations by image id; every image has an entry."""
    annotations: dict[int, list[CocoAnnotation]] = {image_id: [] for image_id in images}
    seen: dict[int, JsonObject] = {}
    gone_along = 0
    for number, raw in enumerate(entries, start=1):
        who = f"Annotation number {number}"
        try:
            annotation_id = _annotation_id(raw, who, seen, report)
            who = who if annotation_id is None else f"Annotation {annotation_id}"
            image, category = referred(raw, "image", images), referred(raw, "category", categories)
            if image is None or category is None:
                gone_along += 1
                report.lose_one_of(raw)
                continue
            who += f" of image {image.image_id} ({image.file_name})"
            box, crowd = _parse_box(raw, image.image_size, who, report), _parse_crowd(raw, who, report)
        except UnusableError as reason:
            report.problem(who, reason)
            if reason.loses:
                report.lose_one_of(raw)
            continue
        difficult = is_flagged(raw, "difficult", "ignore")
        read = CocoAnnotation(annotation_id, category.category_id, category.label, box, crowd, difficult, raw)
        annotations[image.image_id].append(read)
    if gone_along:
        report.notes.append(f"Annotations left out with their image or their category: {gone_along}.")
    return annotations


def _annotation_id(raw: Any, who: str, seen: dict[int, JsonObject], report: _Report) -> int | None:
    """Return the id, None if there is none to use; a box is not lost for the sake of its id."""
    if not isinstance(raw, dict):
        raise UnusableError(f"it is {short(raw)}, not a JSON object")
    identifier = raw.get("id")
    if not is_whole(identifier):
        report.problem(who, f"its id is {short(identifier)}, not a whole number; taken without it")
        return None
    if (first := seen.setdefault(identifier, raw)) is not raw:
        if first == raw:
            raise UnusableError(f"it repeats annotation {identifier}", loses=False)
        report.problem(who, f"its id {identifier} is used more than once; taken all the same")
    return identifier


def _parse_box(raw: JsonObject, image_size: tuple[int, int], who: str, report: _Report) -> Box:
    bbox = raw.get("bbox")
    box = corners(bbox)
    if box is None:
        raise UnusableError(f"its box {short(bbox)} is not four finite numbers with a positive width and height")
    bottom, right = image_size
    x1, x2 = (min(max(side, 0.0), float(right)) for side in box[0::2])
    y1, y2 = (min(max(side, 0.0), float(bottom)) for side in box[1::2])
    if not (np.float32(x1) < np.float32(x2) and np.float32(y1) < np.float32(y2)):
        raise UnusableError(f"its box {bbox} has no area inside the image of {size_text(image_size)}")
    outside = max(x1 - box[0], y1 - box[1], box[2] - x2, box[3] - y2)
    if outside > OUTSIDE_TOLERANCE:
        report.problem(who, f"its box {bbox} leaves the image of {size_text(image_size)}; cut to it")
    elif outside > ARITHMETIC:
        report.notes.append(f"{who}: its box left the image by {outside:.2g} px and was cut off there.")
    return x1, y1, x2, y2


def _parse_crowd(raw: JsonObject, who: str, report: _Report) -> bool:
    crowd = raw.get("iscrowd", 0)
    if crowd not in (0, 1):
        report.problem(who, f"iscrowd is {short(crowd)}, neither 0 nor 1; taken as 0")
    return bool(crowd == 1)
