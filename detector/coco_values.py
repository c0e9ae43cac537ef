"""The values in a COCO file, each checked on its own, because a file is never trusted."""

from __future__ import annotations

import math
import sys
from reprlib import repr as short
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

Entry = TypeVar("Entry")
JsonObject = dict[str, Any]
Box = tuple[float, float, float, float]
LARGEST_ID = 2**63 - 1
LONGEST_NAME = 1_000  # characters of a category
MANY = 10
"""So many boxes of less than a pixel, and no other, are nobody's objects."""
_YES = ("1", "true", "yes")


class UnusableError(Exception):
    """Why one entry of the file cannot be used: the end of a sentence that begins with its name, without the period.

    Nothing is lost with an entry that is there already, letter for letter: it `loses` nothing.
    """

    def __init__(self, reason: str, *, loses: bool = True) -> None:
        super().__init__(reason)
        self.loses = loses


def referred(raw: JsonObject, kind: str, entries: Mapping[int, Entry]) -> Entry:
    """Return the image or category that an annotation names. Raises UnusableError."""
    identifier = raw.get(f"{kind}_id")
    if not is_whole(identifier) or identifier not in entries:
        raise UnusableError(f"the dataset has no {kind} {short(identifier)}")
    return entries[identifier]


def fractions(boxes: Iterable[Box]) -> list[str]:
    """Return a sentence where all boxes, `MANY` or more, seem to be shares of an image, as other formats have them."""
    sides = [max(box) for box in boxes]
    if len(sides) < MANY or max(sides) > 1:
        return []
    seem = "they seem to be fractions of its width and height. Multiply them: COCO counts pixels."
    return [f"All {len(sides)} boxes lie within the first pixel of their image: {seem}"]


def new_id(raw: object, taken: Container[int]) -> int:
    """Return the id of an image or a category. Raises UnusableError if it has none of its own."""
    if not isinstance(raw, dict):
        raise UnusableError(f"it is {short(raw)}, not a JSON object")
    identifier = raw.get("id")
    if not is_whole(identifier):
        raise UnusableError(f"its id is {short(identifier)}, not a whole number")
    if identifier in taken:
        raise UnusableError(f"its id {identifier} is used more than once")
    return identifier


def category_name(raw: JsonObject) -> str:
    """Return the name without white space around it. Raises UnusableError if there is none."""
    if is_text(name := raw.get("name")) and 0 < len(name.strip()) <= LONGEST_NAME:
        return name.strip()
    raise UnusableError(f"its name is {short(name)}")


def is_flagged(raw: Mapping[str, Any], *names: str) -> bool:
    """Tell whether an annotation says yes under one of `names`, by itself or among its `attributes`, as CVAT has it.

    None of that is COCO's: converters of PASCAL VOC write 1, CVAT true, others text. Anything else says no.
    """
    attributes = raw.get("attributes")
    places = (raw, attributes) if isinstance(attributes, dict) else (raw,)
    return any(is_yes(place.get(name)) for place in places for name in names)


def is_yes(value: object) -> bool:
    """Tell whether a value of a flag is 1, true, or one of these as text."""
    return value == 1 or (isinstance(value, str) and value.strip().casefold() in _YES)


def corners(bbox: object) -> Box | None:
    """Return `[x, y, width, height]` as `(x1, y1, x2, y2)`, in double precision and not cut to any image.

    None if that is not four finite numbers with a positive width and height. `coco.xywh` is the way back.
    """
    if not isinstance(bbox, list) or len(bbox) != 4:
        return None
    x, y, width, height = map(number, bbox)
    box = (x, y, x + width, y + height)
    return box if all(map(math.isfinite, box)) and box[2] > x and box[3] > y else None


def is_whole(value: object) -> TypeGuard[int]:
    """Tell whether a value is an integer that a database can hold; JSON's true and 1.0 are none."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_ID


def is_text(value: object) -> TypeGuard[str]:
    r"""Tell whether a value is text that can be written in UTF-8; half a character, such as JSON's "\ud800", cannot."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def number(value: object) -> float:
    """Return a finite number as float, NaN for anything else (also for JSON's true)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        return math.nan
    return float(value)
