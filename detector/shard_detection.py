"""What a worker does with a shard: the same looks that the plain verb has, and the rows they give. No Ray.

Careful where processes have died at it: one image at a time, each announced before it is opened.
"""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from detector import heap
from detector.detection_run import Looks
from detector.image_files import open_or_error
from detector.reach import NotThereError, OutOfReachError
from detector.seen_images import UnseenImage
from detector.shard_rows import text_of
from detector.types import DetectorError, Thresholds

if TYPE_CHECKING:
    from pathlib import Path

    from detector.detection_run import Opened
    from detector.image_files import ImageFile
    from detector.predictor import Precision, Predictor
    from detector.seen_images import SeenImage
    from detector.shards import Shard

POISONED = "Every process that looked at {} ended at it: the image was left out. Look at it with another program."


class Announcements(Protocol):
    """`attempts.Attempts`, asked from another process: each call waits for its answer."""

    def begin(self, shard: int) -> tuple[bool, list[int]]:
        """See `Attempts.begin`."""

    def look(self, shard: int, image: int) -> None:
        """See `Attempts.look`."""

    def end(self, shard: int) -> None:
        """See `Attempts.end`."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How the shards of a run are looked at. The last digits depend on how many `threads` torch has."""

    model: Path | None
    model_version: str
    device: str | None
    precision: Precision
    thresholds: Thresholds
    tile: int
    proposals: bool
    threads: int


class DoneShard(NamedTuple):
    """The rows of a shard as text, the seconds it took, those of the network, and where the network worked.

    `out_of_reach` are the images, by their index in the shard as JSON, that this machine could not get hold of: others
    may, and until nobody does their rows are not the answer. `host` is its name, `machine` that in its cluster.
    """

    text: str = ""
    seconds: float = 0.0
    network_seconds: float = 0.0
    device: str = ""
    notice: str = ""
    out_of_reach: str = "[]"
    host: str = ""
    machine: str = ""


class ShardDetector:
    """One predictor, for shard after shard."""

    def __init__(self, sight: Sight) -> None:
        """Open the model. Raises DetectorError, where the file is another than the one that the run began with too."""
        self._sight = sight
        heap.keep()
        self._predictor = _opened(sight)

    def detect(self, shard: Shard, attempts: Announcements) -> DoneShard:
        """Return the rows of a shard, one for each image: what was found on it, or why it could not be looked at."""
        is_careful, poisoned = attempts.begin(shard.number)
        reach, start = _Reach(), time.perf_counter()
        looks = Looks(self._predictor, self._sight.thresholds, self._sight.tile, reach.open)
        if is_careful:
            answers = self._one_by_one(looks, shard, attempts, frozenset(poisoned))
        else:
            answers = [one for batch in looks.through(shard.files) for one in batch]
        text = text_of(answers, shard.first, proposals=self._sight.proposals)
        attempts.end(shard.number)
        seconds, predictor, missed = time.perf_counter() - start, self._predictor, json.dumps(reach.missed(shard))
        host = platform.node() or "A machine of the cluster"
        return DoneShard(text, seconds, looks.seconds, predictor.device, predictor.notice, missed, host)

    def _one_by_one(
        self, looks: Looks, shard: Shard, attempts: Announcements, poisoned: frozenset[int]
    ) -> list[SeenImage | UnseenImage]:
        answers: list[SeenImage | UnseenImage] = []
        for index, file in enumerate(shard.files):
            if index in poisoned:
                answers.append(UnseenImage(index, file.name, POISONED.format(file.origin or file.path)))
                continue
            attempts.look(shard.number, index)
            answers += [replace(one, index=index) for batch in looks.through([file]) for one in batch]
        return answers


class _Reach:
    """Opens files for whoever looks at them, and remembers which of them this machine cannot get hold of."""

    def __init__(self) -> None:
        self._missed: set[ImageFile] = set()

    def open(self, file: ImageFile) -> Opened:
        opened = open_or_error(file)
        if isinstance(opened[1], OutOfReachError):
            self._missed.add(file)
        return opened

    def missed(self, shard: Shard) -> list[int]:
        return [index for index, file in enumerate(shard.files) if file in self._missed]


def is_within_reach(file: ImageFile) -> bool:
    """Return whether this machine gets hold of an image that another one did not, or should: not its fault then.

    An image that nobody has any longer is not; one of a storage that does not answer may well be there.
    """
    here = open_or_error(file)[1]
    return not isinstance(here, OutOfReachError) or (bool(file.origin) and not isinstance(here, NotThereError))


def _opened(sight: Sight) -> Predictor:
    # Read when torch is: workers share cores, and what waits must leave them to what works.
    os.environ.update({"OMP_NUM_THREADS": str(sight.threads), "OMP_WAIT_POLICY": "PASSIVE"})
    import torch  # noqa: PLC0415 - seconds to import, and the driver needs none of it

    from detector.predictor import open_predictor  # noqa: PLC0415

    torch.set_num_threads(sight.threads)
    predictor = open_predictor(
        sight.model, device=sight.device, precision=sight.precision, score_floor=sight.thresholds.score_thresh
    )
    if predictor.model_version != sight.model_version:
        raise DetectorError(
            f"The model {sight.model or 'that comes with Boxwright'} is {predictor.model_version} on a machine of the "
            f"cluster and {sight.model_version} here: see to it that all have the same Boxwright and the same file."
        )
    return predictor
