"""Promise 11: to the next image, decoded and detected ahead, through JPEGs of 12 megapixels in the real window.

A labeler presses D, looks at the image for `LOOK` seconds, which is quick, and presses D again. From the key to the end
of the canvas's repaint with the image and its suggestions. The peer is the same window and the same images without
anything made ready: what a program does that reads and detects an image when it is asked for it.

What the thread of the window worked is said beside it, and what all threads worked for one image: that has to fit into
the look. On a machine that does other things too it may not, and a longer `--look` shows what the wait is otherwise.
`python -m bench.next_image`
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app import application, neighbours
from app.networks import detector_factory
from app.settings import Settings
from app.workers.messages import DetectorState
from bench.canvas_gestures import finish, percentile
from bench.event_loop import wait_a_turn
from bench.figures import Figure, at_most, show
from bench.own_home import own_home
from detector.scenes import draw_scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.application import Application

IMAGES, QUICK = 40, 6
LOOK = 1.5
SIZE = (3000, 4000)
DRAWN = (750, 1000)
GRAIN = 3.0
WINDOW = (1600, 1000)
MOST_MS = 100.0


class Step(NamedTuple):
    """Seconds from a key to the painted image: by the clock, and what the thread of the window worked of them.

    `all_worked` is what all threads worked until the next key.
    """

    clock: float
    worked: float
    all_worked: float


def figures(*, quick: bool = False, images: int | None = None, look: float = LOOK) -> Iterator[Figure]:
    """Yield how long a change of the image takes, with and without what is made ready ahead."""
    count = images or (QUICK if quick else IMAGES)
    with own_home() as home:
        qt = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(qt, QApplication)
        ahead = _walk(qt, _make(home, "ahead", count), home, look)
        plain = _walk(qt, _make(home, "plain", max(count // 4, 3)), home, look, ahead=False)
    note = f"the labeler looks for {look:g} s"
    for name, share, target in (("p50", 0.5, None), ("p95", 0.95, at_most(MOST_MS))):
        ours, peer = (1e3 * percentile([step.clock for step in steps], share) for steps in (ahead, plain))
        worked = 1e3 * percentile([step.worked for step in ahead], share)
        title, said = f"to the next image of 12 megapixels: {name}", "without anything ahead"
        yield Figure(title, ours, "ms", peer, said, target, note, worked)
    yield Figure("all threads worked for an image: median", statistics.median(step.all_worked for step in ahead), "s")


def _make(home: Path, name: str, count: int) -> Path:
    """Return a folder of photographs: scenes enlarged, with the grain of a sensor."""
    folder = home / name
    folder.mkdir()
    rng = np.random.default_rng(0)
    grain = rng.normal(0, GRAIN, (*SIZE, 1)).astype(np.float32)
    for number in range(count):
        drawn = Image.fromarray(draw_scene(number, DRAWN).image).resize(SIZE[::-1], Image.Resampling.BICUBIC)
        pixels = np.clip(np.asarray(drawn) + grain, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03}.jpg", quality=90)
    return folder


def _walk(qt: QApplication, folder: Path, home: Path, look: float, *, ahead: bool = True) -> list[Step]:
    """Return how long each change of the image took in a project of its own."""
    before, neighbours.NEIGHBOURS = neighbours.NEIGHBOURS, neighbours.NEIGHBOURS if ahead else ()
    program = application.Application(qt, detector_factory(None, "cpu"), Settings(home / f"{folder.name}.ini"))
    program.window.resize(*WINDOW)
    program.show(folder)
    try:
        finish(lambda: program.session is not None, wait_a_turn)
        finish(lambda: _is_there(program) and program.service.status.state is DetectorState.READY, wait_a_turn)
        wait_a_turn(look)
        assert program.session is not None
        return [_step(program, look) for _ in program.session.workspace.images[1:]]
    finally:
        program.shut_down()
        neighbours.NEIGHBOURS = before


def _step(program: Application, look: float) -> Step:
    """Press the key, wait for the image and its suggestions, and look at them for a while."""
    assert program.window.desk is not None
    canvas = program.window.desk.canvas
    start, worked, all_worked = time.perf_counter(), time.thread_time(), time.process_time()
    QTest.keyClick(canvas, Qt.Key.Key_D)
    finish(lambda: _is_there(program), wait_a_turn)
    canvas.repaint()
    clock, worked = time.perf_counter() - start, time.thread_time() - worked
    wait_a_turn(look)
    return Step(clock, worked, time.process_time() - all_worked)


def _is_there(program: Application) -> bool:
    """Whether the current image can be painted with what was detected on it."""
    desk = program.window.desk
    if desk is None or desk.workspace.current_image is None or desk.workspace.prediction is None:
        return False
    return desk.shown_image == desk.workspace.current_image.id


def main() -> None:
    """Walk through a folder twice."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--images", type=int, default=IMAGES, help="to go through with everything ahead")
    parser.add_argument("--look", type=float, default=LOOK, help="seconds at each image")
    options = parser.parse_args()
    show(figures(images=options.images, look=options.look))


if __name__ == "__main__":
    main()
