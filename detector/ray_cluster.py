"""The cluster that `detect --engine ray` works on: joined or started, and left again as it was found.

Ray is an extra and is imported here alone, when it is asked for. It is kept quiet: no dashboard, no statistics of usage
sent anywhere, no lines of its workers among ours. A cluster that is started is closed to everybody else.
"""

from __future__ import annotations

import logging
import os
import re
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, Any

from detector.ray_environment import LOOPBACK, settings_of_our_own, shared_settings
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MISSING = "The engine ray is not installed. Install it with: pip install 'boxwright[ray]'"
LOCAL = "local"
LOCAL_STORE = 256 * 2**20  # bytes that shards and their rows may take on the way; Ray takes a third of all memory
WORKERS_TO_A_CORE = 2  # that their threads would fill: while one reads a file or puts rows together, another works
_KNOCKING = 10.0  # seconds
_LEAST = 0.01  # of a CPU
_QUIET = {
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",  # the verb has its own
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
    """How many workers there are, and what of a machine of the cluster each has."""

    workers: int
    cpus: float
    gpus: float


@contextmanager
def joined(address: str | None) -> Iterator[Any]:
    """Join the cluster at `address`, or start one on this machine, and yield the module `ray`; leave it at the end.

    Raises DetectorError where Ray is not installed, or there is no cluster.
    """
    wanted = address or LOCAL
    with _told(wanted):
        try:
            import ray  # noqa: PLC0415 - an extra
            import ray.data  # noqa: PLC0415
        except ImportError as error:
            raise DetectorError(MISSING) from error
        _join(ray, wanted)
        try:
            # Or Ray prints what its daemons say of workers that end among our output; there is no option for it.
            ray._private.worker._worker_logs_enabled = False  # noqa: SLF001
            logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what it logs is raised too
            yield ray
        finally:
            ray.shutdown()


@contextmanager
def _told(wanted: str) -> Iterator[None]:
    """Tell Ray by the environment what it is told no other way; afterwards that is as it was."""
    settings = {name: os.environ.get(name, value) for name, value in (shared_settings() | _QUIET).items()}
    if wanted == LOCAL:
        settings |= settings_of_our_own()
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _join(ray: Any, wanted: str) -> None:
    """Join the cluster, or start one. Raises DetectorError where there is none."""
    try:
        _knock(wanted)
        with _without_stderr():
            ray.init(address=wanted, log_to_driver=False, logging_level=logging.ERROR, **_settings(wanted))
    except ray.exceptions.AuthenticationError as error:
        raise DetectorError(
            f"The Ray cluster at {wanted!r} wants a token, or another one: set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN "
            f"to the token that it was started with. ({_first_line(error)})"
        ) from error
    except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        raise DetectorError(
            f"There is no Ray cluster at {wanted!r}: start one with `ray start --head`, or leave --address out to work "
            f"on this machine. ({_first_line(error)})"
        ) from error


def _knock(address: str) -> None:
    """Raise OSError where nobody listens at HOST:PORT: Ray itself knocks for minutes."""
    if match := re.fullmatch(r"\[?([^/\]]+)\]?:(\d+)", address):
        socket.create_connection((match[1], int(match[2])), timeout=_KNOCKING).close()


def _settings(address: str) -> dict[str, Any]:
    """Return how a cluster of our own is started; another's is taken as it is."""
    if address != LOCAL:
        return {}
    return {"include_dashboard": False, "object_store_memory": LOCAL_STORE, "_node_ip_address": LOOPBACK}


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Let nothing be printed meanwhile: that Ray keeps quiet is what its C++ says first, and no logger can stop it."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a name, no path
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def machines_of(nodes: Sequence[Mapping[str, Any]]) -> list[tuple[float, float]]:
    """Return the CPUs and GPUs of each machine that is there, of what `ray.nodes()` says."""
    there = [node["Resources"] for node in nodes if node["Alive"]]
    return [(each.get("CPU", 0.0), each.get("GPU", 0.0)) for each in there]


def pool_of(machines: Sequence[tuple[float, float]], wish: Wish, threads: int, shards: int) -> Pool:
    """Return the pool for `machines` (CPUs, GPUs): as many workers as wished for or find room, `shards` at most.

    Where there are GPUs each worker has a whole one, unless a part is wished for, and there are as many workers as GPUs
    have room for. Elsewhere `WORKERS_TO_A_CORE` share the CPUs that their `threads` could fill. All find room on their
    machine: what Ray cannot place it waits for without a word. Raises DetectorError where the cluster has too little.
    """
    share = min(1.0, max((gpus for _, gpus in machines), default=0.0)) if wish.gpus is None else wish.gpus
    fit = [(cpus, floor(gpus / share + 1e-9) if share else shards) for cpus, gpus in machines if cpus > 0]
    most = sum(room for _, room in fit)
    if not most:
        cpus, gpus = (sum(column) for column in zip(*machines, strict=True)) if machines else (0.0, 0.0)
        raise DetectorError(
            f"The cluster has {cpus:g} CPUs and {gpus:g} GPUs: too little for a worker with {share:g} GPUs."
        )
    wanted = wish.workers or (most if share else sum(_workers_on(cpus, threads) for cpus, _ in fit))
    count = min(wanted, most, shards)
    # The largest part of a machine for each that leaves room for all.
    parts = sorted({_whole(cpus / number) for cpus, _ in fit for number in range(1, count + 1)}, reverse=True)
    has_room = (part for part in parts if sum(min(room, floor(cpus / part + 1e-9)) for cpus, room in fit) >= count)
    return Pool(count, next(has_room, _LEAST), share)


def _workers_on(cpus: float, threads: int) -> int:
    """Return how many workers a machine without GPUs has."""
    return max(1, floor(WORKERS_TO_A_CORE * cpus / max(threads, WORKERS_TO_A_CORE)))


def _whole(cpus: float) -> float:
    """Return so many CPUs as Ray counts them: whole ones from one on, below to the hundredth."""
    return floor(cpus) if cpus >= 1 else max(_LEAST, floor(cpus * 100) / 100)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
