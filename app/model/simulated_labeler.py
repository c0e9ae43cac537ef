"""A labeler who knows the truth: decides about one image with the gestures of the window, and counts what it takes.

After Adhikari & Huttunen (arXiv 2007.00961): every box that is not right yet is one correction, of four kinds. These
are simulated corrections; how long a person takes for one is not said.

Shapes: T objects, S suggestions, D offered boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from app.model import box_gestures, gestures
from app.model.annotations import Box
from app.model.geometry import as_boxes, iou
from app.model.pointing import Pointing
from app.model.review import SuggestionRef
from app.model.shown_boxes import shown_suggestions
from detector.effort import GOOD_IOU, matches

if TYPE_CHECKING:
    from app.model.annotations import Category, Suggestion
    from app.model.workspace import Workspace
    from detector.effort import Match

CLICKS_TO_DRAW = 2
DRAGS_TO_MOVE = 2
"""Of a corner each: whatever is wrong with a box, two opposite corners put it right."""
MOST_CLICKS_ON_A_PROPOSAL = 2
"""A third click on the same place would be one more than drawing takes."""


Objects = Sequence[tuple[Box, str]]
"""What is really on an image: the box and the category's name of each object."""
Refine = Callable[[Box, str], Box | None]


def no_offer(_box: Box, _name: str) -> None:
    """Refine nothing."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a labeler did about `objects` on `images`.

    Corrections: objects `added` that were missed, false suggestions `removed`, suggestions `moved` and `relabelled`;
    `accepted` are those that were right. `by_proposal` of the added ones were a click on a proposal, and `refined` of
    these took the closer fit that was offered. `clicks`, a drag counting as one, and `keys` are those of the window.
    """

    images: int = 0
    objects: int = 0
    accepted: int = 0
    added: int = 0
    removed: int = 0
    moved: int = 0
    relabelled: int = 0
    by_proposal: int = 0
    refined: int = 0
    clicks: int = 0
    keys: int = 0

    @property
    def corrections(self) -> int:
        """The number of boxes that had to be put right."""
        return self.added + self.removed + self.moved + self.relabelled

    @property
    def work_saved(self) -> float:
        """1 - corrections / objects, where every object drawn by hand is 0; may be negative, and 0 without objects."""
        return 1 - self.corrections / self.objects if self.objects else 0.0

    def __add__(self, other: Self) -> Self:
        return replace(self, **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})


class SimulatedLabeler:
    """Works on the current image of a workspace, whose size must be known, until all its objects have their boxes.

    A box is good enough from an IoU of `good_iou` on, in (0, 1]. With `proposals` a missed object is clicked where
    that gives a good box, and else drawn; a drawn or moved box is exactly the true one. `refine` returns the closer fit
    that the detector offers for a box of a category, if any: it is taken where it makes a clicked proposal good.
    """

    def __init__(
        self, workspace: Workspace, good_iou: float = GOOD_IOU, *, proposals: bool = True, refine: Refine = no_offer
    ) -> None:
        self._workspace = workspace
        self._good_iou = good_iou
        self._proposals = proposals
        self._refine = refine

    def work(self, objects: Objects) -> Effort:
        """Decide about all suggestions, add what is missed, mark the image as reviewed. Raises StoreError.

        First what is wrong is put right one by one, then one key accepts the rest, as people do it.
        """
        effort = Effort(images=1, objects=len(objects))
        while (step := self._correct(objects)) is not None:
            effort += step
        effort += self._accept()
        for box, name in self._open(objects):
            effort += self._add(box, name)
        gestures.mark_reviewed_and_go_on(self._workspace)
        return effort + Effort(keys=1)

    def _correct(self, objects: Objects) -> Effort | None:
        """Put the first suggestion right that is not; None where there is none left."""
        suggestions = shown_suggestions(self._workspace)
        left = self._open(objects)
        for suggestion, match in zip(suggestions, matched(suggestions, left, self._good_iou), strict=True):
            if match is not None and not match.is_loose and left[match.place][1] == suggestion.name:
                continue
            self._workspace.change_view(replace(self._workspace.view, selected=SuggestionRef(suggestion.index)))
            if match is None:
                gestures.reject_selected(self._workspace)
                return Effort(removed=1, clicks=1, keys=1)
            box, name = left[match.place]
            if match.is_loose:
                box_gestures.set_box(self._workspace, box)
                return Effort(moved=1, clicks=1 + DRAGS_TO_MOVE)
            gestures.choose_category(self._workspace, self._category(name))
            return Effort(relabelled=1, clicks=1, keys=1)
        return None

    def _accept(self) -> Effort:
        suggestions = shown_suggestions(self._workspace)
        gestures.accept_all(self._workspace)
        return Effort(accepted=len(suggestions), keys=1 if suggestions else 0)

    def _add(self, box: Box, name: str) -> Effort:
        """Add a missed object, by a click on a proposal where that does."""
        category = self._category(name)
        keys = 0 if category == self._workspace.current_category else 1
        self._workspace.change_view(replace(self._workspace.view, category_id=category.id))
        for clicks, offered in enumerate(self._offered(box), 1):
            if self._fits(offered, box):
                box_gestures.draw(self._workspace, offered, category)
                return Effort(added=1, by_proposal=1, clicks=clicks, keys=keys)
            closer = self._refine(offered, name) if clicks == 1 else None
            if closer is not None and self._fits(closer, box):
                box_gestures.draw(self._workspace, offered, category)
                box_gestures.set_box(self._workspace, closer)
                return Effort(added=1, by_proposal=1, refined=1, clicks=1, keys=keys + 1)
        box_gestures.draw(self._workspace, box, category)
        return Effort(added=1, clicks=CLICKS_TO_DRAW, keys=keys)

    def _offered(self, box: Box) -> list[Box]:
        """Return the boxes that clicks on the middle of this one would give, one after the other."""
        prediction = self._workspace.prediction
        if prediction is None or not self._proposals:
            return []
        annotated = as_boxes([one.box for one in self._workspace.annotations.values()])
        found = Pointing(prediction).at((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, annotated)
        return [(x1, y1, x2, y2) for x1, y1, x2, y2 in found[:MOST_CLICKS_ON_A_PROPOSAL].tolist()]

    def _fits(self, box: Box, other: Box) -> bool:
        return float(iou([box], [other])[0, 0]) >= self._good_iou

    def _open(self, objects: Objects) -> list[tuple[Box, str]]:
        """Return the objects that no box of their category fits yet, each box having one, and that of a crowd none."""
        decided = [one for one in self._workspace.annotations.values() if not one.iscrowd]
        names = {one.id: one.name for one in self._workspace.categories}
        overlaps = iou(as_boxes([one.box for one in decided]), as_boxes([box for box, _ in objects]))  # (S, T)
        same = np.array(
            [[names.get(one.category_id) == name for _, name in objects] for one in decided], dtype=np.bool_
        )
        same = same.reshape(overlaps.shape)
        boxed = {
            match.place for match in matches(overlaps * same, same, self._good_iou) if match and not match.is_loose
        }
        return [one for place, one in enumerate(objects) if place not in boxed]

    def _category(self, name: str) -> Category:
        return next(one for one in self._workspace.categories if one.name == name)


def matched(suggestions: Sequence[Suggestion], objects: Objects, good_iou: float) -> list[Match | None]:
    """Return the object of each suggestion (S), see `matches`. A doubt about a decided box is of none."""
    overlaps = iou(as_boxes([one.box for one in suggestions]), as_boxes([box for box, _ in objects]))  # (S, T)
    overlaps[[one.relabels is not None for one in suggestions]] = 0.0
    same = np.array([[one.name == name for _, name in objects] for one in suggestions], dtype=np.bool_)
    return matches(overlaps, same.reshape(overlaps.shape), good_iou)


def by_hand(objects: Objects, current: str = "") -> Effort:
    """Return what drawing everything on one image takes, the category of the next box being `current` before.

    Objects of one category are drawn one after the other.
    """
    names = {name for _, name in objects}
    keys = len(names) - (current in names)
    return Effort(
        images=1, objects=len(objects), added=len(objects), clicks=CLICKS_TO_DRAW * len(objects), keys=keys + 1
    )


def all_by_hand(images: Iterable[Objects]) -> Effort:
    """Return what drawing everything takes, image after image: a category stays chosen until another one is."""
    effort, current = Effort(), ""
    for objects in images:
        effort += by_hand(objects, current)
        others = sorted({name for _, name in objects} - {current})
        current = others[-1] if others else current
    return effort
