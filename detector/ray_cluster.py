"""The cluster that `detect --engine ray` works on: joined or started, and left again as it was found.

Ray is an extra and is imported here alone, when it is asked for. It is kept quiet: no dashboard, no statistics of usage
sent anywhere, no lines of its workers among ours.
"""

from __future__ import annotations

import logging
import math
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MISSING = "The engine ray is not installed. Install it with: pip install 'boxwright[ray]'"
LOCAL = "local"
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # or Ray sends statistics of usage to its makers
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",  # the verb has its own
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # workers without GPUs keep what their machine says
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # what matters comes as an exception too
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of a cluster: which, how many workers, what part of a GPU for each; None: what is there."""

    address: str | None = None
    workers: int | None = None
    gpus: float | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """How many workers there are, and what of the cluster each has."""

    workers: int
    cpus: float
    gpus: float

    @property
    def threads(self) -> int:
        """How many threads torch may have in a worker."""
        return max(1, int(self.cpus))


@contextmanager
def joined(address: str | None) -> Iterator[Any]:
    """Join the cluster at `address`, or start one on this machine, and yield the module `ray`; leave it at the end.

    Raises DetectorError where Ray is not installed, or there is no cluster.
    """
    os.environ.update({name: os.environ.get(name, value) for name, value in _QUIET.items()})
    try:
        import ray  # noqa: PLC0415 - an extra
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise DetectorError(MISSING) from error
    wanted = address or LOCAL
    try:
        has_dashboard = False if wanted == LOCAL else None  # that of another's cluster is theirs
        ray.init(address=wanted, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=has_dashboard)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise DetectorError(
            f"There is no Ray cluster at {wanted!r}: start one with `ray start --head`, or leave --address out to work "
            f"on this machine. ({_first_line(error)})"
        ) from error
    try:
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        yield ray
    finally:
        ray.shutdown()


def pool_of(resources: Mapping[str, float], wish: Wish, shards: int) -> Pool:
    """Return the pool for a cluster with these `resources`: as many workers as wished for, or one for each GPU or CPU.

    Where there are GPUs each has a whole one unless a part is wished for. There are never more workers than `shards`,
    or than GPUs have room for; CPUs are divided among them, so that all find room. Raises DetectorError where the
    cluster has too little.
    """
    cpus, gpus = resources.get("CPU", 0.0), resources.get("GPU", 0.0)
    share = min(1.0, gpus) if wish.gpus is None else wish.gpus
    if cpus <= 0 or share > gpus:
        raise DetectorError(
            f"The cluster has {cpus:g} CPUs and {gpus:g} GPUs: too little for a worker with {share:g} GPUs."
        )
    room = int(gpus / share + 1e-9) if share else shards
    count = max(1, min(wish.workers or (room if share else int(cpus)), room, shards))
    each = cpus / count
    return Pool(count, math.floor(each) if each >= 1 else math.floor(each * 100) / 100, share)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
