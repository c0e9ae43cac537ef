"""Promise 14: a project of 100,000 images: opening it, painting its list, filtering by typing, going through it.

The images are hard links to a few small scenes. A made-up detector answers at once, so that nothing of a network is
measured here. Opening is timed from the call to the first frame of the canvas with the image on it: for a new project,
which takes every file over, and for one that is there already. Peers in the same run: `pathlib.iterdir` and a sort for
the listing; Qt's `QListWidget` for the list; `QSortFilterProxyModel` under a `QListView` for the filter. The filter is
timed from the key to the painted list with the rows that match. Memory is what the process holds of its own after 1,000
changes of the image, when the caches of images are full, and after 10,000. What the processor worked in the window's
thread is said beside the time until the first image. `python -m bench.lists`
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication, QListWidget, QWidget

from app.application import Application
from app.model.saved_filters import SavedFilters
from app.model.workspace import Workspace
from app.settings import Settings
from app.store.project_store import ProjectStore
from app.ui.image_list import ImageList
from app.workers.image_loader import ImageLoader
from app.workers.image_search import ImageSearch
from bench.canvas_gestures import finish, percentile
from bench.figures import Figure, at_most, show
from bench.image_folders import make_images
from bench.list_frames import first_paint, proxy_list, typed
from bench.own_home import own_home
from bench.vital_signs import megabytes
from detector.image_files import list_image_paths
from detector.types import Candidates, DetectorError, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from detector.types import ByteArray, Refinement

IMAGES, CHANGES, QUICK = 100_000, 10_000, 100
MOST_OPENING_MS = 2_000.0
MOST_GROWTH_MB = 50.0
ROUNDS = 5
FOUND = 100


class MadeUpDetector:
    """Says the same about every image, at once."""

    name = "Made up"
    model_version = "bench-1"
    device = "cpu"
    categories = ("bolt",)
    notice = ""
    numerics: tuple[str, ...] = ()

    def predict(self, image: ByteArray, _key: object = None) -> Prediction:
        """Return a hundred proposals and as many candidates."""
        corners = np.linspace((0, 0), (400, 300), FOUND)
        boxes = np.concatenate([corners, corners + 40], axis=1).astype(np.float32)
        scores = np.linspace(0.99, 0.1, FOUND, dtype=np.float32)
        candidates = Candidates(boxes, scores, np.ones(FOUND, dtype=np.int64), np.arange(FOUND))
        height, width = image.shape[:2]
        return Prediction((height, width), Proposals(boxes, scores), candidates, ("bolt",), self.model_version, 0.05)

    def refine(self, _key: object, _boxes: object) -> Refinement | None:
        """Raise DetectorError: there is no second stage."""
        raise DetectorError("This detector has no second stage.")


def figures(*, quick: bool = False, images: int = IMAGES, changes: int = CHANGES) -> Iterator[Figure]:
    """Yield what opening, listing, filtering and going through a project of very many images cost."""
    part = QUICK if quick else 1
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    with own_home() as home:
        folder = home / "photos"
        names = make_images(folder, images // part)
        for some in (opening(qt, folder), listing(folder), image_list(folder, names)):
            yield from some
        yield from going_through(qt, folder, changes // part)


def main() -> None:
    """Measure opening, listing, filtering and going through a project of very many images."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--changes", type=int, default=CHANGES, help="of the image, while the memory is watched")
    options = parser.parse_args()
    show(figures(images=options.images, changes=options.changes))


def opening(qt: QApplication, folder: Path) -> Iterator[Figure]:
    """Yield how long it takes until the first image of a new project is on the screen, and of one opened again."""
    for title in ("a new project: to the first image", "a project opened again: to the first image"):
        program = _shown(qt, folder.parent)
        worked = time.thread_time()
        seconds = _open(program, folder)
        worked = time.thread_time() - worked
        program.shut_down()
        yield Figure(title, 1e3 * seconds, target=at_most(MOST_OPENING_MS), worked=1e3 * worked)


def listing(folder: Path) -> Iterator[Figure]:
    """Yield how long it takes to find the files."""

    def plainly() -> Sequence[Path]:
        return sorted(path for path in folder.iterdir() if path.suffix == ".jpg")

    ours, peer = _in_turn(lambda: _seconds(lambda: list_image_paths(folder)), lambda: _seconds(plainly))
    yield Figure(
        "listing the folder, in the order people expect", 1e3 * ours, peer=1e3 * peer, peer_name="iterdir, sorted"
    )


def image_list(folder: Path, names: Sequence[str]) -> Iterator[Figure]:
    """Yield how long the first paint of the list takes, and a key in its filter."""
    store = ProjectStore.open(folder)
    workspace = Workspace(store)
    loader = ImageLoader(store.location.cache / "thumbnails")

    search, saved = ImageSearch(store.location.database), SavedFilters(store)

    def ours() -> QWidget:
        return ImageList(workspace, loader, folder, search=search, saved=saved)

    def widget() -> QWidget:
        made = QListWidget()
        made.addItems(names)
        return made

    first, peer = _in_turn(lambda: first_paint(ours), lambda: first_paint(widget))
    yield Figure("first paint of the list", 1e3 * first, peer=1e3 * peer, peer_name="QListWidget")
    text = str(round(0.97135 * len(names)))  # the number of one image, whose every digit leaves fewer of them
    keys, others = (typed(one, names, text, ROUNDS) for one in (ours(), proxy_list(names)))
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        ours_of, peer_of = (1e3 * percentile(some, share) for some in (keys, others))
        yield Figure(
            f"a key in the filter, to the painted list: {name}", ours_of, peer=peer_of, peer_name="proxy model"
        )
    search.stop()
    loader.stop()
    store.close()


def going_through(qt: QApplication, folder: Path, changes: int) -> Iterator[Figure]:
    """Yield what the memory grows by, and how long a change of the image takes."""
    program = _shown(qt, folder.parent)
    _open(program, folder)
    session = program.session
    assert session is not None
    shown: list[bool] = []
    session.image_shown.connect(lambda _array: shown.append(True))  # not the array: that would keep it
    ids = [record.id for record in session.workspace.images]
    held: dict[int, float] = {}
    seconds = []
    for change in range(1, changes + 1):
        shown.clear()
        start = time.perf_counter()
        session.workspace.go_to(ids[change % len(ids)])
        finish(lambda: bool(shown), qt.processEvents)
        qt.processEvents()
        seconds.append(time.perf_counter() - start)
        if change in (changes // 10, changes):
            gc.collect()
            held[change] = megabytes()
    program.shut_down()
    yield Figure("a change of the image: p50", 1e3 * percentile(seconds, 0.5))
    yield Figure("a change of the image: p95", 1e3 * percentile(seconds, 0.95))
    first, last = held.values()
    yield Figure(f"memory after {changes // 10:,} changes", first, "MB")
    yield Figure(f"and what it grew by until change {changes:,}", last - first, "MB", target=at_most(MOST_GROWTH_MB))


def _shown(qt: QApplication, home: Path) -> Application:
    """Return a program whose window has been painted."""
    program = Application(qt, MadeUpDetector, Settings(home / "settings.ini"))
    painted: list[bool] = []
    program.window.painted.connect(lambda: painted.append(True))
    program.show()
    finish(lambda: bool(painted), qt.processEvents)
    return program


def _open(program: Application, folder: Path) -> float:
    """Open a folder and return the seconds until its image has been painted."""
    start = time.perf_counter()
    program.open(folder)
    assert program.session is not None
    assert program.window.desk is not None
    shown: list[bool] = []
    program.session.image_shown.connect(lambda _array: shown.append(True))
    finish(lambda: bool(shown), QApplication.processEvents)
    program.window.desk.canvas.repaint()
    return time.perf_counter() - start


def _in_turn(ours: Callable[[], float], peer: Callable[[], float]) -> tuple[float, float]:
    """Return the medians of what both say, called in turn."""
    answers = [(ours(), peer()) for _ in range(ROUNDS)]
    first, second = (statistics.median(some) for some in zip(*answers, strict=True))
    return first, second


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
