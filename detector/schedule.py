"""How to train, in numbers: the optimizer and its learning rate at each step, and what stays as it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

DROP = 0.1


@dataclass(frozen=True, slots=True)
class Schedule:
    """How to train: AdamW with a linear warm-up and a cosine to zero, or SGD with momentum and a rate that drops.

    `ema_decay` is the decay per step of the moving average of the weights that is kept at the end; with 0 there is no
    average. `max_norm` bounds the gradient. `mixed` runs convolutions and linear layers in 16 bits. `frozen_norms`
    keeps the statistics of batch norm as they are and uses them, as small batches of a model that is trained already
    need it; scale and shift are trained all the same. Parameters whose names begin with one of `frozen` stay as they
    are, with the statistics of their norms.

    Of SGD: from each step of `drops` on the rate is a tenth; the warm-up begins at `warmup_factor` of it. Biases, and
    all else of one dimension, learn `bias_rate` times as fast and are decayed if `decays_biases`.

    An epoch has `epoch_steps`: after it the model is worth saving and measuring. 0: only at the end.
    """

    steps: int
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warmup_steps: int = 200
    max_norm: float = 5.0
    ema_decay: float = 0.999
    mixed: bool = True
    frozen_norms: bool = False
    frozen: tuple[str, ...] = ()
    optimizer: Literal["adamw", "sgd"] = "adamw"
    momentum: float = 0.9
    drops: tuple[int, ...] = ()
    warmup_factor: float = 0.0
    bias_rate: float = 1.0
    decays_biases: bool = False
    epoch_steps: int = 0

    def rate(self, step: int) -> float:
        """Return the learning rate of 0-based `step`."""
        if self.optimizer == "sgd":
            dropped = self.learning_rate * DROP ** sum(step >= drop for drop in self.drops)
            if step >= self.warmup_steps:
                return dropped
            warm = step / self.warmup_steps
            return dropped * (self.warmup_factor * (1 - warm) + warm)
        return warm_cosine(step, self.steps, self.warmup_steps, self.learning_rate)

    def ends_epoch(self, step: int) -> bool:
        """Return whether the 0-based `step` is the last of an epoch, or of all."""
        return step + 1 == self.steps or (self.epoch_steps > 0 and (step + 1) % self.epoch_steps == 0)


def warm_cosine(step: int, steps: int, warmup_steps: int, highest: float) -> float:
    """Return the rate at 0-based `step`: along a line up to `highest`, then along a cosine to zero after `steps`."""
    if step < warmup_steps:
        return highest * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(steps - warmup_steps, 1)
    return highest * (1 + math.cos(math.pi * min(progress, 1.0))) / 2
