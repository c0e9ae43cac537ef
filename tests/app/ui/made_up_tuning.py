"""A `Tuning` that trains nothing: it says what a test lets it say, and notes what it was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.model.model_versions import ModelVersion
from app.model.storage import StoreError
from app.tuning import TrainingCounts
from app.workers.messages import TrainingOutcome
from detector.fine_tune_values import CategoryFigures, DataCounts, Example, Figures, Progress, Stage, StageResult
from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("die", "coin")


class MadeUpTuning(QObject):
    """`asked` are the wishes in their order; `step`, `train` and `end` play the detector's part."""

    progressed = Signal(object)
    trained = Signal(object, object)
    ended = Signal(object, str)
    versions_changed = Signal()
    trouble = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.asked: list[object] = []
        self.is_running = False
        self.versions: tuple[ModelVersion, ...] = ()
        self.active: ModelVersion | None = None
        self.refusal = ""
        self.worth_it = ""
        self.failing = False
        self.data = TrainingCounts(48, {"die": 308, "coin": 2}, 22, (), ("coin",))

    def counts(self) -> TrainingCounts:
        if self.failing:
            raise StoreError("The project cannot be read; is its disk still there?")
        return self.data

    def is_worth_it(self) -> str:
        return self.worth_it

    def start(self, second_stage) -> bool:
        self.asked.append(("start", second_stage))
        if self.refusal:
            self.trouble.emit(self.refusal)
            return False
        self.is_running = True
        return True

    def cancel(self) -> None:
        self.asked.append("cancel")

    def finish(self) -> None:
        self.asked.append("finish")

    def skip(self) -> None:
        self.asked.append("skip")

    def open(self) -> None:
        self.asked.append("open")

    def close(self) -> None:
        self.asked.append("close")

    def use(self, version) -> None:
        self.asked.append(("use", version))
        self.active = version
        self.versions_changed.emit()

    def roll_back(self) -> None:
        self.asked.append("roll back")
        if self.active is None:
            self.trouble.emit("There is no version to go back from.")
            return
        self.active = None
        self.versions_changed.emit()

    def delete(self, version) -> None:
        self.asked.append(("delete", version))
        self.versions = tuple(one for one in self.versions if one != version)
        self.versions_changed.emit()

    def export(self, version, path) -> None:
        self.asked.append(("export", version, path))
        if self.refusal:
            self.trouble.emit(self.refusal)

    def step(self, stage=Stage.HEAD, step=1, steps=100, **rest) -> None:
        self.progressed.emit(Progress(stage, step, steps, **rest))

    def train(self, result: StageResult, example: Example | None = None) -> ModelVersion:
        made = version(len(self.versions) + 1, result)
        self.versions = (*self.versions, made)
        if result.is_better:
            self.active = made
        self.versions_changed.emit()
        self.trained.emit(made, example)
        return made

    def end(self, outcome=TrainingOutcome.DONE, sentence: str = "") -> None:
        self.is_running = False
        self.ended.emit(outcome, sentence)


def version(number: int, result: StageResult) -> ModelVersion:
    return ModelVersion(
        number,
        f"head-{number}-1a2b3c4d",
        f"head-{number}.safetensors",
        "embedded-0",
        ((1, "die"), (2, "coin")),
        result,
        f"2026-03-0{number}T09:4{number}:00+00:00",
    )


def figures(ap50: float, found: int, missed: int, false: int, score_thresh: float = 0.42) -> Figures:
    """Return figures of two categories; the numbers are those of the first, and the second has one box, found."""
    rows = (
        CategoryFigures("coin", 1, 1, 0, 0, 1.0),
        CategoryFigures("die", found + missed, found, missed, false, ap50),
    )
    return Figures(10, ap50, ap50 / 2, score_thresh, rows)


def result(before: float | None, after: float | None, stage: Stage = Stage.HEAD, **changed) -> StageResult:
    """Return a result that is better where `after` is; None: nothing was held out."""
    counts = DataCounts(38, 10, 310, 22)
    was = None if before is None else figures(before, 41, 18, 12, 0.5)
    now = None if after is None else figures(after, 53, 6, 4)
    is_better = before is None or after is None or after > before
    return replace(StageResult(stage, counts, was, now, is_better, 0.91, 24.0), **changed)


def example(path: Path, size: tuple[int, int] = (480, 640)) -> Example:
    """Return what the model before and the new one say of the image at `path`: one box, then three."""
    boxes = np.float32([[80, 60, 260, 240], [300, 200, 420, 330], [450, 90, 600, 180]])
    boxes *= np.float32([size[1] / 640, size[0] / 480] * 2)

    def seen(scores: list[float], labels: list[int]) -> Prediction:
        count = len(scores)
        candidates = Candidates(boxes[:count], np.array(scores), np.array(labels), np.arange(count))
        return Prediction(size, Proposals(boxes, np.array([0.9, 0.8, 0.7])), candidates, NAMES, "v", 0.02)

    return Example(path, path.name, seen([0.8, 0.3], [1, 2]), seen([0.95, 0.9, 0.6], [1, 1, 2]))
