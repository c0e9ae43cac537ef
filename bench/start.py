"""Promises 1 and 14: from the start of the process to the first paint of the window, and to the first image with boxes.

The window: whole processes, started in turn; the peer is a process that only imports torch, without which no window of
this kind that imports its detector first can come up. The image: the program is started with a project of 100,000
images, as a person starts it, until the canvas has painted the image that was open last, with the suggestions that are
stored for it; the peer is the same. These are real ones, found by the embedded detector on that image before the clock
runs, and kept through the store. Neither may have imported torch by then. Files are warm after the first round. Beside
the clock on the wall the processor's own is read, which a busy machine does not change.

`python -m bench.start [--images 100000]`
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.figures import Figure, at_most, share, show
from bench.image_folders import make_images

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IMAGES = 100_000
MOST_OF_TORCH, MOST_SECONDS = 0.40, 2.0
PEER = "import torch"
SAID = "there"
"""What a process says when it has come so far, followed by the seconds that its processor worked."""

_SAYS = f'print("{SAID}", time.process_time(), flush=True)'
TORCH = f"""
import time, torch
{_SAYS}
"""
WINDOW = f"""
import sys, time
from PySide6.QtCore import QCoreApplication
from app import application, process
from app.settings import Settings
qt = process.qt_application()
program = application.Application(qt, application.detector_factory(None, "cpu"), Settings())
def end():
    {_SAYS}
    assert "torch" not in sys.modules
    QCoreApplication.quit()
program.window.painted.connect(end)
program.window.show()
qt.exec()
"""
PROJECT = f"""
import os, sys, time
from pathlib import Path
from PySide6.QtCore import QEvent
from app import application
from app.ui.canvas import Canvas
painted = Canvas.paintEvent
def paint(canvas, event):
    painted(canvas, event)
    if canvas.picture_size is not None and canvas.workspace.suggestions:
        {_SAYS}
        os._exit(3 if "torch" in sys.modules else 0)
Canvas.paintEvent = paint
application.run(Path(sys.argv[1]), device="cpu")
"""


class Taken(NamedTuple):
    """Seconds from the start of a process until it has come so far: by the clock, and what the processor worked."""

    clock: float
    worked: float


def figures(*, quick: bool = False, images: int = IMAGES) -> Iterator[Figure]:
    """Yield both starts beside an import of torch."""
    rounds = 2 if quick else 7
    with tempfile.TemporaryDirectory(prefix="boxwright-start-") as home:
        folders = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), home)
        environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | folders
        folder = Path(home) / "photos"
        make_project(folder, images // 10 if quick else images)
        ours, with_image, torch = in_turn([(WINDOW, ()), (PROJECT, (str(folder),)), (TORCH, ())], rounds, environment)
    yield _figure("first paint of the window", ours, torch, share(MOST_OF_TORCH))
    title = f"a project of {images // 10 if quick else images:,} images, to the image with its suggestions"
    yield _figure(title, with_image, torch, at_most(MOST_SECONDS))


def in_turn(programs, rounds, environment):
    """Return the medians of each program, started in turn; the first round does not count."""


if __name__ == "__main__":
    main()
