"""Detection over many image files, for the command line: decoded one ahead, with a bar, past what cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from detector.console import progress_bar
from detector.filtering import select
from detector.image_files import one_ahead, open_or_error
from detector.tiling import predict_image
from detector.types import Detections, DetectorError, Proposals, Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from rich.console import Console

    from detector.image_files import ImageFile
    from detector.predictor import Predictor
    from detector.tiling import LookDone
    from detector.types import Prediction


@dataclass(frozen=True, slots=True)
class SeenImage:
    """What is kept of one image: `index` in the files given, `image_size` (height, width), and what was found."""

    index: int
    name: str
    image_size: tuple[int, int]
    proposals: Proposals
    detections: Detections


def detect_in_files(
    predictor: Predictor, files: Sequence[ImageFile], thresholds: Thresholds, console: Console, tile: int = 0
) -> tuple[list[SeenImage], list[str]]:
    """Return the images seen, in order, and one sentence for each that could not be; the latter are printed too.

    Images of more than two tiles a side are looked at in tiles of side `tile`; with 0 none are. Raises DetectorError if
    there is no image that could be seen.
    """
    console.print(f"{predictor.name} ({predictor.model_version}) on {predictor.device}")
    seen: list[SeenImage] = []
    failures: list[str] = []
    with progress_bar(console) as bar:
        task = bar.add_task("detecting", total=len(files), note="")
        for index, (file, source) in enumerate(one_ahead(open_or_error, files)):
            try:
                if isinstance(source, DetectorError):
                    raise source
                steps = predict_image(predictor.predict, source, tile)
                prediction = _finished(steps, lambda note: bar.update(task, note=note))
            except DetectorError as error:
                failures.append(str(error))
            else:
                detections = select(prediction.candidates, thresholds.for_looks(prediction.looks))
                seen.append(SeenImage(index, file.name, prediction.image_size, prediction.proposals, detections))
            bar.update(task, advance=1, note=predictor.notice)
    for sentence in (predictor.notice, *failures):
        if sentence:
            console.print(sentence)
    if failures:
        console.print(f"{len(failures)} of {len(files)} images were left out.")
    if not seen:
        raise DetectorError(f"None of the {len(files)} images could be looked at. {failures[0]}")
    return seen, failures


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
