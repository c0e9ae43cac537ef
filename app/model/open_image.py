"""The image on screen: its decisions, and what the detector suggests beside them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from app.model.annotations import Annotation, Category, Rejection, Suggestion
from app.model.review import AnnotationRef, Review, Selected, SuggestionRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.model.commands import Edit
    from detector.types import Prediction, Thresholds

RowT = TypeVar("RowT", Annotation, Rejection)


class OpenImage:
    """Annotations and rejections by id, in the order of their ids; suggestions best first."""

    def __init__(self, image_id: int, annotations: Iterable[Annotation], rejections: Iterable[Rejection]) -> None:
        self.id = image_id
        self.annotations = {annotation.id: annotation for annotation in annotations}
        self.rejections = {rejection.id: rejection for rejection in rejections}
        self.review: Review | None = None
        self.suggestions: tuple[Suggestion, ...] = ()

    def apply(self, edit: Edit) -> bool:
        """Apply one edit; return whether it changed a decision on this image."""
        row = edit.row
        if isinstance(row, Annotation) and row.image_id == self.id:
            _put(self.annotations, row, gone=edit.after is None)
            return True
        if isinstance(row, Rejection) and row.image_id == self.id:
            _put(self.rejections, row, gone=edit.after is None)
            return True
        return False

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
        self.suggestions = () if self.review is None else self.review.suggestions(thresholds)

    def find(self, selected: Selected) -> Annotation | Suggestion | None:
        """Return what a reference refers to; None where it is gone."""
        match selected:
            case AnnotationRef(annotation_id):
                return self.annotations.get(annotation_id)
            case SuggestionRef(index):
                return next((one for one in self.suggestions if one.index == index), None)
        return None


def _put(rows: dict[int, RowT], row: RowT, *, gone: bool) -> None:
    if gone:
        del rows[row.id]
    else:
        rows[row.id] = row
