"""Where networks run: which devices there are, and what their errors mean."""

from __future__ import annotations

import logging
from contextlib import suppress

import torch

from detector import heap
from detector.types import DetectorError

log = logging.getLogger(__name__)

CPU = torch.device("cpu")
OUT_OF_MEMORY = (
    "out of memory",
    "not enough memory",
    "DefaultCPUAllocator",
    "STATUS_ALLOC_FAILED",
    "STATUS_NOT_SUPPORTED",
    "to find an engine",
)
"""What errors say where less work, or another device, is the cure. The last two are what libraries of CUDA often say
where there is no room for what they work in; else they cannot do what they are asked, which another device can.
"""
LOST = ("CUDA error", "CUDA driver error", "HIP error", "cuDNN error", "CUDNN_STATUS", "CUBLAS_STATUS")
"""What the errors of a GPU that cannot be used any more say: it was unplugged, reset, or put to sleep, or it hangs."""

CANNOT_BE_USED = "The GPU cannot be used: detection goes on, slower, on the CPU. A restart may bring it back."
IS_FULL = "The GPU ran out of memory: detection goes on, slower, on the CPU."
NO_ROOM = "There is not enough memory for this image: close other programs or choose a smaller image."

_given_up: set[str] = set()


def choose_device(name: str | None = None) -> torch.device:
    """Return the device called `name`, or the best there is: CUDA, then MPS, then the CPU.

    One that was given up is not taken again, whoever asks. Raises DetectorError if there is no such device here.
    """
    have = {"cpu"}
    if torch.cuda.is_available():
        have.add("cuda")
    if torch.backends.mps.is_available():
        have.add("mps")
    if name is None:
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if kind in have - _given_up))
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DetectorError(f"There is no device called {name!r}: choose cuda, mps or cpu.") from None
    if device.type not in have or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise DetectorError(f"The device {name!r} is not available here: choose one of {', '.join(sorted(have))}.")
    return torch.device("cpu") if device.type in _given_up else device


def give_up(device: torch.device) -> None:
    """Use a device that stopped working no more until the program is started again: after such an error all fail."""
    if device.type != "cpu":
        log.warning("The device %s is not used any more until the next start.", device)
        _given_up.add(device.type)


def leave(device: torch.device, *, has_lost: bool) -> str:
    """Return what tells people that the CPU takes over from `device`, and give that up if it is lost.

    Where only memory has ended on it, what is loaded next may find room there again.
    """
    if has_lost:
        give_up(device)
    sentence = CANNOT_BE_USED if has_lost else IS_FULL
    log.warning(sentence)
    return sentence


def is_out_of_memory(error: Exception) -> bool:
    """Return whether `error` says that memory has ended.

    Python and CUDA's allocator have errors of their own for it; the other allocators, the driver of CUDA and its
    libraries say it in words, those of CUDA partly with the error of a device that is lost.
    """
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(name in str(error) for name in OUT_OF_MEMORY)


def is_lost(error: Exception) -> bool:
    """Return whether `error` says that the device itself has stopped working."""
    if is_out_of_memory(error):
        return False
    return isinstance(error, torch.AcceleratorError) or any(name in str(error) for name in LOST)


def free_cached_memory() -> None:
    """Give back what is kept for later: torch's share of the GPU, and what the allocator of the C library holds.

    Of a GPU that is lost there is nothing to be had.
    """
    if torch.cuda.is_available():
        with suppress(RuntimeError):
            torch.cuda.empty_cache()
    heap.trim()
