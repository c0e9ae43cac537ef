"""The values that cross the border of the detector: frozen, numpy only, safe to hand from thread to thread.

Shapes: R proposals, C candidates, D detections, M ground-truth boxes, J rejections, K categories.

Every box is `(x1, y1, x2, y2)` float32 in pixels of the upright original image, origin at the top-left corner of the
top-left pixel, no "+1". `image_size` is `(height, width)`. This module must not import torch: the window reads these
values long before torch is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
ByteArray = NDArray[np.uint8]


class DetectorError(Exception):
    """What went wrong and what the user can do about it, in one sentence that a window may show as it is."""


class NoDetectorError(DetectorError):
    """Nobody looks, or another than before, whichever image it is: it says nothing of the one that was to be looked at.

    So it ends a run through many images.
    """


class TokenError(NoDetectorError):
    """A detector on another machine knows the token not, or no longer."""


class AwayError(NoDetectorError):
    """A detector on another machine does not answer, or is busy: what was asked may be asked again later."""


class NoMemoryError(DetectorError, MemoryError):
    """Memory has ended, and there is no way left to do with less."""


def _frozen(values: Any, dtype: type[np.generic], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return `values` as a read-only array of `dtype`; -1 in `shape` is free. Raises ValueError on another shape."""
    array = np.asarray(values, dtype=dtype)
    if not array.size and array.ndim != len(shape):
        array = array.reshape([max(side, 0) for side in shape])  # an empty list says nothing of its shape
    if array.ndim != len(shape) or any(want not in (-1, have) for want, have in zip(shape, array.shape, strict=True)):
        raise ValueError(f"expected an array of shape {shape}, not {array.shape}")
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """RPN output of one image, best first. `boxes` (R, 4); `objectness` (R,) in [0, 1], descending."""

    boxes: FloatArray
    objectness: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", _frozen(self.boxes, np.float32, (-1, 4)))
        object.__setattr__(self, "objectness", _frozen(self.objectness, np.float32, (len(self.boxes),)))

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """(proposal, category) pairs above the score floor, before NMS, ordered by descending score.

    `boxes` (C, 4); `scores` (C,) in [0, 1]; `labels` (C,) in 1..K; `proposal_indices` (C,) into `Proposals`.
    Equal scores keep the order in which the network gave them: proposal first, then label.
    """

    boxes: FloatArray
    scores: FloatArray
    labels: IntArray
    proposal_indices: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", _frozen(self.boxes, np.float32, (-1, 4)))
        count = (len(self.boxes),)
        object.__setattr__(self, "scores", _frozen(self.scores, np.float32, count))
        object.__setattr__(self, "labels", _frozen(self.labels, np.int64, count))
        object.__setattr__(self, "proposal_indices", _frozen(self.proposal_indices, np.int64, count))

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What is left of the candidates after threshold and NMS, best first.

    `boxes` (D, 4); `scores` (D,) in [0, 1]; `labels` (D,) in 1..K; `candidate_indices` (D,) into `Candidates`.
    """

    boxes: FloatArray
    scores: FloatArray
    labels: IntArray
    candidate_indices: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", _frozen(self.boxes, np.float32, (-1, 4)))
        count = (len(self.boxes),)
        object.__setattr__(self, "scores", _frozen(self.scores, np.float32, count))
        object.__setattr__(self, "labels", _frozen(self.labels, np.int64, count))
        object.__setattr__(self, "candidate_indices", _frozen(self.candidate_indices, np.int64, count))

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the two live sliders say. A candidate is shown if its score is greater than `score_thresh`.

    Of detections of several labels whose IoU is greater than `object_thresh` only the best is left: at 1, as in the
    paper, one object may have several.
    """

    score_thresh: float = 0.5
    nms_thresh: float = 0.5
    detections_per_img: int = 100
    object_thresh: float = 1.0

    def __post_init__(self) -> None:
        if not all(0.0 <= one <= 1.0 for one in (self.score_thresh, self.nms_thresh, self.object_thresh)):
            given = f"{self.score_thresh}, {self.nms_thresh} and {self.object_thresh}"
            raise ValueError(f"thresholds lie between 0 and 1, not {given}")

    def for_looks(self, looks: int) -> Thresholds:
        """Return the thresholds for a prediction merged from so many looks, each with its `detections_per_img`."""
        return replace(self, detections_per_img=self.detections_per_img * looks)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Everything that one model version says about one image.

    `categories[label - 1]` is the name of `label`; `score_floor` is the score below which there are no candidates;
    `looks` says of how many tiles it was merged, the whole image counted too: 1 is an image that was seen at once.
    `is_reduced`: memory ended, and the network has seen less than its model asks for. That may be shown, but is not
    what the model says, and nothing to keep.
    """

    image_size: tuple[int, int]
    proposals: Proposals
    candidates: Candidates
    categories: tuple[str, ...]
    model_version: str
    score_floor: float
    looks: int = 1
    is_reduced: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """What the second stage says about M boxes that a person drew on one image: how each fits, and what is in it.

    `boxes` (M, T, 4): the box as the head fits it to each of the T likeliest categories, inside the image; `labels`
    (M, T) in 1..K and `scores` (M, T) in [0, 1], descending. `foreground` (M,) in [0, 1]: how sure the head is that
    there is an object of its categories at all. `categories` and `model_version` as in `Prediction`.
    """

    boxes: FloatArray
    labels: IntArray
    scores: FloatArray
    foreground: FloatArray
    categories: tuple[str, ...]
    model_version: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", _frozen(self.boxes, np.float32, (-1, -1, 4)))
        shape = self.boxes.shape[:2]
        object.__setattr__(self, "labels", _frozen(self.labels, np.int64, shape))
        object.__setattr__(self, "scores", _frozen(self.scores, np.float32, shape))
        object.__setattr__(self, "foreground", _frozen(self.foreground, np.float32, shape[:1]))


def nothing_refined(categories: tuple[str, ...], model_version: str) -> Refinement:
    """Return what there is to say about no boxes at all."""
    none, boxes = np.zeros((0, 0), dtype=np.float32), np.zeros((0, 0, 4), dtype=np.float32)
    return Refinement(boxes, none.astype(np.int64), none, none.ravel(), categories, model_version)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One annotated image to learn from or to be measured on.

    `image` (H, W, 3) uint8, upright RGB; `gt_boxes` (M, 4); `labels` (M,) in 1..K; `iscrowd` (M,) bool, all false
    unless given. An image without objects has M = 0. `name` says where it comes from, for messages. `rejected_boxes`
    (J, 4) are places where a person said that there is nothing; `reviewed` is false where objects may lack their box.
    """

    image: ByteArray
    gt_boxes: FloatArray
    labels: IntArray
    name: str = ""
    iscrowd: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    rejected_boxes: FloatArray = field(default_factory=lambda: np.zeros((0, 4), dtype=np.float32))
    reviewed: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", _frozen(self.image, np.uint8, (-1, -1, 3)))
        object.__setattr__(self, "gt_boxes", _frozen(self.gt_boxes, np.float32, (-1, 4)))
        count = (len(self.gt_boxes),)
        object.__setattr__(self, "labels", _frozen(self.labels, np.int64, count))
        crowd = self.iscrowd if len(self.iscrowd) else np.zeros(count, dtype=np.bool_)
        object.__setattr__(self, "iscrowd", _frozen(crowd, np.bool_, count))
        object.__setattr__(self, "rejected_boxes", _frozen(self.rejected_boxes, np.float32, (-1, 4)))

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.image.shape[:2]
        return height, width
