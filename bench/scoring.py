"""How good a model is on annotated images: the figures that the benches of training print."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from detector.evaluation import mean_average_precision, proposal_recall
from detector.filtering import select
from detector.measurement import matching_labels, relabelled
from detector.types import Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from detector.evaluation import Annotated
    from detector.predictor import Predictor
    from detector.types import ByteArray

EVERYTHING = Thresholds(score_thresh=0.0, nms_thresh=0.5)


class Score(NamedTuple):
    """AP50 and AP in [0, 1], means over the categories that have boxes, and the recall of the 100 best proposals."""

    ap50: float
    ap: float
    ar100: float


def score(
    predictor: Predictor, images: Iterable[ByteArray], truths: Sequence[Annotated], categories: Sequence[str]
) -> Score:
    """Return what `predictor` reaches on `images`, whose `truths` have the labels of `categories`.

    What the predictor calls by another name than all of `categories` is not counted, neither as a hit nor as a mistake.
    """
    label_of = matching_labels(predictor.categories, categories)
    found, proposals = [], []
    for image in images:
        prediction = predictor.predict(image)
        found.append(relabelled(select(prediction.candidates, EVERYTHING), label_of))
        proposals.append(prediction.proposals.boxes)
    figures = mean_average_precision(truths, found, categories)
    boxes = [truth.gt_boxes[~truth.iscrowd] for truth in truths]
    return Score(figures["AP50"], figures["AP"], proposal_recall(boxes, proposals, 100))
