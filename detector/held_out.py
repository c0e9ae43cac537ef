"""What a model is worth to the labeler: measured on reviewed images that the training does not see.

Shapes: N held-out images, R RoIs, C candidates and D detections of one image, K categories of the project.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from detector.calibration import Calibration, apply, fit
from detector.evaluation import category_precision, hits_and_mistakes, mean_average_precision
from detector.filtering import select
from detector.fine_tune_values import CategoryFigures, Example, Figures
from detector.images import read_image
from detector.model import Analysis
from detector.predictor import candidates_of
from detector.types import Candidates, Detections, Prediction, Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from torchvision.models.detection._utils import BoxCoder

    from detector.corrections import CorrectedImage
    from detector.head import Head
    from detector.predictor import Predictor
    from detector.roi_features import RoiFeatures

SCORE_FLOOR = 0.02
ALL = Thresholds(score_thresh=0.0, nms_thresh=0.5)
SHOWN = Thresholds(score_thresh=0.5, nms_thresh=0.5)
THRESHOLDS = tuple(step / 20 for step in range(1, 20))


class HeldOut:
    """The held-out images with their cached features. `categories` are the project's: the names of labels 1..K."""

    def __init__(self, images: Sequence[tuple[CorrectedImage, RoiFeatures]], categories: Sequence[str]) -> None:
        self.images = [image for image, _ in images]
        self._features = [features for _, features in images]
        self.categories = tuple(categories)

    def __len__(self) -> int:
        return len(self.images)

    def value_of_head(self, head: Head, coder: BoxCoder) -> tuple[float, float]:
        """Return AP50 and AP of `head` on the cached proposals: no backbone runs."""
        found = [select(_candidates(head, coder, features), ALL) for features in self._features]
        return self._value(found)

    def value(self, predictions: Sequence[Prediction]) -> tuple[float, float]:
        """Return AP50 and AP of predictions in the project's labels."""
        return self._value([select(prediction.candidates, ALL) for prediction in predictions])

    def predict(self, predictor: Predictor, aliases: Mapping[str, str]) -> Iterator[Prediction]:
        """Yield what `predictor` says about each image, in the project's labels.

        `aliases` leads from names of the predictor's categories to the project's; what has no name there is left out.
        """
        for image in self.images:
            yield _in_labels_of(predictor.predict(read_image(image.path)), self.categories, aliases)

    def calibrations(self, predictions: Sequence[Prediction]) -> tuple[Calibration, ...]:
        """Return for each category what makes its scores say how many of such detections are right."""
        found = [select(prediction.candidates, ALL) for prediction in predictions]
        hits = [hits_and_mistakes(image, one)[0] for image, one in zip(self.images, found, strict=True)]
        labels, scores, right = (
            np.concatenate(column) for column in ([one.labels for one in found], [one.scores for one in found], hits)
        )
        of_label = [labels == label for label in range(1, len(self.categories) + 1)]
        return tuple(fit(scores[mine], right[mine]) for mine in of_label)

    def figures(self, predictions: Sequence[Prediction]) -> Figures:
        """Return what the predictions reach, counted at the score threshold with the fewest mistakes of both kinds."""
        found = [select(prediction.candidates, ALL) for prediction in predictions]
        ap50, ap = self._value(found)
        marks = [hits_and_mistakes(image, one) for image, one in zip(self.images, found, strict=True)]
        labels = np.concatenate([one.labels for one in found])
        scores = np.concatenate([one.scores for one in found])
        hits, mistakes = (np.concatenate(column) for column in zip(*marks, strict=True))
        # Each box that is found is one less to draw, each mistake one more to reject.
        gains = [
            np.count_nonzero(hits & (scores > at)) - np.count_nonzero(mistakes & (scores > at)) for at in THRESHOLDS
        ]
        score_thresh = THRESHOLDS[int(np.argmax(gains))]
        shown = scores > score_thresh
        rows = [
            self._category(
                label,
                found,
                int((hits & shown & (labels == label)).sum()),
                int((mistakes & shown & (labels == label)).sum()),
            )
            for label in range(1, len(self.categories) + 1)
        ]
        return Figures(len(self), ap50, ap, score_thresh, tuple(rows))

    def example(self, before: Sequence[Prediction], after: Sequence[Prediction]) -> Example:
        """Return the image on which `after` is right about the most boxes more, or less, than `before`."""
        gains = []
        for image, old, new in zip(self.images, before, after, strict=True):
            hits = [hits_and_mistakes(image, select(one.candidates, SHOWN))[0].sum() for one in (old, new)]
            gains.append(abs(int(hits[1]) - int(hits[0])))
        index = int(np.argmax(gains))
        return Example(self.images[index].path, self.images[index].name, before[index], after[index])

    def _category(self, label: int, found: Sequence[Detections], right: int, wrong: int) -> CategoryFigures:
        name = self.categories[label - 1]
        boxes = sum(int(((image.labels == label) & ~image.iscrowd).sum()) for image in self.images)
        ap50 = float(category_precision(self.images, found, label)[0]) if boxes else None
        return CategoryFigures(name, boxes, right, boxes - right, wrong, ap50)

    def _value(self, found: Sequence[Detections]) -> tuple[float, float]:
        figures = mean_average_precision(self.images, found, self.categories)
        return figures["AP50"], figures["AP"]


class BestHead:
    """The head that was best on the held-out images; the last one where nothing is held out."""

    def __init__(self, held_out: HeldOut, coder: BoxCoder) -> None:
        self._held_out, self._coder, self._value = held_out, coder, -1.0
        self.waited = 0

    def measure(self, head: Head) -> float | None:
        """Return the AP50 of `head` and keep a copy of it if it is the best so far; None where nothing is held out."""
        copied = copy.deepcopy(head)
        if not len(self._held_out):
            self.head = copied
            return None
        ap50, ap = self._held_out.value_of_head(head, self._coder)
        self.waited += 1
        if ap50 + ap > self._value:
            self.head, self._value, self.waited = copied, ap50 + ap, 0
        return ap50


def calibrated(prediction: Prediction, calibrations: Sequence[Calibration]) -> Prediction:
    """Return `prediction` with calibrated scores, best first again; what falls under the floor goes."""
    given = prediction.candidates
    scores = apply(given.scores, given.labels, calibrations)
    order = np.argsort(-scores, kind="stable")
    return replace(prediction, candidates=_chosen(given, order[scores[order] > prediction.score_floor], scores))


def _in_labels_of(prediction: Prediction, categories: tuple[str, ...], aliases: Mapping[str, str]) -> Prediction:
    """Return `prediction` with the labels of `categories`, without those that have no name among them."""
    label_of = {name: label for label, name in enumerate(categories, 1)}
    became = [label_of.get(aliases.get(name, name), 0) for name in prediction.categories]
    given = prediction.candidates
    labels = np.array([0, *became], dtype=np.int64)[given.labels]
    known = np.flatnonzero(labels)
    return replace(
        prediction, candidates=_chosen(replace(given, labels=labels), known, given.scores), categories=categories
    )


def _chosen(given: Candidates, rows: NDArray[np.int64], scores: NDArray[np.float32]) -> Candidates:
    return Candidates(given.boxes[rows], scores[rows], given.labels[rows], given.proposal_indices[rows])


def _candidates(head: Head, coder: BoxCoder, features: RoiFeatures) -> Candidates:
    """Return what `head` makes of the cached proposals of the upright view, in pixels of the original."""
    view = features.views[0]
    device = next(head.parameters()).device
    pooled, proposals = (part[view.is_proposal].to(device) for part in (view.features, view.boxes))
    with torch.no_grad():
        class_logits, box_deltas = head(pooled.to(next(head.parameters()).dtype))
        boxes = coder.decode(box_deltas, [proposals])
    analysis = Analysis(
        proposals, proposals[:, 0], class_logits.softmax(-1), boxes, pooled, features.network_size, features.image_size
    )
    found = [part.cpu().numpy() for part in candidates_of(analysis, SCORE_FLOOR)]
    sizes = zip(features.image_size[::-1], features.network_size[::-1], strict=True)
    found[0] = found[0] * np.tile([np.float32(image / network) for image, network in sizes], 2)
    return Candidates(*found)
