"""What a model file says about itself, read from its header alone: for lists of models. No torch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

from detector.systems import SYSTEMS
from detector.types import DetectorError

if TYPE_CHECKING:
    from typing import BinaryIO

    from detector.system import System

FORMAT = 1
HEADER = "boxwright"
MOST_CATEGORIES = 100_000
LONGEST_NAME = 1_000  # characters
EMBEDDED_WEIGHTS = Path(__file__).resolve().parents[1] / "resources" / "models" / "embedded.safetensors"
OTHER_PROGRAMS = (".pth", ".pt", ".pkl")
"""How files of other programs end, which `convert` reads."""

_LENGTH_BYTES = 8
_LONGEST = 8 * 2**20  # bytes of a header: safetensors takes 100 MB, of which Python would make 2 GB
_MOST_TENSORS = 20_000  # twenty times what the largest system has
_METADATA = "__metadata__"


@dataclass(frozen=True, slots=True)
class Description:
    """A model file in words. `title` is that of its system, `categories` the names of labels 1..K.

    `licence` and `source` are empty where the file does not say them.
    """

    system_id: str
    title: str
    categories: tuple[str, ...]
    licence: str
    source: str
    size_bytes: int

    @property
    def proposals_only(self) -> bool:
        """Whether it finds objects and does not say of which category."""
        return SYSTEMS[self.system_id].proposals_only


def check_header(path: Path) -> None:
    """Raise DetectorError where a safetensors file is not whole, or its header would take minutes or memory.

    For those who read the weights: everything else about them is safetensors' own to check. Raises OSError.
    """
    _require_file(path)
    with path.open("rb") as file:
        _read_header(path, file)


def describe(path: Path) -> Description:
    """Return what is in a model file without reading its weights, in about a millisecond.

    Raises DetectorError with a sentence where it is not a whole model of this program. A file that passes may still be
    refused by `checkpoints.load`: only that looks at the weights.
    """
    _require_file(path)
    try:
        with path.open("rb") as file:
            header, size = _read_header(path, file)
    except FileNotFoundError:
        raise DetectorError(f"There is no model at {path}.") from None
    except OSError as error:
        raise DetectorError(f"{path} cannot be read: {error.strerror or error}.") from error
    about = about_of(path, header.get(_METADATA))
    system, (licence, source) = system_of(path, about), origin_of(about)
    return Description(system.id, system.title, categories_of(path, about), licence, source, size)


def version_of(path: Path) -> str:
    """Return the name of the exact content of a model file. Raises OSError."""
    with path.open("rb") as file:
        return f"{path.stem}-{hashlib.file_digest(file, 'sha256').hexdigest()[:8]}"


def about_of(path: Path, metadata: object) -> dict[str, Any]:
    """Return what the file `path` says of itself in the `metadata` of its header. Raises DetectorError."""
    try:
        about = json.loads(metadata.get(HEADER, "")) if isinstance(metadata, dict) else None
    except (ValueError, RecursionError, TypeError):
        about = None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise DetectorError(f"{path} is not a model of this program, or of a version that this one does not know.")
    return about


def system_of(path: Path, about: dict[str, Any]) -> System:
    """Return the row of the system that the file is of. Raises DetectorError where there is none."""
    system = SYSTEMS.get(str(about.get("system"))[:LONGEST_NAME])
    if system is None:
        wanted = short(about.get("system"))
        raise DetectorError(f"{path} needs the system {wanted}, which this version does not have.")
    return system


def categories_of(path: Path, about: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of labels 1..K. Raises DetectorError where there are none, or one is empty."""
    categories = about.get("categories")
    if not isinstance(categories, list) or not categories or not all(isinstance(name, str) for name in categories):
        raise DetectorError(f"{path} does not say which categories it knows.")
    if not all(name.strip() for name in categories):
        raise DetectorError(f"{path} has a category without a name: give it one.")
    if len(categories) > MOST_CATEGORIES or max(map(len, categories)) > LONGEST_NAME:
        raise DetectorError(
            f"{path} has more than {MOST_CATEGORIES:,} categories, or one whose name is longer than {LONGEST_NAME:,} "
            "characters."
        )
    return tuple(name.strip() for name in categories)  # as people's own are: “die ” is no category beside “die”


def origin_of(about: dict[str, Any]) -> tuple[str, str]:
    """Return licence and source, each empty where the file does not say it."""
    licence, source = (about.get(key) for key in ("licence", "source"))
    return licence if isinstance(licence, str) else "", source if isinstance(source, str) else ""


def _require_file(path: Path) -> None:
    """Raise DetectorError for a pipe or a device, which nobody should wait for; opening a folder fails by itself."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise DetectorError(f"{path} is not a file.")


def _read_header(path: Path, file: BinaryIO) -> tuple[dict[str, Any], int]:
    """Return the JSON object that the file begins with, and the size of the whole file, which is what it should be."""
    size = file.seek(0, 2)
    file.seek(0)
    length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
    if size <= _LENGTH_BYTES or length > min(_LONGEST, size - _LENGTH_BYTES):
        is_foreign = path.suffix in OTHER_PROGRAMS
        advice = " `boxwright convert` makes a model of a checkpoint of another program." if is_foreign else ""
        raise DetectorError(f"{path} is not a readable safetensors file: it is cut off, or of another kind.{advice}")
    try:
        header = json.loads(file.read(length))
        ends = [int(entry["data_offsets"][1]) for name, entry in header.items() if name != _METADATA]
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise DetectorError(f"{path} is not a readable safetensors file: its header is damaged.") from None
    if len(ends) > _MOST_TENSORS:
        raise DetectorError(f"{path} has {len(ends):,} tensors: no model of this program has so many.")
    missing = _LENGTH_BYTES + length + max(ends, default=0) - size
    if missing > 0:
        raise DetectorError(f"{path} is not whole: {missing:,} bytes are missing. Copy it or get it again.")
    return header, size
