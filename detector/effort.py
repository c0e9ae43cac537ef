"""What a labeler has to do about an image with suggestions: which object each suggestion is of, and what is left.

After Adhikari & Huttunen (arXiv 2007.00961): a box that is not right yet is one correction, of four kinds. An object
without a suggestion is added, a suggestion of nothing removed, a loose one moved, one of another category relabelled.

Shapes: S suggestions, T objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE = 0.5
"""A detection with this score is likelier an object than not."""
UNFINISHED_FROM = 5
"""Fewer objects without a box are what a detector errs about on any image."""
GOOD_IOU = 0.5
MOVABLE_IOU = 0.3
"""A suggestion that overlaps its object less is rejected and the object drawn: nobody drags all of a box elsewhere."""


class Match(NamedTuple):
    """The object that a suggestion is of, by its place; `is_loose` says that its box is not good enough."""

    place: int
    is_loose: bool


def matches(ious: NDArray[np.floating], same: NDArray[np.bool_], good_iou: float = GOOD_IOU) -> list[Match | None]:
    """Return the object of each suggestion (S); None where it is of none. Each object has at most one.

    `ious` (S, T) and `same` (S, T), whether the categories are the same, are of each pair. Those with a good box and
    the right category come first, then a good box of another category, then a box of the right category that can be
    moved; within each the greatest overlap.
    """
    result: list[Match | None] = [None] * len(ious)
    rows, places = np.nonzero(ious >= min(good_iou, MOVABLE_IOU))
    overlaps, is_same = ious[rows, places], same[rows, places]
    is_good = overlaps >= good_iou
    tiers = np.select([is_good & is_same, is_good, is_same], [0, 1, 2], default=3)  # 3: of no use
    order = np.lexsort((-overlaps, tiers))
    taken: set[int] = set()
    for pair in order[: np.count_nonzero(tiers < 3)].tolist():
        row, place = int(rows[pair]), int(places[pair])
        if result[row] is None and place not in taken:
            result[row] = Match(place, is_loose=not is_good[pair])
            taken.add(place)
    return result


def saved(ious: NDArray[np.floating], same: NDArray[np.bool_], good_iou: float = GOOD_IOU) -> int:
    """Return how many corrections fewer than T, which drawing every object takes, these suggestions leave.

    A right one saves one. One to move or to relabel saves nothing, but costs no more than drawing. A false one costs.
    """
    found = matches(ious, same, good_iou)
    right = sum(
        match is not None and not match.is_loose and bool(same[row, match.place]) for row, match in enumerate(found)
    )
    return right - found.count(None)


def looks_unfinished(lacking: int, annotated: int) -> bool:
    """Return whether an image looks as if most of its boxes were missing.

    A detector is `SURE` of `lacking` objects without a box, and there are `annotated` boxes.
    """
    return lacking >= UNFINISHED_FROM and lacking > annotated
