"""What the detector offers for a box that a person drew: a closer fit, and what may be in it.

Nothing of it is taken unless the person says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.model.geometry import iou
from app.model.review import DECIDED_IOU

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.model.annotations import Annotation, Box
    from detector.types import Refinement

KNOWN = 0.5
"""A head that is less sure than this that there is one of its objects would fit the box to something else."""
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
    annotation: Annotation, name: str, refinement: Refinement, shown: Sequence[str | None], known: Collection[str]
) -> Offer | None:
    """Return what `refinement` says of its one box, which is called `name`; None where nothing is worth an offer.

    `shown` (K) is what the project calls the categories of the model, None where they are ignored; `known` are all that
    the project has. The closer fit is that for the category of the box, where that is likely at all, or else that for
    the likeliest one.
    """
    labels, scores = refinement.labels[0].tolist(), refinement.scores[0].tolist()
    called = [shown[label - 1] for label in labels]
    if refinement.foreground[0] < KNOWN or called[0] is None:
        return None
    names = dict[str, float]()
    places = dict[str, int]()
    for place, (one, score) in enumerate(zip(called, scores, strict=True)):
        if one is not None and (score >= LIKELY or not names):
            names.setdefault(one, score)
            places.setdefault(one, place)
    x1, y1, x2, y2 = refinement.boxes[0, places.get(name, 0)].tolist()
    overlap = float(iou(annotation.box, (x1, y1, x2, y2))[0, 0])
    fits = DECIDED_IOU <= overlap < AS_GOOD_IOU
    if not fits and (called[0] == name or called[0] not in known):
        return None
    return Offer(annotation, (x1, y1, x2, y2) if fits else None, tuple(names.items()))
