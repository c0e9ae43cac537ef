"""The COCO document that a reader draws up from the files of another program, with what it could not take over."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

from app.model.words import tr, written
from app.store.formats.coco_fields import OWN, lack
from app.store.formats.foreign import Problems, Reading
from app.store.formats.project_images import DEEPEST
from detector.coco import corners as corners_of
from detector.coco import is_text, number
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from app.model.annotations import Box
    from app.store.formats.project_images import ProjectImages
    from detector.coco import FoundImage, JsonObject

Size = tuple[int, int]
LONGEST_SAID = 200


@dataclass(slots=True)
class Draft:
    """Images, categories and annotations as they are read, one after the other; ids count from 1.

    A `place` says to a person where in the files something stands.
    """

    find_image: ProjectImages
    images: list[JsonObject] = field(default_factory=list)
    annotations: list[JsonObject] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)
    images_lacking: int = 0
    _categories: dict[str, JsonObject] = field(default_factory=dict)
    _firsts: dict[str, tuple[str, JsonObject]] = field(default_factory=dict)  # image -> what brought it, and its entry
    _noted: dict[str, tuple[int, str]] = field(default_factory=dict)

    def reading(self) -> Reading:
        """Return what was read."""
        document: JsonObject = {
            "images": self.images,
            "categories": list(self._categories.values()),
            "annotations": self.annotations,
        }
        notes = tuple(sentence.format(written(count), first) for sentence, (count, first) in self._noted.items())
        return Reading(document, self.problems.sentences(), notes, self.images_lacking)

    def problem(self, place: str, reason: object, image: JsonObject | None = None) -> None:
        """Say what could not be read; a box of this `image`, if one is given."""
        if image is not None:
            lack(image)
        self.problems.append(f"{place}: {str(reason).rstrip('.')}.")

    def note(self, sentence: str, place: str) -> None:
        """Count what Boxwright has no place for. `sentence` has two gaps: how often, and where for the first time."""
        count, first = self._noted.get(sentence, (0, place))
        self._noted[sentence] = (count + 1, first)

    def found(
        self, place: str, said: str, tiers: Sequence[Sequence[str]], names: Sequence[str] = ()
    ) -> FoundImage | None:
        """Return the image that `tiers` and `names` mean, as in `ProjectImages.first`; None, with a problem, if none.

        `said` is how the file has it.
        """
        try:
            return self.find_image.first(*tiers, names=names)
        except DetectorError as error:
            self.images_lacking += 1
            self.problem(place, f"{short(said)}: {error}" if tiers or names else tr("it names no image"))
            return None

    def image(self, place: str, found: FoundImage, size: Size | None = None, **fields: Any) -> JsonObject | None:
        """Add an image and return it; None, with a problem, where another place has brought it already.

        `size` is (height, width) as the file states it: that it is the image's is for others to check.
        """
        if found.file_name in self._firsts:
            first, entry = self._firsts[found.file_name]
            said = tr("the image {} was in {} already; only that is read").format(found.file_name, first)
            self.problem(place, said, entry)
            return None
        image: JsonObject = {"id": len(self.images) + 1, "file_name": found.file_name}
        if size is not None:
            image |= {"width": size[1], "height": size[0]}
        self.images.append(image | _filled(fields))
        self._firsts[found.file_name] = place, self.images[-1]
        return self.images[-1]

    def category(self, place: str, name: object, image: JsonObject | None = None, **fields: Any) -> JsonObject | None:
        """Return the category of that name, a new one if need be; None, with a problem, for what is no name."""
        if not is_text(name) or not name.strip():
            self.problem(place, tr("its label is {}, not a name").format(short(name)), image)
            return None
        known = self._categories.setdefault(name.strip(), {"id": len(self._categories) + 1, "name": name.strip()})
        known |= _filled(fields)
        return known

    def box(self, place: str, image: JsonObject, name: object, corners: Iterable[object], **fields: Any) -> None:
        """Add a box `(x1, y1, x2, y2)` of the category `name`. Corners that are no box are a problem."""
        box = tuple(map(number, corners))
        if not (len(box) == 4 and all(map(math.isfinite, box)) and box[0] < box[2] and box[1] < box[3]):
            said = ", ".join(f"{value:g}" for value in box)
            self.problem(
                place, tr("its box ({}) is not four finite numbers with a width and a height").format(said), image
            )
            return
        category = self.category(place, name, image)
        if category is not None:
            x1, y1, x2, y2 = box
            if corners_of(bbox := [x1, y1, x2 - x1, y2 - y1]) != box:
                fields = {**fields, OWN: {**(fields.get(OWN) or {}), "box": list(box)}}
            entry = {"id": len(self.annotations) + 1, "image_id": image["id"], "category_id": category["id"]}
            self.annotations.append(entry | {"bbox": bbox, "iscrowd": 0} | _filled(fields))


def brief(said: object) -> str:
    """Return what a file calls something so that it fits into the sentences about all that is in it."""
    text = str(said) if isinstance(said, int) or is_text(said) else short(said)
    return text if len(text) <= LONGEST_SAID else f"{text[:LONGEST_SAID]}…"


def own(**fields: Any) -> JsonObject | None:
    """Return what stands under `OWN`; None where there is nothing to say."""
    return _filled(fields) or None


def suffixes(path: str) -> list[str]:
    """Return a path and its ends, the longest first: "a/b/c.png", "b/c.png", "c.png"."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts:  # what is above is not known; what is below it may be
        del parts[: len(parts) - parts[::-1].index("..")]
    del parts[:-DEEPEST]
    return ["/".join(parts[start:]) for start in range(len(parts))]


def ends(path: str, folder_names: Collection[str]) -> list[list[str]]:
    """Return `suffixes` in tiers: one that begins with the image folder's name means as well what lies in that."""
    found = []
    for end in suffixes(path):
        first, _, rest = end.partition("/")
        found.append([end, rest] if rest and first in folder_names else [end])
    return found


def span(points: Sequence[tuple[float, float]]) -> Box:
    """Return the bounding box of points; NaN where a coordinate is, and where there are no points."""
    if not points or any(math.isnan(value) for point in points for value in point):
        return math.nan, math.nan, math.nan, math.nan
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def cut(box: Box, size: Size | None) -> Box:
    """Return the part of a box that lies in an image of `size`: what was made of a shape may go beyond it."""
    if size is None:
        return box
    x1, y1, x2, y2 = box
    return max(x1, 0.0), max(y1, 0.0), min(x2, float(size[1])), min(y2, float(size[0]))


def turned(box: Box, degrees: float, pivot: tuple[float, float]) -> list[tuple[float, float]]:
    """Return the corners of a box turned clockwise, as it looks on the screen, around `pivot`."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x1, y1, x2, y2 = box
    moved = [(x - pivot[0], y - pivot[1]) for x, y in ((x1, y1), (x2, y1), (x2, y2), (x1, y2))]
    return [(pivot[0] + x * cosine - y * sine, pivot[1] + x * sine + y * cosine) for x, y in moved]


def _filled(fields: Mapping[str, Any]) -> JsonObject:
    """Return the fields without those that say nothing."""
    return {key: value for key, value in fields.items() if value is not None and value not in ("", {}, [])}
