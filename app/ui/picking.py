"""What is under the pointer, and which of it a click means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.model import geometry
from app.ui.layers import BoxArray, BoxLayer, Layers, Ref

if TYPE_CHECKING:
    from app.model.annotations import Box

SAME_OBJECT_IOU = 0.5


@dataclass(frozen=True, slots=True)
class ProposalPick:
    """The proposal of the shown ones with this row, by descending objectness."""

    row: int
    box: Box


Pick = Ref | ProposalPick


class Picker:
    """Turns clicks into picks: the smallest box first; clicking again at the same place goes one deeper, and round.

    With the proposals shown, those under the pointer come after the boxes that are smaller than the best of them or
    lie on its object, best first. A proposal on an annotated object is not offered: it has its box.
    """

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self._stack: list[Pick] = []
        self._place = (0.0, 0.0)
        self._position = 0
        self._scene: tuple[BoxLayer, ...] = ()
        self.taken: int | None = None
        """The annotation that the last click made of a proposal."""

    def hovered(self, x: float, y: float) -> ProposalPick | None:
        """Return the proposal that a first click at image point (x, y) would take."""
        stack = self._stack_at(x, y) if len(self._layers.proposals) else []
        return stack[0] if stack and isinstance(stack[0], ProposalPick) else None

    def pick(self, x: float, y: float, reach: float) -> Pick | None:
        """Return what a click at (x, y) means; within `reach` of the last one, and nothing changed, the next deeper."""
        again = abs(x - self._place[0]) <= reach and abs(y - self._place[1]) <= reach
        if again and self._scene == self._layers.identity and self._stack:
            self._position = (self._position + 1) % len(self._stack)
        else:
            self._stack, self._position, self.taken = self._stack_at(x, y), 0, None
            self._place, self._scene = (x, y), self._layers.identity
        return self._stack[self._position] if self._stack else None

    def keep(self) -> None:
        """Go on from the last click although the layers changed: the click itself changed them."""
        self._scene = self._layers.identity

    def refs_under(self, x: float, y: float) -> list[Ref]:
        """Return the annotations and suggestions under (x, y), smallest first."""
        boxes, refs = self._decidable()
        return [refs[index] for index in geometry.boxes_at(boxes, x, y)]

    def _decidable(self) -> tuple[BoxArray, tuple[Ref, ...]]:
        annotations, suggestions = self._layers.annotations, self._layers.suggestions
        return np.concatenate([annotations.boxes, suggestions.boxes]), (*annotations.refs, *suggestions.refs)

    def _stack_at(self, x: float, y: float) -> list[Pick]:
        offered = self._offered_proposals(x, y)
        if not offered:
            return list(self.refs_under(x, y))
        boxes, refs = self._decidable()
        under = geometry.boxes_at(boxes, x, y)
        best = self._layers.proposals.boxes[offered[:1]]  # (1, 4)
        same = geometry.iou(boxes[under], best)[:, 0] >= SAME_OBJECT_IOU
        before = same | (geometry.areas(boxes[under]) <= geometry.areas(best))
        first = [refs[index] for index, is_first in zip(under, before, strict=True) if is_first]
        last = [refs[index] for index, is_first in zip(under, before, strict=True) if not is_first]
        return [*first, *(self._proposal(row) for row in offered), *last]

    def _proposal(self, row: int) -> ProposalPick:
        x1, y1, x2, y2 = self._layers.proposals.boxes[row].tolist()
        return ProposalPick(row, (x1, y1, x2, y2))

    def _offered_proposals(self, x: float, y: float) -> list[int]:
        """Return the proposals under (x, y) on objects without an annotation, best first."""
        proposals = self._layers.proposals.boxes
        rows = np.array(sorted(geometry.boxes_at(proposals, x, y)), dtype=np.int64)
        overlap = geometry.iou(proposals[rows], self._layers.annotations.boxes)
        rows = rows[~(overlap >= SAME_OBJECT_IOU).any(axis=1)]
        return [int(row) for row in rows]
