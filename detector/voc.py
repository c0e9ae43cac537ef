"""The average precision of PASCAL VOC: at 11 recall points for VOC 2007, by area from 2010 on.

The rules are those of the Python evaluations (py-faster-rcnn), which ask for an IoU above 0.5; the MATLAB kit takes 0.5
itself. Shapes: M ground-truth boxes and D detections of one image, P detections of one category in the whole set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from detector.evaluation import box_iou

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detector.evaluation import Annotated
    from detector.types import Detections, FloatArray

MIN_IOU = 0.5
# Not np.arange(0, 1.1, 0.1) nor np.linspace(0, 1, 11): their fourth point is 0.30000000000000004.
ELEVEN_POINTS = np.arange(11) / 10
INCLUSIVE = np.array([0.0, 0.0, 1.0, 1.0])  # VOC's corners are pixels inside the box: widths and heights are one more


class VocCurve(NamedTuple):
    """`recall` and `precision` (P,) after each detection of the whole set, best score first.

    `objects` is the number of boxes to find. If it is 0 there is no recall: both are NaN.
    """

    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    objects: int


def category_curve(
    truths: Sequence[Annotated],
    detections: Sequence[Detections],
    label: int,
    difficult: Sequence[NDArray[np.bool_]] | None = None,
) -> VocCurve:
    """Return precision over recall of one category.

    `difficult[i]` (M,) marks the boxes of image i that nobody has to find; without it these are the crowds. A detection
    goes with the ground truth of the largest IoU, and has no second choice. A difficult one makes it neither right nor
    wrong; of several on one object the one with the best score is right. Among equal scores the earlier comes first.
    """
    hard = [truth.iscrowd for truth in truths] if difficult is None else difficult
    scores: list[FloatArray] = [np.zeros(0, np.float32)]
    targets = [np.zeros(0, np.int64)]  # of each detection, which ground truth of the whole set it goes with; -1: none
    unasked = [np.zeros(0, np.bool_)]  # of each ground truth of the whole set, whether it is difficult
    boxes_before = 0
    for truth, found, is_hard in zip(truths, detections, hard, strict=True):
        mine, of_label = truth.labels == label, found.labels == label
        iou = box_iou(found.boxes[of_label] + INCLUSIVE, truth.gt_boxes[mine] + INCLUSIVE)  # (D, M)
        scores.append(found.scores[of_label])
        targets.append(_best_column(iou, boxes_before))
        unasked.append(is_hard[mine])
        boxes_before += iou.shape[1]
    order = np.argsort(-np.concatenate(scores), kind="stable")
    return _curve(np.concatenate(targets)[order], np.concatenate(unasked))


def eleven_point_ap(curve: VocCurve) -> float:
    """Return VOC 2007's AP, the mean of `interpolated`: 0 without a detection, NaN without an object."""
    return float(interpolated(curve).mean()) if curve.objects else float("nan")


def interpolated(curve: VocCurve) -> NDArray[np.float64]:
    """Return (11,) the highest precision at each of `ELEVEN_POINTS` of recall or beyond, 0 where none is reached."""
    reached = curve.recall >= ELEVEN_POINTS[:, None]  # (11, P)
    best: NDArray[np.float64] = np.where(reached, curve.precision, 0.0).max(axis=1, initial=0.0)
    return best


def area_ap(curve: VocCurve) -> float:
    """Return the AP of VOC 2010 and later, the area under `envelope`: 0 without a detection, NaN without an object."""
    if not curve.objects:
        return float("nan")
    return float(np.sum(np.diff(curve.recall, prepend=0.0) * envelope(curve)))


def envelope(curve: VocCurve) -> NDArray[np.float64]:
    """Return (P,) the highest precision from each detection on: the curve, made never to rise."""
    heights: NDArray[np.float64] = np.maximum.accumulate(curve.precision[::-1])[::-1]
    return heights


def _best_column(iou: NDArray[np.float64], offset: int) -> NDArray[np.int64]:
    """Return (D,) `offset` + the column with the largest IoU of each row (D, M), -1 where that is not above 0.5."""
    if not iou.shape[1]:
        return np.full(len(iou), -1)
    return np.where(iou.max(axis=1) > MIN_IOU, iou.argmax(axis=1) + offset, -1)


def _curve(targets: NDArray[np.int64], difficult: NDArray[np.bool_]) -> VocCurve:
    """Return the curve of detections in the order of their scores, `targets` (P,) being rows of `difficult` or -1."""
    first = np.zeros(len(targets), np.bool_)
    first[np.unique(targets, return_index=True)[1]] = True
    on_object = targets >= 0
    ignored = np.zeros(len(targets), np.bool_)
    ignored[on_object] = difficult[targets[on_object]]
    true = np.cumsum(first & on_object & ~ignored)
    counted = np.cumsum(~ignored)
    objects = int(np.count_nonzero(~difficult))
    if not objects:
        nowhere = np.full(len(targets), np.nan)
        return VocCurve(nowhere, nowhere, 0)
    return VocCurve(true / objects, true / np.maximum(counted, 1), objects)
