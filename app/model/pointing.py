"""Which box a click on an object means: a proposal, or what the head made of it, best first.

Shapes: R proposals, B boxes to take, D of them that a point may mean, M annotated boxes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.model.geometry import boxes_at, iou
from app.model.review import DECIDED_IOU

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detector.types import Prediction

TWIN_IOU = 0.7
"""A box that overlaps a better one more than this would be no other choice."""
CENTRED = 10.0
"""People click in the middle of what they mean: a box whose centre is a quarter of its side away weighs half."""
MOST = 8


class Pointing:
    """What clicks on one image may take. Built once per prediction; a click only looks.

    Each proposal is there as the RPN has it and as the head refines it for the category that it believes in most: a
    detector that knows the objects refines well, one that does not know them yet is better left unrefined. A box
    weighs objectness, times 1 + the score of a refined one, and less the further from its centre the click is. These
    weights are measured by `bench/clicks.py`.
    """

    def __init__(self, prediction: Prediction) -> None:
        proposals, candidates = prediction.proposals, prediction.candidates
        # Candidates come best first: the first one of a proposal is of its likeliest category.
        rows, first = np.unique(candidates.proposal_indices, return_index=True)
        trust = proposals.objectness[rows] * (1 + candidates.scores[first])
        self._boxes = np.concatenate((candidates.boxes[first], proposals.boxes)).astype(np.float64)  # (B, 4)
        self._weights = np.concatenate((trust, proposals.objectness)).astype(np.float64)  # (B,)

    def at(self, x: float, y: float, annotated: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (D, 4) boxes under (x, y) that are not of an `annotated` (M, 4) object, best first, D at most `MOST`.

        No two of them are much the same.
        """
        rows = np.array(boxes_at(self._boxes, x, y), dtype=np.int64)
        rows = rows[~(iou(self._boxes[rows], annotated) >= DECIDED_IOU).any(axis=1)]
        boxes = self._boxes[rows]
        weights = self._weights[rows] * np.exp(-CENTRED * _offsets(boxes, x, y))
        boxes = boxes[np.argsort(-weights, kind="stable")]
        chosen = boxes[:0]
        while len(boxes) and len(chosen) < MOST:
            best = boxes[:1]
            chosen = np.concatenate((chosen, best))
            boxes = boxes[1:][iou(boxes[1:], best)[:, 0] <= TWIN_IOU]
        return chosen


def _offsets(boxes: NDArray[np.float64], x: float, y: float) -> NDArray[np.float64]:
    """Return (B,) squared distances from the centres to (x, y), sides being 1 long."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], np.finfo(np.float64).tiny)
    result: NDArray[np.float64] = (((np.array([x, y]) - centres) / sides) ** 2).sum(axis=1)
    return result
