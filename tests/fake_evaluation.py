"""A project of a few images with known boxes, and a detector with known predictions: figures to work out by hand.

Die: two boxes; found with 0.9, and wrong with 0.7 and 0.6. So precision is 1 up to a recall of 0.5, and 0 after that:
51 of COCO's 101 points, 6 of VOC's 11. Coin: one box, found with 0.8. All boxes that are found are found exactly.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.model.annotations import Annotation, Category, ImageMark
from app.model.commands import Command, Edit
from detector.types import Candidates, DetectorError, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from app.model.workspace import Workspace
    from detector.types import ByteArray, Refinement

    Found = tuple[tuple[float, float, float, float], int, float]

NAMES = ("die", "coin")
A, B, C, FAR = (2.0, 2.0, 22.0, 22.0), (30.0, 2.0, 50.0, 22.0), (5.0, 5.0, 35.0, 35.0), (40.0, 28.0, 60.0, 44.0)
TRUTH: dict[int, tuple[tuple[tuple[float, float, float, float], int], ...]] = {
    0: ((A, 1), (B, 1)),
    1: ((C, 2),),
    2: (),
}
"""Image -> (box, category id)."""
FOUND: dict[int, tuple[Found, ...]] = {
    0: ((A, 1, 0.9), (FAR, 1, 0.6)),
    1: ((C, 2, 0.8),),
    2: ((FAR, 1, 0.7),),
}
"""Image -> (box, label, score), best first."""
AP_OF_DIE = 51 / 101
AP = (AP_OF_DIE + 1) / 2
VOC07 = (6 / 11 + 1) / 2
AR100 = 2 / 3


class KnownDetector:
    """Finds what `found` says of an image, which it knows by its first byte; a gated one waits for one `allow` each."""

    name = "Known"
    device = "cpu"
    notice = ""
    numerics: tuple[str, ...] = ()

    def __init__(
        self,
        found: Mapping[int, Sequence[Found]] = FOUND,
        *,
        names: tuple[str, ...] = NAMES,
        version: str = "known-1",
        gated: bool = False,
    ) -> None:
        self.categories = names
        self.model_version = version
        self.seen: list[int] = []
        self.failing = ""
        self._found = found
        self._gate = threading.Semaphore(0) if gated else None

    def allow(self, count: int = 1) -> None:
        assert self._gate is not None
        self._gate.release(count)

    def refine(self, _key: object, _boxes: object) -> Refinement | None:
        raise DetectorError("This detector has no second stage.")

    def predict(self, image: ByteArray, _key: object = None) -> Prediction:
        number = int(image[0, 0, 0])
        assert self._gate is None or self._gate.acquire(timeout=30)
        self.seen.append(number)
        if self.failing:
            raise DetectorError(self.failing)
        return prediction(self._found.get(number, ()), self.categories, self.model_version)


def prediction(found: Sequence[Found], names: tuple[str, ...] = NAMES, version: str = "known-1") -> Prediction:
    """Return a prediction of an image of 64 x 48 pixels: a candidate and a proposal for each of `found`."""
    boxes = np.array([box for box, _, _ in found], dtype=np.float32).reshape(-1, 4)
    labels, scores = np.array([label for _, label, _ in found]), np.array([score for _, _, score in found])
    candidates = Candidates(boxes, scores, labels, np.arange(len(found)))
    return Prediction((48, 64), Proposals(boxes, scores), candidates, names, version, 0.02)


def make_images(folder: Path, count: int = 4) -> Path:
    """Draw images of 64 x 48 pixels that say their number with their first byte."""
    folder.mkdir()
    for number in range(count):
        Image.new("RGB", (64, 48), (number, 90, 120)).save(folder / f"{number}.png")
    return folder


def review(workspace: Workspace, truth: Mapping[int, Sequence[tuple[tuple[float, ...], int]]] = TRUTH) -> None:
    """Give the images their boxes and mark them as reviewed, in one decision; without categories they are made."""
    rows: list[Edit] = []
    if not workspace.categories:
        rows += [Edit(None, Category(place, name, "#e69f00", position=place)) for place, name in enumerate(NAMES, 1)]
    free = workspace.next_ids().annotation
    for number, boxes in truth.items():
        record = workspace.images[number]
        for box, category_id in boxes:
            rows.append(Edit(None, Annotation(free, record.id, category_id, box)))
            free += 1
        rows.append(Edit(record.mark, ImageMark(record.id, reviewed=True)))
    workspace.execute(Command("review", None, tuple(rows)))
