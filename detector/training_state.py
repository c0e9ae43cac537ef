"""The state of a training on disk, from which it goes on after it was interrupted: safetensors and JSON, no pickle.

Beside a model `m.safetensors` there are `m.training`, its state, and of an alternating training `m.proposals.npy`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors import torch as safetensors_torch

from detector.checkpoint_header import check_header
from detector.curves import Curves
from detector.durable import WRITABLE
from detector.learner import Snapshot
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FORMAT = "facts 1"  # an older format would not have this entry
HEADER = "boxwright-training"
CURVES = "curves"
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)
_DAMAGE = (
    *(DetectorError, OSError, SafetensorError),
    *(ArithmeticError, LookupError, ValueError, TypeError, RuntimeError),
)


@dataclass(frozen=True, slots=True)
class TrainingState:
    """`snapshot` is what to go on from, `curves` what has been; `facts` say by name which training it is of."""

    facts: dict[str, Any]
    snapshot: Snapshot
    curves: Curves


def state_path(output: Path) -> Path:
    """Return where the state of the training of the model `output` is."""
    return output.with_suffix(".training")


def proposals_path(output: Path) -> Path:
    """Return where the proposals of the training of the model `output` are."""
    return output.with_suffix(".proposals.npy")


@contextlib.contextmanager
def reserved(output: Path) -> Iterator[None]:
    """Keep other trainings away from `output`. Raises DetectorError where one is writing to it.

    The lock is the operating system's: a killed process frees it. A file system without locks keeps nobody away.
    """
    path = output.with_name(f".{output.name}.lock")
    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise DetectorError(
            f"Another training is writing to {output}: let it finish, or choose another output."
        ) from None
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
            raise DetectorError(f"{output} cannot be locked: {error.strerror or error}.") from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()  # while it is held: whoever waits for the lock looks whether its file still has a name
        lock.release()


def forget(output: Path) -> None:
    """Delete what the training of the model `output` would have gone on from."""
    for path in (state_path(output), proposals_path(output)):
        path.unlink(missing_ok=True)


def save(path: Path, state: TrainingState) -> None:
    """Write `state`, all or nothing. Raises DetectorError where that cannot be."""
    snapshot = state.snapshot
    about = {
        FORMAT: state.facts,
        "step": snapshot.step,
        "images_seen": snapshot.images_seen,
        "seconds": snapshot.seconds,
        "stage": snapshot.stage,
        "scale": snapshot.scale,
        "curves": state.curves.words(),
    }
    tensors = {name: value.detach().cpu().contiguous() for name, value in snapshot.tensors.items()}
    tensors[CURVES] = torch.from_numpy(state.curves.table())
    beside = path.with_name(f".{uuid.uuid4().hex}.tmp")  # the same folder: replacing must not cross file systems
    try:
        safetensors_torch.save_file(tensors, beside, {HEADER: json.dumps(about)})
        with beside.open(WRITABLE) as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except (OSError, SafetensorError) as error:
        raise DetectorError(f"The state of the training could not be written to {path}: {error}.") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def load(path: Path, facts: Mapping[str, Any]) -> TrainingState:
    """Read the state of the training that `facts` describe.

    Raises DetectorError, saying what to do, where there is none, or a damaged one, or that of another training.
    """
    if not path.is_file():
        raise DetectorError(f"There is no interrupted training to go on with at {path}: leave --resume out.")
    try:
        check_header(path)
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        about = json.loads(header[HEADER])
        found = dict(about[FORMAT])
        curves = Curves.restored(tensors.pop(CURVES).numpy(), about["curves"])
        numbers = int(about["step"]), int(about["images_seen"]), float(about["seconds"])
        snapshot = Snapshot(*numbers, tensors, dict(about["scale"]), str(about["stage"]))
    except _DAMAGE as error:
        raise DetectorError(
            f"{path} is damaged, or not the state of a training: delete it and start the training anew."
        ) from error
    for name in facts.keys() | found.keys():
        if found.get(name) != facts.get(name):
            raise DetectorError(
                f"{path} is the state of another training: its {name} is {_short(found.get(name))}, not "
                f"{_short(facts.get(name))}. Resume with the options of then, or delete it and start anew."
            )
    return TrainingState(found, snapshot, curves)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
