"""An `Evaluating` that measures nothing: it says what a test lets it say, and notes what it was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.store.location import Location
from app.workers.evaluation_values import EvaluationProgress, EvaluationRequest, EvaluationStage, Measured, Tallies
from detector.evaluation_summary import CategoryScore, Evaluation
from detector.precision_recall import of_coco

if TYPE_CHECKING:
    from app.model.model_versions import ModelVersion

NAMES = ("die", "coin")


class MadeUpEvaluating(QObject):
    """`asked` are the wishes in their order; `progress`, `end` and `fail` play the detector's part."""

    progressed = Signal(object)
    measured = Signal(object)
    failed = Signal(str)
    cancelled = Signal()
    staleness_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.is_running = False
        self.refusal = ""
        self.stale = ""
        self.model = "Embedded, for tests"
        self.unreadable: dict[int, str] = {}
        self.version: ModelVersion | None = None

    def staleness(self) -> str:
        return self.stale

    def trained_version(self) -> ModelVersion | None:
        return self.version

    def start(self) -> bool:
        self.asked.append("start")
        if self.refusal:
            self.failed.emit(self.refusal)
            return False
        self.is_running = True
        self.progress(EvaluationStage.READING)
        return True

    def cancel(self) -> None:
        self.asked.append("cancel")
        self.is_running = False
        self.cancelled.emit()

    def progress(self, stage=EvaluationStage.DETECTING, *rest) -> None:
        self.progressed.emit(EvaluationProgress(stage, *rest))

    def end(self, result: Measured) -> None:
        self.is_running, self.stale = False, ""
        self.measured.emit(result)

    def fail(self, sentence: str) -> None:
        self.is_running = False
        self.failed.emit(sentence)

    def grow_stale(self, sentence: str) -> None:
        self.stale = sentence
        self.staleness_changed.emit()


def measured(names=NAMES, **changed) -> Measured:
    """Return what was measured on three images: a box of the first category missed and a wrong one on the first image
    at the threshold of 0.5, a wrong one on the last; the box of the second category is found.
    """
    count = len(names)
    boxes = np.zeros((3, count), dtype=np.int64)
    boxes[0, 0], boxes[1, min(1, count - 1)] = 2, 1
    tallies = Tallies(
        images=np.array([0, 0, 1, 2]),
        labels=np.array([1, 1, min(2, count), 1]),
        scores=np.float32([0.9, 0.6, 0.8, 0.7]),
        hits=np.array([True, False, True, False]),
        mistakes=np.array([False, True, False, True]),
        boxes=boxes,
    )
    rows = [CategoryScore(name, int(boxes[:, place].sum()), 0, 0, 0.5, 0.75) for place, name in enumerate(names)]
    curve = np.tile(np.linspace(1, 0.2, 101), (10, 1))
    curves = tuple(of_coco(row.name, place, curve) for place, row in enumerate(rows, 1) if row.boxes)
    evaluation = Evaluation(3, 3, 0.5, 0.51, 0.76, 0.47, 0.67, 0.73, tuple(rows), curves, ())
    location = Location(Path("/images"), Path("/images/.boxwright"), elsewhere=False)
    values = {
        "request": EvaluationRequest(location, "embedded-1", {}, tuple(names), 0.5),
        "evaluation": evaluation,
        "tallies": tallies,
        "image_ids": (1, 2, 3),
        "names": ("a.jpg", "b.jpg", "c.jpg"),
        "unknown": (),
        "left_out": (),
        "unseen": (),
    }
    return Measured(**{**values, **changed})
