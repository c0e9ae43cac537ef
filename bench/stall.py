"""Promise 2: how long the event loop stalls while the detector thread works through a folder, or trains.

A timer of 2 ms ticks in the GUI thread of the real window; what a tick is late by is a stall. The window shows a real
project and takes every result. `python -m bench.stall [FOLDER]`, by default 60 scenes drawn for the occasion.

With `--training` the scenes are reviewed and a fine-tune of both stages runs for `--seconds`, while the labeler has the
image on screen detected again and again; then it is cancelled. How long detections and the cancel took is said too.

There is no peer: other labelers do not detect while people work. What a person sees, a frame of 60 Hz, is the measure.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, Qt, QTimer

from app import application, process
from app.networks import detector_factory
from app.settings import Settings
from app.store.formats.annotation_import import find_annotations, plan_found
from app.store.formats.project_images import ProjectImages
from bench.figures import Figure, at_most, show
from bench.own_home import own_home
from detector.coco import xywh
from detector.fine_tune_values import Progress, SecondStage
from detector.scenes import CATEGORIES, draw_scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TICK = 0.002
IMAGES = 60
SIZE = (480, 640)
BETWEEN_DETECTIONS = 2.0
MOST_SECONDS_TO_CANCEL = 1.0
MOST_STALL_MS = 16.0
TRAINED_SECONDS = 90.0


class Ticker(QObject):
    """Counts how late the event loop is, in seconds, from `start()` on."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self, interval=round(TICK * 1000), timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin to count."""
        self._last = time.perf_counter()
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, now - self._last - TICK))
        self._last = now


class Training(QObject):
    """A fine-tune in a running program, and a labeler who goes on working meanwhile; `ended` is called after it.

    `waits` are the seconds that detections took which were asked for during the training, `cancelled` those from the
    cancel to the end, None where the training came to its end before; `steps` counts the steps of each stage.
    """

    def __init__(
        self, program: application.Application, annotations: Path, seconds: float, ended: Callable[[], None]
    ) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.cancelled: float | None = None
        self.steps: dict[str, int] = {}
        self._program, self._annotations, self._seconds, self._ended = program, annotations, seconds, ended
        self._asked = self._cancelled_at = 0.0
        self._timer = QTimer(self, interval=round(BETWEEN_DETECTIONS * 1000))
        self._timer.timeout.connect(self._ask)

    def start(self) -> None:
        """Import the annotations as reviewed, and start."""
        session = self._program.session
        assert session is not None
        found = find_annotations(self._annotations, ProjectImages(session.folder, session.store.images()))
        command = plan_found(session.store, found, reviewed=True).command
        assert command is not None
        session.workspace.execute(command)
        session.tuning.progressed.connect(self._follow)
        session.tuning.ended.connect(self._end)
        self._program.service.detected.connect(self._take)
        assert session.tuning.start(SecondStage.ALWAYS)
        self._timer.start()
        QTimer.singleShot(round(self._seconds * 1000), self, self._cancel)

    def _ask(self) -> None:
        if not self._asked and self._program.session is not None:
            self._asked = time.perf_counter()
            self._program.session.detect_again()

    def _take(self, _ready: object) -> None:
        if self._asked:
            self.waits.append(time.perf_counter() - self._asked)
            self._asked = 0.0

    def _follow(self, progress: Progress) -> None:
        self.steps[progress.stage] = progress.step

    def _cancel(self) -> None:
        if self._program.session is not None:
            self._cancelled_at = time.perf_counter()
            self._program.session.tuning.cancel()

    def _end(self, *_outcome: object) -> None:
        self._timer.stop()
        if self._cancelled_at:
            self.cancelled = time.perf_counter() - self._cancelled_at
        self._ended()


def figures(*, quick: bool = False) -> Iterator[Figure]:
    """Yield the stalls during one folder run, and during a training."""
    with own_home() as home:
        yield from _detecting(_draw(home / "scenes"))
    with own_home() as home:
        yield from _training(_draw(home / "scenes"), home, 15.0 if quick else TRAINED_SECONDS)


def main() -> None:
    """Measure the stalls during one folder run, or during a training."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="of images to detect")
    parser.add_argument("--training", action="store_true", help="train on scenes, instead of detecting a folder")
    parser.add_argument("--seconds", type=float, default=TRAINED_SECONDS, help="after which the training is cancelled")
    options = parser.parse_args()
    if options.training and options.folder:
        parser.error("a training learns from scenes whose boxes are known: leave the folder out")
    with own_home() as home:
        folder = options.folder or _draw(home / "scenes")
        show(_training(folder, home, options.seconds) if options.training else _detecting(folder))


def _detecting(folder: Path) -> Iterator[Figure]:
    late, images, seconds = _run(folder)
    yield from _stalls("detecting", late, f"{images} images in {seconds:.1f} s")


def _training(folder: Path, home: Path, seconds: float) -> Iterator[Figure]:
    late, training = _train(folder, _annotate(home / "annotations.json"), seconds)
    steps = ", ".join(f"{stage} {count}" for stage, count in training.steps.items())
    yield from _stalls("training", late, f"last step of each stage: {steps}")
    if training.waits:
        title = f"a detection during the training: median of {len(training.waits)}"
        yield Figure(title, float(np.median(training.waits)), "s", note=f"longest {max(training.waits):.2f} s")
    if training.cancelled is not None:
        yield Figure("cancel, until it answers", training.cancelled, "s", target=at_most(MOST_SECONDS_TO_CANCEL))


def _stalls(doing: str, late: list[float], note: str) -> Iterator[Figure]:
    yield Figure(f"stall of the event loop while {doing}: median", 1e3 * float(np.median(late)), note=note)
    p99 = 1e3 * float(np.percentile(late, 99))
    note = f"{len(late)} ticks, longest {1e3 * max(late):.1f} ms"
    yield Figure(f"stall of the event loop while {doing}: p99", p99, target=at_most(MOST_STALL_MS), note=note)


def _draw(folder: Path) -> Path:
    folder.mkdir()
    for seed in range(IMAGES):
        Image.fromarray(draw_scene(seed, SIZE).image).save(folder / f"{seed:03}.jpg", quality=92)
    return folder


def _annotate(path: Path) -> Path:
    """Write a COCO file with the boxes of the scenes."""
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for seed in range(IMAGES):
        scene = draw_scene(seed, SIZE)
        images.append({"id": seed + 1, "file_name": f"{seed:03}.jpg", "width": SIZE[1], "height": SIZE[0]})
        for bbox, label in zip(xywh(scene.gt_boxes), scene.labels.tolist(), strict=True):
            box = {"bbox": bbox, "area": bbox[2] * bbox[3], "iscrowd": 0, "category_id": label}
            annotations.append(box | {"id": len(annotations) + 1, "image_id": seed + 1})
    categories = [{"id": label, "name": name} for label, name in enumerate(CATEGORIES, 1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _train(folder: Path, annotations: Path, seconds: float) -> tuple[list[float], Training]:
    """Train in a program; return the stalls and how fast it answered."""
    qt = process.qt_application()
    program = application.Application(qt, detector_factory(None, "cpu"), Settings())
    ticker, training, started = Ticker(), Training(program, annotations, seconds, qt.quit), False

    def follow(status: object) -> None:
        nonlocal started
        if getattr(status, "state", None) == "ready" and not started:
            started = True
            training.start()
            ticker.start()

    program.service.status_changed.connect(follow)
    program.show(folder)
    qt.exec()
    program.shut_down()
    return ticker.late, training


def _run(folder: Path) -> tuple[list[float], int, float]:
    qt = process.qt_application()
    program = application.Application(qt, detector_factory(None, "cpu"), Settings())
    ticker, began, images = Ticker(), 0.0, 0

    def follow(status: object) -> None:
        nonlocal began, images
        if getattr(status, "state", None) == "ready" and not began:
            began = time.perf_counter()
            ticker.start()
            images = program.session.detect_all() if program.session else 0

    def finish(progress: object) -> None:
        if getattr(progress, "finished", False):
            qt.quit()

    program.service.status_changed.connect(follow)
    program.service.progressed.connect(finish)
    program.show(folder)
    qt.exec()
    seconds = time.perf_counter() - began
    program.shut_down()
    return ticker.late, images, seconds


if __name__ == "__main__":
    main()
