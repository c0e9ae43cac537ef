"""The boxes of a COCO document: in their image, large enough, of a category, and there once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

from app.store.formats.findings import error, warning
from app.store.formats.outline_checks import check_outline
from detector.coco import corners, number
from detector.coco_parsing import ARITHMETIC, OUTSIDE_TOLERANCE
from detector.coco_values import is_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.store.formats.findings import Finding
    from detector.coco import JsonObject

TINY = 1.0  # pixels: a detector makes nothing of thinner boxes
AREA_TOLERANCE = 0.01  # of the area; files round their numbers


@dataclass(slots=True)
class BoxChecks:
    """Checks annotations one after the other. `images` is image id -> file name, `sizes` -> (height, width).

    `as_coco` asks for what COCO asks of a file; what another format was turned into has it anyway, and its ids mean
    nothing to a person.
    """

    images: Mapping[int, str]
    sizes: Mapping[int, tuple[int, int]]
    categories: Mapping[int, str]
    as_coco: bool = True
    used: set[int] = field(default_factory=set)
    _ids: set[int] = field(default_factory=set)
    _seen: dict[tuple[Any, ...], tuple[str, int]] = field(default_factory=dict)

    def check(self, raw: object, position: int) -> Iterator[Finding]:
        """Yield what is wrong with one entry of `annotations`."""
        if not isinstance(raw, dict):
            place = f"annotation number {position}"
            yield error("annotation", place, f"it is {short(raw)}, not a JSON object", "Take it out")
            return
        place = self._place(raw, position)
        if self.as_coco:
            yield from self._check_id(raw.get("id"), place)
            yield from _check_crowd(raw, place)
        yield from self._check_references(raw, place)
        yield from self._check_box(raw, place)
        yield from check_outline(raw, self._size(raw), place)

    def _place(self, raw: JsonObject, position: int) -> str:
        image_id = raw.get("image_id")
        image = self.images.get(image_id) if is_whole(image_id) else None
        if not self.as_coco:
            category_id = raw.get("category_id")
            name = self.categories.get(category_id, "") if is_whole(category_id) else ""
            return f"{image or 'an image'}, box {position} ({name})"
        who = f"annotation {raw['id']}" if is_whole(raw.get("id")) else f"annotation number {position}"
        return who + (f" of image {image_id} ({image})" if image is not None else "")

    def _size(self, raw: JsonObject) -> tuple[int, int] | None:
        image_id = raw.get("image_id")
        return self.sizes.get(image_id) if is_whole(image_id) else None

    def _check_id(self, identifier: object, place: str) -> Iterator[Finding]:
        if not is_whole(identifier):
            what = f"its id is {short(identifier)}, not a whole number"
            yield error("id of an annotation", place, what, "Number the annotations from 1 on")
            return
        if identifier in self._ids:
            advice = "Give each annotation an id of its own: readers keep only one of them"
            yield error("id used twice", place, f"its id {identifier} is used before", advice)
        if identifier == 0:
            advice = "Number from 1 on: COCO's own evaluation takes 0 for no match"
            yield error("id 0 of an annotation", place, "its id is 0", advice)
        self._ids.add(identifier)

    def _check_references(self, raw: JsonObject, place: str) -> Iterator[Finding]:
        for kind, known in (("image", self.images), ("category", self.categories)):
            identifier = raw.get(f"{kind}_id")
            if not is_whole(identifier) or identifier not in known:
                what = f"the dataset has no {kind} {short(identifier)}"
                yield error(f"unknown {kind}", place, what, f"Add the {kind} or take the annotation out")
        category_id = raw.get("category_id")
        if is_whole(category_id):
            self.used.add(category_id)

    def _check_box(self, raw: JsonObject, place: str) -> Iterator[Finding]:
        bbox = raw.get("bbox")
        box = corners(bbox)
        if box is None:
            numbers = list(map(number, bbox)) if isinstance(bbox, list) else []
            if len(numbers) == 4 and all(map(math.isfinite, numbers)):
                what, kind = f"its box {short(bbox)} has no width or no height", "box without an area"
            else:
                what, kind = f"its box is {short(bbox)}, not four finite numbers", "box"
            yield error(kind, place, what, "Draw the box again or take it out")
            return
        x1, y1, x2, y2 = box
        yield from self._check_inside(raw, box, place)
        if min(x2 - x1, y2 - y1) < TINY:
            what = f"its box is {x2 - x1:.3g} x {y2 - y1:.3g} pixels"
            yield warning("box thinner than a pixel", place, what, "Look whether it is meant: detectors leave it out")
        yield from self._check_twice(raw, box, place)
        if self.as_coco:
            yield from _check_area(raw, (x2 - x1) * (y2 - y1), place)

    def _check_inside(self, raw: JsonObject, box: tuple[float, ...], place: str) -> Iterator[Finding]:
        size = self._size(raw)
        if size is None:
            return
        x1, y1, x2, y2 = box
        outside = max(-x1, -y1, x2 - size[1], y2 - size[0])
        shown = f"({x1:g}, {y1:g}, {x2:g}, {y2:g})"
        if x1 >= size[1] or y1 >= size[0] or x2 <= 0 or y2 <= 0:
            what = f"its box {shown} lies outside the image of {size[1]} x {size[0]}"
            yield error(
                "box outside its image", place, what, "Look whether it belongs to another image, or take it out"
            )
        elif outside > OUTSIDE_TOLERANCE:
            what = f"its box {shown} leaves the image of {size[1]} x {size[0]} by {outside:.3g} pixels"
            yield error("box leaves its image", place, what, "Cut it to the image")
        elif outside > ARITHMETIC:
            what = f"its box {shown} leaves the image of {size[1]} x {size[0]} by {outside:.2g} pixels"
            yield warning("box leaves its image a little", place, what, "Cut it to the image: some readers refuse it")

    def _check_twice(self, raw: JsonObject, box: tuple[float, ...], place: str) -> Iterator[Finding]:
        category = raw.get("category_id")
        if not is_whole(raw.get("image_id")) or not is_whole(category):
            return
        first, of = self._seen.setdefault((raw["image_id"], *box), (place, category))
        if first is place:
            return
        if of == category:
            yield error("box twice", place, f"it is the box of {first} again", "Take one of the two out")
        else:
            what = f"it is the box of {first} with another category"
            yield warning("box with two categories", place, what, "Look which of the two it is")


def _check_crowd(raw: JsonObject, place: str) -> Iterator[Finding]:
    crowd = raw.get("iscrowd")
    if "iscrowd" not in raw:
        yield warning("no iscrowd", place, "it has no iscrowd, which COCO's own evaluation asks for", "Write 0")
    elif isinstance(crowd, bool) or crowd not in (0, 1):
        yield error("iscrowd", place, f"iscrowd is {short(crowd)}", "Write 0 or 1, as a number")


def _check_area(raw: JsonObject, area: float, place: str) -> Iterator[Finding]:
    stated: Any = raw.get("area")
    if "area" not in raw:
        advice = f"Write {area:g}"
        yield warning("no area", place, "it has no area, which COCO's own evaluation asks for", advice)
    elif not number(stated) >= 0:
        yield error("area", place, f"its area is {short(stated)}, not a number", f"Write {area:g}")
    elif not raw.get("segmentation") and abs(stated - area) > max(1.0, AREA_TOLERANCE * area):
        what = f"its area is {number(stated):g}, but its box has {area:g}"
        yield warning("area of another box", place, what, "Write width x height: sizes are told apart by it")
