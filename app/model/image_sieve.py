"""Tells which images pass a filter: from their records at once, and from answers that were asked for.

Shapes: N images of the project, in file-name order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.model.image_filter import AtPlace, FoundTerm, ImageFilter, InState, NameHas, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.model.annotations import ImageRecord
    from app.model.image_filter import Clause, Term
    from app.model.shown_images import BoolArray


def is_asked(term: Term) -> bool:
    """Return whether the record of an image is not enough to tell."""
    return not isinstance(term, NameHas | AtPlace | InState) or term == InState(State.EMPTY)


class ImageSieve:
    """A `filter` over all `images`, N of them. `problems` says of an image, by id, why it cannot be read.

    `masks` (N,) says where each term holds that is asked for, and `looked_at` (N,) where the detector has looked: an
    image that it has not looked at passes nothing that is about findings, negated or not.
    """

    def __init__(self, images: Sequence[ImageRecord], problems: Mapping[int, str]) -> None:
        self.filter = ImageFilter()
        self.masks: Mapping[Term, BoolArray] = {}
        self.looked_at: BoolArray = np.zeros(len(images), np.bool_)
        self._images = images
        self._problems = problems
        self._folded: list[str] = []  # of 100,000 names that takes longer than looking through them

    @property
    def asked_terms(self) -> frozenset[Term]:
        """The terms of the filter that `masks` has to say where they hold."""
        return frozenset(clause.term for clause in self.filter.asked if is_asked(clause.term))

    def passes(self) -> BoolArray:
        """Return which images pass (N,); a clause that nobody has answered yet leaves none out."""
        passing = np.ones(len(self._images), np.bool_)
        for clause in self.filter.asked:
            holds = self.masks.get(clause.term) if is_asked(clause.term) else self._holding(clause.term)
            if holds is not None:
                passing &= holds ^ clause.negated
                if isinstance(clause.term, FoundTerm):
                    passing &= self.looked_at
        return passing

    def passes_at(self, place: int) -> bool:
        """Return whether one image passes."""
        return all(self._holds_at(clause, place) for clause in self.filter.asked)

    def _holds_at(self, clause: Clause, place: int) -> bool:
        term = clause.term
        if not is_asked(term):
            return self._holds_without_asking(term, place) != clause.negated
        if term not in self.masks:
            return True
        is_known = not isinstance(term, FoundTerm) or bool(self.looked_at[place])
        return is_known and bool(self.masks[term][place]) != clause.negated

    def _holding(self, term: Term) -> BoolArray:
        """Return where a term holds that is not asked for (N,)."""
        count = len(self._images)
        if isinstance(term, NameHas):
            part = term.part.casefold()
            return np.fromiter((part in name for name in self._names()), np.bool_, count)
        if isinstance(term, AtPlace):
            return np.equal(np.arange(1, count + 1), term.place)
        return np.fromiter(map(self._test(term), self._images), np.bool_, count)

    def _holds_without_asking(self, term: Term, place: int) -> bool:
        if isinstance(term, NameHas):
            return term.part.casefold() in self._names()[place]
        if isinstance(term, AtPlace):
            return place + 1 == term.place
        return self._test(term)(self._images[place])

    def _test(self, term: Term) -> Callable[[ImageRecord], bool]:
        """Return what tells of a record whether a state holds that is not asked for."""
        assert isinstance(term, InState)
        problems = self._problems
        tests: dict[State, Callable[[ImageRecord], bool]] = {
            State.REVIEWED: lambda record: record.reviewed,
            State.UNREVIEWED: lambda record: not record.reviewed,
            State.UNSURE: lambda record: record.unsure,
            State.MISSING: lambda record: record.missing,
            State.UNREADABLE: lambda record: record.missing or bool(problems.get(record.id)),
        }
        return tests[term.state]

    def _names(self) -> list[str]:
        if not self._folded:
            self._folded = [record.path.casefold() for record in self._images]
        return self._folded
