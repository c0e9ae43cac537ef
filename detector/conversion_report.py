"""What became of each weight of a file that another program wrote, and the sentence where that was not enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Size, Tensor

    from detector.conversion_formats import Renamed

HALF = torch.finfo(torch.float16)
NAMED = 3  # tensors that a sentence names


@dataclass(frozen=True, slots=True)
class Report:
    """The weights of a file against those of a network.

    `used` holds pairs (name in the file, name in the network), `skipped` pairs (name in the file, why), `reshaped`
    triples (name in the file, shape there, shape in the network). `missing` are names of the network that the
    file has nothing for, `unexpected` names of the file that the network has no place for. `notes` are sentences for
    people.
    """

    format: str
    system: str
    used: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    reshaped: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def differences(self) -> int:
        """How many tensors are missing, unexpected or of another shape; 0 if the weights fit the network."""
        return len(self.missing) + len(self.unexpected) + len(self.reshaped)

    def difference(self) -> str:
        """Say what differs, with examples. Asserts that something does."""
        parts = []
        if self.missing:
            parts.append(f"it lacks {_count(self.missing)}")
        if self.unexpected:
            parts.append(f"it has {_count(self.unexpected)} that the system has no place for")
        if self.reshaped:
            name, have, want = self.reshaped[0]
            parts.append(
                f"{len(self.reshaped)} have another shape, such as {name} with {_shape(have)} for {_shape(want)}"
            )
        assert parts
        return ", ".join(parts)


class ConversionError(DetectorError):
    """Weights that do not fit, with the report of what does and what does not."""

    def __init__(self, sentence: str, report: Report) -> None:
        super().__init__(sentence)
        self.report = report


def compare(format_: str, system: str, file: Renamed, values: Mapping[str, Tensor], want: Mapping[str, Size]) -> Report:
    """Return what becomes of each weight of `file` in a network with weights of the shapes `want`.

    `values` are the weights as they will be, by name: those of the file, and others that it implies.
    """
    have = {name: value.shape for name, value in values.items()}
    places = {name: source for name, source in file.sources.items() if name in want}
    return Report(
        format=format_,
        system=system,
        used=tuple((source, name) for name, source in places.items() if have[name] == want[name]),
        skipped=file.skipped,
        missing=tuple(name for name in want if name not in have),
        unexpected=(*file.unexpected, *(source for name, source in file.sources.items() if name not in want)),
        reshaped=tuple(
            (source, tuple(have[name]), tuple(want[name]))
            for name, source in places.items()
            if have[name] != want[name]
        ),
    )


def require_numbers(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Raise DetectorError unless all tensors, by their name in the file, are floating-point numbers and finite."""
    for name, value in tensors.items():
        if not value.is_floating_point():
            raise DetectorError(f"{name} in {path} has no floating-point numbers but {value.dtype}: use another file.")
        if not bool(torch.isfinite(value).all()):
            raise DetectorError(f"{name} in {path} has numbers that are NaN or infinite: its training has failed.")


def require_half(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Raise DetectorError unless all tensors, by their name in the network, can be saved in half precision."""
    for name, value in tensors.items():
        highest = float(value.abs().max()) if value.numel() else 0.0
        if not highest <= HALF.max:  # NaN is not either
            raise DetectorError(
                f"{name} of the model in {path} has numbers up to {highest:.3g}; models are kept in half precision, "
                f"which ends at {HALF.max:g}."
            )


def _count(names: tuple[str, ...]) -> str:
    some = ", ".join(names[:NAMED])
    return some if len(names) <= NAMED else f"{len(names)} tensors such as {some}"


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a single number"
