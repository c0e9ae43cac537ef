"""Training on an annotated dataset: reading it, its batches, the network it starts from, and a schedule of its length.

Shapes: K categories of the dataset, n images of it.
"""

from __future__ import annotations

import math
import os
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from detector import checkpoints
from detector.backbone_weights import load_backbone
from detector.coco import read_dataset
from detector.model import OBJECT, ProposalNetwork, build
from detector.precision import sixteen_bit_type
from detector.processes import ALONE, Division, Share
from detector.schedule import Schedule
from detector.training import train_joint
from detector.types import DetectorError
from detector.views import Views, loaded
from detector.vocabulary import transfer

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from detector.coco import CocoDataset
    from detector.learner import Snapshot
    from detector.model import Network
    from detector.system import Recipe, System
    from detector.training import TrainingStep
    from detector.views import Source

EMA_DECAY = 0.9985  # of `Schedule`, for trainings long enough for it
MAX_NORM = 5.0
MOST_WORKERS = 4
EMA_HORIZONS = 10  # a training is at least so many times longer than its average looks back


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train on a dataset. An epoch is `steps_per_epoch` steps and shows every image about once.

    `learning_rate` is for steps of `batch_size` images; `recipe` says the rest. `pretrained`: the weights at the start
    have learnt something, which the recipe may want to keep as it is; frozen random weights would be of no use.
    `workers` processes load images, 0 a thread: what they load does not depend on it. `recolours` says whether images
    get another contrast and brightness each time; all are mirrored at random.

    The images of a step are those of all processes, of which this one has its `share`, in all their `passes`.
    """

    recipe: Recipe
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int = 0
    pretrained: bool = False
    recolours: bool = False
    workers: int = 0
    share: Share = ALONE
    passes: int = 1

    @classmethod
    def of(
        cls,
        system: System,
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        **rest: Any,
    ) -> Plan:
        """Return the plan of the recipe of `system`, but for what is given.

        The rate is the one that the batch size asks for: linear in it (Goyal et al. 2017).
        """
        recipe = system.recipe
        size = batch_size or recipe.batch_size
        rate = recipe.learning_rate * size / recipe.reference_batch if learning_rate is None else learning_rate
        # The references do not recolour: their figures are of images that are mirrored and nothing else.
        plan = cls(recipe, epochs or recipe.epochs, size, rate, recolours=system.family == "boxwright")
        return replace(plan, **rest)

    @property
    def division(self) -> Division:
        """How the images of a step are divided."""
        return Division(self.batch_size, self.share, self.passes)

    def require_enough(self) -> None:
        """Raise DetectorError unless every pass of every process has an image."""
        least, ranks = self.share.ranks * self.passes, self.share.ranks
        if self.batch_size < least:
            raise DetectorError(
                f"{self.batch_size // self.passes} images cannot be shared out among {ranks} processes: give "
                f"--batch-size {ranks} or more, or start fewer."
            )

    def steps_per_epoch(self, images: int) -> int:
        """Return the number of batches that hold `images`."""
        return math.ceil(images / self.batch_size)

    def schedule(self, images: int, device: torch.device) -> Schedule:
        """Return the schedule for `images` images; a short training has a shorter warm-up and a shorter average."""
        each, recipe = self.steps_per_epoch(images), self.recipe
        steps, averages = self.epochs * each, recipe.optimizer == "adamw"
        return Schedule(
            steps=steps,
            learning_rate=self.learning_rate,
            weight_decay=recipe.weight_decay,
            warmup_steps=min(recipe.warmup_steps, steps // 10),
            # The references of SGD do not bound it, but all of them start from ImageNet.
            max_norm=math.inf if self.pretrained and not averages else MAX_NORM,
            # With a longer memory than the training, the average would be mostly the random weights of its start.
            ema_decay=min(EMA_DECAY, max(0.0, 1 - EMA_HORIZONS / steps)) if averages else 0.0,
            mixed=sixteen_bit_type(device) is not None,
            frozen_norms=recipe.frozen_norms and self.pretrained,
            frozen=recipe.frozen if self.pretrained else (),
            optimizer=recipe.optimizer,
            momentum=recipe.momentum,
            drops=tuple(round(drop * self.epochs / recipe.epochs) * each for drop in recipe.drops),
            warmup_factor=recipe.warmup_factor,
            bias_rate=recipe.bias_rate,
            decays_biases=recipe.decays_biases,
            epoch_steps=each,
        )


def read_to_learn_from(annotations: Path, images: Path) -> CocoDataset:
    """Read a dataset to train on, with its image folder.

    Raises DetectorError, naming everything, if anything is wrong with it: bad data makes a bad model, quietly.
    """
    dataset = read_dataset(annotations, images)
    if dataset.problems:
        count = f"Nothing was trained. What is wrong with the dataset ({len(dataset.problems)}):"
        raise DetectorError("\n  ".join([count, *dataset.problems]))
    return dataset


def train_on_dataset(
    model: Network,
    images: Sequence[Source],
    plan: Plan,
    device: torch.device,
    start: Snapshot | None = None,
) -> Generator[TrainingStep, None, None]:
    """Train `model` in place on `images`, of which there is at least one; see `train_joint`."""
    torch.manual_seed(plan.seed)
    schedule = plan.schedule(len(images), device)
    first = start.step if start else 0
    views = Views(images, plan.batch_size, (plan.seed,), recolours=plan.recolours, share=plan.share)
    with closing(loaded(views, range(first, schedule.steps), plan.workers)) as batches:
        yield from train_joint(model, batches, schedule, device, start, division=plan.division)


def default_workers(device: torch.device, processes: int = 1) -> int:
    """Return how many processes should load images for `device`: none where training takes the same processors.

    `processes` train on this machine, each with a device and with loaders of its own.
    """
    return 0 if device.type == "cpu" else min(MOST_WORKERS, max(1, ((os.cpu_count() or 1) - 1) // processes))


def starting_model(
    system: System, start: Path | None, categories: Sequence[str], *, seed: int, backbone: Path | None = None
) -> tuple[Network, tuple[str, ...]]:
    """Return the network to train and the names of its labels: `system` with random weights, or the model in `start`.

    Of a model with other categories everything is kept but the rows of the last layers; those survive by name. A
    network without a second stage learns boxes of whatever category: its one label is that of an object. `backbone` is
    a file of ImageNet weights. Raises DetectorError where a file cannot be read or does not fit.
    """
    torch.manual_seed(seed)
    if start is not None:
        checkpoint = checkpoints.load(start)
        if isinstance(checkpoint.model, ProposalNetwork):
            return checkpoint.model, checkpoint.categories
        return transfer(checkpoint.model, checkpoint.categories, categories), tuple(categories)
    names = (OBJECT,) if system.proposals_only else tuple(categories)
    model = build(system, len(names))
    if backbone is not None:
        load_backbone(model, backbone)
    return model, names
