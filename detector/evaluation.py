"""How good a detector is: COCO average precision, and the recall of proposals.

There are two roads to COCO's average precision. `coco_evaluation` asks pycocotools, the reference, for every figure.
`mean_average_precision` is numpy alone: it gives the same AP, AP50 and AP75 where training validates itself and
pycocotools need not be installed. PASCAL VOC's average precision is in `voc`.

Shapes: M ground-truth boxes, D detections, R proposals, K categories, T = 10 IoU thresholds, L limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from detector.types import Detections, FloatArray, IntArray

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALL_POINTS = np.linspace(0.0, 1.0, 101)
MAX_DETECTIONS = 100  # per image and category


class Annotated(Protocol):
    """Ground truth of one image: a `Sample`, or a `CocoImage` whose pixels nobody needs here."""

    @property
    def gt_boxes(self) -> FloatArray:
        """(M, 4)."""

    @property
    def labels(self) -> IntArray:
        """(M,) in 1..K."""

    @property
    def iscrowd(self) -> NDArray[np.bool_]:
        """(M,): regions with many objects. Detections inside one count neither as hits nor as mistakes."""


def mean_average_precision(
    truths: Sequence[Annotated],
    detections: Sequence[Detections],
    category_names: Sequence[str] = (),
    most: int | None = MAX_DETECTIONS,
) -> dict[str, float]:
    """Return AP, AP50, AP75, and `AP/name` for every category named, as `coco_evaluation` does, by numpy alone.

    Categories without ground truth do not count in the means; NaN where there is no ground truth at all. Of the
    detections of a category in an image the best `most` count, None for all.
    """
    largest = max((int(truth.labels.max()) for truth in truths if len(truth.labels)), default=0)
    table = np.full((max(largest, len(category_names)), len(IOU_THRESHOLDS)), np.nan)
    for row in range(len(table)):
        table[row] = category_precision(truths, detections, row + 1, most)
    figures = {"AP": table, "AP50": table[:, 0], "AP75": table[:, 5]}
    figures |= {f"AP/{name}": table[row] for row, name in enumerate(category_names)}
    return {name: mean_or_nan(values[~np.isnan(values)]) for name, values in figures.items()}


def proposal_recall(
    truths: Sequence[ArrayLike],
    proposals: Sequence[ArrayLike],
    limit: int = 1000,
    thresholds: ArrayLike = IOU_THRESHOLDS,
) -> float:
    """Return the average recall of the `limit` best proposals: AR@limit, or with `thresholds=0.5` the recall there.

    `truths[i]` (M, 4) are the boxes of image i, crowds left out, whatever their category; `proposals[i]` (R, 4), best
    first. In each image the pair with the largest IoU is matched, then the largest of what remains. Recall is pooled
    over all boxes and averaged over `thresholds`. NaN if there is no box in all. Source: mmdetection `proposal_fast`.
    """
    ious = matched_ious(truths, proposals, (limit,))[0]
    return mean_or_nan(ious[None] >= np.reshape(thresholds, (-1, 1)))


def matched_ious(
    truths: Sequence[ArrayLike], proposals: Sequence[ArrayLike], limits: Sequence[int]
) -> NDArray[np.float64]:
    """Return (L, M) the IoU at which each box of all images is matched, among the `limits[row]` best proposals of each.

    Truths, proposals and matching are those of `proposal_recall`; 0 where no proposal is left for a box.
    """
    rows: list[list[NDArray[np.float64]]] = [[np.zeros(0)] for _ in limits]
    for boxes, proposed in zip(truths, proposals, strict=True):
        iou = box_iou(np.reshape(boxes, (-1, 4)), np.reshape(proposed, (-1, 4))[: max(limits)])
        for row, limit in zip(rows, limits, strict=True):
            row.append(_greedy_ious(iou[:, :limit]))
    return np.stack([np.concatenate(row) for row in rows])


def hits_and_mistakes(truth: Annotated, found: Detections) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which detections (D,) of one image are right at IoU 0.5, and which are wrong; in a crowd they are neither.

    COCO's matching: of several detections of one object the best is right and the others are wrong.
    """
    hits, mistakes = np.zeros((2, len(found)), dtype=np.bool_)
    for label in np.unique(found.labels):
        rows, mine = np.flatnonzero(found.labels == label), truth.labels == label
        rows = rows[np.argsort(-found.scores[rows], kind="stable")]
        hit, mistake = _match(
            box_iou(found.boxes[rows], truth.gt_boxes[mine], truth.iscrowd[mine]), truth.iscrowd[mine]
        )
        hits[rows], mistakes[rows] = hit[0], mistake[0]
    return hits, mistakes


def _greedy_ious(iou: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (M,) the IoU at which each row of `iou` (M, R) is matched one to one, 0 where nothing is left for it."""
    remaining, matched = iou.copy(), np.zeros(len(iou))
    for _ in range(min(iou.shape)):
        row, column = np.unravel_index(np.argmax(remaining), iou.shape)
        matched[row] = remaining[row, column]
        remaining[row], remaining[:, column] = -1, -1
    return matched


def category_precision(
    truths: Sequence[Annotated], detections: Sequence[Detections], label: int, most: int | None = MAX_DETECTIONS
) -> NDArray[np.float64]:
    """Return (T,) the average precision of one category at each IoU threshold; NaN if it has no ground truth."""
    means: NDArray[np.float64] = category_curves(truths, detections, label, most).mean(axis=1)
    return means


def category_curves(
    truths: Sequence[Annotated], detections: Sequence[Detections], label: int, most: int | None = MAX_DETECTIONS
) -> NDArray[np.float64]:
    """Return (T, 101) the precision of one category at each IoU threshold and recall point of COCO.

    That is the highest precision at this recall or a higher one, 0 where it is never reached. NaN without ground truth.
    Of each image the best `most` detections count, None for all.
    """
    scores, hits, mistakes, objects = [], [], [], 0
    for truth, found in zip(truths, detections, strict=True):
        mine = truth.labels == label
        boxes, iscrowd = truth.gt_boxes[mine], truth.iscrowd[mine]
        of_label = np.flatnonzero(found.labels == label)
        best = of_label[np.argsort(-found.scores[of_label], kind="stable")][:most]
        hit, mistake = _match(box_iou(found.boxes[best], boxes, iscrowd), iscrowd)
        scores.append(found.scores[best])
        hits.append(hit)
        mistakes.append(mistake)
        objects += int(np.count_nonzero(~iscrowd))
    if objects == 0:
        return np.full((len(IOU_THRESHOLDS), len(RECALL_POINTS)), np.nan)
    order = np.argsort(-np.concatenate(scores), kind="stable")
    true = np.cumsum(np.concatenate(hits, axis=1)[:, order], axis=1, dtype=np.float64)
    false = np.cumsum(np.concatenate(mistakes, axis=1)[:, order], axis=1, dtype=np.float64)
    precision = true / (true + false + np.spacing(1))
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    envelope = np.pad(envelope, ((0, 0), (0, 1)))  # precision 0 at a recall that is never reached
    curves = zip(envelope, true / objects, strict=True)
    return np.array([line[np.searchsorted(recall, RECALL_POINTS)] for line, recall in curves])


def _match(iou: NDArray[np.float64], iscrowd: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which of D detections, best first, are hits and which mistakes, each (T, D); in a crowd they are neither.

    COCO's rule: a detection takes the free object with the largest IoU, the last one among equals; only if there is
    none it may fall into a crowd. `iou` (D, M).
    """
    floor = np.minimum(IOU_THRESHOLDS, 1 - 1e-10)[:, None]
    free = np.repeat(~iscrowd[None], len(floor), axis=0)  # (T, M)
    hits, mistakes = np.zeros((2, len(floor), len(iou)), dtype=np.bool_)
    for detection, row in enumerate(iou):
        enough = row >= floor  # (T, M)
        eligible = np.where(enough & free, row, -1.0)
        hit = eligible.max(axis=1, initial=-1.0) >= 0
        if hit.any():
            last_best = eligible.shape[1] - 1 - np.argmax(eligible[:, ::-1], axis=1)
            free[hit, last_best[hit]] = False
        hits[:, detection] = hit
        mistakes[:, detection] = ~hit & ~(enough & iscrowd).any(axis=1)
    return hits, mistakes


def box_iou(boxes: ArrayLike, others: ArrayLike, iscrowd: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Return (N, M) the IoU of boxes (N, 4) with others (M, 4); with a crowd the share of the box that lies in it."""
    first, second = np.asarray(boxes, dtype=np.float64)[:, None], np.asarray(others, dtype=np.float64)[None]
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    inter = np.prod(np.maximum(sides, 0), axis=-1)
    area, other_area = (np.prod(corners[..., 2:] - corners[..., :2], axis=-1) for corners in (first, second))
    union = area + other_area - inter
    if iscrowd is not None:
        union = np.where(iscrowd, area, union)
    iou: NDArray[np.float64] = np.divide(inter, union, out=np.zeros_like(inter), where=inter > 0)
    return iou


def mean_or_nan(values: NDArray[Any]) -> float:
    """Return the mean of all values, NaN if there is none."""
    return float(values.mean()) if values.size else float("nan")
