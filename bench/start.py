"""Promises 1 and 14: from the start of the process to the first paint of the window, and to the first image with boxes.

The window: whole processes, started in turn; the peer is a process that only imports torch, without which no window of
this kind that imports its detector first can come up. The image: the program is started with a project of 100,000
images, as a person starts it, until the canvas has painted the image that was open last, with the suggestions that are
stored for it; the peer is the same. They are real ones, found by the embedded detector on that image before the clock
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

from app.model.workspace import Workspace
from app.store.patient_store import PatientStore
from app.store.prediction_cache import file_stamp
from app.store.versions import IN_USE
from bench.figures import Figure, at_most, share, show
from bench.image_folders import make_images
from bench.own_home import kept_in
from detector.image_files import list_image_paths
from detector.images import read_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
IMPORTS = """
from app import desktop
from app.model.garbage import uncollected
desktop.load_qt()
with uncollected():
    from app import application
"""
"""As `main` does it."""

WINDOW = f"""
import sys, time
{IMPORTS}
from PySide6.QtCore import QCoreApplication
from app import process
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
{IMPORTS}
from pathlib import Path
from app.ui.canvas import Canvas
painted = Canvas.paintEvent
def paint(canvas, event):
    painted(canvas, event)
    if canvas._picture is not None and canvas._workspace.suggestions:
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
        environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | kept_in(Path(home))
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # whoever starts a program again has it compiled
        folder = Path(home) / "photos"
        count = images // 10 if quick else images
        make_project(folder, count)
        programs = [(WINDOW,), (PROJECT, str(folder)), (TORCH,)]
        window, image, torch = in_turn(programs, rounds, environment)
    title = "first paint of the window"
    yield Figure(title, window.clock, "s", torch.clock, PEER, share(MOST_OF_TORCH), worked=window.worked)
    title = f"a project of {count:,} images, to its image with suggestions"
    yield Figure(title, image.clock, "s", torch.clock, PEER, at_most(MOST_SECONDS), worked=image.worked)


def make_project(folder: Path, images: int) -> None:
    """Make a project in which the embedded detector has looked at the image that is open, as the window would."""
    from detector.predictor import open_predictor  # noqa: PLC0415 - the processes that are timed import none of it

    make_images(folder, images)
    store = PatientStore.open(folder)
    store.list_images(list_image_paths(folder))
    record = Workspace(store).current_image
    assert record is not None
    predictor, path = open_predictor(None, device="cpu"), store.image_path(record)
    prediction = predictor.predict(read_image(path))
    store.put_prediction(record.id, file_stamp(path), prediction)
    store.remember(IN_USE, prediction.model_version)
    store.close()


def in_turn(programs: Sequence[tuple[str, ...]], rounds: int, environment: Mapping[str, str]) -> Iterator[Taken]:
    """Yield the medians of each program, started in turn; the first round does not count."""
    taken = [[started(program, environment) for program in programs] for _ in range(rounds + 1)][1:]
    for some in zip(*taken, strict=True):
        yield Taken(*map(statistics.median, zip(*some, strict=True)))


def started(program: Sequence[str], environment: Mapping[str, str]) -> Taken:
    """Start a program (its code and arguments) and return what it took until it said that it had come so far."""
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", *program], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        clock = time.perf_counter() - start
    if process.returncode or said[:1] != [SAID]:
        raise RuntimeError(f"a program that was to be timed ended with exit code {process.returncode}")
    return Taken(clock, float(said[1]))


def main() -> None:
    """Measure both starts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=IMAGES)
    show(figures(images=parser.parse_args().images))


if __name__ == "__main__":
    main()
