"""Candidates and thresholds in, detections out: what the live sliders call, on the GUI thread, without torch.

NMS here is the true per-category greedy one: best score first, a candidate goes if its IoU with a kept candidate of the
same label is greater than `nms_thresh`. IoU is computed in float32 by the formula of torchvision's kernel, so the kept
set equals that of `torchvision.ops.nms` run label by label. What that leaves may be thinned out once more, by the same
rule across labels: one detection for each object.

Shapes: C candidates, P overlapping pairs, D detections, K categories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detector.types import Candidates, Detections, FloatArray, IntArray, Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEPT_LISTS = 128  # as many IoU values as a slider has steps; each list is a few kilobytes
BLOCK_PAIRS = 1 << 14  # pairs compared at once: the temporary arrays stay in the cache of one core

OBJECT_IOU = 0.6
"""Detections of several labels that overlap more are of one object: naming it anew is less work than rejecting."""
LOOKED_AT = 128  # detections, best first, that are compared across labels at first: as a rule more than are shown

PairArray = NDArray[np.int32]
_NOBODY: IntArray = np.zeros(0, dtype=np.int64)
_NO_PAIRS = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))


def select(candidates: Candidates, thresholds: Thresholds) -> Detections:
    """Return the detections of `candidates`, for a caller that asks once. See `CandidateFilter.select`."""
    return CandidateFilter(candidates).select(thresholds)


class CandidateFilter:
    """The candidates of one image, ready to be filtered at slider speed. For one thread.

    Building it finds all overlapping pairs of candidates with the same label. After that a new IoU value costs a few
    passes over the pairs above it, and a new score nothing but a prefix: greedy NMS never lets a worse candidate decide
    about a better one, so thresholding by score after NMS equals thresholding before it. NMS knows one label at a time,
    so that is true of a threshold for each label too.
    """

    def __init__(self, candidates: Candidates) -> None:
        assert np.all(candidates.scores[:-1] >= candidates.scores[1:]), "candidates are ordered by descending score"
        self.candidates = candidates
        self._negated_scores = -candidates.scores
        self._better, self._worse, self._negated_iou = _overlapping_pairs(candidates)
        self._kept: dict[float, IntArray] = {}
        self._single: dict[tuple[float, float], tuple[int, IntArray]] = {}

    def kept(self, nms_thresh: float) -> IntArray:
        """Return the indices (ascending: best score first) of the candidates that NMS at `nms_thresh` in [0, 1] keeps.

        The array is read-only and remembered for the next call with the same value.
        """
        kept = self._kept.pop(nms_thresh, None)
        if kept is None:
            pairs = int(np.searchsorted(self._negated_iou, -_float32_at_most(nms_thresh), side="left"))
            kept = _greedy(self._better[:pairs], self._worse[:pairs], len(self.candidates))
        self._kept[nms_thresh] = kept  # last in the order of the dictionary: most recently used
        if len(self._kept) > KEPT_LISTS:
            del self._kept[next(iter(self._kept))]
        return kept

    def select(self, thresholds: Thresholds, own: FloatArray | None = None) -> Detections:
        """Return what passes `thresholds`, best first, at most `detections_per_img`; equal scores keep their order.

        A candidate passes if its score is greater than `score_thresh`, compared in float32 as torchvision does; `own`
        (K + 1) has the thresholds of labels that are held against another one in its stead, NaN where there is none.
        """
        passing = self._passing(thresholds, own)
        if thresholds.object_thresh < 1:
            passing = self._best_of_objects(thresholds, passing, is_prefix=own is None)
        shown, candidates = passing[: thresholds.detections_per_img], self.candidates
        return Detections(candidates.boxes[shown], candidates.scores[shown], candidates.labels[shown], shown)

    def hidden(self, thresholds: Thresholds, own: FloatArray | None = None) -> int:
        """Return how many candidates NMS leaves that do not pass the score thresholds of `select`."""
        return len(self.kept(thresholds.nms_thresh)) - len(self._passing(thresholds, own))

    def _passing(self, thresholds: Thresholds, own: FloatArray | None) -> IntArray:
        """Return what NMS and scores leave, best first: a prefix, in which labels of their own thresholds have gaps."""
        kept = self.kept(thresholds.nms_thresh)
        score_thresh = np.float32(thresholds.score_thresh)
        by_label = None if own is None else np.where(np.isnan(own), score_thresh, own).astype(np.float32)  # (K + 1,)
        least = score_thresh if by_label is None else by_label.min()
        scored = np.searchsorted(self._negated_scores, -least, side="left")
        prefix = kept[: int(np.searchsorted(kept, scored))]
        if by_label is None:
            return prefix
        passes = self.candidates.scores[prefix] > by_label[self.candidates.labels[prefix]]
        passing: IntArray = prefix[passes]
        return passing

    def _best_of_objects(self, thresholds: Thresholds, passing: IntArray, *, is_prefix: bool) -> IntArray:
        """Return those of `passing` that no better one of another label overlaps too much; at least as many as asked.

        A worse one never decides about a better one here either: what was found for a prefix of what NMS keeps holds
        for every other prefix, as far as it was looked at.
        """
        key = thresholds.nms_thresh, thresholds.object_thresh
        among = self.kept(thresholds.nms_thresh) if is_prefix else passing
        looked_at, single = self._single.pop(key, (0, _NOBODY)) if is_prefix else (0, _NOBODY)
        while looked_at < len(passing) and np.count_nonzero(single <= passing[-1]) < thresholds.detections_per_img:
            looked_at = min(len(among), max(LOOKED_AT, 2 * looked_at))
            single = self._unchallenged(among[:looked_at], thresholds.object_thresh)
        if is_prefix:
            self._single[key] = looked_at, single  # the most recently used is the last
            if len(self._single) > KEPT_LISTS:
                del self._single[next(iter(self._single))]
        return single[: int(np.searchsorted(single, passing[-1], side="right"))] if len(passing) else passing

    def _unchallenged(self, indices: IntArray, object_thresh: float) -> IntArray:
        """Return those of `indices`, best first, that no better one of another label overlaps more than that."""
        boxes, labels = self.candidates.boxes[indices], self.candidates.labels[indices]
        better, worse, negated_iou = _joined(_overlapping(boxes, np.arange(len(indices), dtype=np.int32)))
        over = (-negated_iou > _float32_at_most(object_thresh)) & (labels[better] != labels[worse])
        return indices[_greedy(better[over], worse[over], len(indices))]


def _greedy(better: PairArray, worse: PairArray, count: int) -> IntArray:
    """Return the indices that greedy NMS keeps of `count` candidates, given the pairs (P,) whose IoU is too high.

    Works in rounds over all pairs at once. Whoever no undecided better candidate overlaps is kept, and what those
    overlap goes; both leave the pairs. There are as many rounds as the longest chain of such decisions is long.
    """
    gone = np.zeros(count, dtype=np.bool_)
    while len(worse):
        challenged = np.zeros(count, dtype=np.bool_)
        challenged[worse] = True
        challenged_better = challenged[better]
        gone[worse[~challenged_better]] = True
        # A pair still matters if neither side is decided; its better side is undecided only if it is challenged itself.
        open_pairs = challenged_better & ~gone[better] & ~gone[worse]
        better, worse = better[open_pairs], worse[open_pairs]
    kept = np.flatnonzero(~gone)
    kept.flags.writeable = False
    return kept


def _overlapping_pairs(candidates: Candidates) -> tuple[PairArray, PairArray, FloatArray]:
    """Return (better index, worse index, negated IoU), each (P,), of all pairs of one label with IoU > 0.

    The highest IoU comes first; it is negated because binary search wants ascending order.
    """
    rows_by_label = _rows_by_label(candidates.labels)
    better, worse, negated_iou = _joined(
        block for rows in rows_by_label for block in _overlapping(candidates.boxes, rows)
    )
    order = np.argsort(negated_iou)
    return better[order], worse[order], negated_iou[order]


def _joined(blocks: Iterable[tuple[PairArray, PairArray, FloatArray]]) -> tuple[PairArray, PairArray, FloatArray]:
    """Return blocks of pairs, of which there may be none, as one: (P,) each."""
    better, worse, negated_iou = zip(_NO_PAIRS, *blocks, strict=True)
    return np.concatenate(better), np.concatenate(worse), np.concatenate(negated_iou)


def _rows_by_label(labels: IntArray) -> list[PairArray]:
    """Return one ascending array of indices per label that occurs."""
    order = np.argsort(labels, kind="stable").astype(np.int32)
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def _overlapping(boxes: FloatArray, rows: PairArray) -> Iterator[tuple[PairArray, PairArray, FloatArray]]:
    """Yield the overlapping pairs among `boxes[rows]`, `rows` ascending, in blocks of bounded size."""
    x1, y1, x2, y2 = np.ascontiguousarray(boxes[rows].T)
    areas = (x2 - x1) * (y2 - y1)
    height = max(1, BLOCK_PAIRS // max(1, len(rows)))
    for top in range(0, len(rows) - 1, height):
        block = slice(top, top + height)
        after = slice(top + 1, None)  # only the upper triangle: a pair is found from its better side
        width = np.minimum(x2[block, None], x2[after])
        width -= np.maximum(x1[block, None], x1[after])
        depth = np.minimum(y2[block, None], y2[after])
        depth -= np.maximum(y1[block, None], y1[after])
        pairs = np.flatnonzero(np.triu((width > 0) & (depth > 0)))
        inter = width.ravel()[pairs] * depth.ravel()[pairs]
        first, second = np.divmod(pairs, width.shape[1])
        first, second = first + top, second + (top + 1)
        with np.errstate(invalid="ignore", divide="ignore"):  # areas so small that they are 0 in float32: IoU NaN
            negated_iou = -(inter / (areas[first] + areas[second] - inter))
        real = negated_iou < 0
        yield rows[first[real]], rows[second[real]], negated_iou[real]


def _float32_at_most(value: float) -> np.float32:
    """Return the greatest float32 not above `value`: a float32 IoU is above the one exactly if above the other."""
    rounded = np.float32(value)
    return rounded if float(rounded) <= value else np.nextafter(rounded, np.float32(-np.inf))
