"""What the detector offers for a box that a person drew: a closer fit, and what may be in it.

Nothing of it is taken unless the person says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.model.geometry import iou

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.annotations import Annotation, Box
    from detector.types import Refinement

KNOWN = 0.5
"""A head that is less sure than this that there is one of its objects would fit the box to something else."""
SAME_OBJECT_IOU = 0.5
AS_GOOD_IOU = 0.97
"""A box that overlaps the drawn one more than this is nothing to look at, let alone to press a key for."""

LIKELY = 0.05
"""Below this no other category than the likeliest is told."""


@dataclass(frozen=True, slots=True)
class Offer:
    """For `annotation`: the `box` that fits its object more closely, None where the drawn one is as good.

    `likeliest` holds (category name, score) of at most three categories, likeliest first.
    """

    annotation: Annotation
    box: Box | None
    likeliest: tuple[tuple[str, float], ...]


def offer_for(
    annotation: Annotation, name: str, refinement: Refinement, shown: Sequence[str | None], row: int = 0
) -> Offer | None:
    """Return what `refinement` says at `row` of a box called `name`; None where that is nothing worth an offer.

    `shown` (K) is what the project calls the categories of the model, None where they are ignored. The closer fit is
    that for the category of the box, or else that for the likeliest one.
    """
    if refinement.foreground[row] < KNOWN:
        return None
    labels, scores = refinement.labels[row].tolist(), refinement.scores[row].tolist()
    called = [shown[label - 1] for label in labels]
    known = [place for place, one in enumerate(called) if one is not None]
    if not known:
        return None
    place = called.index(name) if name in called else known[0]
    x1, y1, x2, y2 = refinement.boxes[row, place].tolist()
    overlap = float(iou(annotation.box, (x1, y1, x2, y2))[0, 0])
    fits = SAME_OBJECT_IOU <= overlap < AS_GOOD_IOU
    names = dict[str, float]()
    for one, score in zip(called, scores, strict=True):
        if one is not None and (score >= LIKELY or not names):
            names.setdefault(one, score)
    if not fits and next(iter(names)) == name:
        return None
    return Offer(annotation, (x1, y1, x2, y2) if fits else None, tuple(names.items()))
