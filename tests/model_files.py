"""Files with the header of a model and no weights worth the name: enough for lists, and for made-up detectors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from fake_training import version_of

from detector import checkpoint_header
from detector.types import Candidates, DetectorError, Prediction, Proposals

if TYPE_CHECKING:
    from pathlib import Path

    from app.workers.detector import Tuner
    from detector.types import ByteArray, Refinement

_BYTES = 8


def write_model(path: Path, *categories: str, system: str = "embedded", **about: object) -> Path:
    """Write a file that `checkpoint_header.describe` takes; what is in `about` replaces or adds to its header."""
    said = {"format": 1, "system": system, "categories": list(categories), **about}
    return write_header(path, {checkpoint_header.HEADER: json.dumps(said)})


def write_header(path: Path, metadata: object, data: bytes = b"\0" * _BYTES) -> Path:
    header = {"__metadata__": metadata, "weight": {"dtype": "F16", "shape": [4], "data_offsets": [0, _BYTES]}}
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


class FileDetector:
    """The detector of a file of `write_model`: finds one thing of each of its categories, side by side."""

    device = "cpu"
    notice = ""
    numerics: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        found = checkpoint_header.describe(path)
        self.name = found.title
        self.model_version = version_of(path)
        self.categories = found.categories
        self.calls = 0

    def refine(self, _key: object, _boxes: object) -> Refinement | None:
        raise DetectorError("This detector has no second stage.")

    def predict(self, image: ByteArray, _key: object = None) -> Prediction:
        self.calls += 1
        height, width = image.shape[:2]
        count = len(self.categories)
        left = np.arange(count) / count
        boxes = np.stack((left, np.full(count, 0.4), left + 0.8 / count, np.full(count, 0.6)), axis=1)
        boxes = (boxes * (width, height, width, height)).astype(np.float32)
        scores = np.linspace(0.9, 0.6, count, dtype=np.float32)
        candidates = Candidates(boxes, scores, np.arange(1, count + 1), np.arange(count))
        proposals = Proposals(boxes, scores)
        return Prediction((height, width), proposals, candidates, self.categories, self.model_version, 0.05)


def opening(tuner: Tuner, *, broken: tuple[str, ...] = ()) -> Tuner:
    """Return a tuner that opens files as `FileDetector`, but those of the names `broken`, whose weights are damaged."""

    def open_version(path: Path) -> FileDetector:
        if path.name in broken:
            raise DetectorError(f"The weights in {path.name} are not finite numbers.")
        return FileDetector(path)

    def convert(foreign: Path, path: Path) -> FileDetector:
        if foreign.name in broken:
            raise DetectorError(f"{foreign.name} holds code, and only weights are read.")
        return open_version(write_model(path, *foreign.read_text().split(), source=f"converted from {foreign.name}"))

    return type(tuner)(open_version, convert, tuner.train, tuner.warm)
