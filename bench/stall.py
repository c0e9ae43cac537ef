"""Promise 2: how long the event loop stalls while the detector thread works through a folder.

A timer of 2 ms ticks in the GUI thread of the real window; what a tick is late by is a stall. The window shows a real
project and takes every result. `python -m bench.stall [FOLDER]`, by default 60 scenes drawn for the occasion.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, Qt, QTimer

from app import application
from app.settings import Settings
from detector.scenes import draw_scene

TICK = 0.002
IMAGES = 60


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


def main() -> None:
    """Measure the stalls during one folder run."""
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = home
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _draw(Path(home) / "scenes")
        late, images, seconds = _run(folder)
    p99, longest = np.percentile(late, 99) * 1e3, max(late) * 1e3
    print(f"{images} images detected in {seconds:.1f} s, {len(late)} ticks of the event loop meanwhile")
    held = "held" if p99 <= 16 else "MISSED"
    print(f"stall: median {np.median(late) * 1e3:.2f} ms, p99 {p99:.2f} ms <= 16 ms {held}, longest {longest:.1f} ms")


def _draw(folder: Path) -> Path:
    folder.mkdir()
    for seed in range(IMAGES):
        Image.fromarray(draw_scene(seed, (480, 640)).image).save(folder / f"{seed:03}.jpg", quality=92)
    return folder


def _run(folder: Path) -> tuple[list[float], int, float]:
    qt = application._qt_application()  # noqa: SLF001 - the composition root is what is measured
    program = application.Application(qt, application.detector_factory(None, "cpu"), Settings())
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
