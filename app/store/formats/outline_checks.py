"""The outlines of a COCO annotation: polygons, and masks as run-length codes. Nothing is decoded into pixels."""

from __future__ import annotations

import math
from reprlib import repr as short
from typing import TYPE_CHECKING

from app.store.formats.findings import error, warning
from detector.coco import number
from detector.coco_values import is_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.store.formats.findings import Finding
    from detector.coco import JsonObject

FEWEST_NUMBERS = 6  # three points
MAX_RUNS = 10_000_000


def check_outline(raw: JsonObject, size: tuple[int, int] | None, place: str) -> Iterator[Finding]:
    """Yield what is wrong with the `segmentation` of an annotation on an image of `size` (height, width)."""
    outline = raw.get("segmentation")
    if outline is None or outline == []:
        return
    if isinstance(outline, dict):
        yield from _check_mask(outline, size, place)
        return
    if not isinstance(outline, list):
        yield error("outline", place, f"its segmentation is {short(outline)}", "Write polygons or a run-length code")
        return
    if raw.get("iscrowd") == 1:
        advice = "Write a crowd as a run-length code"
        yield warning(
            "crowd with polygons", place, "it is a crowd with polygons, which readers take for a mask", advice
        )
    for nth, polygon in enumerate(outline, 1):
        numbers = list(map(number, polygon)) if isinstance(polygon, list) else []
        if len(numbers) < FEWEST_NUMBERS or len(numbers) % 2 or not all(map(math.isfinite, numbers)):
            what = f"polygon {nth} of its segmentation is {short(polygon)}, not three or more points"
            yield error("polygon", place, what, "Correct the polygon or take it out")


def _check_mask(mask: JsonObject, size: tuple[int, int] | None, place: str) -> Iterator[Finding]:
    stated, counts = mask.get("size"), mask.get("counts")
    if not isinstance(stated, list) or len(stated) != 2 or not all(is_whole(side) and side > 0 for side in stated):
        what = f"the size of its mask is {short(stated)}, not [height, width]"
        yield error("mask size", place, what, "Encode the mask again")
        return
    if size is not None and tuple(stated) != size:
        what = f"its mask is {stated[1]} x {stated[0]}, its image {size[1]} x {size[0]}"
        yield error("mask size", place, what, "Encode the mask again, on the image as it is")
    runs = runs_of(counts)
    if runs is None:
        yield error("mask code", place, f"the code of its mask is {short(counts)}", "Encode the mask again")
    elif sum(runs) != stated[0] * stated[1]:
        what = f"the runs of its mask make {sum(runs)} pixels, not {stated[0] * stated[1]}"
        yield error("mask code", place, what, "Encode the mask again")


def runs_of(counts: object) -> list[int] | None:
    """Return the lengths of the runs of a mask, from the list or from COCO's compressed text; None for neither."""
    if isinstance(counts, list):
        return counts if all(is_whole(run) and run >= 0 for run in counts) else None
    if not isinstance(counts, str) or len(counts) > MAX_RUNS:
        return None
    runs: list[int] = []
    value = shift = 0
    for letter in counts:
        bits = ord(letter) - 48
        if not 0 <= bits < 64:
            return None
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            value -= (1 << shift) * bool(bits & 16)
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))  # from the third on, what it is more
            value = shift = 0
    return runs if not shift and all(run >= 0 for run in runs) else None
