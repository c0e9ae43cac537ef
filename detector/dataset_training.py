"""Joint training on an annotated dataset: its batches, the network it starts from, and a schedule of its length.

Shapes: K categories of the dataset.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain, count, islice
from typing import TYPE_CHECKING

import numpy as np
import torch

from detector import checkpoints
from detector.batches import augment
from detector.coco import CocoImage, load_sample
from detector.image_files import one_ahead
from detector.model import FasterRCNN, build
from detector.precision import sixteen_bit_type
from detector.systems import SYSTEMS
from detector.training import Schedule, TrainingStep, train_joint
from detector.vocabulary import transfer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from detector.types import Sample

EMA_DECAY = 0.9985  # of `Schedule`, for trainings long enough for it
EMA_HORIZONS = 10  # a training is at least so many times longer than its average looks back


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. An epoch is `steps_per_epoch` steps and shows every image of a dataset about once."""

    epochs: int
    batch_size: int
    learning_rate: float
    seed: int

    def steps_per_epoch(self, images: int) -> int:
        """Return the number of batches that hold `images`."""
        return math.ceil(images / self.batch_size)

    def schedule(self, images: int, device: torch.device) -> Schedule:
        """Return the schedule for `images` images; a short training has a shorter warm-up and a shorter average."""
        steps = self.epochs * self.steps_per_epoch(images)
        return Schedule(
            steps=steps,
            learning_rate=self.learning_rate,
            warmup_steps=min(200, steps // 10),
            # With a longer memory than the training, the average would be mostly the random weights of its start.
            ema_decay=min(EMA_DECAY, max(0.0, 1 - EMA_HORIZONS / steps)),
            mixed=sixteen_bit_type(device) == torch.bfloat16,
        )


def train_on_dataset(
    model: FasterRCNN, images: Sequence[CocoImage], plan: Plan, device: torch.device
) -> Iterator[TrainingStep]:
    """Train `model` in place on `images`, of which there is at least one; see `train_joint`."""
    torch.manual_seed(plan.seed)
    batches = shuffled_batches(images, plan.batch_size, plan.seed)
    return train_joint(model, batches, plan.schedule(len(images), device), device)


def shuffled_batches(images: Sequence[CocoImage], batch_size: int, seed: int) -> Generator[list[Sample], None, None]:
    """Yield batches for ever: all images in a new order each time, decoded when their turn comes, mirrored at random.

    Two batches are in memory at a time: photographs are too large for the shuffle buffer that scenes go through.
    """
    rng, augmentation = np.random.default_rng((seed, 0)), np.random.default_rng((seed, 1))
    order = chain.from_iterable(rng.permutation(len(images)) for _ in count())

    def load(_number: int) -> list[Sample]:
        chosen = islice(order, batch_size)
        return [augment(load_sample(images[index]), augmentation, dihedral=False) for index in chosen]

    return one_ahead(load, count())


def starting_model(system_id: str, start: Path | None, categories: Sequence[str]) -> FasterRCNN:
    """Return the network to train: `system_id` with random weights, or the model in the file `start`.

    Of a model with other categories everything is kept but the rows of the last layers; those survive by name. Raises
    DetectorError where `start` cannot be read.
    """
    if start is None:
        model = build(SYSTEMS[system_id], len(categories))
        assert isinstance(model, FasterRCNN)
        return model
    checkpoint = checkpoints.load(start)
    return transfer(checkpoint.two_stage, checkpoint.categories, categories)
