"""Weights that other programs wrote, read without running a line of theirs.

PyTorch's files (zip and older), pickles of numpy arrays (Detectron2) and safetensors, told apart by their content,
never by their name. Whatever a pickle wants beyond tensors, arrays and plain containers is refused by name.
"""

from __future__ import annotations

import errno
import pickle
import re
import struct
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from detector.checkpoint_header import check_header
from detector.pickle_limits import check_archive, check_legacy, check_pickle, refusal
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ZIP = b"PK\x03\x04"
LEGACY = b"\x80\x02\x8a\x0a" + 0x1950A86A20F9469CFC6C.to_bytes(10, "little")  # a pickled number that PyTorch chose
PICKLE = re.compile(rb"\x80[\x02-\x05]")
SAFETENSORS = re.compile(rb".{8}\{", re.DOTALL)
NUMBERS = re.compile("[biuf][1248]")  # numpy's codes of whole and of floating-point numbers
WRAPPERS = ("state_dict", "model", "ema", "module", "blobs")  # where programs keep the weights, the best place first
DEEPEST = 4  # wrappers in wrappers; in a pickle each may be in all others
MOST_SHARED = 4  # times the file: two names may have the same weights
HARMLESS_BYTES = 640 * 2**20  # so many may unfold from any file: the largest network here has 553 MiB
DAMAGE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RuntimeError,
    SafetensorError,
    TypeError,
    ValueError,
    struct.error,
)
"""What readers raise on bytes that nobody wrote: pickle says no more than that it raises something."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of a file by name, dense and on the CPU, and what the file says about them.

    `categories` are the names of its labels 1..K and `configuration` the text of its training configuration, each empty
    where the file does not say. `metadata` is that of a safetensors file.
    """

    state: dict[str, Tensor]
    categories: tuple[str, ...] = ()
    configuration: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


class Inert:
    """Stands in for what a training program pickles beside its weights: takes everything, does nothing."""

    def __init__(self, *arguments: object) -> None: ...

    def __setstate__(self, state: object) -> None:
        """Forget `state`."""


class PickledDtype:
    """The code of a type and its byte order, as numpy pickles them: dtype("f4", ...), then its state."""

    def __init__(self, code: object = "", *_: object) -> None:
        self.code, self.order = code, "="

    def __setstate__(self, state: tuple[object, ...]) -> None:
        """Take the byte order from the state of a dtype: version, order, and what only structures have."""
        self.order = str(state[1])

    def read(self) -> np.dtype[Any]:
        """Return the type. Raises ValueError unless it is one of plain numbers."""
        if not (isinstance(self.code, str) and NUMBERS.fullmatch(self.code)) or self.order not in {"<", ">", "=", "|"}:
            raise ValueError(f"{self.order}{self.code} is no type of numbers")
        return np.dtype(f"{self.order}{self.code}")


class PickledArray:
    """The parts of an array, as numpy pickles them. Its own constructors take any bytes for pointers to objects."""

    def __init__(self, *_: object) -> None:
        self.parts: tuple[Any, ...] = ()

    @property
    def nbytes(self) -> int:
        """The size of the content, which may be that of other arrays too."""
        return len(self.parts[3]) if len(self.parts) == 4 else 0

    @classmethod
    def from_buffer(cls, content: object, dtype: object, shape: object, order: object) -> PickledArray:
        """Return an array as protocol 5 has it."""
        array = cls()
        array.parts = (shape, dtype, order == "F", content)
        return array

    def __setstate__(self, state: tuple[object, ...]) -> None:
        """Take the state of an array: version, shape, type, whether columns come first, content."""
        self.parts = state[1:]

    def read(self) -> Tensor:
        """Return the numbers. Raises ValueError or TypeError unless there are as many as the shape says."""
        shape, dtype, columns_first, content = self.parts
        raw = content.encode("latin1") if isinstance(content, str) else content  # Python 2 had no bytes
        if not (isinstance(dtype, PickledDtype) and isinstance(raw, bytes | bytearray)):
            raise TypeError("an array without numbers")
        kind = dtype.read()
        array = np.frombuffer(raw, kind).reshape(shape, order="F" if columns_first else "C")
        return torch.from_numpy(array.astype(kind.newbyteorder("="), order="C"))


def _latin1(text: str, _encoding: str) -> bytes:
    """Return what pickle, before protocol 3, wrote as text for want of bytes."""
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """Return what pickle, before protocol 3, wrote as a call of `bytes`."""
    return b""


_CORE: dict[str, Any] = {
    "multiarray._reconstruct": PickledArray,
    "multiarray.scalar": Inert,
    "numeric._frombuffer": PickledArray.from_buffer,
}
ARRAYS: dict[str, Any] = {
    **{f"numpy.core.{name}": stand_in for name, stand_in in _CORE.items()},
    **{f"numpy._core.{name}": stand_in for name, stand_in in _CORE.items()},  # since NumPy 2
    "numpy.ndarray": Inert,
    "numpy.dtype": PickledDtype,
    "builtins.bytes": _no_bytes,
    "__builtin__.bytes": _no_bytes,
}
TRAINING_STATE: dict[str, Any] = {
    "mmengine.logging.history_buffer.HistoryBuffer": Inert,
    "builtins.getattr": Inert,  # pickle's way to name a method of HistoryBuffer
    "argparse.Namespace": Inert,  # torchvision's training scripts
}


class NumpyOnly(pickle.Unpickler):
    """Unpickles arrays of numbers in plain containers, and refuses every other global."""

    ALLOWED = ARRAYS | {"_codecs.encode": _latin1, "collections.OrderedDict": OrderedDict}

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands in for an allowed global. Raises UnpicklingError that names any other one."""
        if f"{module}.{name}" not in self.ALLOWED:
            raise pickle.UnpicklingError(f"GLOBAL {module}.{name} is not allowed")
        return self.ALLOWED[f"{module}.{name}"]


def read_weights(path: Path) -> Weights:
    """Return what is in a file of weights. Raises DetectorError, saying what is wrong, on any other file."""
    if path.exists() and not path.is_file():
        raise DetectorError(f"{path} is {'a folder' if path.is_dir() else 'no file'}: name the file of weights in it.")
    try:
        with path.open("rb") as file:
            reader = _reader(path, file.read(32))
            file.seek(0)
            return reader(path, file)
    except FileNotFoundError:
        raise DetectorError(f"There is no file {path}.") from None
    except OSError as error:
        if error.errno == errno.EINVAL:  # torch looks for the end of the archive before the beginning of the file
            raise DetectorError(_reason(path, error)) from error
        raise DetectorError(f"{path} cannot be read: {error.strerror or error}.") from error
    except DAMAGE as error:
        raise DetectorError(_reason(path, error)) from error


def _reader(path: Path, start: bytes) -> Callable[[Path, BinaryIO], Weights]:
    """Return what can read a file that begins with `start`."""
    if not start:
        raise DetectorError(f"{path} is empty: download it again.")
    if start.startswith((ZIP, LEGACY)):
        return _read_torch
    if PICKLE.match(start):
        return _read_pickle
    if SAFETENSORS.match(start):
        return _read_safetensors
    raise DetectorError(
        f"{path} is not a file of weights: neither PyTorch's (.pth, .pt), nor a pickle (.pkl), nor safetensors."
    )


def _read_torch(path: Path, file: BinaryIO) -> Weights:
    allowed: list[Any] = [(stand_in, name) for name, stand_in in (ARRAYS | TRAINING_STATE).items()]
    (check_archive if file.read(len(ZIP)) == ZIP else check_legacy)(path, file)
    file.seek(0)
    # torch says with a warning that it refuses TorchScript, and with another that it reads an old file.
    with torch.serialization.safe_globals(allowed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _weights(path, torch.load(file, map_location="cpu", weights_only=True))


def _read_pickle(path: Path, file: BinaryIO) -> Weights:
    size = file.seek(0, 2)
    file.seek(0)
    check_pickle(path, file, size)
    file.seek(0)
    return _weights(path, NumpyOnly(file, encoding="latin1").load())


def _read_safetensors(path: Path, _: BinaryIO) -> Weights:
    try:
        check_header(path)
    except DetectorError as error:
        raise ValueError(str(error)) from error
    with safe_open(path, framework="pt") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        return Weights(_plain_names(state), metadata=file.metadata() or {})


def _reason(path: Path, error: Exception) -> str:
    """Return the sentence for what a reader raised."""
    wanted = re.search(r"GLOBAL (\S+)", str(error))
    if wanted:
        return (
            f"{path} wants to load {wanted[1]}, which is no part of weights and could run a program: it was refused. "
            "Save the plain state_dict of the model, or use another file."
        )
    return f"{path} is damaged or not whole: download it again, or save it again as a plain state_dict."


def _weights(path: Path, document: object) -> Weights:
    values = _values(document)
    if not values:
        raise DetectorError(f"There are no weights in {path}.")
    unfolded = sum(value.nbytes for value in values.values())
    if unfolded > max(MOST_SHARED * path.stat().st_size, HARMLESS_BYTES):
        raise refusal(path)
    state = {name: _dense(name, value, is_harmless=unfolded <= HARMLESS_BYTES) for name, value in values.items()}
    about = document if isinstance(document, Mapping) else {}
    meta = about.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    configuration = meta.get("config", meta.get("cfg"))
    return Weights(_plain_names(state), _categories(meta), configuration if isinstance(configuration, str) else "")


def _values(document: object, depth: int = DEEPEST) -> dict[str, Tensor | PickledArray]:
    """Return the tensors and arrays of the first wrapper that has any, or else of `document` itself."""
    if not isinstance(document, Mapping) or depth == 0:
        return {}
    for wrapper in WRAPPERS:
        values = _values(document.get(wrapper), depth - 1)
        if values:
            return values
    found = {name: value for name, value in document.items() if isinstance(value, Tensor | PickledArray)}
    return {name: value for name, value in found.items() if isinstance(name, str)}


def _dense(name: str, value: Tensor | PickledArray, *, is_harmless: bool) -> Tensor:
    """Return a plain tensor with the numbers of an array or a tensor. Raises ValueError where it has none."""
    if isinstance(value, PickledArray):
        return value.read()
    is_strided = value.layout == torch.strided
    is_full = is_strided and (is_harmless or value.nbytes <= value.untyped_storage().nbytes())  # no strides of zero
    if not is_full or value.is_quantized or value.device.type != "cpu":
        raise ValueError(f"{name} is not a dense tensor")
    return value.detach()


def _plain_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Drop the "module." that training on several GPUs puts before every name."""
    if not all(name.startswith("module.") for name in state):
        return state
    return {name.removeprefix("module."): value for name, value in state.items()}


def _categories(meta: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return the names in the metadata of mmdetection 2 (CLASSES) or 3 (dataset_meta), () where there are none."""
    dataset = meta.get("dataset_meta")
    dataset = dataset if isinstance(dataset, Mapping) else {}
    names = meta.get("CLASSES") or dataset.get("classes") or dataset.get("CLASSES") or ()
    if isinstance(names, str):
        return (names,)
    are_names = isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)
    return tuple(names) if are_names else ()
