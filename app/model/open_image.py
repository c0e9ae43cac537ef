"""The image on screen: its decisions, and what the detector suggests beside them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from app.model.annotations import Annotation, Category, Rejection, Suggestion
from app.model.differences import Difference, differences_of
from app.model.kept import Kept
from app.model.review import AnnotationRef, Review, Selected, SuggestionRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.model.commands import Command, Edit
    from detector.types import Prediction, Thresholds

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
    ) -> None:
        """Take what the detector found, None to forget it; `renamed` is that of `Review`."""
        self.review = None if prediction is None else Review(prediction, renamed)
        self.decide(categories, thresholds)

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

    def _apply(self, edit: Edit) -> bool:
        row = edit.row
        if isinstance(row, Annotation) and row.image_id == self.id:
            _put(self.annotations, row, gone=edit.after is None)
            return True
        if isinstance(row, Rejection) and row.image_id == self.id:
            _put(self.rejections, row, gone=edit.after is None)
            return True
        return False


def _put(rows: dict[int, RowT], row: RowT, *, gone: bool) -> None:
    if gone:
        del rows[row.id]
    else:
        rows[row.id] = row
