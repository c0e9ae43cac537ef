"""A COCO dataset into a project: checked as a whole first, then one command, which undo takes back as a whole.

What is wrong with the file itself is found by `detector.coco`; here it meets the images and categories of the project.
Other formats come this way too (`annotation_import`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.model.annotations import (
    LARGEST_ID,
    LONGEST_NAME,
    Annotation,
    Category,
    DatasetNotes,
    ImageMark,
    ImageRecord,
    Rejection,
    default_color,
)
from app.model.category_mapping import merged_names
from app.model.commands import Command, Edit
from app.model.geometry import single
from app.model.words import counted, tr, written
from app.store.formats.coco_fields import (
    KNOWN_ANNOTATION_FIELDS,
    KNOWN_CATEGORY_FIELDS,
    KNOWN_IMAGE_FIELDS,
    color_from_fields,
    exact_box,
    flags_from_fields,
    lacks,
    merged_from_fields,
    origin_from_fields,
    own_fields,
    provenance_from_fields,
    score_thresh_from_fields,
    text_from_fields,
    unknown_fields,
)
from detector.coco import (
    CocoAnnotation,
    CocoCategory,
    CocoDataset,
    CocoImage,
    corners,
    is_text,
    number,
    xywh,
)
from detector.coco_images import composed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.store.project_store import ProjectStore

LARGEST_KEPT_ID = LARGEST_ID // 2
"""A category with a larger id gets a new one: there must be room for the categories to come."""


@dataclass(frozen=True, slots=True)
class CocoImport:
    """What a file would bring. `command` is None where nothing may or need be imported.

    `images` of the file are in the project, `images_left_out` are not or cannot be used; `annotations` are new to the
    project, `present` are there already; `new_categories` are made, `known_categories` are matched by their name.
    `problems` has one sentence per thing that is wrong, `notes` one per thing that was changed on the way.
    `sizes`: (height, width) of the images by id, to be kept with the command: their files may be gone one day.
    """

    command: Command | None
    images: int
    annotations: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    images_left_out: int = 0
    present: int = 0
    new_categories: tuple[str, ...] = ()
    known_categories: tuple[str, ...] = ()
    sizes: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    def sentences(self) -> tuple[str, ...]:
        """Return the report for a person, the most important first."""
        if self.command is None and self.problems:
            one = tr("Nothing was imported: one thing is wrong with the file.")
            several = tr("Nothing was imported: {} things are wrong with the file.")
            first = counted(len(self.problems), one, several)
        elif self.command is None and (self.images or self.known_categories):
            first = tr("Nothing was imported: the project has all of it already.")
        elif self.command is None:
            first = tr("Nothing was imported: there is nothing in it.")
        else:
            boxes = counted(self.annotations, tr("1 annotation"), tr("{} annotations"))
            first = f"{boxes} {counted(self.images, tr('on 1 image'), tr('on {} images'))}."
            marks = [(one.before, one.after) for one in self.command.edits if isinstance(one.after, ImageMark)]
            if marked := sum(now.reviewed and not (isinstance(was, ImageMark) and was.reviewed) for was, now in marks):
                first += tr(" Marked as reviewed: {}.").format(written(marked))
        return first, *self.problems, *self.notes


def plan_import(
    store: ProjectStore, dataset: CocoDataset, name: str, *, skip_bad: bool = False, reviewed: bool = False
) -> CocoImport:
    """Return the command that imports `dataset`, read from `name`, into the project in `store`; nothing changes yet.

    Anything wrong with the file or between file and folder is a problem, and one problem is enough for no command.
    With `skip_bad` what can be read is imported all the same, as `detector.coco.parse_dataset` reads it.
    `reviewed` marks the file's images as reviewed; images that Boxwright exported are what they were, and one that lost
    a box stays unreviewed. Categories are matched by name; a new one keeps its id of the file where that is free. An
    annotation that the project has already (same image, category and box in single precision) is not imported twice.
    Raises StoreError where the project cannot be read.
    """
    records = {record.path: record for record in store.images()}
    images, notes = len(dataset.images), list(dataset.notes)
    annotations = sum(len(image.annotations) for image in dataset.images)
    if dataset.problems and not skip_bad:
        return CocoImport(None, images, annotations, dataset.problems, dataset.notes)
    categories = store.categories()
    known = {category.name for category in categories} | merged_names(categories).keys()
    file_categories = list(_spelled(dataset.categories, known))
    names = list(dict.fromkeys(one.name for one in file_categories))
    category_edits, category_ids = _categories(store, file_categories)
    annotation_edits = _annotation_edits(store, dataset, records, category_ids)
    image_edits = _image_edits(store, dataset, records, reviewed)
    edits = (*category_edits, *image_edits, *annotation_edits, *_notes_edit(store, dataset))
    if incomplete := sum(_loses_mark(image, records[image.file_name].mark, reviewed) for image in dataset.images):
        sentence = tr("Images not marked as reviewed, because not all of their boxes could be read: {}.")
        notes.append(sentence.format(written(incomplete)))
    if present := annotations - len(annotation_edits):
        notes.append(tr("Annotations that the project had already: {}.").format(written(present)))
    return CocoImport(
        Command(tr("import {}").format(name), None, edits) if edits else None,
        images,
        len(annotation_edits),
        dataset.problems,
        tuple(notes),
        present=present,
        new_categories=tuple(name for name in names if name not in known),
        known_categories=tuple(name for name in names if name in known),
        sizes={records[image.file_name].id: image.image_size for image in dataset.images},
    )


def _categories(store: ProjectStore, categories: Iterable[CocoCategory]) -> tuple[list[Edit], dict[int, int]]:
    """Return the edits that add the categories the project lacks, and category id of the file -> of the project."""
    existing = store.categories()
    by_name = {category.name: category for category in existing}
    by_name = {name: by_name[now] for name, now in merged_names(existing).items()} | by_name
    first_free = store.next_id(Category)
    lacking: dict[str, CocoCategory] = {}
    for category in sorted(categories, key=_position):
        if category.name not in by_name:
            lacking.setdefault(category.name, category)
    kept = {one.category_id for one in lacking.values() if first_free <= one.category_id <= LARGEST_KEPT_ID}
    following = max(kept, default=first_free - 1) + 1
    place = max((category.position for category in existing), default=-1) + 1
    edits: list[Edit] = []
    for position, category in enumerate(lacking.values(), place):
        category_id = category.category_id if category.category_id in kept else following
        following += category_id == following
        by_name[category.name] = _category(category, category_id, position)
        edits.append(Edit(None, by_name[category.name]))
    return edits, {category.category_id: by_name[category.name].id for category in categories}


def _spelled(categories: Iterable[CocoCategory], known: Iterable[str]) -> Iterator[CocoCategory]:
    """Yield categories, spelled as in the project where only the way of writing accents differs."""
    spellings = {composed(name): name for name in known}
    spellings |= {name: name for name in known}
    for one in categories:
        name = spellings.get(one.name) or spellings.setdefault(composed(one.name), one.name)
        yield replace(one, name=name)


def _position(category: CocoCategory) -> int:
    """Return the place of a category among the digits; without one of ours they keep the order of the file."""
    position = own_fields(category.raw).get("position", 0)
    return position if isinstance(position, int) else 0


def _category(category: CocoCategory, category_id: int, position: int) -> Category:
    supercategory = category.raw.get("supercategory")
    return Category(
        id=category_id,
        name=category.name,
        color=color_from_fields(own_fields(category.raw)) or default_color(position),
        supercategory=supercategory[:LONGEST_NAME] if is_text(supercategory) else "",
        position=position,
        extra=unknown_fields(category.raw, KNOWN_CATEGORY_FIELDS),
        score_thresh=score_thresh_from_fields(own_fields(category.raw)),
        merged=merged_from_fields(own_fields(category.raw)),
    )


def _annotation_edits(
    store: ProjectStore,
    dataset: CocoDataset,
    records: Mapping[str, ImageRecord],
    category_ids: Mapping[int, int],
) -> list[Edit]:
    """Return the edits that add the annotations that the project does not have yet."""
    next_id = store.next_id(Annotation)
    edits: list[Edit] = []
    for image in dataset.images:
        image_id = records[image.file_name].id
        present = {(one.category_id, single(one.box)) for one in store.annotations_of(image_id)}
        for read in image.annotations:
            category_id = category_ids[read.category_id]
            exact = replace(read, box=exact_box(read.raw, read.box, image.image_size))
            if (category_id, single(exact.box)) not in present:
                edits.append(Edit(None, _annotation(exact, next_id + len(edits), image_id, category_id)))
    return edits


def _annotation(read: CocoAnnotation, annotation_id: int, image_id: int, category_id: int) -> Annotation:
    own, bbox = own_fields(read.raw), xywh([read.box])[0]
    extra = json.loads(unknown_fields(read.raw, KNOWN_ANNOTATION_FIELDS))
    has_outline = bool(read.raw.get("segmentation"))
    # A bbox is kept where corners cannot give it back to the last bit, and where an outline belongs to it.
    if has_outline or bbox != read.raw["bbox"]:
        extra["bbox"] = read.raw["bbox"] if corners(read.raw["bbox"]) == read.box else bbox
    if has_outline and number(read.raw.get("area")) >= 0:  # COCO's small and large are said by the area of the outline
        extra["area"] = read.raw["area"]
    return Annotation(
        id=annotation_id,
        image_id=image_id,
        category_id=category_id,
        box=read.box,
        provenance=provenance_from_fields(own),
        origin=origin_from_fields(own.get("origin")),
        iscrowd=read.iscrowd,
        extra=json.dumps(extra),
        locked=own.get("locked") is True,
        note=text_from_fields(own, "note"),
        author=text_from_fields(own, "author"),
        **flags_from_fields(read.raw),
    )


def _image_edits(
    store: ProjectStore, dataset: CocoDataset, records: Mapping[str, ImageRecord], reviewed: bool
) -> list[Edit]:
    """Return the edits that bring marks, unknown fields and rejections of the file's images."""
    next_rejection = store.next_id(Rejection)
    edits: list[Edit] = []
    for image in dataset.images:
        own, before = own_fields(image.raw), records[image.file_name].mark
        extra = _merged(before.extra, unknown_fields(image.raw, KNOWN_IMAGE_FIELDS))
        marked = _marked(before, own, reviewed)
        if _is_incomplete(image):
            marked = replace(marked, reviewed=before.reviewed)
        after = replace(marked, extra=extra)
        if after != before:
            edits.append(Edit(before, after))
        rejected = own.get("rejections")
        origins = [origin_from_fields(fields) for fields in rejected] if isinstance(rejected, list) else []
        present = {one.origin for one in store.rejections_of(before.id)} if origins else set()
        for origin in origins:
            if origin is not None and origin not in present:
                edits.append(Edit(None, Rejection(next_rejection, before.id, origin)))
                next_rejection += 1
    return edits


def _is_incomplete(image: CocoImage) -> bool:
    """Whether a box of the image was left out: reviewed would say that there is nothing where that was."""
    return lacks(image.raw) or not image.is_complete


def _loses_mark(image: CocoImage, before: ImageMark, reviewed: bool) -> bool:
    return _is_incomplete(image) and _marked(before, own_fields(image.raw), reviewed).reviewed and not before.reviewed


def _marked(before: ImageMark, own: Mapping[str, Any], reviewed: bool) -> ImageMark:
    """Return the mark of an image as the file has it, where the project has said nothing of it yet."""
    if before.reviewed or before.unsure:
        return before
    unsure = bool(own.get("unsure", False))
    return replace(before, unsure=unsure, reviewed=bool(own.get("reviewed", reviewed)) and not unsure)


def _notes_edit(store: ProjectStore, dataset: CocoDataset) -> list[Edit]:
    before = store.dataset_notes()
    # Empty ones are no news, and an export writes them anyway: other readers want them to be there.
    empty = frozenset(key for key in ("info", "licenses") if not dataset.raw.get(key))
    after = DatasetNotes(extra=_merged(before.extra, unknown_fields(dataset.raw, empty)))
    return [Edit(before, after)] if after != before else []


def _merged(before: str, news: str) -> str:
    """Return `before` with the fields of `news`, both texts of JSON objects; `before` itself if that is the same."""
    kept = json.loads(before)
    merged = {**kept, **json.loads(news)}
    return before if merged == kept else json.dumps(merged)
