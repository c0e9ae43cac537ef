"""Where the image of a text file of YOLO may be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.store.formats.project_images import shorter, twin_of, without
from app.store.formats.targets import export_around
from app.store.formats.yolo_names import DATA_FILE, parts_of

if TYPE_CHECKING:
    from app.store.formats.project_images import ProjectImages

KEY = "yolo"
LABELS, IMAGES = "labels", "images"
PARTS = ("train", "val", "valid", "test")


class YoloPlaces:
    """The places of the images of the dataset below `root`, as `ProjectImages.by_stem` wants them."""

    def __init__(self, root: Path, images: ProjectImages) -> None:
        self._root = root
        self._images = images
        export = export_around(root, KEY)
        parts = None if export is None else parts_of(export / DATA_FILE, IMAGES)
        self._export = None if export is None or parts is None else (export / LABELS, parts)
        self._exported: dict[str, list[str]] = {}
        if self._export is not None:
            for stem in images.stems:
                self._exported.setdefault(without_images(stem), []).append(stem)
        at = root.parts.index(LABELS) if LABELS in root.parts else len(root.parts)
        self._holds_images = images.folder.resolve().is_relative_to(Path(*root.parts[:at]))

    def of(self, file: Path) -> list[list[str]]:
        """Return the paths, without suffix, where the image of a text file may be, in tiers, the likeliest first."""
        stem = file.with_suffix("")
        twin = twin_of(stem, LABELS, IMAGES)
        place, beside = self._images.place(twin), self._images.place(stem)
        tiers = [[one] for one in (place, beside) if one is not None]
        as_dataset, others = _read_off(stem.relative_to(self._root.parent).parts)
        if (exported := self._in_export(stem)) is not None:
            return [*tiers, self._exported.get(exported, [exported]), as_dataset]
        if beside is not None:  # the folders around the dataset count too
            return [*tiers, [without(beside, LABELS)], shorter(place or beside)]
        if place is not None:
            return tiers
        if self._holds_images and twin != stem and twin.parent.is_dir():
            return []  # the image is in a part of the dataset that is not in the project
        return [as_dataset, others]

    def _in_export(self, stem: Path) -> str | None:
        """Return how the image of a text file is called in an export of Boxwright; None where it is in none."""
        if self._export is None or not stem.is_relative_to(self._export[0]):
            return None
        names, parts = stem.relative_to(self._export[0]).parts, self._export[1]
        if parts and (len(names) == 1 or names[0] not in parts):
            return None
        return "/".join(names[1:] if parts else names)


def without_images(path: str) -> str:
    """Return where an image lies below the `images` of an export, and its text file below `labels`.

    A folder `images` in between goes: of several in a path, readers replace the last one by `labels`.
    """
    *folders, last = path.split("/")
    return "/".join([*(folder for folder in folders if folder != IMAGES), last])


def _read_off(parts: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the paths with a folder `images` in the place of `labels`, and others without one or the other.

    `parts` begin with the name of the dataset's folder, which may be one of the project's or not.
    """
    if LABELS not in parts[:-1]:
        return [], _ways(parts[:1], *parts[1:])
    at = len(parts) - 2 - parts[-2::-1].index(LABELS)
    before, after = parts[:at], parts[at + 1 :]
    others = [*_ways(before, *after), "/".join(after)]
    if len(after) > 1 and after[0] in PARTS:
        others = [*_ways(before, IMAGES, *after[1:]), *others, "/".join(after[1:])]
    return _ways(before, IMAGES, *after), others


def _ways(before: tuple[str, ...], *after: str) -> list[str]:
    return ["/".join((*before, *after)), "/".join((*before[1:], *after))]
