"""What the person looks at and through: nothing here is a decision, and nothing here can be undone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from detector.types import Thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.annotations import Category
    from app.model.review import Selected


@dataclass(frozen=True, slots=True)
class View:
    """The state of the view. `category_id` is the category of the next drawn box, None while there is none.

    With `show_differences` boxes say where the detector and the person differ, and Tab goes through those alone. With
    `useful_first` the next unreviewed image is the most useful one, else the next in file order.
    Boxes of `hidden_categories` are not shown; their ids, and 0 for suggestions of categories that the project lacks.
    `several` are the ids of all selected annotations where there is more than one, the selected one first.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    proposal_top_n: int = 100
    show_annotations: bool = True
    show_suggestions: bool = True
    show_proposals: bool = False
    keep_zoom: bool = False
    show_differences: bool = False
    useful_first: bool = False
    category_id: int | None = None
    hidden_categories: frozenset[int] = frozenset()
    selected: Selected = None
    several: tuple[int, ...] = ()

    @property
    def hides_all(self) -> bool:
        """Whether no box of any kind is shown."""
        return not (self.show_annotations or self.show_suggestions or self.show_proposals)

    def with_category_of(self, categories: Sequence[Category]) -> View:
        """Return it with the first of `categories` where its own is not one of them; itself where nothing changes."""
        first = categories[0].id if categories else None
        stays = first == self.category_id or any(one.id == self.category_id for one in categories)
        return self if stays else replace(self, category_id=first)

    def to_json(self) -> str:
        """Return everything but the selection, to be remembered."""
        thresholds = {"score_thresh": self.thresholds.score_thresh, "nms_thresh": self.thresholds.nms_thresh}
        kept = {name: getattr(self, name) for name in _REMEMBERED}
        return json.dumps({**kept, **thresholds, "hidden_categories": sorted(self.hidden_categories)})

    @classmethod
    def from_json(cls, text: str | None) -> View:
        """Read what `to_json` wrote; what is not there or not right has its default: a view is never worth an error.

        Boxes that were all hidden are shown: nobody remembers that days later.
        """
        view = cls()
        try:
            values = json.loads(text or "{}")
            thresholds = Thresholds(
                score_thresh=float(values.get("score_thresh", view.thresholds.score_thresh)),
                nms_thresh=float(values.get("nms_thresh", view.thresholds.nms_thresh)),
            )
            hidden = frozenset(map(int, values.get("hidden_categories", ())))
            given = {name: values[name] for name in _REMEMBERED if name in values}
            kept = {name: value for name, value in given.items() if type(value) in _TYPES.get(name, (bool,))}
            made = replace(view, thresholds=thresholds, hidden_categories=hidden, **kept)
            return replace(made, show_annotations=True, show_suggestions=True) if made.hides_all else made
        except (AttributeError, OverflowError, RecursionError, TypeError, ValueError):
            return view


@dataclass(frozen=True, slots=True)
class Change:
    """What is no longer as it was. `image_ids` names the records that changed; empty with `images`: the whole list.

    `decided` names the images, on screen or not, with another box or rejection than before, or a box that was kept.
    With `missing` the files of `image_ids` are gone, or there again.
    """

    image_ids: frozenset[int] = frozenset()
    decided: frozenset[int] = frozenset()
    images: bool = False
    missing: bool = False
    current_image: bool = False
    annotations: bool = False
    suggestions: bool = False
    proposals: bool = False
    categories: bool = False
    thresholds: bool = False
    layers: bool = False
    order: bool = False
    selection: bool = False
    current_category: bool = False
    history: bool = False

    @classmethod
    def between(cls, before: View, after: View) -> Change:
        """Return what is different when the view changes."""
        layers = ("show_annotations", "show_suggestions", "show_proposals", "show_differences", "hidden_categories")
        thresholds = after.thresholds != before.thresholds
        return cls(
            thresholds=thresholds,
            suggestions=thresholds,
            order=after.useful_first != before.useful_first,
            proposals=after.proposal_top_n != before.proposal_top_n,
            layers=any(getattr(after, layer) != getattr(before, layer) for layer in layers),
            selection=(after.selected, after.several) != (before.selected, before.several),
            current_category=after.category_id != before.category_id,
        )

    @classmethod
    def everything(cls) -> Change:
        """Return the change after which nothing is as it was."""
        none = frozenset[int]()
        flags = {one.name: True for one in fields(cls) if one.name not in ("image_ids", "decided")}
        return cls(none, none, **flags)

    def __bool__(self) -> bool:
        """Return whether anything changed."""
        return any(bool(getattr(self, one.name)) for one in fields(self))


_REMEMBERED = (
    *("proposal_top_n", "show_annotations", "show_suggestions", "show_proposals", "show_differences", "keep_zoom"),
    *("useful_first", "category_id"),
)
_TYPES: dict[str, tuple[type, ...]] = {"proposal_top_n": (int,), "category_id": (int, type(None))}
