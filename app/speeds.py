"""How long a detection takes on this machine, by model: the median of what was measured while people worked."""

from __future__ import annotations

import statistics
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from app.store.prediction_cache import file_stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_REMEMBERED = 31
_LEAST = 3
"""So many detections are a measurement. The very first is none: memory is found and kernels are chosen in it."""
_MODELS_KEPT = 64


class Speed(NamedTuple):
    """Median seconds of a detection, and the device it ran on."""

    seconds: float
    device: str


class Speeds:
    """Collects in memory. `kept` is what an earlier run of the program gave away with `kept`."""

    def __init__(self, kept: Mapping[str, tuple[float, str]]) -> None:
        self._kept = {key: Speed(*value) for key, value in kept.items()}
        self._measured: dict[tuple[str, str], deque[float]] = {}

    def take(self, model: Path, device: str, seconds: float) -> None:
        """Take a detection into account."""
        key = _key(model), device
        if key in self._measured:
            self._measured[key].append(seconds)
        else:
            self._measured[key] = deque(maxlen=_REMEMBERED)
            return
        if len(self._measured[key]) >= _LEAST:
            self._kept.pop(key[0], None)  # the latest last
            self._kept[key[0]] = Speed(statistics.median(self._measured[key]), device)

    def of(self, model: Path) -> Speed | None:
        """Return how fast a model was when it served last; None where that was not measured."""
        return self._kept.get(_key(model))

    def kept(self) -> dict[str, tuple[float, str]]:
        """Return what is worth remembering, as plain values, the models that served last at the end."""
        latest = list(self._kept.items())[-_MODELS_KEPT:]
        return {key: (round(speed.seconds, 4), speed.device) for key, speed in latest}


def _key(model: Path) -> str:
    """Name a file by what changes with its content and stays when its folder is moved."""
    return f"{model.name} {file_stamp(model)}"
