"""What the detector thread does with one image: reads it, looks at it, and looks again at what a person drew on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.model.words import tr
from app.store.prediction_cache import file_stamp
from app.workers.messages import DetectionReady, Priority
from app.workers.stepped_detection import SteppedDetection
from detector.large_images import LargeFile
from detector.tiling import needs_tiles, predict_image
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.workers.detector import Detector
    from app.workers.messages import DetectRequest
    from app.workers.refining import RefineRequest
    from app.workers.request_queue import RequestQueue
    from detector.tiling import Source
    from detector.types import Refinement

    ReadImage = Callable[[Path], Source]
    Looked = DetectionReady | SteppedDetection | None


def look(request: DetectRequest, detector: Detector, queue: RequestQueue, read_image: ReadImage) -> Looked:
    """Read the image and look at it, or begin to; None if the detector was given up while the file was read."""
    stamp = file_stamp(request.path)  # before the file is read: whoever replaces it after that is noticed
    image = read_image(request.path)
    if queue.closed:
        return None
    if isinstance(image, LargeFile) or (request.tile and needs_tiles(image.shape[:2], request.tile)):
        looks = predict_image(detector.predict, image, request.tile)
        return SteppedDetection(request, looks, stamp, time.monotonic)
    start = time.perf_counter()
    # The rest of a folder is nothing that anybody draws on soon.
    key = (request.path, stamp) if request.priority <= Priority.NEIGHBOUR else None
    prediction = detector.predict(image, key)
    return DetectionReady(request.id, request.image_id, prediction, time.perf_counter() - start, stamp)


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
