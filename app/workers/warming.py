"""The images whose pooled features are to be kept before anybody asks for a training."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.workers.messages import FeatureFolder
    from detector.corrections import CorrectedImage


@dataclass(frozen=True, slots=True, eq=False)
class Warming:
    """One image to pool features of, as it was corrected so far, and the folder that they are kept in."""

    image: CorrectedImage
    features: FeatureFolder


class WarmingLine:
    """First come, first served; an image that is corrected again while it waits keeps its place. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[Path, Warming] = OrderedDict()

    def put(self, images: Iterable[CorrectedImage], features: FeatureFolder) -> None:
        """Add images, each instead of an earlier state of itself."""
        with self._lock:
            for image in images:
                self._waiting[image.path] = Warming(image, features)

    def take(self) -> Warming | None:
        """Remove and return the first; None if none waits."""
        with self._lock:
            return self._waiting.popitem(last=False)[1] if self._waiting else None

    def clear(self) -> None:
        """Forget all that wait."""
        with self._lock:
            self._waiting.clear()
