"""Promise 2: how long the event loop stalls while the detector thread works through a folder, or trains.

A timer of 2 ms ticks in the GUI thread of the real window; what a tick is late by is a stall. The window shows a real
project and takes every result. `python -m bench.stall [FOLDER]`, by default 60 scenes drawn for the occasion.

With `--training` the scenes are reviewed and a fine-tune of both stages runs for `--seconds`, while the labeler has the
image on screen detected again and again; then it is cancelled. How long detections and the cancel took is said too.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
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
from app.store.formats.coco_import import read_coco
from detector.coco import xywh
from detector.fine_tune_values import Progress, SecondStage
from detector.scenes import CATEGORIES, draw_scene

if TYPE_CHECKING:
    from collections.abc import Callable

TICK = 0.002
IMAGES = 60
SIZE = (480, 640)
BETWEEN_DETECTIONS = 2.0
MOST_SECONDS_TO_CANCEL = 1.0


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
        command = read_coco(session.store, self._annotations, reviewed=True).command
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


def main() -> None:
    """Measure the stalls during one folder run, or during a training."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="of images to detect")
    parser.add_argument("--training", action="store_true", help="train on scenes, instead of detecting a folder")
    parser.add_argument("--seconds", type=float, default=90.0, help="after which the training is cancelled")
    options = parser.parse_args()
    if options.training and options.folder:
        parser.error("a training learns from scenes whose boxes are known: leave the folder out")
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = home
        folder = options.folder or _draw(Path(home) / "scenes")
        if options.training:
            _report(_train(folder, _annotate(Path(home) / "annotations.json"), options.seconds))
            return
        late, images, seconds = _run(folder)
    print(f"{images} images detected in {seconds:.1f} s, {len(late)} ticks of the event loop meanwhile")
    _report(late)


def _report(late: list[float]) -> None:
    p99, longest = np.percentile(late, 99) * 1e3, max(late) * 1e3
    held = "held" if p99 <= 16 else "MISSED"
    print(f"stall: median {np.median(late) * 1e3:.2f} ms, p99 {p99:.2f} ms <= 16 ms {held}, longest {longest:.1f} ms")


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


def _train(folder: Path, annotations: Path, seconds: float) -> list[float]:
    """Train in a program, say how fast it answered, and return the stalls."""
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
    steps = ", ".join(f"{stage} {count}" for stage, count in training.steps.items())
    print(f"trained (last step of each stage: {steps}), {len(ticker.late)} ticks of the event loop meanwhile")
    if training.waits:
        waits = f"median {np.median(training.waits):.2f} s, longest {max(training.waits):.2f} s"
        print(f"{len(training.waits)} detections during the training: {waits}")
    if training.cancelled is not None:
        held = "held" if training.cancelled <= MOST_SECONDS_TO_CANCEL else "MISSED"
        print(f"cancel: answered in {training.cancelled:.2f} s <= {MOST_SECONDS_TO_CANCEL:.0f} s {held}")
    return ticker.late


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
