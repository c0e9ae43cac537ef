"""Trainings without a network: what they yield is given, and each of their steps waits until it is allowed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QThread

from app.store.corrections import StoredCorrections
from app.workers.detector import Tuner
from app.workers.messages import FeatureFolder, TrainRequest, VersionTrained
from detector.corrections import CorrectedImage, Corrections
from detector.fine_tune_values import DataCounts, Figures, Progress, Stage, StageResult
from detector.types import Candidates, DetectorError, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from app.workers.detector import Detector
    from app.workers.warming import Warming
    from detector.types import ByteArray, Refinement

Step = Progress | StageResult | Exception


class QuickDetector:
    """Finds one die in the middle of each image, and writes into `log` which image it saw, by its first byte."""

    name = "quick"
    device = "cpu"
    notice = ""
    numerics: tuple[str, ...] = ()
    categories: tuple[str, ...] = ("die",)

    def __init__(self, model_version: str = "base", log: list[str] | None = None) -> None:
        self.model_version = model_version
        self.log: list[str] = [] if log is None else log

    def refine(self, _key: object, _boxes: object) -> Refinement | None:
        raise DetectorError("This detector has no second stage.")

    def predict(self, image: ByteArray, _key: object = None) -> Prediction:
        self.log.append(f"detect {image[0, 0, 0]}")
        height, width = image.shape[:2]
        box = np.array([[0.25, 0.25, 0.75, 0.75]]) * (width, height, width, height)
        score, one, first = np.array([0.9]), np.array([1]), np.array([0])
        proposals, candidates = Proposals(box, score), Candidates(box, score, one, first)
        return Prediction((height, width), proposals, candidates, self.categories, self.model_version, 0.05)


def progress(step: int, steps: int = 100, stage: Stage = Stage.HEAD, *, ap50: float | None = None) -> Progress:
    return Progress(stage, step, steps, loss=1.0 / step, ap50=ap50)


def result(*, is_better: bool = True, stage: Stage = Stage.HEAD, images: int = 8) -> StageResult:
    before, after = Figures(2, 0.5, 0.3, 0.5, ()), Figures(2, 0.7 if is_better else 0.4, 0.4, 0.5, ())
    return StageResult(stage, DataCounts(images, 2, 20, 3), before, after, is_better, 0.9, 1.0)


def corrected(path: Path) -> CorrectedImage:
    return CorrectedImage(path, path.name, np.array([[1.0, 2, 30, 40]]), np.array([1]))


def corrections(*paths: Path) -> Callable[[], StoredCorrections]:
    """Return what reads these images as corrected, with the categories 7 "die" and 9 "coin"."""
    found = StoredCorrections(Corrections(tuple(map(corrected, paths)), ("die", "coin")), (7, 9))
    return lambda: found


class FakeTraining:
    """Takes the given steps: progress is yielded, a result is saved as a version, an exception is raised.

    If it is gated, each step waits for one `allow`. A step sees to its wishes like a real one. The corrections are read
    before the first; `learnt` are those of each training.
    """

    def __init__(self, *steps: Step, gated: bool = False) -> None:
        self.steps = steps
        self.requests: list[TrainRequest] = []
        self.learnt: list[StoredCorrections] = []
        self.begun = 0
        self.begun_in: list[QThread] = []
        self.closed_in: list[QThread] = []
        self.opened: list[Path] = []
        self.warmed: list[Warming] = []
        self.warming_error: Exception | None = None
        self.warming_log: list[str] = []
        self.damaged: set[str] = set()
        self.saved: list[Path] = []
        self._gate = threading.Semaphore(0) if gated else None

    def allow(self, count: int = 1) -> None:
        assert self._gate is not None
        for _ in range(count):
            self._gate.release()

    def allow_once_cancelled(self, request: TrainRequest) -> threading.Thread:
        """Let the step under way end once its training is cancelled, and no sooner."""

        def wait() -> None:
            assert request.wishes.cancel.wait(60)
            self.allow()

        thread = threading.Thread(target=wait)
        thread.start()
        return thread

    def train(self, request: TrainRequest) -> Generator[Progress | VersionTrained, None, None]:
        self.requests.append(request)
        self.learnt.append(request.corrections())
        try:
            for step in self.steps:
                self.begun += 1
                self.begun_in.append(QThread.currentThread())
                assert self._gate is None or self._gate.acquire(timeout=30)
                if isinstance(step, Exception):
                    raise step
                yield step if isinstance(step, Progress) else self._saved(step, request)
        finally:
            self.closed_in.append(QThread.currentThread())

    def warm(self, _detector: Detector, warming: Warming) -> None:
        self.warmed.append(warming)
        self.warming_log.append(f"warm {warming.image.name}")
        if self.warming_error is not None:
            raise self.warming_error

    def tuner(self, detector: type | None = None) -> Tuner:
        """Return what a service takes; a version is opened as `detector(its name)`."""

        def open_version(path: Path) -> Detector:
            self.opened.append(path)
            if path.name in self.damaged:
                raise DetectorError(f"{path.name} is damaged.")
            assert detector is not None
            return detector(version_of(path))

        def convert(foreign: Path, path: Path) -> Detector:
            path.write_bytes(foreign.read_bytes())
            return open_version(path)

        return Tuner(open_version, convert, self.train, self.warm)

    def _saved(self, step: StageResult, request: TrainRequest) -> VersionTrained:
        path = request.heads / f"{step.stage.value}-{request.id}-{len(self.saved)}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("weights")
        self.saved.append(path)
        learnt = self.learnt[-1]
        categories = tuple(zip(learnt.category_ids, learnt.corrections.categories, strict=True))
        return VersionTrained(request.id, path, version_of(path), categories, step)


def version_of(path: Path) -> str:
    return f"{path.stem}-abc"


def features(folder: Path) -> FeatureFolder:
    return FeatureFolder(folder / "features", 1000)
