"""Detection over many image files, for the command line: read ahead of the network, with a bar, past the damaged."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from detector.console import progress_bar
from detector.filtering import select
from detector.image_batches import equal_batches, size_at_once
from detector.image_files import open_or_error
from detector.processes import ALONE, gathered
from detector.reading_ahead import in_order
from detector.seen_images import SeenImage, UnseenImage
from detector.tiling import finished, predict_image
from detector.types import DetectorError, NoDetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from rich.console import Console

    from detector.image_files import ImageFile
    from detector.predictor import Predictor
    from detector.processes import Share
    from detector.remote import RemoteDetector
    from detector.tiling import LookDone, Source
    from detector.types import ByteArray, Prediction, Thresholds

    Opened = tuple[ImageFile, Source | DetectorError]
    Numbered = tuple[int, Opened]

T = TypeVar("T")

IMAGES_IN_A_STRETCH = 64
"""Images are put together within a stretch of so many and never across two: a shard of a cluster is one, and so what a
GPU sees at once, on which its last digits depend, is the same there as here."""


class Pace(NamedTuple):
    """How fast a run was: its `seconds`, and those of them in which the network worked."""

    seconds: float
    network_seconds: float

    @property
    def busy(self) -> float:
        """The share of the time in which the network worked: what is missing to 1 was waited for, or for the files."""
        return min(1.0, self.network_seconds / self.seconds) if self.seconds > 0 else 0.0


class DetectionRun(NamedTuple):
    """The images `seen`, in the order of the files; a sentence for each that could not be; and the `pace`.

    `ended` says why the run ended before all images were looked at, where it did.
    """

    seen: list[SeenImage]
    failures: list[str]
    pace: Pace
    ended: NoDetectorError | None = None


def detect_in_files(
    predictor: Predictor | RemoteDetector,
    files: Sequence[ImageFile],
    thresholds: Thresholds,
    console: Console,
    tile: int = 0,
    *,
    share: Share = ALONE,
) -> DetectionRun:
    """Return what was seen, and print what could not be.

    Images of more than two tiles a side are looked at in tiles of side `tile`; with 0 none are. Raises DetectorError if
    there is no image that could be seen. Where the detector is gone the run ends with what was seen until then.

    Of several processes each looks at its `share` of the files; the first one returns and prints what all have seen,
    the others return that there is nothing.
    """
    mine = share.of(range(len(files)))
    console.print(f"{predictor.name} ({predictor.model_version}) on {predictor.device}")
    looks, start = Looks(predictor, thresholds, tile), time.perf_counter()
    answers: list[SeenImage | UnseenImage] = []
    ended: NoDetectorError | None = None
    with progress_bar(console) as bar:
        task = bar.add_task("detecting", total=len(mine), note="")
        try:
            for batch in looks.through([files[index] for index in mine], lambda note: bar.update(task, note=note)):
                answers += [replace(one, index=mine[one.index]) for one in batch]
                bar.update(task, advance=len(batch), note=predictor.notice)
        except NoDetectorError as error:
            ended = error
    everybodys = list(chain.from_iterable(gathered(answers, share)))
    pace = Pace(time.perf_counter() - start, looks.seconds)
    if not share.is_first:
        return DetectionRun([], [], pace)
    if ended is not None and not any(isinstance(one, SeenImage) for one in everybodys):
        raise ended
    run = finished_run(everybodys, pace, console, (predictor.notice,))
    say_pace(run, console)
    return run._replace(ended=ended)


def finished_run(
    answers: Sequence[SeenImage | UnseenImage], pace: Pace, console: Console, notices: Sequence[str] = ()
) -> DetectionRun:
    """Return the run whose `answers` these are, in any order, and print what could not be seen.

    Raises DetectorError where nothing was seen.
    """
    in_order_of_files = sorted(answers, key=lambda one: one.index)
    run = DetectionRun(
        [one for one in in_order_of_files if isinstance(one, SeenImage)],
        [one.reason for one in in_order_of_files if isinstance(one, UnseenImage)],
        pace,
    )
    say_unseen(run.failures, len(answers), console, notices)
    return run


def say_unseen(failures: Sequence[str], images: int, console: Console, notices: Sequence[str] = ()) -> None:
    """Print what a run of so many `images` has to say. Raises DetectorError where none of them was seen."""
    for sentence in (*notices, *failures):
        if sentence:
            console.print(sentence)
    if failures:
        console.print(f"{len(failures)} of {images} images were left out.")
    if len(failures) == images:
        raise DetectorError(f"None of the {images} images could be looked at. {failures[0]}")


def say_pace(run: DetectionRun, console: Console) -> None:
    """Print how fast a run on this machine was."""
    speed = len(run.seen) / run.pace.seconds
    console.print(f"{speed:.1f} images a second; the network was at work for {run.pace.busy:.0%} of the time.")


class Looks:
    """The looks at images by `predictor`, here and on the machines of a cluster; the network worked `seconds` at them.

    Images of more than two tiles a side are looked at in tiles of side `tile`; with 0 none are. `open_file` is called
    in threads.
    """

    def __init__(
        self,
        predictor: Predictor | RemoteDetector,
        thresholds: Thresholds,
        tile: int = 0,
        open_file: Callable[[ImageFile], Opened] | None = None,
    ) -> None:
        self._predictor, self._thresholds, self._tile = predictor, thresholds, tile
        self._open = open_file or open_or_error
        self.seconds = 0.0

    def through(
        self, files: Sequence[ImageFile], say: Callable[[str], None] = lambda _: None
    ) -> Generator[list[SeenImage | UnseenImage], None, None]:
        """Yield the answer of each file, in lists of those that were looked at together; `say` hears of tiles.

        The files are read ahead. `index` counts from 0 in `files`. Closing the generator waits for what is being read.
        """
        with closing(in_order(self._open, files, _bytes)) as opened:
            numbered = enumerate(opened)
            for _ in range(0, len(files), IMAGES_IN_A_STRETCH):
                together = islice(numbered, IMAGES_IN_A_STRETCH)
                for batch in equal_batches(together, self._size_at_once, self._predictor.images_at_once):
                    yield [*map(self._answer, batch, self._at(batch, say))]

    def _size_at_once(self, numbered: Numbered) -> tuple[int, int] | None:
        return size_at_once(numbered[1][1], self._tile)

    def _answer(self, numbered: Numbered, seen: Prediction | DetectorError) -> SeenImage | UnseenImage:
        index, (file, _) = numbered
        if isinstance(seen, DetectorError):
            return UnseenImage(index, file.name, str(seen))
        detections = select(seen.candidates, self._thresholds.for_looks(seen.looks))
        return SeenImage(index, file.name, seen.image_size, seen.proposals, detections)

    def _at(self, batch: Sequence[Numbered], say: Callable[[str], None]) -> list[Prediction | DetectorError]:
        """Return what is seen on images of one size, or on one image; of each that cannot be looked at, why.

        Raises NoDetectorError.
        """
        sources = [source for _, (_, source) in batch]
        pixels = [source for source in sources if isinstance(source, np.ndarray)]
        if len(pixels) > 1:
            try:
                return [*self._timed(partial(self._predictor.predict_batch, pixels))]
            except NoDetectorError:
                raise
            except DetectorError:
                pass  # each by itself, so that one that cannot be looked at is the only one
        return [self._alone(source, say) for source in sources]

    def _alone(self, source: Source | DetectorError, say: Callable[[str], None]) -> Prediction | DetectorError:
        if isinstance(source, DetectorError):
            return source
        try:
            return finished(predict_image(self._predict, source, self._tile), partial(_say_tile, say))
        except NoDetectorError:
            raise
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


def _bytes(opened: Opened) -> int:
    return opened[1].nbytes if isinstance(opened[1], np.ndarray) else 0


def _say_tile(say: Callable[[str], None], step: LookDone) -> None:
    if step.total > 1:
        say(f"tile {step.done} of {step.total}")
