"""What `detect` is asked and what it answers, whoever does the work. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from detector.console import Summary
    from detector.detection_run import DetectionRun
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
    proposals: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, with the names of labels 1..K, by which model version on which devices; `more` for `--json`."""

    run: DetectionRun
    categories: tuple[str, ...]
    model_version: str
    device: str
    more: Summary
