"""Images that a machine does not get hold of, which says nothing about the images. No torch.

Each is a `DetectorError` too: where one machine does all the work it is one more image that cannot be looked at, and
its reason. On a cluster another machine may read it.
"""

from __future__ import annotations

import errno

from detector.types import DetectorError

_NUMBERS = frozenset(
    getattr(errno, name)
    for name in (
        *("ENOENT", "ENOTDIR", "EACCES", "EPERM", "EIO", "ENODEV", "ENXIO", "EMFILE", "ENFILE", "ENOMEM", "EBUSY"),
        *("ESTALE", "ETIMEDOUT", "ENOTCONN", "ENOLINK", "EREMOTEIO", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN"),
        *("ENETUNREACH", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "ESHUTDOWN", "EKEYEXPIRED", "ENOKEY"),
    )
    if hasattr(errno, name)
)
"""Of errors of a system that does not reach a file, whatever is in it; not all of them exist everywhere."""


class OutOfReachError(DetectorError):
    """This machine does not reach the image: it may be sound all the same, and another machine may read it."""


class NotThereError(OutOfReachError):
    """The storage says that it has no such image."""


def is_of_system(error: BaseException) -> bool:
    """Return whether an error is of the system that should have given a file, and not of what is in the file."""
    return isinstance(error, OSError) and error.errno in _NUMBERS
