"""What the detector thread does with images: reads them, looks at them, and looks again at what a person drew."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from app.model.words import tr
from app.store.prediction_cache import file_stamp
from app.workers.boundary import Failure, attempt
from app.workers.detector import SeesSeveral
from app.workers.messages import DetectionReady, Priority
from app.workers.stepped_detection import SteppedDetection
from detector.image_batches import size_at_once
from detector.large_images import LargeFile
from detector.tiling import needs_tiles, predict_image
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.workers.detector import Detector
    from app.workers.folder_reading import FolderReading, Opened
    from app.workers.messages import DetectRequest
    from app.workers.refining import RefineRequest
    from app.workers.request_queue import RequestQueue
    from detector.tiling import Source
    from detector.types import Refinement

    ReadImage = Callable[[Path], Source]
    Looked = DetectionReady | SteppedDetection
    Served = list[tuple[DetectRequest, Looked | Failure]]


def serve(request: DetectRequest, detector: Detector, queue: RequestQueue, reading: FolderReading) -> Served:
    """Look at the image of a request, or begin to; at others of the folder with it where the detector sees several.

    Those come from `queue`, and are of its size. Where the look at all of them fails each is looked at by itself.
    Nothing comes of it if the detector was given up while the file was read.
    """
    opened = attempt(partial(reading.take, request, queue), _name(request))
    if queue.closed:
        return []
    if isinstance(opened, Failure):
        return [(request, opened)]
    size = size_at_once(opened.source, request.tile)
    together = [(request, opened)]
    if size is not None and request.priority is Priority.FOLDER and isinstance(detector, SeesSeveral):
        together += reading.take_equal(size, detector.images_at_once(size) - 1, queue)
        if len(together) > 1:
            answers = attempt(partial(_look_at_all, together, detector), _name(request))
            if not isinstance(answers, Failure):
                return answers
            if answers.is_away:
                return [(one, answers) for one, _ in together]
    return [(one, attempt(partial(_look, one, its, detector), _name(one))) for one, its in together]


def look_again(request: RefineRequest, detector: Detector, read_image: ReadImage) -> Refinement | None:
    """Look again at what a person drew; at all of the image first where that is too long ago."""
    key = (request.path, file_stamp(request.path))
    refinement = detector.refine(key, request.boxes)
    if refinement is None:  # the prediction is of another day, or its maps had to make room
        image = read_image(request.path)
        if isinstance(image, LargeFile):
            raise DetectorError(tr("An image of this size is not looked at again."))
        detector.predict(image, key)
        refinement = detector.refine(key, request.boxes)
    return refinement


def _look_at_all(together: list[tuple[DetectRequest, Opened]], detector: SeesSeveral) -> Served:
    start = time.perf_counter()
    images = [opened.source for _, opened in together if isinstance(opened.source, np.ndarray)]
    predictions = detector.predict_batch(images)
    seconds = (time.perf_counter() - start) / len(together)
    return [
        (request, DetectionReady(request.id, request.image_id, prediction, seconds, opened.stamp))
        for (request, opened), prediction in zip(together, predictions, strict=True)
    ]


def _look(request: DetectRequest, opened: Opened, detector: Detector) -> Looked:
    image, stamp = opened
    if isinstance(image, LargeFile) or (request.tile and needs_tiles(image.shape[:2], request.tile)):
        looks = predict_image(detector.predict, image, request.tile)
        return SteppedDetection(request, looks, stamp, time.monotonic)
    start = time.perf_counter()
    # The rest of a folder is nothing that anybody draws on soon.
    key = (request.path, stamp) if request.priority <= Priority.NEIGHBOUR else None
    prediction = detector.predict(image, key)
    return DetectionReady(request.id, request.image_id, prediction, time.perf_counter() - start, stamp)


def _name(request: DetectRequest) -> str:
    return tr("The detection in {}").format(request.path.name)
