"""A dataset in parts to train, validate and test on: near copies together, and a share of every category in each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.model.storage import StoreError
from app.model.words import tr
from app.store.formats import voc_places, yolo_places
from app.store.formats.annotation_export import export_annotations
from app.store.formats.foreign import Delivery, Written
from app.store.formats.targets import new_folder
from detector.corrections import CorrectedImage
from detector.images import read_thumbnail
from detector.near_copies import chance, difference_hash, groups
from detector.stratified import deal_out
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from app.store.formats.export_report import ExportReport
    from app.store.formats.foreign import Format
    from app.store.location import Location
    from detector.coco import JsonObject

PARTS = ("train", "val", "test")
SIDE = 64  # pixels of the previews that are compared, which are looked at 9 x 8 pixels large
_KNOW_PARTS = (voc_places.KEY, yolo_places.KEY)


def parse_shares(text: str) -> tuple[int, ...]:
    """Return the percentages of train, val and test that "80/10/10" means; "80/20" has no test. Raises StoreError."""
    try:
        shares = tuple(int(word) for word in text.split("/"))
    except ValueError:
        shares = ()
    if len(shares) not in (2, 3) or min(shares) < 0 or sum(shares) != 100:
        sentence = tr("A split is two or three whole percentages of train, val and test, as in 80/10/10, not {}.")
        raise StoreError(sentence.format(text))
    return (*shares, 0)[:3]


@dataclass(slots=True)
class Splitter:
    """Splits the document of an export: the argument `split` of `annotation_export.export_annotations`.

    `shares` are the percentages of `PARTS`; `seed` chooses among splits that are equally good. What came of it can be
    asked for afterwards: `images` by part, `boxes` by category and part, and `groups`, of which there were so many.
    """

    image_folder: Path
    shares: tuple[int, ...]
    seed: int = 0
    progress: Callable[[int, int], None] | None = None
    images: Counter[str] = field(default_factory=Counter)
    boxes: dict[str, Counter[str]] = field(default_factory=dict)
    groups: int = 0

    def __call__(self, document: JsonObject) -> Mapping[int, str]:
        """Return image id -> part."""
        images = document["images"]
        labels = {category["id"]: label for label, category in enumerate(document["categories"])}
        row_of = {image["id"]: row for row, image in enumerate(images)}
        shows = np.zeros((len(images), len(labels)), dtype=np.int64)
        for annotation in document["annotations"]:
            if not annotation.get("iscrowd"):
                shows[row_of[annotation["image_id"]], labels[annotation["category_id"]]] = 1
        names_of_files = [image["file_name"] for image in images]
        numbers = np.array(groups_of(self.image_folder, names_of_files, self.progress), dtype=np.int64)
        self.groups = int(numbers.max(initial=-1)) + 1
        shown = np.zeros((self.groups, len(labels)), dtype=np.int64)
        np.add.at(shown, numbers, shows)
        names = [""] * self.groups
        for number, image in zip(numbers, images, strict=True):
            names[number] = min(names[number] or image["file_name"], image["file_name"])
        dealt = deal_out(np.bincount(numbers, minlength=self.groups), shown, self.shares, names, self.seed)
        parts = {image["id"]: PARTS[dealt[number]] for number, image in zip(numbers, images, strict=True)}
        self._count(document, parts)
        return parts

    def sentences(self) -> tuple[str, ...]:
        """Return what came of it for a person."""
        present = [part for part, share in zip(PARTS, self.shares, strict=True) if share]
        counts = ", ".join(f"{part} {self.images[part]}" for part in present)
        first = tr("Images by part, near copies together in {} groups: {}.").format(self.groups, counts)
        lacking = [
            tr("No box in {}: {}.").format(part, ", ".join(names))
            for part in present
            if (names := [name for name, boxes in self.boxes.items() if boxes and not boxes[part]])
        ]
        return first, *lacking

    def _count(self, document: JsonObject, parts: Mapping[int, str]) -> None:
        names = {category["id"]: category["name"] for category in document["categories"]}
        self.images, self.boxes = Counter(parts.values()), {name: Counter() for name in names.values()}
        for annotation in document["annotations"]:
            self.boxes[names[annotation["category_id"]]][parts[annotation["image_id"]]] += 1


def groups_of(
    image_folder: Path, names: Sequence[str], progress: Callable[[int, int], None] | None = None
) -> list[int]:
    """Return the group, from 0 on, of each image by its place in `names`: near copies share one. Reads every file."""
    fingerprints = []
    for done, name in enumerate(names, 1):
        fingerprints.append(_fingerprint(image_folder / name, name))
        if progress is not None:
            progress(done, len(names))
    nothing = np.zeros((0, 4), dtype=np.float32)
    images = [CorrectedImage(image_folder / name, name, nothing, np.zeros(0, dtype=np.int64)) for name in names]
    return groups(images, fingerprints)


def export_parts(format_: Format, location: Location, target: Path, splitter: Splitter, **options: Any) -> ExportReport:
    """Export the project to the folder `target` in parts; see `annotation_export.export_annotations`."""
    report = export_annotations(in_parts(format_), location, target, split=splitter, **options)
    report.parts = splitter.sentences()
    return report


def in_parts(format_: Format) -> Format:
    """Return a format that writes a folder with one file or folder of `format_` for each part of the dataset.

    A format that has a way of its own to tell parts apart is returned as it is.
    """
    if format_.key in _KNOW_PARTS:
        return format_

    key = f"{format_.key} in parts"

    def write(document: JsonObject, target: Path, delivery: Delivery) -> Written:
        lost: dict[str, None] = {}
        files = []
        with new_folder(target, key) as folder:
            for part in sorted(set(delivery.parts.values()), key=PARTS.index):
                own = replace(delivery, parts={})
                written = format_.write(
                    _part_of(document, delivery.parts, part), folder / f"{part}{format_.suffix}", own
                )
                files += [target / file.relative_to(folder) for file in written.files]
                lost |= dict.fromkeys(f"{part}: {sentence}" for sentence in written.lost)
        return Written(tuple(files), tuple(lost))

    return replace(format_, key=key, suffix="", write=write)


def _part_of(document: JsonObject, parts: Mapping[int, str], part: str) -> JsonObject:
    """Return the images of a part with their annotations, and all categories: they are the same in every part."""
    images = [image for image in document["images"] if parts[image["id"]] == part]
    annotations = [one for one in document["annotations"] if parts[one["image_id"]] == part]
    return {**document, "images": images, "annotations": annotations}


def _fingerprint(path: Path, name: str) -> int:
    try:
        return difference_hash(read_thumbnail(path, SIDE))
    except DetectorError:  # like no other
        return int(chance(name) * 2**48) << 16
