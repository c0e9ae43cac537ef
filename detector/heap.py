"""The heap of the C library: what of that which was freed it keeps, and when."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h
_KEPT = ((_M_MMAP_THRESHOLD, 256 * 2**20), (_M_TRIM_THRESHOLD, 2**30), (_M_TOP_PAD, 64 * 2**20))


def keep() -> None:
    """Let this process keep what a pass of a network frees, for the next pass; idempotent, in any thread.

    Without this glibc hands megabytes back after each layer, and has them again page by page, full of zeros, in the
    next pass: ten thousand page faults an image, up to a third of the time of a pass in float32. It is for processes
    that do little else. The window, which lives for days, gives back what it can, and has few faults in its thread.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            library = ctypes.CDLL(None)
            for parameter, value in _KEPT:
                library.mallopt(parameter, value)


def trim() -> None:
    """Give the system back what was freed; takes milliseconds, in any thread.

    Only glibc hoards so much that it is worth a call: after a training small things come to lie anywhere in hundreds of
    megabytes of holes, and the pages of these are used again one after the other.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
