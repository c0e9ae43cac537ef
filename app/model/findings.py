"""What the model in use says about each image of the project, in a few figures: what lists filter and order by.

Shapes: R proposals, B boxes that have been seen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.model.annotations import Suggestion
from app.model.differences import Kind
from app.model.geometry import iou
from app.model.kept import Kept
from app.model.open_image import OpenImage
from detector.effort import SURE, looks_unfinished
from detector.types import Candidates, Thresholds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from app.model.annotations import Annotation, Category, Rejection
    from detector.types import Prediction

TOLD = 0.25
"""Detections that score less are too many, and too seldom an object, to teach much, however doubtful each is."""
STRONG = 0.9
FEW = 20
"""A proposal among the first so many with this objectness is likely an object."""
PART_IOU = 0.2
"""A proposal that overlaps a box this much is of the same object, or of a part of it."""
UNSEEN_WEIGHT = 0.5
_SCORE_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One image that the model in use has looked at, at the view's thresholds.

    `usefulness` is how much a person's decision about the image would teach, at least 0, greater is more; 0 of a
    reviewed image. It is the sum of 1 - |2 score - 1| over the undecided detections from a score of `TOLD` on,
    whatever the score threshold, and `UNSEEN_WEIGHT` for each of the `unseen`: strong proposals at which there is
    neither a detection nor a decision. `doubtful` of those detections score between `TOLD` and 1 - `TOLD`.

    `suggestions` are the name and score of each undecided detection, best first. The three-way difference to the
    annotations: `extra` detections that no annotation has, `missed` annotations that no detection has, and `loose`
    pairs of the same category that overlap, but not well. `doubts` are detections that give an annotation another
    category.

    A reviewed image is `unfinished` where it `looks_unfinished` by the extra detections of the project's categories.
    One whose file is missing is not: nobody can look, and no training learns from it.
    """

    image_id: int
    usefulness: float
    suggestions: tuple[tuple[str, float], ...] = ()
    extra: int = 0
    missed: int = 0
    loose: int = 0
    doubts: int = 0
    doubtful: int = 0
    unseen: int = 0
    unfinished: bool = False

    @property
    def differences(self) -> int:
        """The number of boxes that the model and the person disagree about."""
        return self.extra + self.missed + self.loose + self.doubts


class Decided(NamedTuple):
    """What people decided on one image, and whether its file is `missing`."""

    image_id: int
    annotations: tuple[Annotation, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    kept: Kept = Kept()
    reviewed: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds out about images of one project by one model version, at these thresholds.

    `renamed` is that of `Review`. Each name and score is kept in `pairs`, and shared by all findings that have it: a
    hundred thousand images have millions of them.
    """

    categories: Sequence[Category]
    thresholds: Thresholds
    renamed: Mapping[str, str] = field(default_factory=dict)
    pairs: dict[tuple[str, float], tuple[str, float]] = field(default_factory=dict, repr=False)

    def find(self, prediction: Prediction, decided: Decided) -> Finding:
        """Return what a prediction, with the project's names, says about an image."""
        image = OpenImage(decided.image_id, decided.annotations, decided.rejections, decided.kept)
        image.predict(_above(prediction, self._floor), self.categories, self.thresholds, self.renamed)
        kinds = Counter(one.kind for one in image.differences)
        suggestions = tuple(self._shared(one.name, round(one.score, _SCORE_DIGITS)) for one in image.suggestions)
        finding = Finding(
            decided.image_id,
            0.0,
            suggestions,
            extra=kinds[Kind.EXTRA],
            missed=kinds[Kind.MISSED],
            loose=kinds[Kind.LOOSE],
            doubts=kinds[Kind.DOUBT],
            unfinished=decided.reviewed and not decided.missing and _looks_unfinished(image),
        )
        return finding if decided.reviewed else self._weighed(finding, image, prediction)

    @property
    def _floor(self) -> float:
        """The score below which no candidate matters to anything that is asked."""
        own = [one.score_thresh for one in self.categories if one.score_thresh is not None]
        return min(TOLD, self.thresholds.score_thresh, *own)

    def _weighed(self, finding: Finding, image: OpenImage, prediction: Prediction) -> Finding:
        """Return the finding with what a decision about the image would teach."""
        assert image.review is not None
        told = replace(self.thresholds, score_thresh=TOLD)
        image.select(told)
        scores = np.array([one.score for one in image.suggestions], dtype=np.float64)
        detected = image.review.detections(told).boxes.astype(np.float64)
        unseen = _unseen(prediction, np.concatenate([detected, image.review.decided_boxes]))
        return replace(
            finding,
            usefulness=float((1 - np.abs(2 * scores - 1)).sum()) + UNSEEN_WEIGHT * unseen,
            doubtful=int(np.count_nonzero(scores < 1 - TOLD)),
            unseen=unseen,
        )

    def _shared(self, name: str, score: float) -> tuple[str, float]:
        return self.pairs.setdefault((name, score), (name, score))


def _looks_unfinished(image: OpenImage) -> bool:
    """Return whether the detector is sure of more objects without a box than there are boxes, and of no mere few."""
    extra = (image.find(one.ref) for one in image.differences if one.kind is Kind.EXTRA)
    sure = sum(isinstance(one, Suggestion) and one.category_id is not None and one.score >= SURE for one in extra)
    return looks_unfinished(sure, len(image.annotations))


def _above(prediction: Prediction, score: float) -> Prediction:
    """Return a prediction without the candidates that score no more: NMS never lets those decide about better ones.

    It is what makes a finding cheap: a tenth of the candidates and a hundredth of their pairs are left.
    """
    all_of = prediction.candidates
    count = int(np.searchsorted(-all_of.scores, -np.float32(score), side="left"))
    best = Candidates(
        all_of.boxes[:count], all_of.scores[:count], all_of.labels[:count], all_of.proposal_indices[:count]
    )
    return replace(prediction, candidates=best)


def _unseen(prediction: Prediction, seen: NDArray[np.float64]) -> int:
    """Return how many strong proposals overlap neither a box that is `seen` (B, 4) nor a better one of them."""
    proposals = prediction.proposals
    best = proposals.boxes[:FEW][proposals.objectness[:FEW] >= STRONG].astype(np.float64)
    alone = best[~(iou(best, seen) >= PART_IOU).any(axis=1)]
    count = 0
    while len(alone):
        count += 1
        alone = alone[iou(alone, alone[:1])[:, 0] < PART_IOU]
    return count
