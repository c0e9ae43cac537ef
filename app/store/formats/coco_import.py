"""COCO JSON into a project: checked as a whole first, then one command, which undo takes back as a whole."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from app.model.annotations import (
    Annotation,
    Box,
    Category,
    DatasetNotes,
    ImageRecord,
    Provenance,
    Rejection,
    default_color,
)
from app.model.commands import Command, Edit
from app.store.formats.coco_document import CocoDocument, Entry, describe, read_document
from app.store.formats.coco_fields import (
    KNOWN_ANNOTATION_FIELDS,
    KNOWN_CATEGORY_FIELDS,
    KNOWN_IMAGE_FIELDS,
    origin_from_fields,
    own_fields,
    to_bbox,
    to_box,
    unknown_fields,
)
from detector.images import read_image_size
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.store.project_store import ProjectStore

OVERSHOOT = 1.0
"""A box may leave the image by this many pixels: whoever rounds outwards does that. It is cut off and reported."""


@dataclass(frozen=True, slots=True)
class CocoImport:
    """What a file would bring. `command` is None where nothing may or need be imported.

    `problems` has one sentence per thing that is wrong, `notes` one per thing that was changed on the way.
    """

    command: Command | None
    images: int
    annotations: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    def sentences(self) -> tuple[str, ...]:
        """Return the report for a person, the most important first."""
        if self.command is None and self.problems:
            first = f"Nothing was imported: {len(self.problems)} things are wrong with the file."
        elif self.command is None:
            first = "Nothing was imported: the project has all of it already."
        else:
            first = f"{self.annotations} annotations on {self.images} images."
        return first, *self.problems, *self.notes


@dataclass(frozen=True, slots=True)
class _Match:
    """An entry of the file, its image in the project, and that image's upright size."""

    entry: Entry
    record: ImageRecord
    size: tuple[int, int]


def read_coco(store: ProjectStore, path: Path, *, skip_bad: bool = False, reviewed: bool = False) -> CocoImport:
    """Read a COCO JSON file for the project in `store` and return the command that imports it; nothing changes yet.

    Anything wrong with the file or between file and folder is a problem, and one problem is enough for no command;
    `skip_bad` leaves the bad entries out instead. `reviewed` marks the file's images as reviewed; images that Boxwright
    exported are what they were. Categories are matched by name; a new one keeps its id of the file where that is free.
    An annotation that the project has already (same image, category and box) is not imported twice.
    Raises StoreError where the project cannot be read.
    """
    document = read_document(path)
    problems, notes = list(document.problems), list[str]()
    matches = _match_images(store, document.images, problems)
    category_edits, category_ids = _categories(store, document)
    matches_by_id = {match.entry["id"]: match for match in matches}
    sound = [
        annotation
        for annotation in document.annotations
        if annotation["image_id"] in matches_by_id and annotation["category_id"] in category_ids
    ]
    if orphans := len(document.annotations) - len(sound):
        notes.append(f"{orphans} annotations belong to images or categories that are not right.")
    boxes = _boxes(sound, matches_by_id, problems, notes)
    if problems and not skip_bad:
        return CocoImport(None, len(matches), len(boxes), tuple(problems), tuple(notes))
    annotation_edits = _annotation_edits(store, sound, boxes, matches_by_id, category_ids)
    edits = (*category_edits, *_image_edits(store, matches, reviewed), *annotation_edits, *_notes_edit(store, document))
    if skipped := len(boxes) - len(annotation_edits):
        notes.append(f"{skipped} annotations were in the project already.")
    command = Command(f"import {path.name}", None, edits) if edits else None
    return CocoImport(command, len(matches), len(annotation_edits), tuple(problems), tuple(notes))


def _match_images(store: ProjectStore, entries: Iterable[Entry], problems: list[str]) -> list[_Match]:
    """Return the entries whose image is in the folder, can be read and has the size that the file says."""
    records = store.images()
    by_path = {record.path: record for record in records}
    by_name: dict[str, list[ImageRecord]] = {}
    for record in records:
        by_name.setdefault(PurePosixPath(record.path).name, []).append(record)
    matches: list[_Match] = []
    taken: dict[int, Entry] = {}
    for entry in entries:
        name = entry["file_name"].replace("\\", "/").removeprefix("./")
        same_name = by_name.get(PurePosixPath(name).name, [])
        found = [by_path[name]] if name in by_path else same_name
        label = f"Image {entry['id']} ({entry['file_name']})"
        if len(found) != 1:
            where = "is in the folder several times:" if found else "is not in the folder"
            problems.append(f"{label} {where} {store.location.image_folder}.")
        elif found[0].id in taken:
            problems.append(f"{label} is the same file as image {taken[found[0].id]['id']}.")
        else:
            taken[found[0].id] = entry
            try:
                size = found[0].size or read_image_size(store.image_path(found[0]))
            except DetectorError as error:
                problems.append(f"{label} cannot be read: {error}")
                continue
            if problem := _size_problem(label, entry, size):
                problems.append(problem)
            else:
                matches.append(_Match(entry, found[0], size))
    return matches


def _size_problem(label: str, entry: Entry, size: tuple[int, int]) -> str:
    height, width = size
    said = entry.get("height", height), entry.get("width", width)
    if said == (height, width):
        return ""
    turned = " (the file has the size before the camera's turn)" if said == (width, height) else ""
    return f"{label} is {said[1]} x {said[0]} in the file, but {width} x {height} in the folder{turned}."


def _categories(store: ProjectStore, document: CocoDocument) -> tuple[list[Edit], dict[int, int]]:
    """Return the edits that add the categories the project lacks, and category id of the file -> of the project."""
    existing = store.categories()
    by_name = {category.name: category for category in existing}
    first_free = store.next_id(Category)
    lacking: dict[str, Entry] = {}
    for entry in sorted(document.categories, key=_position):
        if entry["name"].strip() not in by_name:
            lacking.setdefault(entry["name"].strip(), entry)
    kept = {entry["id"] for entry in lacking.values() if entry["id"] >= first_free}
    following = max(kept, default=first_free - 1) + 1
    place = max((category.position for category in existing), default=-1) + 1
    edits: list[Edit] = []
    for position, (name, entry) in enumerate(lacking.items(), place):
        category_id = entry["id"] if entry["id"] in kept else following
        following += entry["id"] not in kept
        by_name[name] = _category(entry, category_id, position)
        edits.append(Edit(None, by_name[name]))
    return edits, {entry["id"]: by_name[entry["name"].strip()].id for entry in document.categories}


def _position(entry: Entry) -> int:
    """Return the place of a category among the digits; without one of ours they keep the order of the file."""
    position = own_fields(entry).get("position", 0)
    return position if isinstance(position, int) else 0


def _category(entry: Entry, category_id: int, position: int) -> Category:
    own = own_fields(entry)
    supercategory = entry.get("supercategory")
    color = own.get("color")
    return Category(
        id=category_id,
        name=entry["name"].strip(),
        color=color if isinstance(color, str) else default_color(position),
        supercategory=supercategory if isinstance(supercategory, str) else "",
        position=position,
        extra=unknown_fields(entry, KNOWN_CATEGORY_FIELDS),
    )


def _boxes(
    annotations: Iterable[Entry], matches: Mapping[int, _Match], problems: list[str], notes: list[str]
) -> dict[int, Box]:
    """Return annotation id of the file -> box inside its image."""
    boxes: dict[int, Box] = {}
    for annotation in annotations:
        box = to_box(annotation["bbox"])
        assert box is not None, "the document has been checked"
        height, width = matches[annotation["image_id"]].size
        x1, y1, x2, y2 = box
        inside = max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height))
        overshoot = max(abs(mine - theirs) for mine, theirs in zip(inside, box, strict=True))
        if overshoot > OVERSHOOT or inside[0] >= inside[2] or inside[1] >= inside[3]:
            size = f"{width} x {height}"
            problems.append(f"{describe(annotation)}: bbox {annotation['bbox']} does not lie in the image of {size}.")
            continue
        if overshoot > 0:
            notes.append(f"{describe(annotation)} left its image by {overshoot:g} px and was cut off there.")
        boxes[annotation["id"]] = inside
    return boxes


def _annotation_edits(
    store: ProjectStore,
    entries: Iterable[Entry],
    boxes: Mapping[int, Box],
    matches: Mapping[int, _Match],
    category_ids: Mapping[int, int],
) -> list[Edit]:
    """Return the edits that add the annotations that the project does not have yet."""
    next_id = store.next_id(Annotation)
    present: dict[int, set[tuple[int, Box]]] = {}
    edits: list[Edit] = []
    for entry in entries:
        box = boxes.get(entry["id"])
        if box is None:
            continue
        image_id, category_id = matches[entry["image_id"]].record.id, category_ids[entry["category_id"]]
        if image_id not in present:
            present[image_id] = {(one.category_id, one.box) for one in store.annotations_of(image_id)}
        if (category_id, box) not in present[image_id]:
            edits.append(Edit(None, _annotation(entry, next_id + len(edits), image_id, category_id, box)))
    return edits


def _annotation(entry: Entry, annotation_id: int, image_id: int, category_id: int, box: Box) -> Annotation:
    own = own_fields(entry)
    known = own.get("provenance") in set(Provenance)
    # The original bbox is kept where corners cannot give it back to the last bit, and where an outline belongs to it.
    keeps_bbox = bool(entry.get("segmentation")) or to_bbox(box) != entry["bbox"]
    return Annotation(
        id=annotation_id,
        image_id=image_id,
        category_id=category_id,
        box=box,
        provenance=Provenance(own["provenance"]) if known else Provenance.IMPORTED,
        origin=origin_from_fields(own.get("origin")),
        iscrowd=bool(entry.get("iscrowd", 0)),
        extra=unknown_fields(entry, KNOWN_ANNOTATION_FIELDS - {"bbox"} if keeps_bbox else KNOWN_ANNOTATION_FIELDS),
    )


def _image_edits(store: ProjectStore, matches: Iterable[_Match], reviewed: bool) -> list[Edit]:
    """Return the edits that bring marks, unknown fields and rejections of the file's images."""
    next_rejection = store.next_id(Rejection)
    edits: list[Edit] = []
    for match in matches:
        own, before = own_fields(match.entry), match.record.mark
        extra = {**json.loads(before.extra), **json.loads(unknown_fields(match.entry, KNOWN_IMAGE_FIELDS))}
        after = replace(
            before,
            reviewed=before.reviewed or bool(own.get("reviewed", reviewed)),
            unsure=before.unsure or bool(own.get("unsure", False)),
            extra=json.dumps(extra, ensure_ascii=False),
        )
        if after != before:
            edits.append(Edit(before, after))
        origins = [origin_from_fields(fields) for fields in own.get("rejections", ())]
        present = {one.origin for one in store.rejections_of(before.id)} if origins else set()
        for origin in origins:
            if origin is not None and origin not in present:
                edits.append(Edit(None, Rejection(next_rejection, before.id, origin)))
                next_rejection += 1
    return edits


def _notes_edit(store: ProjectStore, document: CocoDocument) -> list[Edit]:
    before = store.dataset_notes()
    extra = {**json.loads(before.extra), **json.loads(document.extra)}
    after = DatasetNotes(extra=json.dumps(extra, ensure_ascii=False))
    return [Edit(before, after)] if after != before else []
