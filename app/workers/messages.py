"""What the window and the detector thread say to each other: frozen values, safe to hand from thread to thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from detector.fine_tune_values import SecondStage, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.store.corrections import StoredCorrections
    from detector.fine_tune_values import Example, Progress, StageResult
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
    """Please look at one image. `id` is unique within one service and grows.

    `tile` is the side of the tiles that large images are looked at in, 0 for none. Such a look takes long: whoever has
    the request can end it by `given_up`, from any thread.
    """

    id: int
    image_id: int
    path: Path
    priority: Priority
    tile: int = 0
    given_up: threading.Event = field(default_factory=threading.Event, compare=False)


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
class TilesSeen:
    """How far the look at a large image is: ten messages a second at most. `total` is 1 where it has no tiles."""

    image_id: int
    done: int
    total: int


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
    `generation` counts the detectors of one service. `numerics` says how it computes, as a `Detector` does.
    """

    state: DetectorState
    device: str = ""
    model: str = ""
    model_version: str = ""
    categories: tuple[str, ...] = ()
    message: str = ""
    generation: int = 0
    numerics: tuple[str, ...] = ()

    @property
    def is_serving(self) -> bool:
        """Whether there is a detector that can be asked."""
        return self.state in (DetectorState.READY, DetectorState.DETECTING)


@dataclass(frozen=True, slots=True)
class ModelRefused:
    """A detector could not be made, and the one before it serves on; `sentence` says why, fit to be shown as it is."""

    generation: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Crash:
    """An error that nobody foresaw: a sentence for the dialog and the traceback behind it."""

    sentence: str
    traceback: str


@dataclass(frozen=True, slots=True)
class FolderProgress:
    """How far the detection of a whole folder is: `done` of `total` images are settled, `failed` of those in vain.

    `paused`: it waits until somebody lets it go on. `busy` is the share of the time in which the network worked, at
    these images or at others; the rest went into reading files, or into nothing.
    """

    done: int
    total: int
    failed: int
    images_per_second: float
    cancelled: bool = False
    paused: bool = False
    busy: float = 0.0

    @property
    def finished(self) -> bool:
        """Whether this is the last word about the run."""
        return self.cancelled or self.done == self.total


@dataclass(frozen=True, slots=True)
class FeatureFolder:
    """Where pooled features are kept from one training to the next, and how many bytes of them at most."""

    path: Path
    limit_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class TrainRequest:
    """Please train on these corrections. `id` is unique within one service and grows; one runs at a time.

    `corrections` reads them, in the detector thread: that takes longer than a window may stand still. `base` is the
    file of the model version to start from, None the base model. New files go into the folder `heads`. `wishes` are
    those of this run alone: whoever holds the request can end it from any thread.
    """

    id: int
    base: Path | None
    corrections: Callable[[], StoredCorrections]
    heads: Path
    features: FeatureFolder
    second_stage: SecondStage = SecondStage.AUTO
    wishes: Wishes = field(default_factory=Wishes)


@dataclass(frozen=True, slots=True)
class TrainingProgressed:
    """A training has taken a step: ten messages a second at most, but for the first of a stage and measured ones."""

    request_id: int
    progress: Progress


@dataclass(frozen=True, slots=True, eq=False)
class VersionTrained:
    """A stage has led to a model version, better or worse: `path` is written, and its content is called `version`.

    `categories` are (id in the project, name) of its labels 1..K; `example` is a held-out image before and after, if
    there is one.
    """

    request_id: int
    path: Path
    version: str
    categories: tuple[tuple[int, str], ...]
    result: StageResult
    example: Example | None = None


class TrainingOutcome(StrEnum):
    """How a training has ended. Versions that it led to before it was cancelled or failed are kept."""

    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TrainingEnded:
    """The last word about a request, exactly one each. `sentence` says why it failed, and is empty otherwise."""

    request_id: int
    outcome: TrainingOutcome
    sentence: str = ""
