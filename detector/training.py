"""Approximate joint training (Ren et al. 2015, section 3.2), as a generator of steps: its caller decides when to go on.

Shapes: N images of a batch, M ground-truth boxes and J rejected ones of one image.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from detector.learner import Learner, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from torch import nn

    from detector.model import Network
    from detector.processes import Division
    from detector.schedule import Schedule
    from detector.types import Sample

Gives = Literal["detections", "proposals", "nothing"]

JOINT = "joint"


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """One step that has been taken: `losses` by torchvision's names, `seconds` that all steps so far have taken.

    `average` is the network whose weights are the moving average so far: the one to save or to measure, in eval mode.
    `stage` names the part of the training, and `gives` what the network is good for in it. `snapshot`, where there is
    one, returns what a training goes on from after this step; its tensors are those of the training itself: write them
    down before the next step.
    """

    step: int
    steps: int
    images_seen: int
    losses: dict[str, float]
    learning_rate: float
    seconds: float
    average: Network
    stage: str = JOINT
    gives: Gives = "detections"
    ends_epoch: bool = False
    snapshot: Callable[[], Snapshot] | None = field(default=None, repr=False, compare=False)

    @property
    def loss(self) -> float:
        """Sum of the losses: two of each stage of the network that learns."""
        return sum(self.losses.values())


def train_joint(
    model: Network,
    batches: Iterable[Sequence[Sample]],
    schedule: Schedule,
    device: torch.device,
    start: Snapshot | None = None,
    *,
    division: Division | None = None,
) -> Generator[TrainingStep, None, None]:
    """Train `model`, one batch per step, and yield after each; end after `schedule.steps` or the last batch.

    A ground-truth box of label 0 is an object for the RPN and background for the head: something worth a proposal that
    has no category. Boxes thinner than a pixel or outside the image are left out; crowds are neither object nor
    background; of an image that is not reviewed only what a person decided on counts: see `targets`.

    When the generator ends or is closed, `model` holds the moving average of its weights, in eval mode. With `start`,
    the snapshot of an earlier training by the same schedule, it goes on from there to the same end, bit for bit, if
    `batches` go on where they were. In a process group each process brings its own batches and the gradients are
    averaged; with a `division` they are its shares of the batches that one process alone would bring, and the weights
    become the same but for rounding, and for what is random or measured within a share: sampling, live batch norm.
    Raises DetectorError, naming the images, on a loss that is not finite.
    """
    return train_part(model, model, batches, schedule=schedule, device=device, start=start, division=division)


def train_part(
    model: Network,
    part: nn.Module,
    batches: Iterable[Sequence[Sample]],
    *,
    schedule: Schedule,
    device: torch.device,
    start: Snapshot | None = None,
    stage: str = JOINT,
    division: Division | None = None,
) -> Generator[TrainingStep, None, None]:
    """Train `model` by the losses that `part`, which shares its parameters, returns of a batch; see `train_joint`."""
    luck = torch.initial_seed()
    first, seen, seconds = (start.step, start.images_seen, start.seconds) if start else (0, 0, 0.0)
    with Learner(model, part, schedule, device) as learner:
        if start:
            learner.restore(start)
        since = time.monotonic()
        for step, samples in zip(range(first, schedule.steps), batches, strict=False):
            rate = schedule.rate(step)
            if division and division.share.rank:
                _draw_lots(luck, division.share.rank, step)
            losses = learner.learn(samples, rate, division)
            seen += division.images if division else len(samples)
            seconds += time.monotonic() - since
            yield TrainingStep(
                step + 1,
                schedule.steps,
                seen,
                losses,
                rate,
                seconds,
                learner.averaged,
                stage,
                "proposals" if model.system.proposals_only else "detections",
                schedule.ends_epoch(step),
                partial(learner.snapshot, step + 1, seen, seconds),
            )
            since = time.monotonic()  # whoever follows may have taken long


def _draw_lots(seed: int, rank: int, step: int) -> None:
    """Begin random numbers that no other process has, and that need not be kept to go on with the same ones."""
    torch.manual_seed(int(np.random.default_rng((seed, rank, step)).integers(2**63)))
