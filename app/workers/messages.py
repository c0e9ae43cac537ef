"""What the window and the detector thread say to each other: frozen values, safe to hand from thread to thread."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from detector.types import Prediction


class Priority(IntEnum):
    """Which image the detector looks at next: the smallest first."""

    ON_SCREEN = 0
    NEIGHBOUR = 1
    FOLDER = 2


class DetectorState(StrEnum):
    """What the detector thread is doing."""

    STARTING = "starting"
    LOADING = "loading"
    READY = "ready"
    DETECTING = "detecting"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class DetectRequest:
    """Please look at one image. `id` is unique within one service and grows."""

    id: int
    image_id: int
    path: Path
    priority: Priority


@dataclass(frozen=True, slots=True, eq=False)
class DetectionReady:
    """The answer to one request; `seconds` is the time of the network alone, without reading the file.

    `stamp` is the `file_stamp` of the file that was read.
    """

    request_id: int
    image_id: int
    prediction: Prediction
    seconds: float
    stamp: str


@dataclass(frozen=True, slots=True)
class DetectionFailed:
    """One request has no answer; `sentence` says why and what to do, fit to be shown as it is."""

    request_id: int
    image_id: int
    path: Path
    sentence: str


@dataclass(frozen=True, slots=True)
class DetectorStatus:
    """What the detector is and does. The texts are empty, and there are no categories, until it is loaded.

    `message` is a sentence for people: why it failed, or a notice such as that it had to continue on another device.
    `generation` counts the detectors of one service.
    """

    state: DetectorState
    device: str = ""
    model: str = ""
    model_version: str = ""
    categories: tuple[str, ...] = ()
    message: str = ""
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Crash:
    """An error that nobody foresaw: a sentence for the dialog and the traceback behind it."""

    sentence: str
    traceback: str


@dataclass(frozen=True, slots=True)
class FolderProgress:
    """How far the detection of a whole folder is: `done` of `total` images are settled, `failed` of those in vain."""

    done: int
    total: int
    failed: int
    images_per_second: float
    cancelled: bool = False

    @property
    def finished(self) -> bool:
        """Whether this is the last word about the run."""
        return self.cancelled or self.done == self.total
