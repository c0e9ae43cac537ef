"""What becomes of an image that `detect` is given: it was seen, or it was not and there is a reason. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.types import Detections, Proposals


@dataclass(frozen=True, slots=True)
class SeenImage:
    """What is kept of one image: `index` in the files given, `image_size` (height, width), and what was found."""

    index: int
    name: str
    image_size: tuple[int, int]
    proposals: Proposals
    detections: Detections


@dataclass(frozen=True, slots=True)
class UnseenImage:
    """An image that could not be looked at: `index` in the files given, and a sentence that says why."""

    index: int
    name: str
    reason: str
