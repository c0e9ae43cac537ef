"""What is under the pointer, and which of it a click means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.model import geometry
from app.model.review import DECIDED_IOU, AnnotationRef
from app.ui.layers import BoxArray, BoxLayer, Layers, Ref

if TYPE_CHECKING:
    from app.model.annotations import Box


@dataclass(frozen=True, slots=True)
class ProposalPick:
    """A box that a click makes of a proposal."""

    box: Box


Pick = Ref | ProposalPick


class Picker:
    """Turns clicks into picks: the smallest box first; clicking again at the same place goes one deeper, and round.

    With the proposals shown, those under the pointer come after the boxes that are smaller than the best of them or
    lie on its object, best first. A proposal on an annotated object is not offered: it has its box. `scale` goes from
    one to the next larger or smaller, before a click or after it.
    """

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self._stack: list[Pick] = []
        self._place = (0.0, 0.0)
        self._position = 0
        self._scene: tuple[BoxLayer, ...] = ()
        self._scaled: ProposalPick | None = None
        self.taken: int | None = None
        """The annotation that the last click made of a proposal."""

    def hovered(self, x: float, y: float, reach: float) -> ProposalPick | None:
        """Return the proposal that a first click at image point (x, y) would take."""
        if self._layers.pointing is None:
            return None
        if self._scaled is not None and self._is_here(x, y, reach):
            return self._scaled
        stack = self._stack_at(x, y)
        return stack[0] if stack and isinstance(stack[0], ProposalPick) else None

    def pick(self, x: float, y: float, reach: float) -> Pick | None:
        """Return what a click at (x, y) means; within `reach` of the last one, and nothing changed, the next deeper."""
        scaled, self._scaled = self._scaled, None
        if not self._is_here(x, y, reach):
            self._look(x, y)
        elif scaled is None and self._stack:
            self._position = (self._position + 1) % len(self._stack)
        return self._stack[self._position] if self._stack else None

    def scale(self, x: float, y: float, reach: float, step: int) -> ProposalPick | None:
        """Return the next larger (`step` 1) or smaller (-1) proposal at (x, y), which a first click then takes.

        That is the next after the one that the last click here took, or else after the one that a click would take.
        """
        if not self._is_here(x, y, reach):
            self._look(x, y)
        offered = [pick for pick in self._stack if isinstance(pick, ProposalPick)]
        if not offered:
            return None
        offered.sort(key=lambda pick: float(geometry.areas(np.array([pick.box]))[0]))
        here = self._stack[self._position]
        present = offered.index(here) if isinstance(here, ProposalPick) else -1 if step > 0 else len(offered)
        chosen = offered[min(max(present + step, 0), len(offered) - 1)]
        self._position = self._stack.index(chosen)
        if self.taken is None:
            self._scaled = chosen
        return chosen

    def keep(self) -> None:
        """Go on from the last click although the layers changed: the click itself changed them."""
        self._scene = self._layers.identity

    def refs_under(self, x: float, y: float) -> list[Ref]:
        """Return the annotations and suggestions under (x, y), smallest first."""
        boxes, refs = self._decidable()
        return [refs[index] for index in geometry.boxes_at(boxes, x, y)]

    def _is_here(self, x: float, y: float, reach: float) -> bool:
        """Return whether the stack is that of (x, y), and nothing has changed since it was made.

        A box that was taken has to be selected still: going on would replace it.
        """
        near = abs(x - self._place[0]) <= reach and abs(y - self._place[1]) <= reach
        goes_on = self.taken is None or self._layers.selected_ref == AnnotationRef(self.taken)
        return near and goes_on and self._scene == self._layers.identity

    def _look(self, x: float, y: float) -> None:
        self._stack, self._position, self._scaled, self.taken = self._stack_at(x, y), 0, None, None
        self._place, self._scene = (x, y), self._layers.identity

    def _decidable(self) -> tuple[BoxArray, tuple[Ref, ...]]:
        annotations, suggestions = self._layers.annotations, self._layers.suggestions
        return np.concatenate([annotations.boxes, suggestions.boxes]), (*annotations.refs, *suggestions.refs)

    def _stack_at(self, x: float, y: float) -> list[Pick]:
        pointing = self._layers.pointing
        annotated = self._layers.annotations.boxes
        offered = annotated[:0] if pointing is None else pointing.at(x, y, annotated)  # (D, 4)
        if not len(offered):
            return list(self.refs_under(x, y))
        boxes, refs = self._decidable()
        under = geometry.boxes_at(boxes, x, y)
        best = offered[:1]
        same = geometry.iou(boxes[under], best)[:, 0] >= DECIDED_IOU
        before = same | (geometry.areas(boxes[under]) <= geometry.areas(best))
        first = [refs[index] for index, is_first in zip(under, before, strict=True) if is_first]
        last = [refs[index] for index, is_first in zip(under, before, strict=True) if not is_first]
        return [*first, *(ProposalPick((x1, y1, x2, y2)) for x1, y1, x2, y2 in offered.tolist()), *last]
