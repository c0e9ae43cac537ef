"""What a model is worth to the labeler: measured on reviewed images that the training does not see.

Shapes: N held-out images, R RoIs, C candidates and D detections of one image, K categories of the project.
"""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import torch

from detector.calibration import IDENTITY, Calibration, apply, fit
from detector.effort import saved
from detector.evaluation import box_iou, category_precision, hits_and_mistakes, mean_average_precision
from detector.filtering import OBJECT_IOU, select
from detector.fine_tune_values import CategoryFigures, Example, Figures
from detector.images import read_image
from detector.model import Analysis
from detector.readout import candidates_of
from detector.tiling import predict_image
from detector.types import Candidates, Detections, Prediction, Thresholds

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from torchvision.models.detection._utils import BoxCoder

    from detector.corrections import CorrectedImage
    from detector.head import Head
    from detector.predictor import Predictor
    from detector.roi_features import RoiFeatures
    from detector.tiling import LookDone
    from detector.types import FloatArray, IntArray

T = TypeVar("T")

SCORE_FLOOR = 0.02
ALL = Thresholds(score_thresh=0.0, nms_thresh=0.5)
SUGGESTED = replace(ALL, object_thresh=OBJECT_IOU)
SHOWN = 0.5
LUCK = 0.25
"""How much worse AP50 may be by chance on one image, on n by the root of n less: twice the deviation measured."""
THRESHOLDS = tuple(step / 20 for step in range(1, 20))
DOUBT = 5.0
"""Corrections that a score threshold must save to be a logit away from 0.5, four times as many for two."""


class Seen(NamedTuple):
    """One held-out image as a model sees it: `found` (D,) after NMS, and which of them are `hits` and `mistakes`."""

    prediction: Prediction
    found: Detections
    hits: NDArray[np.bool_]
    mistakes: NDArray[np.bool_]

    def calibrated(self, calibrations: Sequence[Calibration]) -> Seen:
        """Return the same with calibrated scores: they keep the order within a category, so hits stay hits."""
        scores = apply(self.found.scores, self.found.labels, calibrations)
        order = np.argsort(-scores, kind="stable")
        found = replace(
            self.found,
            boxes=self.found.boxes[order],
            scores=scores[order],
            labels=self.found.labels[order],
            candidate_indices=self.found.candidate_indices[order],
        )
        prediction = _calibrated(self.prediction, calibrations)
        return Seen(prediction, found, self.hits[order], self.mistakes[order])


class HeldOut:
    """The held-out images, and the looks at them with their cached features.

    `categories` are the project's: the names of labels 1..K. `images` are those of the looks unless they are given:
    large ones that a detector sees in tiles of side `tile`.
    """

    def __init__(
        self,
        looks: Sequence[tuple[CorrectedImage, RoiFeatures]],
        categories: Sequence[str],
        images: Sequence[CorrectedImage] | None = None,
        tile: int = 0,
    ) -> None:
        self._looks = [look for look, _ in looks]
        self._features = [features for _, features in looks]
        self.images = list(self._looks if images is None else images)
        self.categories = tuple(categories)
        self._tile = tile

    def __len__(self) -> int:
        return len(self.images)

    @property
    def looks(self) -> int:
        """How many looks it takes to measure a detector."""
        return len(self._looks)

    def seen_by_head(self, head: Head, coder: BoxCoder, *, mixed: bool) -> Iterator[Detections]:
        """Yield what `head` finds in each look by its cached proposals: no backbone runs."""
        for features in self._features:
            yield select(_candidates(head, coder, features, mixed=mixed), ALL)

    def value_by_head(self, found: Sequence[Detections]) -> float:
        """Return the AP50 of what a head found in the looks."""
        return mean_average_precision(self._looks, found, self.categories)["AP50"]

    def seen_by(self, predictor: Predictor, aliases: Mapping[str, str]) -> Iterator[Seen | LookDone]:
        """Yield what `predictor` sees in each image, in the project's labels, and each step on the way to a large one.

        `aliases` leads from names of the predictor's categories to the project's; what has no name there is left out.
        """
        for image in self.images:
            prediction = yield from predict_image(predictor.predict, read_image(image.path), self._tile)
            yield _seen(image, _in_labels_of(prediction, self.categories, aliases), ALL)

    def value(self, found: Sequence[Detections]) -> tuple[float, float]:
        """Return AP50 and AP of what was found in the images."""
        figures = mean_average_precision(self.images, found, self.categories, most=None)  # in large images many
        return figures["AP50"], figures["AP"]

    def calibrations(self, seen: Sequence[Seen]) -> tuple[Calibration, ...]:
        """Return for each category what makes its scores say how many of such detections are right.

        The identity where no image shows the category: there every detection is wrong, whatever its score is worth.
        """
        labels, scores, hits, mistakes = _columns(seen)
        counted = hits | mistakes  # in a crowd nobody can tell
        shown = {label for image in self.images for label in image.categories_shown}
        of_label = [counted & (labels == label) for label in range(1, len(self.categories) + 1)]
        return tuple(
            fit(scores[mine], hits[mine]) if label in shown else IDENTITY for label, mine in enumerate(of_label, 1)
        )

    def figures(self, seen: Sequence[Seen]) -> Figures:
        """Return what was reached; boxes are counted as they are suggested, where that leaves the least to do."""
        found = [one.found for one in seen]
        ap50, ap = self.value(found)
        suggested = [_seen(image, one.prediction, SUGGESTED) for image, one in zip(self.images, seen, strict=True)]
        score_thresh = self._best_threshold(suggested)
        labels, scores, hits, mistakes = _columns(suggested)
        shown = scores > score_thresh
        right, wrong = (
            np.bincount(labels[mark & shown], minlength=len(self.categories) + 1) for mark in (hits, mistakes)
        )
        rows = [
            self._category(label, found, int(right[label]), int(wrong[label]))
            for label in range(1, len(self.categories) + 1)
        ]
        return Figures(len(self), ap50, ap, score_thresh, tuple(rows))

    def _best_threshold(self, suggested: Sequence[Seen]) -> float:
        """Return the one of `THRESHOLDS` that saves the most corrections, with a doubt in what few images say.

        A suggestion saves a correction where it is right and costs one where it is not, so of calibrated scores those
        above 0.5 should be shown.
        """
        gains = -DOUBT * np.log(np.divide(THRESHOLDS, np.subtract(1, THRESHOLDS))) ** 2
        for image, one in zip(self.images, suggested, strict=True):
            objects, found = ~image.iscrowd, one.found
            ious = box_iou(found.boxes, image.gt_boxes[objects])
            same = found.labels[:, None] == image.labels[None, objects]
            judged = one.hits | one.mistakes  # in a crowd nobody can tell
            for index, at in enumerate(THRESHOLDS):
                shown = judged & (found.scores > at)
                gains[index] += saved(ious[shown], same[shown])
        return THRESHOLDS[int(np.argmax(gains))]

    def example(self, before: Sequence[Seen], after: Sequence[Seen]) -> Example:
        """Return the image on which `after` is right about the most boxes more, or less, than `before`."""
        old, new = (
            np.array([np.count_nonzero(one.hits & (one.found.scores > SHOWN)) for one in seen])
            for seen in (before, after)
        )
        index = int(np.argmax(np.abs(new - old)))
        image = self.images[index]
        return Example(image.path, image.name, before[index].prediction, after[index].prediction)

    def _category(self, label: int, found: Sequence[Detections], right: int, wrong: int) -> CategoryFigures:
        name = self.categories[label - 1]
        boxes = sum(int(((image.labels == label) & ~image.iscrowd).sum()) for image in self.images)
        ap50 = float(category_precision(self.images, found, label, None)[0]) if boxes else None
        return CategoryFigures(name, boxes, right, boxes - right, wrong, ap50)


def takes_over(new: Figures, old: Figures) -> bool:
    """Return whether a model that reaches `new` should serve in place of one that reached `old`.

    AP50 decides: at a higher IoU nobody beats the old model, whose boxes were accepted as they are, and so became the
    truth. More corrections make a detector better, as a rule, so it is the contrary that has to be shown: by more than
    luck does. What finds nothing never takes over.
    """
    return new.ap50 > 0 and new.ap50 >= old.ap50 - luck(new.images)


def luck(images: int) -> float:
    """Return by how much an AP50 on so many images may be off."""
    return LUCK / math.sqrt(max(1, images))


class BestHead:
    """The head with the best AP50 on the held-out images, of several the newest; so where nothing is held out.

    `latest` is the AP50 of the last one measured, `ap50` that of the best, `waited` the number of those since that were
    no better. See `takes_over` for why boxes that fit more tightly do not count. Whoever trains puts a head that may be
    the last into `unmeasured`.
    """

    def __init__(self, held_out: HeldOut, coder: BoxCoder, *, mixed: bool) -> None:
        self._held_out, self._coder, self._mixed = held_out, coder, mixed
        self._head: Head | None = None
        self.latest: float | None = None
        self.ap50 = 0.0
        self.waited = 0
        self.unmeasured: Head | None = None

    def measure(self, head: Head, state: T) -> Generator[T, None, None]:
        """Measure `head` and keep a copy of it if it is the best so far; yield `state` after each image."""
        found = []
        for one in self._held_out.seen_by_head(head, self._coder, mixed=self._mixed):
            found.append(one)
            yield state
        if head is self.unmeasured:  # a mixture says nothing of the last one
            self.unmeasured = None
        if not len(self._held_out):
            self._head = copy.deepcopy(head)
            return
        self.latest = self._held_out.value_by_head(found)
        self.waited = 0 if self._head is None or self.latest > self.ap50 else self.waited + 1
        if self._head is None or self.latest >= self.ap50:
            self._head, self.ap50 = copy.deepcopy(head), self.latest

    def settle(self, state: T) -> Generator[T, None, Head]:
        """Return the best head, the last one included; yield `state` after each image."""
        if self.unmeasured is not None:
            yield from self.measure(self.unmeasured, state)
        assert self._head is not None
        return self._head


def _seen(image: CorrectedImage, prediction: Prediction, thresholds: Thresholds) -> Seen:
    found = select(prediction.candidates, thresholds.for_looks(prediction.looks))
    return Seen(prediction, found, *hits_and_mistakes(image, found))


def _calibrated(prediction: Prediction, calibrations: Sequence[Calibration]) -> Prediction:
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


def _columns(seen: Sequence[Seen]) -> tuple[IntArray, FloatArray, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return labels, scores, hits and mistakes of all detections of all images."""
    return (
        np.concatenate([one.found.labels for one in seen]),
        np.concatenate([one.found.scores for one in seen]),
        np.concatenate([one.hits for one in seen]),
        np.concatenate([one.mistakes for one in seen]),
    )


def _candidates(head: Head, coder: BoxCoder, features: RoiFeatures, *, mixed: bool) -> Candidates:
    """Return what `head` makes of the cached proposals of the upright view, in pixels of the original."""
    view = features.views[0]
    device = next(head.parameters()).device
    pooled, proposals = (part[view.is_proposal].to(device) for part in (view.features, view.boxes))
    with torch.no_grad():
        with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
            class_logits, box_deltas = head(pooled.to(torch.bfloat16 if mixed else torch.float32))
        boxes = coder.decode(box_deltas, [proposals])
    analysis = Analysis(
        proposals, proposals[:, 0], class_logits.softmax(-1), boxes, pooled, features.network_size, features.image_size
    )
    found = [part.cpu().numpy() for part in candidates_of(analysis, SCORE_FLOOR)]
    sizes = zip(features.image_size[::-1], features.network_size[::-1], strict=True)
    found[0] = found[0] * np.tile([np.float32(image / network) for image, network in sizes], 2)
    return Candidates(*found)
