"""The image on screen: its decisions, and what the detector suggests beside them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from app.model.annotations import Annotation, Category, Rejection, Suggestion
from app.model.differences import Difference, differences_of
from app.model.geometry import as_boxes, iou
from app.model.kept import Kept
from app.model.review import AnnotationRef, Review, Selected, SuggestionRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.model.commands import Command, Edit
    from detector.types import Prediction, Thresholds

SAME_IOU = 0.9
"""A suggestion that overlaps one of the prediction before at least this much, with the same name, is that one."""
RowT = TypeVar("RowT", Annotation, Rejection)


class OpenImage:
    """Annotations and rejections by id, in the order of their ids; suggestions best first; what the person kept."""

    def __init__(
        self,
        image_id: int,
        annotations: Iterable[Annotation],
        rejections: Iterable[Rejection],
        kept: Kept | None = None,
    ) -> None:
        self.id = image_id
        self.annotations = {annotation.id: annotation for annotation in annotations}
        self.rejections = {rejection.id: rejection for rejection in rejections}
        self.review: Review | None = None
        self.suggestions: tuple[Suggestion, ...] = ()
        self.kept = kept or Kept()
        self._thresholds: Thresholds | None = None
        self._differences: tuple[Difference, ...] | None = ()

    @property
    def prediction(self) -> Prediction | None:
        """What the detector found; None until it has looked."""
        return None if self.review is None else self.review.prediction

    @property
    def hidden_count(self) -> int:
        """The number of detections that the score threshold hides."""
        if self.review is None or self._thresholds is None:
            return 0
        return self.review.hidden_by_score(self._thresholds)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Where the detector and the annotations differ, in the order of Tab; found out when it is asked for."""
        if self._differences is None:
            assert self.review is not None
            assert self._thresholds is not None
            self._differences = differences_of(
                self.review, self._thresholds, self.suggestions, self.annotations, self.kept
            )
        return self._differences

    def keep(self, annotation: Annotation) -> None:
        """Let an annotation be as it is, whatever the detector says of it."""
        self.kept.add(annotation)
        self._differences = () if self.review is None else None

    def apply(self, command: Command) -> bool:
        """Apply a command's edits; return whether it changed a decision on this image."""
        return any([self._apply(edit) for edit in command.edits])  # noqa: C419 - each one is applied

    def predict(
        self,
        prediction: Prediction | None,
        categories: Sequence[Category],
        thresholds: Thresholds,
        renamed: Mapping[str, str] = MappingProxyType({}),
        selected: Selected = None,
    ) -> Selected:
        """Take what the detector found, None to forget it; `renamed` is that of `Review`.

        Return what is selected then, where `selected` was: the same object, or nothing.
        """
        before, seen = self.find(selected), self.prediction
        self.review = None if prediction is None else Review(prediction, renamed)
        self.decide(categories, thresholds)
        return self._again(before, seen) if isinstance(before, Suggestion) else selected

    def decide(self, categories: Sequence[Category], thresholds: Thresholds) -> None:
        """Bring order and suggestions to the decisions and categories as they are now."""
        self.annotations = dict(sorted(self.annotations.items()))
        self.rejections = dict(sorted(self.rejections.items()))
        if self.review is not None:
            self.review.decide(self.annotations.values(), self.rejections.values(), categories)
        self.select(thresholds)

    def select(self, thresholds: Thresholds) -> None:
        """Bring the suggestions to other thresholds."""
        self._thresholds = thresholds
        self.suggestions = () if self.review is None else self.review.suggestions(thresholds)
        self._differences = () if self.review is None else None

    def find(self, selected: Selected) -> Annotation | Suggestion | None:
        """Return what a reference refers to; None where it is gone."""
        match selected:
            case AnnotationRef(annotation_id):
                return self.annotations.get(annotation_id)
            case SuggestionRef(index):
                return next((one for one in self.suggestions if one.index == index), None)
        return None

    def _again(self, suggestion: Suggestion, seen: Prediction | None) -> Selected:
        """Return what a suggestion of the prediction before, `seen`, is now: its index may be another's; None if gone.

        Of the same candidates the indices stay, whatever they are called by now.
        """
        now = self.prediction
        if now is not None and seen is not None and _are_same(now, seen):
            return SuggestionRef(suggestion.index)
        alike = [one for one in self.suggestions if one.name == suggestion.name]
        overlaps = iou(as_boxes([one.box for one in alike]), as_boxes([suggestion.box]))[:, 0]
        best = int(overlaps.argmax()) if alike else -1
        return SuggestionRef(alike[best].index) if alike and overlaps[best] >= SAME_IOU else None

    def _apply(self, edit: Edit) -> bool:
        row = edit.row
        if isinstance(row, Annotation) and row.image_id == self.id:
            _put(self.annotations, row, gone=edit.after is None)
            return True
        if isinstance(row, Rejection) and row.image_id == self.id:
            _put(self.rejections, row, gone=edit.after is None)
            return True
        return False


def _are_same(prediction: Prediction, other: Prediction) -> bool:
    """Return whether both have the same candidates, in whatever categories."""
    same_boxes = np.array_equal(prediction.candidates.boxes, other.candidates.boxes)
    return same_boxes and prediction.model_version == other.model_version


def _put(rows: dict[int, RowT], row: RowT, *, gone: bool) -> None:
    if gone:
        del rows[row.id]
    else:
        rows[row.id] = row
