"""The values of an evaluation in the window: what is asked, what was found in the project, and what was measured.

Shapes: N images, K categories of the project, D detections of all images together.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from detector.evaluation_summary import ImageScore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from app.store.location import Location
    from detector.corrections import CorrectedImage
    from detector.evaluation_summary import CategoryScore, Evaluation
    from detector.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationRequest:
    """Please measure `model_version` on these images of a project.

    `images` are those that are reviewed and whose file is there: path in the project -> id. `shown` is what the
    project calls each category of the model, None for what it ignores; a model that `is_agnostic` says only where
    objects are. `nms_thresh` is the IoU of the NMS. `tile` is the side of the tiles in which large images are seen, 0
    for none. Setting `cancel`, from any thread, ends the work soon.
    """

    location: Location
    model_version: str
    images: Mapping[str, int]
    shown: tuple[str | None, ...]
    nms_thresh: float
    is_agnostic: bool = False
    tile: int = 0
    cancel: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True, eq=False)
class ReviewedImages:
    """What people decided on the images, in file-name order, when the evaluation began.

    `images` (N,) with their `image_ids`; `categories` are the names of labels 1..K. `lacking` are the ids of those
    images that the model has not looked at as their files are now.
    """

    images: tuple[CorrectedImage, ...]
    image_ids: tuple[int, ...]
    categories: tuple[str, ...]
    lacking: tuple[int, ...]

    @property
    def boxes(self) -> int:
        """The number of boxes to be found: crowds do not count."""
        return sum(int(np.count_nonzero(~image.iscrowd)) for image in self.images)


class EvaluationStage(StrEnum):
    """What an evaluation is doing."""

    READING = "reading"
    DETECTING = "detecting"
    COMPUTING = "computing"


@dataclass(frozen=True, slots=True)
class EvaluationProgress:
    """How far an evaluation is: `done` of `total` images of its stage; `total` is 0 where nobody knows.

    `seconds_left` is an estimate for the stage, None while nothing is known.
    """

    stage: EvaluationStage
    done: int = 0
    total: int = 0
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Tallies:
    """Which detections are right at IoU 0.5, so that a slider can count those above a score.

    All (D,): `images` from 0, `labels` in 1..K, `scores`, `hits` and `mistakes`; a detection in a crowd is neither.
    `boxes` (N, K) counts the boxes to be found, crowds left out.
    """

    images: IntArray
    labels: IntArray
    scores: FloatArray
    hits: NDArray[np.bool_]
    mistakes: NDArray[np.bool_]
    boxes: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What one model version reaches on the reviewed images of a project.

    `image_ids` and `names` (N,) are those of the images measured. `unknown` are the project's categories with boxes
    that the model cannot name; `left_out` are the names that the model gives and the project ignores or does not have.
    `unseen` are the ids of images without a prediction, which are not measured.
    """

    request: EvaluationRequest
    evaluation: Evaluation
    tallies: Tallies
    image_ids: tuple[int, ...]
    names: tuple[str, ...]
    unknown: tuple[str, ...]
    left_out: tuple[str, ...]
    unseen: tuple[int, ...]

    def categories_at(self, score_thresh: float) -> tuple[CategoryScore, ...]:
        """Return the scores of all categories, with precision and recall at another score threshold."""
        tallies, shown = self.tallies, self._shown(score_thresh)
        count = len(self.evaluation.categories) + 1
        found = np.bincount(tallies.labels[tallies.hits & shown], minlength=count)[1:].tolist()
        wrong = np.bincount(tallies.labels[tallies.mistakes & shown], minlength=count)[1:].tolist()
        rows = zip(self.evaluation.categories, found, wrong, strict=True)
        return tuple(replace(one, found=hits, wrong=mistakes) for one, hits, mistakes in rows)

    def worst_at(self, score_thresh: float) -> tuple[ImageScore, ...]:
        """Return the images with mistakes at another score threshold, those with most of them first."""
        tallies, shown = self.tallies, self._shown(score_thresh)
        count = len(self.image_ids)
        hits = np.bincount(tallies.images[tallies.hits & shown], minlength=count)
        wrong = np.bincount(tallies.images[tallies.mistakes & shown], minlength=count)
        missed = tallies.boxes.sum(axis=1) - hits
        order = np.argsort(-(missed + wrong), kind="stable")
        return tuple(
            ImageScore(int(index), int(hits[index]), int(missed[index]), int(wrong[index]))
            for index in order
            if missed[index] + wrong[index]
        )

    def _shown(self, score_thresh: float) -> NDArray[np.bool_]:
        shown: NDArray[np.bool_] = self.tallies.scores > np.float32(score_thresh)
        return shown
