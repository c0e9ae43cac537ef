"""The heap of the C library, which keeps what was freed."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def trim() -> None:
    """Give the system back what was freed; takes milliseconds, in any thread.

    Only glibc hoards so much that it is worth a call: after a training small things come to lie anywhere in hundreds of
    megabytes of holes, and the pages of these are used again one after the other.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
