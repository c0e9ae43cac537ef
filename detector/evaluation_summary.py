"""How good a model is on reviewed images, for a window: figures, rows per category, curves, and the worst images.

Shapes: N images, M ground-truth boxes, D detections, K categories. Values in [0, 1]; None where nothing is to be found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from detector.evaluation import (
    IOU_THRESHOLDS,
    RECALL_POINTS,
    category_curves,
    hits_and_mistakes,
    mean_or_nan,
    proposal_recall,
)
from detector.precision_recall import PrecisionRecall, of_coco
from detector.voc import category_curve, eleven_point_ap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from detector.evaluation import Annotated
    from detector.types import Detections, IntArray, Proposals


class _Marked(NamedTuple):
    """The labels of one image's boxes, of the detections shown that are right, and of those that are wrong."""

    asked: IntArray
    found: IntArray
    wrong: IntArray


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """One category. `boxes` without crowds; `found` of them, and `wrong` detections, above the score threshold.

    `recall` is the share of the boxes that was found, `precision` the share of the detections that was right.
    """

    name: str
    boxes: int
    found: int
    wrong: int
    ap: float | None
    ap50: float | None

    @property
    def precision(self) -> float | None:
        """In [0, 1]; None if nothing was detected."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else None

    @property
    def recall(self) -> float | None:
        """In [0, 1]; None if there is nothing to find."""
        return self.found / self.boxes if self.boxes else None


@dataclass(frozen=True, slots=True)
class ImageScore:
    """One image, `index` in those given: boxes found, boxes missed, and detections that are wrong."""

    index: int
    hits: int
    missed: int
    wrong: int

    @property
    def mistakes(self) -> int:
        """What a labeler would have to draw or to reject."""
        return self.missed + self.wrong


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Everything that a window shows. `boxes` without crowds.

    `ap`, `ap50`, `ap75` are COCO's, `ar100` the average recall of the 100 best proposals, `voc07` the mean of VOC
    2007's AP. `categories` has a row for each name; `curves` one entry for each category with boxes; `worst` the images
    with mistakes, most first.
    """

    images: int
    boxes: int
    score_thresh: float
    ap: float | None
    ap50: float | None
    ap75: float | None
    ar100: float | None
    voc07: float | None
    categories: tuple[CategoryScore, ...]
    curves: tuple[PrecisionRecall, ...]
    worst: tuple[ImageScore, ...]


def summarise(
    truths: Sequence[Annotated],
    detections: Sequence[Detections],
    proposals: Sequence[Proposals],
    category_names: Sequence[str],
    score_thresh: float = 0.5,
    *,
    difficult: Sequence[NDArray[np.bool_]] | None = None,
) -> Evaluation:
    """Return the figures of N images; `category_names[label - 1]` is the name of `label` in truths and detections.

    `difficult[i]` (M,) marks the boxes of image i, its crowds too, that VOC 2007's figure leaves out; without it these
    are the crowds. COCO does not know them: they count in everything else.

    Average precision uses every detection, also those that the threshold hides; a low score floor serves it best. What
    counts as found, missed and wrong is said by COCO's matching at IoU 0.5, for scores above `score_thresh`. Raises
    ValueError if the three sequences differ in length.
    """
    labels = range(1, len(category_names) + 1)
    shape = (len(labels), len(IOU_THRESHOLDS), len(RECALL_POINTS))
    of_label = [category_curves(truths, detections, label, None) for label in labels]
    curves = np.reshape(of_label, shape)  # NaN without a box
    voc07 = [eleven_point_ap(category_curve(truths, detections, label, difficult)) for label in labels]
    boxes = [truth.gt_boxes[~truth.iscrowd] for truth in truths]
    marked = [_shown(truth, found, score_thresh) for truth, found in zip(truths, detections, strict=True)]
    rows = tuple(
        _category_score(marked, name, label, curves[label - 1]) for label, name in enumerate(category_names, 1)
    )
    return Evaluation(
        images=len(truths),
        boxes=sum(map(len, boxes)),
        score_thresh=score_thresh,
        ap=_known_mean(curves),
        ap50=_known_mean(curves[:, 0]),
        ap75=_known_mean(curves[:, 5]),
        ar100=_known_mean(proposal_recall(boxes, [each.boxes for each in proposals], 100)),
        voc07=_known_mean(voc07),
        categories=rows,
        curves=tuple(of_coco(row.name, label, curves[label - 1]) for label, row in enumerate(rows, 1) if row.boxes),
        worst=tuple(score for score in _ranked(marked) if score.mistakes),
    )


def _shown(truth: Annotated, found: Detections, score_thresh: float) -> _Marked:
    """Return what one image shows above the threshold. A better detection never makes room for a worse one."""
    hits, mistakes = hits_and_mistakes(truth, found)
    shown = found.scores > score_thresh
    return _Marked(truth.labels[~truth.iscrowd], found.labels[hits & shown], found.labels[mistakes & shown])


def _ranked(marked: Sequence[_Marked]) -> list[ImageScore]:
    """Return the score of every image, most mistakes first, by the order given among equals."""
    scores = [
        ImageScore(index, len(each.found), len(each.asked) - len(each.found), len(each.wrong))
        for index, each in enumerate(marked)
    ]
    return sorted(scores, key=lambda score: -score.mistakes)


def _category_score(marked: Sequence[_Marked], name: str, label: int, curves: NDArray[np.float64]) -> CategoryScore:
    """Return the row of one category; `curves` (T, 101)."""
    asked, found, wrong = (sum(int(np.count_nonzero(each[part] == label)) for each in marked) for part in range(3))
    return CategoryScore(name, asked, found, wrong, _known_mean(curves), _known_mean(curves[0]))


def _known_mean(values: ArrayLike) -> float | None:
    """Return the mean of what is not NaN, None if nothing is."""
    array = np.asarray(values, dtype=np.float64)
    mean = mean_or_nan(array[~np.isnan(array)])
    return None if math.isnan(mean) else mean
