"""YOLO: one text file per image, one line `class x y width height` per box, and the names in `data.yaml`.

Datasets of Ultralytics, Roboflow, Darknet and CVAT lie differently in their folders; what they share is that the path
of an image becomes that of its text file where `images` is replaced by `labels`, if it is there at all, and the suffix
by `.txt`. So the text files are found first, and each one looks for its image.
"""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import TYPE_CHECKING

from app.model.words import tr, written
from app.store.formats.coco_fields import OWN, lack
from app.store.formats.folder_walk import GLANCE, files_below
from app.store.formats.foreign import Problems, Reading
from app.store.formats.xml_reading import require_regular
from app.store.formats.yolo_names import DESCRIPTIONS, Description, describe, looks_like_data
from app.store.formats.yolo_numbers import corners
from app.store.formats.yolo_places import LABELS, YoloPlaces
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.store.formats.project_images import ProjectImages
    from detector.coco import FoundImage, JsonObject

MAX_BYTES = 16 * 2**20
BOX, WITH_SCORE = 5, 6
LARGEST_CLASS = 100_000
_LISTS = frozenset({"classes", "train", "val", "valid", "test", "trainval", "readme", "requirements", "license"})
"""How text files are called that are mostly lists of something else."""


class _UnusableError(Exception):
    """Why one line cannot be used."""


def recognises(path: Path) -> bool:
    """Tell whether a file is a `data.yaml`, or a folder has one, or text files of boxes."""
    if not path.is_dir():
        return looks_like_data(path)
    if any(looks_like_data(path / name) for name in DESCRIPTIONS):
        return True
    labels = path / LABELS
    found = files_below(labels if labels.is_dir() else path, ".txt", folders_read=GLANCE)
    firsts = [_first_line(file) for file in islice(found, GLANCE) if not _is_list(file)]
    said = [first for first in firsts if first]
    return bool(said) and all(map(_is_line, said))


def read(path: Path, find_image: ProjectImages) -> Reading:
    """Read the dataset of a `data.yaml`, or that of a folder."""
    description = describe(path, find_image.folder)
    reader = _Reader(description, find_image)
    for file, in_labels in _label_files(description.root):
        reader.read(file, in_labels=in_labels)
    return reader.reading()


def _label_files(root: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the text files that may hold boxes, and whether they lie below a folder `labels`, where all of them do."""
    found = [file for file in files_below(root, ".txt") if not _is_list(file)]
    apart = [file for file in found if LABELS in file.relative_to(root.parent).parts[:-1]]
    yield from ((file, bool(apart)) for file in apart or found)


def _is_list(file: Path) -> bool:
    return file.stem.lower() in _LISTS and not _is_line(_first_line(file))


class _Reader:
    """Turns file after file into entries of one document."""

    def __init__(self, description: Description, find_image: ProjectImages) -> None:
        self._description = description
        self._find_image = find_image
        self._places = YoloPlaces(description.root, find_image)
        self._images: list[JsonObject] = []
        self._annotations: list[JsonObject] = []
        self._problems = Problems(list(description.problems))
        self._unnamed: set[int] = set()
        self._lacking = self._outlined = self._scored = self._keypoints = self._others = 0

    def reading(self) -> Reading:
        """Return what was read so far."""
        names = {**{number: f"class {number}" for number in sorted(self._unnamed)}, **self._description.names}
        categories = [{"id": number + 1, "name": names[number]} for number in sorted(names)]
        document = {"images": self._images, "annotations": self._annotations, "categories": categories}
        return Reading(document, self._problems.sentences(), tuple(self._notes()), self._lacking)

    def read(self, file: Path, *, in_labels: bool) -> None:
        """Read one file. One that is not `in_labels` may be anything: it counts if there is an image of its name."""
        name = file.relative_to(self._description.root).as_posix()
        if not in_labels and file.stem not in self._find_image:
            self._others += 1
            return
        try:
            require_regular(file, MAX_BYTES)
            lines = file.read_text(encoding="utf-8-sig").splitlines()
            image = self._find_image.by_stem(*self._places.of(file))
        except DetectorError as error:
            self._lacking += 1
            self._problems.append(f"{name}: {error}")
            return
        except (OSError, UnicodeDecodeError) as error:
            self._problems.append(tr("{} cannot be read as text: {}.").format(name, error))
            return
        self._images.append({"id": len(self._images) + 1, "file_name": image.file_name})
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    self._box(line.split(), image)
                except _UnusableError as error:
                    lack(self._images[-1])
                    self._problems.append(f"{name}, line {number}: {error}.")

    def _box(self, words: list[str], image: FoundImage) -> None:
        """Add the entry of a line. Raises _UnusableError."""
        if image.image_size is None or len(words) < BOX:
            raise _UnusableError(f"it has {len(words)} numbers, not the five of a box")
        category = _class(words[0])
        if self._description.names and category not in self._description.names:
            raise _UnusableError(f"class {category} has no name in the dataset")
        x1, y1, x2, y2 = corners(self._centre([_number(word) for word in words[1:]]), image.image_size)
        if not (x1 < x2 and y1 < y2):
            raise _UnusableError(f"its box ({x1:g}, {y1:g}, {x2:g}, {y2:g}) has no area")
        if not self._description.names:
            self._unnamed.add(category)
        entry = {
            "id": len(self._annotations) + 1,
            "image_id": len(self._images),
            "category_id": category + 1,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            OWN: {"box": [x1, y1, x2, y2]},
        }
        self._annotations.append(entry)

    def _centre(self, numbers: list[Decimal]) -> tuple[Decimal, ...]:
        """Return the centre and size that a line says, or those around its outline. Raises _UnusableError."""
        if self._description.keypoints and len(numbers) == BOX - 1 + self._description.keypoints:
            self._keypoints += 1
            return tuple(numbers[:4])
        if len(numbers) + 1 in (BOX, WITH_SCORE):
            self._scored += len(numbers) + 1 == WITH_SCORE
            return tuple(numbers[:4])
        if len(numbers) % 2 or self._description.keypoints:
            raise _UnusableError(f"it has {len(numbers) + 1} numbers, which is neither a box nor an outline")
        self._outlined += 1
        low_x, high_x = min(numbers[0::2]), max(numbers[0::2])
        low_y, high_y = min(numbers[1::2]), max(numbers[1::2])
        return (low_x + high_x) / 2, (low_y + high_y) / 2, high_x - low_x, high_y - low_y

    def _notes(self) -> Iterator[str]:
        yield from self._description.notes
        sentences = (
            (len(self._unnamed), tr("The dataset has no names for its classes, so they are called by their numbers.")),
            (self._outlined, tr("Outlines and rotated boxes that became the upright box around them: {}.")),
            (self._keypoints, tr("Boxes whose keypoints were left out: {}.")),
            (self._scored, tr("Boxes with a score, which was left out: {}.")),
            (self._others, tr("Text files without an image of their name, which were left out: {}.")),
        )
        yield from (sentence.format(written(count)) for count, sentence in sentences if count)


def _class(text: str) -> int:
    """Return the number of a class. Raises _UnusableError."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (0 <= value <= LARGEST_CLASS and value == int(value)):
        raise _UnusableError(f"its class is {text[:20]!r}, not a whole number from 0")
    return int(value)


def _number(text: str) -> Decimal:
    """Return a fraction of the image. Raises _UnusableError for what is none; a little outside of it may be."""
    try:
        value = Decimal(text)
        fits = abs(value) <= 2
    except InvalidOperation:
        fits = False
    if not fits:
        raise _UnusableError(f"{text[:20]!r} is not a fraction of the image")
    return value


def _first_line(file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig") as opened:
            return opened.readline(1000).strip()
    except (OSError, UnicodeDecodeError):
        return "?"


def _is_line(text: str) -> bool:
    words = text.split()
    if not words:
        return False
    try:
        _class(words[0])
        return len(words) >= BOX and all(_number(word) is not None for word in words[1:])
    except _UnusableError:
        return False
