"""What the detector thread works with: detectors, the orders to load one, and how model versions come about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from pathlib import Path

    from app.model.annotations import Box
    from app.workers.request_queue import RequestQueue
    from app.workers.stepped_training import Trainer
    from app.workers.warming import Warming
    from detector.types import ByteArray, Prediction, Refinement


class Detector(Protocol):
    """What looks at images. `device`, `notice` and `numerics` may change with a prediction.

    The first two do when a GPU runs out of memory, the last when another library is ready to compute.
    """

    @property
    def name(self) -> str:
        """The kind of network, for people."""

    @property
    def model_version(self) -> str:
        """Which weights: predictions of one image by one model version are the same."""

    @property
    def device(self) -> str:
        """Where it runs, for instance `cpu`."""

    @property
    def numerics(self) -> tuple[str, ...]:
        """How it computes: `fast` or `exact`, a type of numbers, a library beside torch if one serves; may be empty."""

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of the labels 1..K."""

    @property
    def notice(self) -> str:
        """A sentence about what had to be changed while running, or nothing."""

    def predict(self, image: ByteArray, key: Hashable = None, /) -> Prediction:
        """Look at one upright RGB image (H, W, 3); with a `key`, keep what `refine` needs of it.

        Raises DetectorError with a sentence for the user.
        """

    def refine(self, key: Hashable, boxes: Sequence[Box], /) -> Refinement | None:
        """Look again at boxes of an image; None where nothing is kept under its key.

        Raises DetectorError where this detector cannot.
        """


@runtime_checkable
class SeesSeveral(Protocol):
    """A detector that may look at several images of one size at once."""

    def images_at_once(self, size: tuple[int, int], /) -> int:
        """Return how many images of `size` (height, width) it sees best at once: 1 or more."""

    def predict_batch(self, images: Sequence[ByteArray], /) -> list[Prediction]:
        """Look at images (H, W, 3) of one size as `predict` does. Raises as it does, whichever is the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadOrder:
    """Call `factory` in the detector thread, then serve `queue` with what it returns.

    Each detector has a queue of its own, so no request can meet a detector that it was not meant for. Where the factory
    fails and the order `keeps_old`, the detector that is there serves that queue instead.
    """

    generation: int
    factory: Callable[[], Detector]
    queue: RequestQueue
    keeps_old: bool = False


def _nothing_to_interrupt() -> None:
    """Do nothing: no detector is elsewhere."""


@dataclass(frozen=True, slots=True)
class Tuner:
    """How model versions come about and are opened again; all called in the detector thread, where torch is imported.

    `convert` opens a file of another program, which it writes as one of ours to the second path first. `warm` keeps the
    pooled features of one image, made with the detector that serves. `interrupt` is called in the GUI thread: it ends
    what waits for another machine.
    """

    open_version: Callable[[Path], Detector]
    convert: Callable[[Path, Path], Detector]
    train: Trainer
    warm: Callable[[Detector, Warming], None]
    interrupt: Callable[[], None] = _nothing_to_interrupt
