"""What a fine-tune learns from and what measures it: the corrected images with their cached features.

Shapes: K categories of the project, M boxes and R proposals of one image.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detector.corrections import CorrectedImage, checked, groups, hold_out
from detector.embedded import RehearsalScenes
from detector.evaluation import proposal_recall
from detector.fine_tune_values import DataCounts
from detector.held_out import HeldOut
from detector.looks import looks_at
from detector.near_copies import chance
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

COVERING_IOU = 0.5
LEAST_HELD_OUT, FEWEST_TO_ONE = 5, 4
"""On fewer images a score threshold and a calibration are luck; but only one of four is held out for that."""
MOST_HELD_OUT = 50
"""More held-out images would say it more exactly, and take time from the labeler."""
ENOUGH_BOXES = 200
"""With fewer boxes than this a category that the model knows from scenes is rehearsed: it has seen thousands there."""
SCENES_POOLED = 48
"""Scenes that the head rehearses; their features stay in memory."""


def held_out_of(
    images: Sequence[CorrectedImage],
    group_numbers: Sequence[int],
    fraction: float,
    learnt: Sequence[bool] = (),
    looks: int = 0,
) -> list[bool]:
    """Return (N,): the image is held out. About `fraction` of them, if that is neither too few nor too many.

    `looks` are those at the reviewed images, where some are seen in tiles: each takes as long as a small image.
    """
    reviewed = sum(image.reviewed for image in images)
    least = min(LEAST_HELD_OUT, reviewed // FEWEST_TO_ONE)
    most = MOST_HELD_OUT / max(1, reviewed, looks)
    return hold_out(images, group_numbers, min(fraction, most), least, learnt)


class Lessons:
    """The corrections that can be learnt from, in the light of the model `base` that is to learn them.

    `trained`, looks, and `held_out` part the images; both are empty until `part`. `left_out` has a sentence for each
    kind of thing that cannot be learnt from. Raises DetectorError where there is nothing to learn from, and where an
    image cannot be read that may have to be seen in tiles.
    """

    def __init__(self, base: Checkpoint, corrections: Corrections) -> None:
        self.corrections, self.left_out = checked(corrections)
        self._looks = {image.name: looks_at(image, corrections.tile) for image in self.corrections.images}
        self.categories = corrections.categories
        self.new = new_labels(base.categories, self.categories, corrections.aliases)
        self.kept = [label for label in range(1, len(self.categories) + 1) if label not in self.new]
        self.trained: list[tuple[CorrectedImage, RoiFeatures]] = []
        self._taught: list[CorrectedImage] = []
        self._measuring: frozenset[int] = frozenset()
        self.held_out = HeldOut((), self.categories)
        self._learnt_before = base.learnt_from
        self._looked_for = self._covered = self._beyond = 0
        self._knows_scenes = base.model.system.id == "embedded"
        label_of = {name: label for label, name in enumerate(self.categories, 1)}
        known = {name: name for name in base.categories if name in SCENE_CATEGORIES} | dict(base.scenes)
        became = {scene: corrections.aliases.get(name, name) for scene, name in known.items()}
        self._label_of_scenes = {scene: label_of[now] for scene, now in became.items() if now in label_of}

    @property
    def looks(self) -> list[CorrectedImage]:
        """All looks at all images, those at one image in a row."""
        return [look for image in self.corrections.images for look in self._looks[image.name]]

    def limit(self, most: int) -> None:
        """Leave out images for which `most` looks have no room; one stays whatever it takes.

        Those of the rarest categories stay, and reviewed ones with a box first. Among equals it is another choice
        whenever there are more images: the same ones for ever would leave no room for what is corrected later.
        """
        images = self.corrections.images
        if len(self.looks) <= most:
            return
        counts = Counter(label for image in images for label in image.categories_shown)
        rarity = {
            image.name: min((counts[label] for label in image.categories_shown), default=len(images))
            for image in images
        }

        def rank(image: CorrectedImage) -> tuple[bool, int, float]:
            drawn = chance(f"{len(images)} {image.name}")
            return not (image.reviewed and image.categories_shown), rarity[image.name], drawn

        kept: set[str] = set()
        for image in sorted(images, key=rank):
            if (looks := len(self._looks[image.name])) <= most or not kept:
                kept.add(image.name)
                most -= looks
        self.corrections = replace(self.corrections, images=tuple(image for image in images if image.name in kept))
        if left := len(images) - len(kept):
            self._beyond = left
            self.left_out = (*self.left_out, f"{left} image{'s' * (left > 1)}: the cache has room for {len(kept)}.")

    def part(self, features: Sequence[RoiFeatures], fraction: float) -> None:
        """Hold about `fraction` of the images out, by groups of near-copies; `features` are those of all `looks`."""
        images, pairs = self.corrections.images, list(zip(self.looks, features, strict=True))
        prints = [one.fingerprint for look, one in pairs if look.window is None]  # the first look at each
        numbers = groups(images, prints)
        # What the model has learnt from, it would look better on than it is, and its successor worse beside it.
        learnt = [one in self._learnt_before for one in prints]
        reviewed = sum(look.reviewed for look, _ in pairs)
        is_out = held_out_of(images, numbers, fraction, learnt, reviewed)
        self._taught = [image for image, out in zip(images, is_out, strict=True) if not out]
        measuring = [image for image, out in zip(images, is_out, strict=True) if out]
        out = {look.name for image in measuring for look in self._looks[image.name]}
        self.trained = [(look, one) for look, one in pairs if look.name not in out]
        looks = [(look, one) for look, one in pairs if look.name in out]
        self._measuring = frozenset(one.fingerprint for look, one in looks if look.window is None)
        self.held_out = HeldOut(looks, self.categories, measuring, self.corrections.tile)

    @property
    def learnt_from(self) -> frozenset[int]:
        """The fingerprints of the images that a model has learnt from after these lessons."""
        return self._learnt_before | {one.fingerprint for look, one in self.trained if look.window is None}

    @property
    def learnt_from_all(self) -> frozenset[int]:
        """The same where the held-out images were learnt at last."""
        return self.learnt_from | self._measuring

    @property
    def renamed_scenes(self) -> tuple[tuple[str, str], ...]:
        """Return (name in the scenes, category) of what is called something else, for the next lessons."""
        named = ((scene, self.categories[label - 1]) for scene, label in self._label_of_scenes.items())
        return tuple((scene, name) for scene, name in named if name != scene)

    def look_for(self, image: CorrectedImage, features: RoiFeatures) -> None:
        """Count how many boxes of `image` the best proposals cover at IoU 0.5."""
        view, objects = features.views[0], image.gt_boxes[~image.iscrowd]
        boxes, proposals = features.to_network(objects, 0).numpy(), view.boxes[view.is_proposal].numpy()
        if len(boxes):
            self._covered += round(proposal_recall([boxes], [proposals], thresholds=COVERING_IOU) * len(boxes))
            self._looked_for += len(boxes)

    @property
    def recall(self) -> float | None:
        """The share of the boxes looked for that the proposals cover, None where there are no boxes."""
        return self._covered / self._looked_for if self._looked_for else None

    def counts(self) -> DataCounts:
        """Return how much there is to learn from."""
        images = self.corrections.images
        return DataCounts(
            images=len(self._taught),
            held_out=len(self.held_out),
            boxes=sum(len(image.gt_boxes) for image in images),
            rejections=sum(len(image.rejected_boxes) for image in images),
            left_out=self.left_out,
            beyond=self._beyond,
        )

    def absent(self) -> list[int]:
        """Return the labels that the model knows and that no image shows: what it would forget first."""
        shown = {label for image, _ in self.trained for label in image.categories_shown}
        return [label for label in self.kept if label not in shown]

    def scenes(self) -> Sequence[Sample]:
        """Return scenes to rehearse what the model knows from scenes and the images show too little; empty for none."""
        labels = np.concatenate([image.labels[~image.iscrowd] for image in self._taught])  # a crowd teaches nothing
        few = [label for label in self.kept if np.count_nonzero(labels == label) < ENOUGH_BOXES]
        if self._knows_scenes and not self._label_of_scenes.keys().isdisjoint(self._known_as(few)):
            return RehearsalScenes(self._label_of_scenes)
        return ()

    def scene_features(self, predictor: Predictor) -> Iterator[tuple[CorrectedImage, RoiFeatures]]:
        """Yield scenes to rehearse as reviewed images with their features."""
        for scene in islice(self.scenes(), SCENES_POOLED):
            image = CorrectedImage(Path(scene.name), scene.name, scene.gt_boxes, scene.labels, iscrowd=scene.iscrowd)
            yield image, predictor.pool(scene.image, boxes_to_pool(image, scene.image_size))

    def _known_as(self, labels: Sequence[int]) -> list[str]:
        """Return the names that the model has for these labels."""
        return [name for name, label in self._label_of_scenes.items() if label in labels]
