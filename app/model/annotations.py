"""What people decide about images: frozen values that commands change and the store keeps.

Every box is `(x1, y1, x2, y2)` in pixels of the upright original image. `extra` is always the text of a JSON object:
the fields of an imported file that Boxwright does not know and gives back untouched at export.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

Box = tuple[float, float, float, float]

NO_EXTRA = "{}"
NOT_SUGGESTED = 0.0
"""The score of a rejection of what no model suggested: the category that a person took from a box. Suggestions have
more."""

# What a project may hold: beyond these limits its file is taken for one of another program, and is not opened.
LARGEST_ID = 2**31 - 1  # the window's signals carry ids of 32 bits
LONGEST_NAME = 1_000
FARTHEST = 1e7  # pixels

# Readable on dark and on light images, and no two alike; the first nine, the digits' colours, to colour-blind eyes too.
CATEGORY_COLORS: tuple[str, ...] = (
    *("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#3d7dff", "#8de05a", "#b98cff"),
    *("#e5484d", "#12b5cb", "#a86b32", "#e64ec7", "#7c8ba1", "#4c9a2a", "#7a5cff", "#ff9e80", "#b5b42a", "#1d5fa8"),
    "#b23a6f",
)
"""The colours that new categories get, in this order, and that a person picks from."""
_GOLDEN_ANGLE = 0.618033988749895


class Provenance(StrEnum):
    """How a box came to be an annotation."""

    DRAWN = "drawn"
    ACCEPTED = "accepted"
    MOVED = "moved"
    RELABELLED = "relabelled"
    IMPORTED = "imported"


class Flag(StrEnum):
    """What people say about the object in a box beside its category; the value is the field of `Annotation`."""

    DIFFICULT = "difficult"
    OCCLUDED = "occluded"
    TRUNCATED = "truncated"
    CROWD = "iscrowd"

    @property
    def word(self) -> str:
        """The name that people know it by."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Category:
    """A category of the project. `id` starts at 1, never changes, is never reused; `position` orders the digit keys.

    `score_thresh`, in [0, 1], is what its suggestions score more than, in place of the view's; None has the view's.
    `merged` are (id, name) of the categories that became part of it: what goes by those ids or names is this one. With
    its own id, these are the names that it had itself: decisions of then keep them.
    """

    id: int
    name: str
    color: str
    supercategory: str = ""
    position: int = 0
    extra: str = NO_EXTRA
    score_thresh: float | None = None
    merged: tuple[tuple[int, str], ...] = ()

    def renamed(self, name: str) -> Category:
        """Return it under another name, with the one that it had until now among those of `merged`."""
        former = dict.fromkeys((*self.merged, (self.id, self.name)))
        return replace(self, name=name, merged=tuple(one for one in former if one != (self.id, name)))


@dataclass(frozen=True, slots=True)
class Origin:
    """The suggestion that a decision answers: its box, category name, score, and the model version that made it."""

    box: Box
    name: str
    score: float
    model_version: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """A box that a person accepted, corrected, drew or imported. `origin` is None where no suggestion was involved.

    `difficult`, `occluded` (by something before it) and `truncated` (by the border of the image) are VOC's and CVAT's
    flags; one that is `locked` changes only after it was unlocked; `note` is free text. `author` is who worked on the
    share of the project that it came back with; empty where nobody else did.
    """

    id: int
    image_id: int
    category_id: int
    box: Box
    provenance: Provenance = Provenance.DRAWN
    origin: Origin | None = None
    iscrowd: bool = False
    extra: str = NO_EXTRA
    difficult: bool = False
    occluded: bool = False
    truncated: bool = False
    locked: bool = False
    note: str = ""
    author: str = ""

    def has(self, flag: Flag) -> bool:
        """Return whether it has this flag."""
        return bool(getattr(self, flag))

    def flagged(self, flag: Flag, on: bool = True) -> Annotation:
        """Return it with this flag, or without."""
        values: dict[str, Any] = {flag: on}
        return replace(self, **values)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags that it has."""
        return tuple(filter(self.has, Flag))


@dataclass(frozen=True, slots=True)
class Rejection:
    """A suggestion that a person said no to: a hard negative for training.

    One that scores `NOT_SUGGESTED` is of a category that a person took from a box, so that it is no doubt again.
    """

    id: int
    image_id: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class ImageMark:
    """What people say about a whole image: the part of an `ImageRecord` that commands change. `id` is the image's."""

    id: int
    reviewed: bool = False
    unsure: bool = False
    extra: str = NO_EXTRA


@dataclass(frozen=True, slots=True)
class DatasetNotes:
    """What imported files say about the dataset as a whole (`info`, `licenses`, ...): `extra` of the one row, id 1."""

    id: int = 1
    extra: str = NO_EXTRA


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """An image of the project.

    `path` is posix and relative to the image folder; `size` is (height, width) of the upright image, None until
    somebody has read it; `missing` says that the file was not in the folder when it was last listed.
    """

    id: int
    path: str
    size: tuple[int, int] | None = None
    reviewed: bool = False
    unsure: bool = False
    missing: bool = False
    extra: str = NO_EXTRA

    @property
    def mark(self) -> ImageMark:
        """Return what people said about this image."""
        return ImageMark(self.id, self.reviewed, self.unsure, self.extra)

    def marked(self, mark: ImageMark) -> ImageRecord:
        """Return this record with another mark; path, size and `missing` are facts and stay."""
        return replace(self, reviewed=mark.reviewed, unsure=mark.unsure, extra=mark.extra)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A detection that nobody has decided on.

    `index` points into the prediction's candidates and names the suggestion for as long as the prediction stays;
    `category_id` is the project's category called `name`, None where the project has none. `relabels` is the annotation
    of another category that has its box already: what the detector doubts is that category alone.
    """

    index: int
    box: Box
    name: str
    category_id: int | None
    score: float
    model_version: str
    relabels: int | None = None

    @property
    def origin(self) -> Origin:
        """Return what an annotation or a rejection of this suggestion keeps of it."""
        return Origin(self.box, self.name, self.score, self.model_version)


def default_color(position: int) -> str:
    """Return the colour `#rrggbb` of the category at `position` (from 0) until somebody chooses another."""
    if position < len(CATEGORY_COLORS):
        return CATEGORY_COLORS[position]
    hue = (position * _GOLDEN_ANGLE) % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, 0.6, 0.7)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
