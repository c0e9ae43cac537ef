"""What a stage of a fine-tune has made."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from detector import checkpoints

if TYPE_CHECKING:
    from pathlib import Path

    from detector.calibration import Calibration
    from detector.fine_tune_values import Example, StageResult
    from detector.model import FasterRCNN


class TunedModel(NamedTuple):
    """A model to `save`, and to use if `result.is_better`; the other fields are those of a `Checkpoint`.

    `example` is a held-out image before and after, if there is one.
    """

    model: FasterRCNN
    categories: tuple[str, ...]
    calibrations: tuple[Calibration, ...]
    result: StageResult
    example: Example | None
    licence: str = ""
    source: str = ""
    learnt_from: frozenset[int] = frozenset()
    scenes: tuple[tuple[str, str], ...] = ()

    def save(self, path: Path) -> None:
        """Write it as a model version. Raises what `checkpoints.save` raises."""
        checkpoints.save(
            path,
            self.model,
            self.categories,
            self.calibrations,
            licence=self.licence,
            source=self.source,
            learnt_from=self.learnt_from,
            scenes=self.scenes,
        )
