"""Promise 6: a whole folder of small images, by `detect` and in the window, against a plain loop around torchvision.

The peer is what its documentation shows: the same network with the same weights in eager float32, a `DataLoader` that
decodes with `torchvision.io`, one image at a time; with 0, 1 and 2 worker processes, of which the best counts. It only
prints nothing and keeps nothing, where ours picks its detections and, in the window, stores and shows them. All take
turns, a part of the images each, so that they meet the same machine. Then the network alone, on pixels that are in
memory: what `detect` could reach at most.

The images are hard links to scenes of 640 x 480, as JPEG. The time to load a model, to open the project or to start the
first worker process is nobody's. `python -m bench.folder [--images N]`

`python -m bench.folder --memory --images 10000` has one run of the window go through all of them, and says what the
process holds while it does: at the end no more than after the first tenth, but for `MOST_GROWTH`.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import torch
from PIL import Image
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication
from rich.console import Console
from torch.utils.data import DataLoader, Dataset
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms.functional import convert_image_dtype

from app import application
from app.networks import detector_factory
from app.settings import Settings
from app.workers.messages import DetectorState
from bench.canvas_gestures import finish
from bench.detection_contenders import network
from bench.event_loop import wait_a_turn
from bench.figures import Figure, share, show, times_more
from bench.own_home import own_home
from bench.vital_signs import megabytes
from detector.detection_run import detect_in_files
from detector.devices import choose_device
from detector.image_files import find_image_files
from detector.images import read_image
from detector.predictor import open_predictor
from detector.scenes import draw_scene
from detector.types import Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from app.workers.messages import FolderProgress
    from detector.model import FasterRCNN
    from detector.predictor import Predictor
    from detector.types import ByteArray

IMAGES, QUICK = 2000, 48
PARTS = 4
SOURCES = 40
SIZE = (480, 640)
WORKERS = (0, 1, 2)
TIMES_THE_PEER, OF_THE_NETWORK = 2.0, 0.85
MOST_GROWTH = 0.05
SAMPLES = 20


class Files(Dataset[torch.Tensor]):
    """Images as torchvision's models take them: (3, H, W) float32 in [0, 1]."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> torch.Tensor:
        image: torch.Tensor = convert_image_dtype(decode_image(str(self._paths[index]), ImageReadMode.RGB))
        return image


def figures(*, quick: bool = False, images: int | None = None) -> Iterator[Figure]:
    """Yield images per second by `detect` and in the window, and how near the first comes to the network alone."""
    with own_home() as home:
        count = images or (QUICK if quick else IMAGES)
        parts = _make(home, max(count // PARTS, 1))
        yield from _measured(parts, home)


def memory(images: int) -> Iterator[Figure]:
    """Yield what the process of the window holds along one run through so many images."""
    with own_home() as home:
        (part,) = _make(home, images, parts=1)
        qt = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(qt, QApplication)
        sampled: dict[int, tuple[int, float]] = {}

        def watch(progress: FolderProgress) -> None:
            if (sample := progress.done * SAMPLES // progress.total) not in sampled:
                sampled[sample] = progress.done, megabytes()

        rate, _ = _in_the_window(qt, part, home / "settings.ini", watch)
    held = list(sampled.values())
    for done, value in held:
        yield Figure(f"held after {done:,} images", value, "MB", note=f"{rate:.1f} images/s")
    first = next(value for done, value in held if done >= images / 10)
    title = f"held at the end of {images:,} images, of that after the first tenth"
    yield Figure(
        title, max(value for _, value in held[-2:]), "MB", first, "after the first tenth", share(1 + MOST_GROWTH)
    )


def _measured(parts: Sequence[Path], home: Path) -> Iterator[Figure]:
    device = choose_device()
    predictor, peer = open_predictor(), network("embedded").to(device)
    memory = [read_image(path) for path in sorted(parts[0].glob("*.jpg"))[:SOURCES]]
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    _by_detect(predictor, parts[0], most=4)  # the first passes find memory and choose kernels
    workers = max(WORKERS, key=lambda one: _by_torchvision(peer, parts[0], one))
    rates: dict[str, list[float]] = {name: [] for name in ("detect", "window", "peer", "alone", "busy", "window busy")}
    for number, part in enumerate(parts):
        rate, busy = _by_detect(predictor, part)
        window_rate, window_busy = _in_the_window(qt, part, home / f"settings{number}.ini")
        found = (rate, window_rate, _by_torchvision(peer, part, workers), _alone(predictor, memory), busy, window_busy)
        for name, value in zip(rates, found, strict=True):
            rates[name].append(value)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    said = f"torchvision, {workers} workers"
    for title, name in (("a whole folder by `detect`", "detect"), ("a whole folder in the window", "window")):
        yield Figure(title, medians[name], "images/s", medians["peer"], said, times_more(TIMES_THE_PEER))
    target = times_more(OF_THE_NETWORK) if device.type == "cuda" else None
    note = "" if target else "promised for a GPU: on a CPU decoding takes the cores that the network has"
    for title, name in (("`detect`, of what the network can", "detect"), ("the window, of that", "window")):
        yield Figure(title, medians[name], "images/s", medians["alone"], "the network alone", target, note)
    yield Figure("the network is at work, as `detect` says", 100 * medians["busy"], "%")
    yield Figure("the network is at work, as the window says", 100 * medians["window busy"], "%")


def _make(home: Path, count: int, parts: int = PARTS) -> list[Path]:
    """Return `parts` folders with `count` images each."""
    sources = [home / f"source{number}.jpg" for number in range(min(SOURCES, count))]
    for number, source in enumerate(sources):
        Image.fromarray(draw_scene(number, SIZE).image).save(source, quality=90)
    folders = [home / f"part{number}" for number in range(parts)]
    for folder in folders:
        folder.mkdir()
        for number in range(count):
            os.link(sources[number % len(sources)], folder / f"{number:05}.jpg")
    return folders


def _by_detect(predictor: Predictor, folder: Path, most: int | None = None) -> tuple[float, float]:
    """Return the images per second by the verb, and the share of the time in which the network worked."""
    files = find_image_files([folder])[:most]
    start = time.perf_counter()
    run = detect_in_files(predictor, files, Thresholds(), Console(file=io.StringIO()))
    return len(run.seen) / (time.perf_counter() - start), run.pace.busy


def _in_the_window(
    qt: QApplication, folder: Path, settings: Path, watch: Callable[[FolderProgress], object] | None = None
) -> tuple[float, float]:
    """Return the same of the folder run of the real window; `watch` is told how far it is."""
    program = application.Application(qt, detector_factory(None, None), Settings(settings))
    said: list[FolderProgress] = []
    program.service.progressed.connect(said.append)
    program.show(folder)
    finish(lambda: program.session is not None, wait_a_turn)
    session = program.session
    assert session is not None
    ids = [record.id for record in session.workspace.images]
    service = program.service
    finish(lambda: service.status.state is DetectorState.READY and not any(map(service.is_waiting, ids)), wait_a_turn)
    loop = QEventLoop()  # which nothing wakes but what the program does
    service.progressed.connect(lambda progress: loop.quit() if progress.finished else None)
    if watch is not None:
        service.progressed.connect(watch)
    start = time.perf_counter()
    count = session.detect_all()
    loop.exec()
    seconds = time.perf_counter() - start
    program.shut_down()
    return count / seconds, said[-1].busy


def _by_torchvision(model: FasterRCNN, folder: Path, workers: int) -> float:
    """Return the images per second of the plain loop."""
    paths, device = sorted(folder.glob("*.jpg")), next(model.parameters()).device
    # One image more than is counted: starting the processes is not what is compared.
    loader = DataLoader(Files([paths[0], *paths]), batch_size=1, num_workers=workers, collate_fn=list)
    start = 0.0
    with torch.inference_mode():
        for number, images in enumerate(loader):
            model([image.to(device) for image in images])
            start = start if number else time.perf_counter()
    return len(paths) / (time.perf_counter() - start)


def _alone(predictor: Predictor, images: Sequence[ByteArray]) -> float:
    """Return the images per second of the network on pixels in memory, as many at once as its device likes."""
    start = time.perf_counter()
    most = predictor.images_at_once(SIZE)
    for first in range(0, len(images), most):
        predictor.predict_batch(images[first : first + most])
    return len(images) / (time.perf_counter() - start)


def main() -> None:
    """Measure one folder, all ways in turn."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--images", type=int, default=IMAGES, help="in the folder")
    parser.add_argument("--memory", action="store_true", help="what one run of the window holds along its way")
    options = parser.parse_args()
    show(memory(options.images) if options.memory else figures(images=options.images))


if __name__ == "__main__":
    main()
