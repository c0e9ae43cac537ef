"""Names that stay when the power fails: a file is on the disk by its own fsync, its name by that of its folder.

No torch.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WRITABLE = "rb+" if os.name == "nt" else "rb"
"""The mode in which a written file is opened for its fsync: Windows wants a handle that may write."""
_UNKNOWN = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)  # of file systems on networks, which do it by themselves


def settle(folder: Path) -> None:
    """Return once the disk has the names in `folder` as they are now. Raises OSError.

    On Windows a folder cannot be opened for that, and its file system writes names in their order.
    """
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
    finally:
        os.close(handle)
