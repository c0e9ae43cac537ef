"""The figures of a whole dataset by one metric, of each category too, with the plots that belong to them.

Shapes: R proposals, M ground-truth boxes, K categories.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from detector import coco_evaluation, precision_recall, voc
from detector.evaluation import IOU_THRESHOLDS, matched_ious, mean_or_nan
from detector.plots import write_precision_recall, write_recall

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from detector.coco import CocoImage
    from detector.precision_recall import PrecisionRecall
    from detector.types import Detections, Proposals
    from detector.voc import VocCurve

Metric = Literal["coco", "voc07", "voc", "recall"]

TITLES: dict[Metric, str] = {
    "coco": "COCO AP",
    "voc07": "VOC 2007 AP, 11 points",
    "voc": "VOC AP, area",
    "recall": "recall of the proposals",
}
PROPOSAL_COUNTS = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000)


class Measured(NamedTuple):
    """`figures` by name; a row for each category; and what draws the plots, given a folder and a title."""

    figures: dict[str, float]
    categories: list[dict[str, Any]]
    plot: Callable[[Path, str], list[Path]]


def by_coco(truths: Sequence[CocoImage], found: Sequence[Detections], category_names: Sequence[str]) -> Measured:
    """Return COCO's figures, and AP, AP50 and AP75 of each category."""
    figures, curves = coco_evaluation.evaluate(truths, found, category_names)
    rows: list[dict[str, Any]] = []
    lines = []
    for label, name in enumerate(category_names, start=1):
        at_half, at_three_quarters = curves[label - 1, [0, 5]].mean(axis=1).tolist()
        boxes = sum(int(np.count_nonzero(truth.labels[~truth.iscrowd] == label)) for truth in truths)
        ap = {"AP": figures[f"AP/{name}"], "AP50": at_half, "AP75": at_three_quarters}
        rows.append({"name": name, "boxes": boxes} | ap)
        if boxes:
            lines.append(precision_recall.of_coco(name, label, curves[label - 1]))
    return Measured(figures, rows, functools.partial(write_precision_recall, lines))


def by_voc07(truths: Sequence[CocoImage], found: Sequence[Detections], category_names: Sequence[str]) -> Measured:
    """Return VOC 2007's AP, at 11 points, of each category and their mean. Crowds count as difficult."""
    return _by_voc(truths, found, category_names, voc.eleven_point_ap, precision_recall.of_voc07)


def by_voc(truths: Sequence[CocoImage], found: Sequence[Detections], category_names: Sequence[str]) -> Measured:
    """Return the AP of VOC 2010 and later, the area, of each category and their mean. Crowds count as difficult."""
    return _by_voc(truths, found, category_names, voc.area_ap, precision_recall.of_voc)


def by_recall(truths: Sequence[CocoImage], proposals: Sequence[Proposals]) -> Measured:
    """Return AR100, AR300 and AR1000, the average recall of that many best proposals, and R50, that of 300 at IoU 0.5.

    R50@50 to R50@1000 are the recall of so many at IoU 0.5. Categories do not matter; crowds, and what is marked as
    difficult, are left out. NaN if there is no box.
    """
    boxes = [truth.gt_boxes[~(truth.iscrowd | truth.difficult)] for truth in truths]
    ious = matched_ious(boxes, [each.boxes for each in proposals], PROPOSAL_COUNTS)
    best = dict(zip(PROPOSAL_COUNTS, ious, strict=True))
    figures = {f"AR{count}": mean_or_nan(best[count] >= IOU_THRESHOLDS[:, None]) for count in (100, 300, 1000)}
    figures["R50"] = mean_or_nan(best[300] >= 0.5)
    figures |= {f"R50@{count}": mean_or_nan(best[count] >= 0.5) for count in (50, 100, 300, 1000)}
    return Measured(figures, [], functools.partial(write_recall, ious, PROPOSAL_COUNTS))


def _by_voc(
    truths: Sequence[CocoImage],
    found: Sequence[Detections],
    category_names: Sequence[str],
    average_precision: Callable[[VocCurve], float],
    lines_of: Callable[[str, int, VocCurve], PrecisionRecall],
) -> Measured:
    """Return the figures; each category's row also counts the boxes that are difficult, which are not in `boxes`."""
    difficult = [truth.iscrowd | truth.difficult for truth in truths]
    rows: list[dict[str, Any]] = []
    lines = []
    for label, name in enumerate(category_names, start=1):
        curve = voc.category_curve(truths, found, label, difficult)
        annotated = sum(int(np.count_nonzero(truth.labels == label)) for truth in truths)
        ap = average_precision(curve)
        rows.append({"name": name, "boxes": curve.objects, "difficult": annotated - curve.objects, "AP": ap})
        if curve.objects:
            lines.append(lines_of(name, label, curve))
    figures = {"AP": mean_or_nan(np.array([line.lines[-1].ap for line in lines]))}
    figures |= {f"AP/{row['name']}": row["AP"] for row in rows}
    return Measured(figures, rows, functools.partial(write_precision_recall, lines))
