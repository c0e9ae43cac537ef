"""What a training was like: losses and rate of each step, and what was measured after each epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detector.training import TrainingStep

LOSSES = ("loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg")


@dataclass(slots=True)
class Curves:
    """`rows` of step, learning rate and the `LOSSES`, NaN where a stage has none; what was measured, and where.

    `stages` are pairs (first step, name); `measured` triples (step, stage, figures by name).
    """

    rows: list[tuple[float, ...]] = field(default_factory=list)
    stages: list[tuple[int, str]] = field(default_factory=list)
    measured: list[tuple[int, str, dict[str, float]]] = field(default_factory=list)

    def add(self, step: TrainingStep) -> None:
        """Note a step; one that learns nothing is passed over."""
        if not step.losses:
            return
        if not self.stages or self.stages[-1][1] != step.stage:
            self.stages.append((step.step, step.stage))
        losses = (step.losses.get(name, math.nan) for name in LOSSES)
        self.rows.append((step.step, step.learning_rate, *losses))

    def table(self) -> NDArray[np.float64]:
        """Return the rows as (S, 6)."""
        return np.array(self.rows, dtype=np.float64).reshape(-1, 2 + len(LOSSES))

    def words(self) -> dict[str, Any]:
        """Return everything but the rows, for JSON."""
        return {"stages": self.stages, "measured": self.measured}

    @classmethod
    def restored(cls, table: NDArray[np.float64], words: dict[str, Any]) -> Curves:
        """Return what `table` and `words` were made of. Raises KeyError, TypeError or ValueError on anything else."""
        stages = [(int(step), str(name)) for step, name in words["stages"]]
        measured = [(int(step), str(name), dict(figures)) for step, name, figures in words["measured"]]
        return cls([tuple(row) for row in table.reshape(-1, 2 + len(LOSSES)).tolist()], stages, measured)
