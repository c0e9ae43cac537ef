"""An endless stream of batches to train on, augmented and shuffled, and the augmentations themselves.

Shapes: M ground-truth boxes and J rejected ones of one sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from detector.looks import SEEN, cut
from detector.scenes import draw
from detector.types import ByteArray, FloatArray, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHUFFLE_BUFFER = 256
PROPOSALS = "proposals"  # of a target whose image comes with them


@dataclass(frozen=True, slots=True, eq=False)
class ProposedSample(Sample):
    """A sample with the `proposals` (R, 4) from which a second stage learns without an RPN, in pixels of the image."""

    proposals: FloatArray = field(default_factory=lambda: np.zeros((0, 4), dtype=np.float32))


class SampleStream(IterableDataset[Sample]):
    """`draw_sample(0)`, `draw_sample(1)`, ... for ever, each seen `views` times, differently augmented and mixed up.

    Drawing or decoding costs more than augmenting, so one sample serves several times; the shuffle buffer keeps its
    views apart. The stream of `rank` among `ranks` processes, and of each loader worker in it, takes every n-th index.
    """

    def __init__(
        self,
        draw_sample: Callable[[int], Sample],
        *,
        views: int,
        dihedral: bool,
        seed: int,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        super().__init__()
        self.draw_sample, self.views, self.dihedral, self.seed = draw_sample, views, dihedral, seed
        self.rank, self.ranks = rank, ranks

    def __iter__(self) -> Iterator[Sample]:
        worker = get_worker_info()
        workers, index = (worker.num_workers, worker.id) if worker is not None else (1, 0)
        first = self.rank * workers + index
        rng = np.random.default_rng((self.seed, first))
        buffer: list[Sample] = []
        for number in count(first, self.ranks * workers):
            sample = self.draw_sample(number)
            buffer.extend([sample] * self.views)
            while len(buffer) >= SHUFFLE_BUFFER:
                at = int(rng.integers(len(buffer)))
                buffer[at], buffer[-1] = buffer[-1], buffer[at]
                yield augment(buffer.pop(), rng, dihedral=self.dihedral)


def batches(stream: SampleStream, batch_size: int, workers: int = 1) -> Iterator[list[Sample]]:
    """Return the stream in lists of `batch_size`, drawn by `workers` processes (0: in this one)."""
    return iter(DataLoader(stream, batch_size, num_workers=workers, collate_fn=list))


def scene_with_distractors(seed: int, size: tuple[int, int] = (320, 320)) -> Sample:
    """Return scene `seed` with its distractors as boxes of label 0: objects for the RPN, background for the head."""
    scene = draw(seed, size)
    sample = scene.sample
    boxes = np.concatenate((sample.gt_boxes, scene.distractor_boxes))
    labels = np.concatenate((sample.labels, np.zeros(len(scene.distractor_boxes), dtype=np.int64)))
    return Sample(sample.image, boxes, labels, sample.name)


def augment(sample: Sample, rng: np.random.Generator, *, dihedral: bool) -> Sample:
    """Return `sample` mirrored at random, with another contrast, brightness and order of colours.

    `dihedral` allows all eight symmetries of the square: right where up and down mean nothing, wrong for street scenes.
    """
    image, boxes = sample.image, np.concatenate((sample.gt_boxes, sample.rejected_boxes))
    if rng.random() < 0.5:
        image, boxes = mirror(image, boxes)
    if dihedral and rng.random() < 0.5:
        image, boxes = image.transpose(1, 0, 2), boxes[:, [1, 0, 3, 2]]
    if dihedral and rng.random() < 0.5:
        image, boxes = mirror(image, boxes)
    if dihedral and rng.random() < 0.5:
        image = image[..., rng.permutation(3)]
    gt_boxes, rejected_boxes = np.split(boxes, [len(sample.gt_boxes)])
    return replace(sample, image=recoloured(image, rng), gt_boxes=gt_boxes, rejected_boxes=rejected_boxes)


def mirrored(sample: Sample) -> Sample:
    """Return `sample` flipped left to right."""
    image, boxes = mirror(sample.image, np.concatenate((sample.gt_boxes, sample.rejected_boxes)))
    gt_boxes, rejected_boxes = np.split(boxes, [len(sample.gt_boxes)])
    return replace(sample, image=np.ascontiguousarray(image), gt_boxes=gt_boxes, rejected_boxes=rejected_boxes)


def recoloured(image: ByteArray, rng: np.random.Generator) -> ByteArray:
    """Return an image (H, W, 3) with another contrast and brightness."""
    gain, bias = rng.uniform(0.75, 1.25), rng.uniform(-25, 25)
    table = np.clip((np.arange(256) - 128) * gain + 128 + bias, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(table[image])


def zoom(sample: Sample, rng: np.random.Generator, reach: float) -> Sample:
    """Return `sample` at a random scale from exp(-reach) to exp(reach / 2); what is enlarged is cut to its old size.

    A box that the cut leaves less than half of is neither object nor background any more: it becomes a crowd.
    """
    scale = math.exp(rng.uniform(-reach, reach / 2))
    size = [max(1, round(side * scale)) for side in sample.image_size]
    image = np.asarray(Image.fromarray(sample.image).resize(size[::-1], Image.Resampling.BILINEAR))
    height, width = min(size[0], sample.image_size[0]), min(size[1], sample.image_size[1])
    top, left = (int(rng.integers(whole - part + 1)) for whole, part in zip(size, (height, width), strict=True))
    ratio = [whole / before for whole, before in zip(size, sample.image_size, strict=True)]
    scales, window = np.array(ratio[::-1] * 2, dtype=np.float32), (left, top, left + width, top + height)
    gt_boxes, shares = cut(sample.gt_boxes * scales, window)
    rejected_boxes, rejected_shares = cut(sample.rejected_boxes * scales, window)
    seen = shares > 0
    return replace(
        sample,
        image=np.ascontiguousarray(image[top : top + height, left : left + width]),
        gt_boxes=gt_boxes[seen],
        labels=sample.labels[seen],
        iscrowd=(sample.iscrowd | (shares < SEEN))[seen],
        rejected_boxes=rejected_boxes[rejected_shares >= SEEN],
    )


def mirror(image: ByteArray, boxes: FloatArray) -> tuple[ByteArray, FloatArray]:
    """Return the image (H, W, 3) and its boxes (M + J, 4) flipped left to right."""
    flipped = boxes.copy()
    flipped[:, [0, 2]] = image.shape[1] - boxes[:, [2, 0]]
    return image[:, ::-1], flipped
