"""What a fine-tune learns from and what measures it: the corrected images with their cached features.

Shapes: K categories of the project, M boxes and R proposals of one image.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detector.corrections import CorrectedImage, checked, groups, hold_out
from detector.embedded import rehearsal_scenes
from detector.evaluation import proposal_recall
from detector.fine_tune_values import DataCounts
from detector.held_out import HeldOut
from detector.roi_features import boxes_to_pool
from detector.scenes import CATEGORIES as SCENE_CATEGORIES
from detector.vocabulary import new_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detector.checkpoints import Checkpoint
    from detector.corrections import Corrections
    from detector.predictor import Predictor
    from detector.roi_features import RoiFeatures
    from detector.types import Sample

COVERING_PROPOSALS = 300
MOST_HELD_OUT = 50
"""More held-out images would say it more exactly, and take time from the labeler."""
FEW_BOXES = 10
"""With fewer boxes than this a category that the model knows from scenes is rehearsed on scenes."""


class Lessons:
    """The corrections that can be learnt from, in the light of the model `base` that is to learn them.

    `trained` and `held_out` part the images; both are empty until `part`. `left_out` has a sentence for each kind of
    thing that cannot be learnt from. Raises DetectorError where there is nothing to learn from.
    """

    def __init__(self, base: Checkpoint, corrections: Corrections) -> None:
        self.corrections, self.left_out = checked(corrections)
        self.categories = corrections.categories
        self.new = new_labels(base.categories, self.categories, corrections.aliases)
        self.kept = [label for label in range(1, len(self.categories) + 1) if label not in self.new]
        self.trained: list[tuple[CorrectedImage, RoiFeatures]] = []
        self.held_out = HeldOut((), self.categories)
        self.recall: float | None = None
        self._knows_scenes = base.model.system.id == "embedded"

    def part(self, features: Sequence[RoiFeatures], fraction: float) -> None:
        """Hold about `fraction` of the images out, by groups of near-copies; `features` are those of all images."""
        images = self.corrections.images
        fraction = min(fraction, MOST_HELD_OUT / len(images))
        is_out = hold_out(images, groups(images, [one.fingerprint for one in features]), fraction)
        pairs = list(zip(images, features, strict=True))
        self.trained = [pair for pair, out in zip(pairs, is_out, strict=True) if not out]
        self.held_out = HeldOut([pair for pair, out in zip(pairs, is_out, strict=True) if out], self.categories)
        self.recall = _covered(pairs)

    def counts(self) -> DataCounts:
        """Return how much there is to learn from."""
        images = self.corrections.images
        return DataCounts(
            images=len(self.trained),
            held_out=len(self.held_out),
            boxes=sum(len(image.gt_boxes) for image in images),
            rejections=sum(len(image.rejected_boxes) for image in images),
            left_out=self.left_out,
        )

    def absent(self) -> list[int]:
        """Return the labels that the model knows and that no image shows: what it would forget first."""
        shown = {label for image, _ in self.trained for label in image.categories_shown}
        return [label for label in self.kept if label not in shown]

    def scenes(self) -> list[Sample]:
        """Return scenes to rehearse what the model knows from scenes and the images hardly show; empty for nothing."""
        labels = np.concatenate([image.labels for image, _ in self.trained])
        rare = [label for label in self.kept if np.count_nonzero(labels == label) < FEW_BOXES]
        if self._knows_scenes and any(self.categories[label - 1] in SCENE_CATEGORIES for label in rare):
            return rehearsal_scenes(self.categories)
        return []

    def scene_features(self, predictor: Predictor) -> Iterator[tuple[CorrectedImage, RoiFeatures]]:
        """Yield the scenes to rehearse as reviewed images with their features; what has no category is background."""
        for scene in self.scenes():
            known = scene.labels > 0
            image = CorrectedImage(Path(scene.name), scene.name, scene.gt_boxes[known], scene.labels[known])
            yield image, predictor.pool(scene.image, boxes_to_pool(image, scene.image_size))


def _covered(pairs: Sequence[tuple[CorrectedImage, RoiFeatures]]) -> float | None:
    """Return which share of the corrected boxes the proposals cover at IoU 0.5, None where there are no boxes."""
    boxes = [features.to_network(image.gt_boxes[~image.iscrowd], 0).numpy() for image, features in pairs]
    proposals = [features.views[0].boxes[features.views[0].is_proposal].numpy() for _, features in pairs]
    recall = proposal_recall(boxes, proposals, COVERING_PROPOSALS, thresholds=0.5)
    return None if np.isnan(recall) else recall
