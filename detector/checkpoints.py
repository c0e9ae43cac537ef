"""Model versions on disk: safetensors in half precision, with what they are in the header. No pickle."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors import torch as safetensors_torch

from detector import checkpoint_header
from detector.checkpoint_header import FORMAT, HEADER, about_of, categories_of, origin_of, system_of
from detector.durable import led_to, write_whole
from detector.model import FasterRCNN, ProposalNetwork, build
from detector.systems import SYSTEMS
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from detector.model import Network
    from detector.system import System

EMBEDDED_WEIGHTS = checkpoint_header.EMBEDDED_WEIGHTS  # for those who load it, too
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int32, torch.int64)
STATISTICS = (".running_mean", ".running_var")
MIN_INPUT, MAX_INPUT = 32, 4096  # pixels a side: one cell of the coarsest map, and what a large GPU can hold
MAX_CALIBRATION = 1e6  # scores would be steps long before; NaN and infinity are not below it either
NO_SECOND_STAGE = (
    "This model only proposes regions: it has no second stage that could learn categories. Choose another one for that."
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network in eval mode with the names of its labels 1..K; `version` names the exact file content.

    `calibrations[label - 1]` is the (scale, shift) of the scores of `label`, see `detector.calibration`; empty where
    scores are shown as the network gives them. `licence` and `source` say whose weights they are, where that is known.
    `learnt_from` has the `difference_hash` of each image that fine-tunes, one after the other, have learnt from: those
    measure no later one. `scenes` are (name in the drawn scenes, category) of what a person has called something else.
    """

    model: Network
    categories: tuple[str, ...]
    version: str
    calibrations: tuple[tuple[float, float], ...] = ()
    licence: str = ""
    source: str = ""
    learnt_from: frozenset[int] = frozenset()
    scenes: tuple[tuple[str, str], ...] = ()

    @property
    def two_stage(self) -> FasterRCNN:
        """The network, for what needs its second stage. Raises DetectorError where it has none."""
        if isinstance(self.model, ProposalNetwork):
            raise DetectorError(NO_SECOND_STAGE)
        return self.model


def save(
    path: Path,
    model: Network,
    categories: Sequence[str],
    calibrations: Sequence[tuple[float, float]] = (),
    *,
    licence: str = "",
    source: str = "",
    learnt_from: Iterable[int] = (),
    scenes: Iterable[tuple[str, str]] = (),
) -> None:
    """Write `model` to `path`, all or nothing: floating-point tensors as float16, but the statistics of norms in full.

    Where `path` is a link it stays, and the file that it leads to is written.

    `calibrations` is empty or has a (scale, shift) for each category. Raises DetectorError where the file cannot be
    written or a weight is not finite in half precision, ValueError on calibrations that `load` would refuse.
    """
    pairs = [[float(scale), float(shift)] for scale, shift in calibrations]
    if not _are_calibrations(pairs, len(categories)):
        raise ValueError(f"{pairs} are not calibrations of {len(categories)} categories")
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    # Not the statistics: a variance that float16 makes zero is divided by.
    halves = {name for name, value in state.items() if value.is_floating_point() and not name.endswith(STATISTICS)}
    halved = {name: value.half() if name in halves else value for name, value in state.items()}
    broken = [name for name, value in halved.items() if not bool(torch.isfinite(value).all())]
    if broken:
        raise DetectorError(f"The weights {broken[0]} are not finite numbers: nothing was written to {path}.")
    about: dict[str, object] = {"format": FORMAT, "system": model.system.id, "categories": list(categories)}
    if pairs:
        about["calibrations"] = pairs
    about |= {name: text for name, text in (("licence", licence), ("source", source)) if text}
    if marks := " ".join(f"{mark:016x}" for mark in sorted(learnt_from)):
        about["learnt_from"] = marks
    if renamed := dict(scenes):
        about["scenes"] = renamed
    if _input(model.system) != _input(SYSTEMS[model.system.id]):
        about["input"] = _input(model.system)
    # One entry: safetensors writes several in an order of its own, and equal models would differ in their bytes.
    content = safetensors_torch.save(halved, {HEADER: json.dumps(about)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(led_to(path), content)
    except OSError as error:
        raise DetectorError(f"The model could not be written to {path}: {error.strerror or error}.") from error


def load(path: Path) -> Checkpoint:
    """Read a model version. Raises DetectorError, saying what is wrong, on any file that is not a whole one of ours."""
    try:
        checkpoint_header.check_header(path)
        version = checkpoint_header.version_of(path)
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except FileNotFoundError:
        raise DetectorError(f"There is no model at {path}.") from None
    except (OSError, SafetensorError) as error:
        raise DetectorError(f"{path} is not a readable safetensors file: {error}.") from error
    about = about_of(path, header)
    system = _system(path, about)
    categories, calibrations = _head(path, about)
    if system.proposals_only and len(categories) != 1:
        raise DetectorError(f"{path} has {len(categories)} categories, but the system {system.id} knows only objects.")
    with torch.device("meta"):  # random weights would take VGG-16 seconds, only to be replaced
        model = build(system, len(categories))
    expected = model.state_dict()
    wrong = [name for name in expected.keys() | state.keys() if _shape(expected, name) != _shape(state, name)]
    if wrong:
        raise DetectorError(
            f"{path} does not fit the system {model.system.id}: {len(wrong)} tensors differ, such as "
            f"{short(min(wrong))}."
        )
    odd = [name for name, value in state.items() if value.dtype not in DTYPES]
    if odd:
        raise DetectorError(f"{path} holds numbers of a kind that no weights have, such as {min(odd)}.")
    broken = [name for name, value in state.items() if not bool(torch.isfinite(value).all())]
    if broken:
        raise DetectorError(f"{path} holds weights that are not finite numbers, such as {min(broken)}.")
    # Copies: what safetensors gives lies in the file, which may be replaced while the model is in use.
    copies = {name: value.to(expected[name].dtype, copy=True) for name, value in state.items()}
    model.load_state_dict(copies, assign=True)
    memory = _learnt_from(path, about), _scenes(path, about)
    return Checkpoint(model.eval(), categories, version, calibrations, *origin_of(about), *memory)


def _system(path: Path, about: dict[str, Any]) -> System:
    """Return the row of the system, with the input size of the file where it has one of its own."""
    system = system_of(path, about)
    if "input" not in about:
        return system
    given = about["input"]
    if not isinstance(given, dict) or given.keys() != _input(system).keys():
        raise DetectorError(f"{path} does not say at which size it sees images.")
    sides = (given["min_size"], given["max_size"])
    if any(type(side) is not int for side in sides) or not MIN_INPUT <= sides[0] <= sides[1] <= MAX_INPUT:
        raise DetectorError(f"{path} wants to see images at {sides[0]} to {sides[1]} pixels, which cannot be.")
    if not isinstance(given["enlarges"], bool):
        raise DetectorError(f"{path} does not say whether it enlarges small images.")
    return replace(system, **given)


def _input(system: System) -> dict[str, int | bool]:
    return {"min_size": system.min_size, "max_size": system.max_size, "enlarges": system.enlarges}


def _head(path: Path, about: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[float, float], ...]]:
    """Return the categories and their calibrations."""
    categories = categories_of(path, about)
    pairs = about.get("calibrations", [])
    if not _are_calibrations(pairs, len(categories)):
        raise DetectorError(f"The calibrations of the scores in {path} are damaged: there is no use in its scores.")
    return categories, tuple((float(scale), float(shift)) for scale, shift in pairs)


def _learnt_from(path: Path, about: dict[str, Any]) -> frozenset[int]:
    marks = about.get("learnt_from", "")
    if not isinstance(marks, str) or not re.fullmatch(r"([0-9a-f]{16}( |$))*", marks):
        raise DetectorError(f"{path} does not say in a readable way which images it has learnt from.")
    return frozenset(int(mark, 16) for mark in marks.split())


def _scenes(path: Path, about: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    scenes = about.get("scenes", {})
    if not isinstance(scenes, dict) or not all(isinstance(name, str) for name in scenes.values()):
        raise DetectorError(f"{path} does not say in a readable way what its scenes show.")
    return tuple(scenes.items())


def _are_calibrations(pairs: object, count: int) -> bool:
    """Tell whether `pairs` is an empty list or `count` lists of a finite scale above zero and a finite shift."""
    if not isinstance(pairs, list) or len(pairs) not in (0, count):
        return False
    return all(isinstance(pair, list) and len(pair) == 2 and _is_calibration(*pair) for pair in pairs)


def _is_calibration(scale: object, shift: object) -> bool:
    if not (isinstance(scale, int | float) and isinstance(shift, int | float)):
        return False
    return 0 < scale <= MAX_CALIBRATION and abs(shift) <= MAX_CALIBRATION


def _shape(state: dict[str, torch.Tensor], name: str) -> torch.Size | None:
    return state[name].shape if name in state else None
