"""Projects for the tests of formats: made from plain values, filled from files, and read back as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PIL import Image

from app.model.annotations import Annotation, Category, ImageMark
from app.model.commands import Command, Edit
from app.model.workspace import Workspace
from app.store.formats.annotation_import import find_annotations, plan_found
from app.store.formats.project_images import ProjectImages
from app.store.project_store import ProjectStore
from detector.image_files import list_images

if TYPE_CHECKING:
    from pathlib import Path

    from app.model.annotations import Box
    from app.store.formats.coco_import import CocoImport
    from app.store.formats.foreign import Format

NAMES = ("1.png", "2.png", "sub/1.png")
SIZE = (480, 640)


@dataclass
class Boxes:
    """What is in a project: image -> (category, box, flags); the images in it are reviewed."""

    of: dict[str, list[tuple[str, Box, tuple[str, ...]]]] = field(default_factory=dict)
    categories: tuple[str, ...] = ("bolt", "nut", "unused one")


def new_project(folder: Path, boxes: Boxes | None = None) -> ProjectStore:
    """Three images of 640 x 480 pixels, two of which have the same name, and what `boxes` says."""
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("1", SIZE[::-1]).save(folder / name)
    store = ProjectStore.open(folder)
    store.list_images(list_images(folder))
    if boxes is not None:
        fill(store, boxes)
    return store


def fill(store: ProjectStore, boxes: Boxes) -> None:
    records = {record.path: record for record in store.images()}
    ids = {name: number for number, name in enumerate(boxes.categories, 1)}
    rows: list[Edit] = [
        Edit(None, Category(number, name, f"#0000{number:02x}", position=number - 1)) for name, number in ids.items()
    ]
    for path, found in boxes.of.items():
        rows.append(Edit(records[path].mark, ImageMark(records[path].id, reviewed=True)))
        for name, box, flags in found:
            annotation = Annotation(len(rows), records[path].id, ids[name], box, **dict.fromkeys(flags, True))
            rows.append(Edit(None, annotation))
    store.write(rows, store.history().recorded(), Command("test", None, tuple(rows)))


def planned(store: ProjectStore, path: Path, format_: Format | None = None, **options: bool) -> CocoImport:
    """Read what is at `path`, in this format or in the one it is recognised as; nothing changes yet."""
    found = find_annotations(path, ProjectImages(store.location.image_folder, store.images()), format_)
    return plan_found(store, found, **options)


def bring_in(store: ProjectStore, path: Path, *, reviewed: bool = False) -> CocoImport:
    """Import what is at `path`, whatever is wrong with it."""
    found = planned(store, path, skip_bad=True, reviewed=reviewed)
    if found.command is not None:
        Workspace(store).execute(found.command)
    return found


def boxes_in(store: ProjectStore) -> dict[str, list[tuple[str, Box]]]:
    """Image -> (category, box) in their order, of all images that are reviewed or have a box."""
    names = {category.id: category.name for category in store.categories()}
    return {
        record.path: [(names[one.category_id], one.box) for one in store.annotations_of(record.id)]
        for record in store.images()
        if record.reviewed or store.annotations_of(record.id)
    }


def files_in(folder: Path) -> dict[str, bytes]:
    """Relative path -> content of every file; of a file, its own."""
    if folder.is_file():
        return {"": folder.read_bytes()}
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def spots(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the ways to all parts of a JSON document."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(spot for key, value in inner for spot in spots(value, (*path, key)))]
