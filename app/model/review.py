"""Which detections are suggestions: what the thresholds let through, without what a person has decided on.

Shapes: C candidates, D detections, M decided boxes, K categories of the prediction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from app.model.annotations import Annotation, Box, Category, Origin, Rejection, Suggestion
from app.model.geometry import as_boxes, iou
from detector.filtering import OBJECT_IOU, CandidateFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from detector.types import Detections, FloatArray, IntArray, Prediction, Thresholds

DECIDED_IOU = 0.5
"""A detection that overlaps a decision at least this much, with the same name, is the same object."""
ANY_LABEL, NO_LABEL = 0, -1
"""Stand for a label: a detection of `ANY_LABEL` fits every annotation, a decision of `NO_LABEL` no detection."""


@dataclass(frozen=True, slots=True)
class AnnotationRef:
    """The annotation of the current image with this id."""

    id: int


@dataclass(frozen=True, slots=True)
class SuggestionRef:
    """The suggestion of the current image with this candidate index."""

    index: int


Selected = AnnotationRef | SuggestionRef | None


class Review:
    """One image's prediction beside the decisions on that image. Built once per prediction; a slider only selects.

    The prediction has today's names. Decisions keep the names of then; `renamed` says what those are called today.
    """

    def __init__(self, prediction: Prediction, renamed: Mapping[str, str] = MappingProxyType({})) -> None:
        self.prediction = prediction
        self._renamed = renamed
        self._filter = CandidateFilter(prediction.candidates)
        self._labels = {name: label for label, name in enumerate(prediction.categories, 1)}
        self._seen: dict[int, Suggestion] = {}
        self.decide((), (), ())

    def decide(
        self, annotations: Iterable[Annotation], rejections: Iterable[Rejection], categories: Sequence[Category]
    ) -> None:
        """Take over the image's decisions and the project's categories.

        A decided object is an annotation's box under its category's name, the box of the suggestion that an annotation
        came from under the suggestion's name, and a rejected suggestion, both also under today's name of that. Where
        the project has no category of a detection's name, any annotation over it decides it: the person called that
        object something else.
        """
        self._ids = {category.name: category.id for category in categories}
        names = {category.id: category.name for category in categories}
        decided: list[tuple[Box, str, int]] = []
        for annotation in annotations:
            decided.append((annotation.box, names.get(annotation.category_id, ""), annotation.id))
            if annotation.origin is not None:
                decided.extend(self._suggested(annotation.origin))
        for rejection in rejections:
            decided.extend(self._suggested(rejection.origin))
        self._boxes = as_boxes([box for box, _, _ in decided])  # (M, 4)
        labels = [self._labels.get(name, NO_LABEL) for _, name, _ in decided]
        self._box_labels = np.array(labels, dtype=np.int64)  # (M,)
        self._owners = np.array([owner for _, _, owner in decided], dtype=np.int64)  # (M,) annotation, 0 for none
        self._lacking = np.array([False, *(name not in self._ids for name in self.prediction.categories)])  # (K + 1,)
        self._own = _own_thresholds(self.prediction, categories)
        self._known = np.zeros(len(self.prediction.candidates), dtype=np.bool_)  # (C,)
        self._decided = np.zeros_like(self._known)  # (C,) where known
        self._doubted = np.zeros(len(self._known), dtype=np.int64)  # (C,) where known: an annotation, 0 for none
        self._seen.clear()

    def suggestions(self, thresholds: Thresholds) -> tuple[Suggestion, ...]:
        """Return the undecided detections, best first and one for each object.

        A category's own score threshold replaces the view's. An object whose best detection is decided has no other.
        """
        detections = self.detections(replace(thresholds, object_thresh=OBJECT_IOU))
        indices = detections.candidate_indices
        self._look_at(indices[~self._known[indices]])
        rows = np.flatnonzero(~self._decided[indices]).tolist()
        return tuple(self._seen.get(int(indices[row])) or self._suggestion(detections, row) for row in rows)

    def detections(self, thresholds: Thresholds) -> Detections:
        """Return what passes the thresholds, decided or not, best first."""
        return self._filter.select(thresholds.for_looks(self.prediction.looks), self._own)

    def labels_of(self, detections: Detections, annotations: Sequence[Annotation]) -> tuple[IntArray, IntArray]:
        """Return labels (D,) and (M,) by which they are the same object.

        A detection of a name that the project has not is of `ANY_LABEL`, an annotation of a category that the detector
        has not of `NO_LABEL`.
        """
        labels = np.where(self._lacking[detections.labels], ANY_LABEL, detections.labels)
        names = {category_id: name for name, category_id in self._ids.items()}
        people = [self._labels.get(names.get(one.category_id, ""), NO_LABEL) for one in annotations]
        return labels, np.array(people, dtype=np.int64)

    @property
    def decided_boxes(self) -> NDArray[np.float64]:
        """All boxes that people decided on, (M, 4): of annotations, of what these came from, and of rejections."""
        return self._boxes

    def refused(self, detections: Detections, least_iou: float) -> NDArray[np.bool_]:
        """Return (D,): a person has moved, relabelled or rejected what overlaps it so much under the same name."""
        rows = np.flatnonzero(self._owners == 0)
        same = self._box_labels[rows][None, :] == detections.labels[:, None]
        result: NDArray[np.bool_] = (same & (iou(detections.boxes, self._boxes[rows]) >= least_iou)).any(axis=1)
        return result

    def hidden_by_score(self, thresholds: Thresholds) -> int:
        """Return how many detections NMS leaves that the score thresholds hide, several of one object counted apart."""
        return self._filter.hidden(thresholds, self._own)

    def _suggested(self, origin: Origin) -> Iterator[tuple[Box, str, int]]:
        # Under both names: nobody knows whether a name that another category took over was meant before that or after.
        for name in {origin.name, self._renamed.get(origin.name, origin.name)}:
            yield origin.box, name, 0

    def _look_at(self, indices: IntArray) -> None:
        """Find out which of these candidates (D,) are decided; what is known stays known until the next decision."""
        self._known[indices] = True
        if len(self._boxes) and len(indices):
            candidates = self.prediction.candidates
            labels = candidates.labels[indices]
            same = self._box_labels[None, :] == labels[:, None]  # (D, M)
            same |= (self._owners > 0)[None, :] & self._lacking[labels][:, None]
            overlaps = iou(candidates.boxes[indices], self._boxes)  # (D, M)
            self._decided[indices] = ((overlaps >= DECIDED_IOU) & same).any(axis=1)
            by_people = np.where(self._owners > 0, overlaps, 0.0)
            over = self._owners[by_people.argmax(axis=1)]
            self._doubted[indices] = np.where(by_people.max(axis=1) >= DECIDED_IOU, over, 0)

    def _suggestion(self, detections: Detections, row: int) -> Suggestion:
        x1, y1, x2, y2 = detections.boxes[row].tolist()
        name = self.prediction.categories[int(detections.labels[row]) - 1]
        index = int(detections.candidate_indices[row])
        suggestion = Suggestion(
            index=index,
            box=(x1, y1, x2, y2),
            name=name,
            category_id=self._ids.get(name),
            score=float(detections.scores[row]),
            model_version=self.prediction.model_version,
            relabels=int(self._doubted[index]) or None,
        )
        self._seen[index] = suggestion
        return suggestion


def _own_thresholds(prediction: Prediction, categories: Sequence[Category]) -> FloatArray | None:
    """Return (K + 1,) the score threshold that each label has for itself, NaN for none; None where no label has one."""
    by_name = {category.name: category.score_thresh for category in categories}
    own = [None, *(by_name.get(name) for name in prediction.categories)]
    if not any(score is not None for score in own):
        return None
    return np.array([np.nan if score is None else score for score in own], dtype=np.float32)


def walking_order(suggestions: Iterable[Suggestion], annotations: Iterable[Annotation]) -> tuple[Selected, ...]:
    """Return the order of Tab: suggestions from the least certain score on, then annotations in reading order."""
    uncertain = sorted(suggestions, key=lambda suggestion: (abs(suggestion.score - 0.5), suggestion.index))
    reading = sorted(annotations, key=lambda annotation: (annotation.box[1], annotation.box[0], annotation.id))
    return *(SuggestionRef(one.index) for one in uncertain), *(AnnotationRef(one.id) for one in reading)
