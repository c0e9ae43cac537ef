"""`boxwright train` as torchrun starts it in the tests: without chance, so that processes differ by roundings alone.

Not a test. The first argument is `-`, or RANK:STEP: the process of that rank kills itself in that step, the first time
that torchrun has started it; or RANK:STEP:interrupt: it interrupts torchrun as Ctrl-C does, and waits for what comes of
that; or RANK:STEP:leave: it kills torchrun too, as if their machine was gone. The other arguments are those of the
command line.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from typing import Any

import torch

from detector import cli, dataset_training, training_run
from detector.learner import Learner
from detector.system import Recipe
from detector.systems import SYSTEMS

# Of SGD, since AdamW would not notice a gradient of the wrong size; the statistics of norms stay as they are.
SYSTEM = replace(
    SYSTEMS["embedded"],
    recipe=Recipe(learning_rate=0.01, reference_batch=3, batch_size=3, warmup_steps=0, frozen_norms=True),
    rpn_batch_size_per_image=64,
    box_batch_size_per_image=16,
)


def first_ones(count: int, **options: Any) -> torch.Tensor:
    """Stand in for torch.randperm: samplers take the first ones, whoever has the image."""
    return torch.arange(count, **options)


def stopped_at(rank: str, step: str, how: str = "kill") -> None:
    learn, taken = Learner.learn, 0

    def learn_or_stop(self: Learner, *arguments: Any) -> dict[str, float]:
        nonlocal taken
        taken += 1
        if taken == int(step) and (os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"]) == (rank, "0"):
            if how == "interrupt":
                os.kill(os.getppid(), signal.SIGINT)
                signal.pause()
            if how == "leave":
                os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        return learn(self, *arguments)

    Learner.learn = learn_or_stop  # type: ignore[method-assign]


if __name__ == "__main__":
    SYSTEMS["embedded"] = SYSTEM
    torch.randperm = first_ones  # type: ignore[assignment]
    dataset_training.sixteen_bit_type = lambda _device: None  # type: ignore[assignment]
    training_run.STATE_EVERY = 1
    if sys.argv[1] != "-":
        stopped_at(*sys.argv[1].split(":"))
    sys.exit(cli.run(sys.argv[2:]))
