"""What every format has in common: COCO is the pivot, so that each one is a reader and a writer of COCO documents.

A reader turns its files into a document as `json.load` gives it, with the fields of `coco_fields` where COCO has no
word: flags among the `attributes`, and what Boxwright alone knows under `coco_fields.OWN`. That document goes the way
of every COCO file: checked entry by entry, matched with the project, one command. A writer is given the document that
the gate of the export has let through. The formats that there are stand in `table`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from app.model.words import tr, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.store.formats.project_images import ProjectImages
    from detector.coco import JsonObject

MOST_PROBLEMS = 100_000
"""Sentences that are kept: nobody reads them all, and a file with a few bytes for each would fill the memory."""


@dataclass(slots=True)
class Problems:
    """What a reader has found to be wrong: the first sentences, and how many more there would be."""

    _told: list[str] = field(default_factory=list)
    _untold: int = 0

    def append(self, sentence: str) -> None:
        """Add a sentence."""
        if len(self._told) < MOST_PROBLEMS:
            self._told.append(sentence)
        else:
            self._untold += 1

    def sentences(self) -> tuple[str, ...]:
        """Return what there is to say."""
        if not self._untold:
            return tuple(self._told)
        return *self._told, tr("More things that are wrong, beside these: {}.").format(written(self._untold))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found. `document` is a COCO dataset whose `file_name`s are those that `find_image` gave back.

    `problems` has one sentence for each thing that could not be read, with file and place; what belongs to it is not in
    the document. `notes` has one for each thing that the files say and Boxwright has no place for, such as a rotation.
    `images_lacking` counts the images that the files speak of and `find_image` does not know; each is a problem too.
    """

    document: JsonObject
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    images_lacking: int = 0


class Images(StrEnum):
    """Whether a folder of annotations gets the images too, without which some programs cannot use it."""

    NONE = "none"
    LINK = "link"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a writer is told beside the document.

    `image_folder` is where the images are; a writer only ever reads there. `parts` is image id -> "train", "val" or
    "test"; empty where the dataset is not split.
    """

    image_folder: Path
    images: Images = Images.NONE
    parts: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer made: its files, and one sentence for each thing that the format has no place for and was lost."""

    files: tuple[Path, ...]
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """A format of annotations. `key` is its word on the command line, `name` the one for people, untranslated.

    `suffix` is that of the one file that it writes, "" where it writes a folder, and then `recognises` and `read` take
    folders too. `recognises(path)` looks at the content, cheaply and without raising. `read(path, find_image)` raises
    DetectorError where nothing can be read at all. `write(document, target, delivery)` leaves at `target` all of it or
    what was there before, writes nowhere else but to a file beside it that is called after it, and raises StoreError,
    an ExportError with `problems` where boxes or names are at fault.
    """

    key: str
    name: str
    suffix: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, ProjectImages], Reading]
    write: Callable[[JsonObject, Path, Delivery], Written]
