"""Model versions on disk: safetensors in half precision, with what they are in the header. No pickle."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors import torch as safetensors_torch

from detector.model import FasterRCNN, build
from detector.systems import SYSTEMS
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT = 1
HEADER = "boxwright"
EMBEDDED_WEIGHTS = Path(__file__).resolve().parents[1] / "resources" / "models" / "embedded.safetensors"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network in eval mode with the names of its labels 1..K; `version` names the exact file content."""

    model: FasterRCNN
    categories: tuple[str, ...]
    version: str


def save(path: Path, model: FasterRCNN, categories: Sequence[str]) -> None:
    """Write `model` to `path`, all or nothing: floating-point tensors as float16, the rest as it is.

    Raises DetectorError where the file cannot be written or a weight is not finite in half precision.
    """
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    halved = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    broken = [name for name, value in halved.items() if not bool(torch.isfinite(value).all())]
    if broken:
        raise DetectorError(f"The weights {broken[0]} are not finite numbers: nothing was written to {path}.")
    about = {"format": FORMAT, "system": model.system.id, "categories": list(categories)}
    # One entry: safetensors writes several in an order of its own, and equal models would differ in their bytes.
    content = safetensors_torch.save(halved, {HEADER: json.dumps(about)})
    beside = path.with_name(f".{uuid.uuid4().hex}.tmp")  # the same folder: replacing must not cross file systems
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise DetectorError(f"The model could not be written to {path}: {error.strerror or error}.") from error


def load(path: Path) -> Checkpoint:
    """Read a model version. Raises DetectorError, saying what is wrong, on any file that is not a whole one of ours."""
    try:
        version = _fingerprint(path)
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except FileNotFoundError:
        raise DetectorError(f"There is no model at {path}.") from None
    except (OSError, SafetensorError) as error:
        raise DetectorError(f"{path} is not a readable safetensors file: {error}.") from error
    model, categories = _build_for(path, header)
    expected = model.state_dict()
    wrong = [name for name in expected.keys() | state.keys() if _shape(expected, name) != _shape(state, name)]
    if wrong:
        raise DetectorError(
            f"{path} does not fit the system {model.system.id}: {len(wrong)} tensors differ, such as {min(wrong)}."
        )
    model.load_state_dict({name: value.to(expected[name].dtype) for name, value in state.items()})
    return Checkpoint(model.eval(), categories, f"{path.stem}-{version}")


def _build_for(path: Path, header: dict[str, str]) -> tuple[FasterRCNN, tuple[str, ...]]:
    try:
        about = json.loads(header.get(HEADER, ""))
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise DetectorError(f"{path} is not a model of this program, or of a version that this one does not know.")
    system = SYSTEMS.get(str(about.get("system")))
    if system is None:
        raise DetectorError(f"{path} needs the system {about.get('system')!r}, which this version does not have.")
    categories = about.get("categories")
    if not isinstance(categories, list) or not categories or not all(isinstance(name, str) for name in categories):
        raise DetectorError(f"{path} does not say which categories it knows.")
    return build(system, len(categories)), tuple(categories)


def _shape(state: dict[str, torch.Tensor], name: str) -> torch.Size | None:
    return state[name].shape if name in state else None


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:8]
