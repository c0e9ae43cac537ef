"""What `detect` is asked and what it counts, whoever does the work. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from detector.console import Summary
    from detector.detection_run import Pace
    from detector.image_files import ImageFile
    from detector.predictor import Precision
    from detector.types import Thresholds


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for in which images, however it is done: the options of the verb."""

    files: list[ImageFile]
    output: Path
    thresholds: Thresholds
    tile: int
    model: Path | None
    device: str | None
    precision: Precision
    threads: int | None
    proposals: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """What `detect` counts: boxes on images, and why none on others; by what, where; `more` for `--json`."""

    images: int
    boxes: int
    failures: list[str]
    pace: Pace
    model_version: str
    device: str
    more: Summary
