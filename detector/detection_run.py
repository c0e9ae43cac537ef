"""Detection over many image files, for the command line: read ahead of the network, with a bar, past the damaged."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from detector.console import progress_bar
from detector.filtering import select
from detector.image_batches import equal_batches, size_at_once
from detector.image_files import open_or_error
from detector.reading_ahead import in_order
from detector.tiling import predict_image
from detector.types import Detections, DetectorError, Proposals, Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from rich.console import Console

    from detector.image_files import ImageFile
    from detector.predictor import Predictor
    from detector.remote import RemoteDetector
    from detector.tiling import LookDone, Source
    from detector.types import ByteArray, Prediction

    Opened = tuple[ImageFile, Source | DetectorError]
    Numbered = tuple[int, Opened]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SeenImage:
    """What is kept of one image: `index` in the files given, `image_size` (height, width), and what was found."""

    index: int
    name: str
    image_size: tuple[int, int]
    proposals: Proposals
    detections: Detections


class Pace(NamedTuple):
    """How fast a run was: its `seconds`, and those of them in which the network worked."""

    seconds: float
    network_seconds: float

    @property
    def busy(self) -> float:
        """The share of the time in which the network worked: what is missing to 1 was waited for, or for the files."""
        return min(1.0, self.network_seconds / self.seconds) if self.seconds > 0 else 0.0


class DetectionRun(NamedTuple):
    """The images `seen`, in the order of the files; a sentence for each that could not be; and the `pace`."""

    seen: list[SeenImage]
    failures: list[str]
    pace: Pace


def detect_in_files(
    predictor: Predictor | RemoteDetector,
    files: Sequence[ImageFile],
    thresholds: Thresholds,
    console: Console,
    tile: int = 0,
) -> DetectionRun:
    """Return what was seen, and print what could not be.

    Images of more than two tiles a side are looked at in tiles of side `tile`; with 0 none are. Raises DetectorError if
    there is no image that could be seen.
    """
    console.print(f"{predictor.name} ({predictor.model_version}) on {predictor.device}")
    looks, start = _Looks(predictor, tile), time.perf_counter()
    seen: list[SeenImage] = []
    failures: list[tuple[int, str]] = []
    with progress_bar(console) as bar, closing(in_order(open_or_error, files, _bytes)) as opened:
        task = bar.add_task("detecting", total=len(files), note="")
        batches = equal_batches(enumerate(opened), lambda one: size_at_once(one[1][1], tile), predictor.images_at_once)
        for batch in batches:
            answers = looks.at(batch, lambda note: bar.update(task, note=note))
            for (index, (file, _)), answer in zip(batch, answers, strict=True):
                if isinstance(answer, DetectorError):
                    failures.append((index, str(answer)))
                else:
                    detections = select(answer.candidates, thresholds.for_looks(answer.looks))
                    seen.append(SeenImage(index, file.name, answer.image_size, answer.proposals, detections))
            bar.update(task, advance=len(batch), note=predictor.notice)
    run = DetectionRun(
        sorted(seen, key=lambda image: image.index),
        [sentence for _, sentence in sorted(failures)],
        Pace(time.perf_counter() - start, looks.seconds),
    )
    _report(run, len(files), predictor.notice, console)
    return run


class _Looks:
    """The looks at images by `predictor`; `seconds` is how long the network worked at them."""

    def __init__(self, predictor: Predictor | RemoteDetector, tile: int) -> None:
        self._predictor, self._tile = predictor, tile
        self.seconds = 0.0

    def at(self, batch: Sequence[Numbered], say: Callable[[str], None]) -> list[Prediction | DetectorError]:
        """Return what is seen on images of one size, or on one image; of each that cannot be looked at, why."""
        sources = [source for _, (_, source) in batch]
        pixels = [source for source in sources if isinstance(source, np.ndarray)]
        if len(pixels) > 1:
            try:
                return [*self._timed(partial(self._predictor.predict_batch, pixels))]
            except DetectorError:
                pass  # each by itself, so that one that cannot be looked at is the only one
        return [self._alone(source, say) for source in sources]

    def _alone(self, source: Source | DetectorError, say: Callable[[str], None]) -> Prediction | DetectorError:
        if isinstance(source, DetectorError):
            return source
        try:
            return _finished(predict_image(self._predict, source, self._tile), say)
        except DetectorError as error:
            return error

    def _predict(self, image: ByteArray) -> Prediction:
        return self._timed(partial(self._predictor.predict, image))

    def _timed(self, work: Callable[[], T]) -> T:
        start = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds += time.perf_counter() - start


def _report(run: DetectionRun, files: int, notice: str, console: Console) -> None:
    """Print what could not be seen, and how fast the run was. Raises DetectorError where nothing was seen."""
    for sentence in (notice, *run.failures):
        if sentence:
            console.print(sentence)
    if run.failures:
        console.print(f"{len(run.failures)} of {files} images were left out.")
    if not run.seen:
        raise DetectorError(f"None of the {files} images could be looked at. {run.failures[0]}")
    speed = len(run.seen) / run.pace.seconds
    console.print(f"{speed:.1f} images a second; the network was at work for {run.pace.busy:.0%} of the time.")


def _bytes(opened: Opened) -> int:
    return opened[1].nbytes if isinstance(opened[1], np.ndarray) else 0


def _finished(steps: Generator[LookDone, None, Prediction], say: Callable[[str], None]) -> Prediction:
    """Go through the steps of one image, say where they are, and return what they return."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            prediction: Prediction = end.value
            return prediction
        if step.total > 1:
            say(f"tile {step.done} of {step.total}")
