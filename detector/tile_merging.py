"""What was seen in overlapping tiles, and of the whole image, as one prediction in which each object is once.

An object at the border of a tile is seen in part there. The part goes where another tile has it whole, and where a
box of the whole object covers it. What is seen twice goes by per-category NMS.

Shapes: C candidates, R proposals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detector.filtering import CandidateFilter
from detector.types import Candidates, FloatArray, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.orientation import Rectangle

AT_BORDER = 2.0  # pixels: a box that ends so close to the border of a tile may go on behind it
MERGE_IOU = 0.7  # of the NMS over all tiles; that of the slider comes after it
COVERED = 0.7  # share of a part that a box of the whole object covers
SURE = 0.5  # share of the score of the part that the whole object has at least
MOST_CANDIDATES = 8000  # the window compares all pairs of a category
MOST_PROPOSALS, FEWEST_OF_A_TILE = 10_000, 20

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is kept of one look; `is_part` (C,) says which candidates are cut off by the border of its tile."""

    proposals: Proposals
    candidates: Candidates
    is_part: BoolArray


class Merging:
    """Takes in one prediction after the other, each in pixels of the image of `size` (height, width)."""

    def __init__(self, size: tuple[int, int], tiles: Sequence[Rectangle]) -> None:
        self._size = size
        self._tiles = tiles
        self._proposals_of_each = max(FEWEST_OF_A_TILE, MOST_PROPOSALS // len(tiles))
        self._seen: list[_Seen] = []
        self._last: Prediction | None = None
        self._is_reduced = False

    def add_whole(self, prediction: Prediction, shared: int) -> None:
        """Take over what is too large for the `shared` pixels of neighbours: the tiles show anything else better."""

        def is_large(boxes: FloatArray) -> BoolArray:
            return np.asarray((boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) > shared)

        candidates, proposals = prediction.candidates, prediction.proposals
        self._add(
            prediction, is_large(candidates.boxes), is_large(proposals.boxes), np.zeros(len(candidates), np.bool_)
        )

    def add_tile(self, prediction: Prediction, index: int) -> None:
        """Take over what was seen in tile `index`, but for what another tile sees more of."""
        candidates, proposals = prediction.candidates, prediction.proposals
        keeps, keeps_proposals = (~self._seen_whole_elsewhere(one.boxes, index) for one in (candidates, proposals))
        self._add(prediction, keeps, keeps_proposals, _cut_off(candidates.boxes, self._tiles[index], self._size))

    def prediction(self) -> Prediction:
        """Return everything as one prediction; its score floor rises where it is too much."""
        assert self._last is not None
        proposals, candidates, is_part = self._joined()
        score_floor = self._last.score_floor
        if len(candidates) > MOST_CANDIDATES:
            score_floor = float(candidates.scores[MOST_CANDIDATES])
            candidates, is_part = _rows(candidates, slice(MOST_CANDIDATES)), is_part[:MOST_CANDIDATES]
        candidates = _rows(candidates, ~_covered(candidates, is_part))
        candidates = _rows(candidates, CandidateFilter(candidates).kept(MERGE_IOU))
        return replace(
            self._last,
            image_size=self._size,
            proposals=proposals,
            candidates=candidates,
            score_floor=score_floor,
            looks=len(self._seen),
            is_reduced=self._is_reduced,
        )

    def _add(self, prediction: Prediction, keeps: BoolArray, keeps_proposals: BoolArray, is_part: BoolArray) -> None:
        """Keep the candidates that NMS leaves, the best proposals, and those that the candidates come from."""
        self._last = prediction
        self._is_reduced |= prediction.is_reduced
        rows = np.flatnonzero(keeps)
        candidates = _rows(prediction.candidates, rows)
        kept = CandidateFilter(candidates).kept(MERGE_IOU)
        candidates, is_part = _rows(candidates, kept), is_part[rows[kept]]
        wanted = np.union1d(np.flatnonzero(keeps_proposals)[: self._proposals_of_each], candidates.proposal_indices)
        wanted = wanted.astype(np.int64)
        self._seen.append(
            _Seen(
                Proposals(prediction.proposals.boxes[wanted], prediction.proposals.objectness[wanted]),
                replace(candidates, proposal_indices=np.searchsorted(wanted, candidates.proposal_indices)),
                is_part,
            )
        )

    def _joined(self) -> tuple[Proposals, Candidates, BoolArray]:
        """Return all proposals and all candidates, best first."""
        objectness = np.concatenate([one.proposals.objectness for one in self._seen])
        best = np.argsort(-objectness, kind="stable")
        place = np.empty_like(best)
        place[best] = np.arange(len(best))
        offsets = np.cumsum([0, *(len(one.proposals) for one in self._seen)])
        found = [one.candidates for one in self._seen]
        indices = [one.proposal_indices + offset for one, offset in zip(found, offsets, strict=False)]
        candidates = Candidates(
            np.concatenate([one.boxes for one in found]),
            np.concatenate([one.scores for one in found]),
            np.concatenate([one.labels for one in found]),
            place[np.concatenate(indices)],
        )
        order = np.argsort(-candidates.scores, kind="stable")
        proposals = Proposals(np.concatenate([one.proposals.boxes for one in self._seen])[best], objectness[best])
        return proposals, _rows(candidates, order), np.concatenate([one.is_part for one in self._seen])[order]

    def _seen_whole_elsewhere(self, boxes: FloatArray, index: int) -> BoolArray:
        """Return which boxes (C, 4) are cut off by the border of tile `index` and lie well inside another tile."""
        tile = self._tiles[index]
        elsewhere = np.zeros(len(boxes), dtype=np.bool_)
        for other in self._tiles:
            if (
                other == tile
                or other[0] >= tile[2]
                or other[2] <= tile[0]
                or other[1] >= tile[3]
                or other[3] <= tile[1]
            ):
                continue
            inside = (boxes[:, :2] >= other[:2]).all(axis=1) & (boxes[:, 2:] <= other[2:]).all(axis=1)
            elsewhere |= inside & ~_cut_off(boxes, other, self._size)
        return elsewhere & _cut_off(boxes, tile, self._size)


def _cut_off(boxes: FloatArray, tile: Rectangle, size: tuple[int, int]) -> BoolArray:
    """Return which boxes (C, 4) of a tile end at one of its borders that is not the image's."""
    near = np.abs(boxes - np.array(tile, dtype=np.float32)) <= AT_BORDER  # (C, 4)
    inner = np.array([tile[0] > 0, tile[1] > 0, tile[2] < size[1], tile[3] < size[0]])
    return np.asarray((near & inner).any(axis=1))


def _covered(candidates: Candidates, is_part: BoolArray) -> BoolArray:
    """Return which parts (C,) of objects lie in a box of the whole object, of their category and nearly their score."""
    covered = np.zeros(len(candidates), dtype=np.bool_)
    boxes, scores, labels = candidates.boxes, candidates.scores, candidates.labels
    for row in np.flatnonzero(is_part):
        box = boxes[row]
        whole = np.flatnonzero(~is_part & (labels == labels[row]) & (scores >= SURE * scores[row]))
        sides = np.minimum(boxes[whole, 2:], box[2:]) - np.maximum(boxes[whole, :2], box[:2])
        area = (box[2] - box[0]) * (box[3] - box[1])
        covered[row] = bool((sides.clip(min=0).prod(axis=1) >= COVERED * area).any())
    return covered


def _rows(candidates: Candidates, rows: NDArray[np.int64] | BoolArray | slice) -> Candidates:
    return Candidates(
        candidates.boxes[rows], candidates.scores[rows], candidates.labels[rows], candidates.proposal_indices[rows]
    )
