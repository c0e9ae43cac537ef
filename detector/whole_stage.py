"""The second stage of a fine-tune: backbone, RPN and head go on training together on the corrected images.

Batch-norm statistics stay as they are: a few images would spoil them. Everything else is `detector.training`.
"""

from __future__ import annotations

from itertools import chain, count, islice
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from detector.batches import augment, zoom
from detector.image_files import one_ahead
from detector.lessons import MOST_HELD_OUT
from detector.looks import Reader
from detector.precision import sixteen_bit_type
from detector.schedule import Schedule
from detector.training import train_joint
from detector.types import Sample

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from detector.corrections import CorrectedImage
    from detector.model import FasterRCNN
    from detector.training import TrainingStep

VIEWS = 1300
"""How many augmented images are seen, of few images as of many: the first corrections have the most to teach."""
FEW = 40
"""Of fewer images those that measure are too large a share, up to a quarter, not to be learnt at last."""
LAST = 0.25
"""Views for that, as a share of those before. The figures are of the model before, and it is not measured again."""
MEASURES = 8
"""How often a training is measured, where that takes no more than `MOST_HELD_OUT` looks."""
LEARNING_RATE = 1e-3
ZOOM = 0.2
BATCH_SIZE = 4
LARGE = 20_000_000
"""A network of so many parameters takes one image a step: a step is how long a detection may have to wait."""
REHEARSED = 0.5
"""Share of the views that are scenes, where the corrections show too little of what the model knows from scenes."""

REHEARSED_MIX = 0.5
"""Share of what such a training makes in what is kept of it; the rest is the detector before this stage."""


def takes_long(model: FasterRCNN, device: torch.device) -> bool:
    """Return whether training all of `model` on `device` would take hours: a large network without a GPU."""
    return device.type == "cpu" and _is_large(model)


def last_views(views: int, images: int) -> int:
    """Return how many views after the `views` of a training are of all its `images`, also of those that measured it."""
    return round(views * LAST) if images < FEW else 0


def measured_every(steps: int, looks: int) -> int:
    """Return after how many of `steps` a training is measured on images that take so many `looks`: tiles, if large."""
    return max(1, steps // max(1, MEASURES * MOST_HELD_OUT // max(MOST_HELD_OUT, looks)))


def train_whole(
    model: FasterRCNN,
    images: Sequence[CorrectedImage],
    rehearsal: Sequence[Sample],
    *,
    views: int,
    seed: int,
    device: torch.device,
) -> Generator[TrainingStep, None, None]:
    """Train all of `model` in place on `views` augmented images; see `train_joint`. `images` is not empty."""
    batch_size = 1 if _is_large(model) else BATCH_SIZE
    steps = max(1, views // batch_size)
    schedule = Schedule(
        steps=steps,
        # Linear in the batch size (Goyal et al. 2017).
        learning_rate=LEARNING_RATE * batch_size / BATCH_SIZE,
        warmup_steps=max(1, steps // 10),
        ema_decay=max(0.0, min(0.97, 1 - 10 / steps)),
        mixed=sixteen_bit_type(device) == torch.bfloat16,
        frozen_norms=True,
    )
    most = model.transform.max_size  # larger images are shrunk as soon as they are decoded
    return train_joint(model, batches(images, rehearsal, batch_size, seed, most), schedule, device)


def _is_large(model: FasterRCNN) -> bool:
    return sum(parameter.numel() for parameter in model.parameters()) >= LARGE


def batches(
    images: Sequence[CorrectedImage], rehearsal: Sequence[Sample], batch_size: int, seed: int, most: int
) -> Iterator[list[Sample]]:
    """Yield batches for ever, decoded while the one before trains; all images in a new order each time.

    No side of an image is longer than `most` pixels.
    """
    rng, augmentation = np.random.default_rng((seed, 0)), np.random.default_rng((seed, 1))
    reader = Reader()
    order = chain.from_iterable(_in_new_order(images, batch_size, rng) for _ in count())

    def draw(index: int) -> Sample:
        if rehearsal and augmentation.random() < REHEARSED:
            return rehearsal[int(augmentation.integers(len(rehearsal)))]
        return _sample(images[index], most, reader)

    def load(_number: int) -> list[Sample]:
        drawn = (zoom(draw(index), augmentation, ZOOM) for index in islice(order, batch_size))
        return [augment(sample, augmentation, dihedral=False) for sample in drawn]

    return one_ahead(load, count())


def _in_new_order(images: Sequence[CorrectedImage], in_a_row: int, rng: np.random.Generator) -> Iterator[int]:
    """Return the index of each image in random order, but of one file's looks so many in a row: it is decoded once."""
    of_file: dict[Path, list[int]] = {}
    for index, image in enumerate(images):
        of_file.setdefault(image.path, []).append(index)
    rows: list[Sequence[int]] = []
    for looks in of_file.values():
        mixed = rng.permutation(looks).tolist() if len(looks) > 1 else looks
        rows += [mixed[first : first + in_a_row] for first in range(0, len(mixed), in_a_row)]
    return chain.from_iterable(rows[place] for place in rng.permutation(len(rows)))


def _sample(image: CorrectedImage, most: int, reader: Reader) -> Sample:
    """Return `image` with at most `most` pixels a side: what is shrunk for the network anyway costs memory and time."""
    pixels, scale = reader.read(image), np.ones(4, dtype=np.float32)
    if max(pixels.shape) > most:
        small = Image.fromarray(pixels)
        small.thumbnail((most, most), Image.Resampling.BILINEAR, reducing_gap=2.0)
        height, width = pixels.shape[:2]
        scale = np.array([small.width / width, small.height / height] * 2, dtype=np.float32)
        pixels = np.asarray(small)
    return Sample(
        pixels,
        image.gt_boxes * scale,
        image.labels,
        image.name,
        image.iscrowd,
        image.rejected_boxes * scale,
        image.reviewed,
    )
