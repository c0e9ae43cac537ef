"""Files that are whole or not there, and stay when the power fails: content by fsync, names by that of their folder.

No torch.
"""

from __future__ import annotations

import codecs
import errno
import os
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PLOTTER = "Boxwright"
"""What our plots say that they were made with."""
_HEAD_BYTES = 4096
_UNKNOWN = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)  # of file systems on networks, which do it by themselves


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a path beside `target` to write a file to, which takes the place of `target` at the end.

    Where anything is raised, inside or on the way there, `target` stays what it was and nothing lies beside it. Raises
    OSError.
    """
    beside = target.with_name(f".{uuid.uuid4().hex}.tmp")  # the same folder: replacing must not cross file systems
    try:
        yield beside
        sync(beside)
        beside.replace(target)
        settle(target.parent)
    finally:
        with suppress(OSError):
            beside.unlink()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file as `replacing` does, and its folder if need be. Raises OSError.

    Folders above that are not made here: of a drive that is gone nobody wants an empty copy at its place.
    """
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as beside:
        beside.write_bytes(content)


def led_to(path: Path) -> Path:
    """Return the file that a person means by `path`: where that is a link, the one that it leads to, there or not.

    Raises OSError for a link that leads to itself.
    """
    if not path.is_symlink():
        return path
    goal = Path(os.path.realpath(path))
    if goal.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return goal


def sync(path: Path) -> None:
    """Return once the disk has what is in the file `path`. Raises OSError.

    Windows wants a handle that may write; a link to somebody's file that may not be written can have none.
    """
    with path.open("rb+" if os.access(path, os.W_OK) else "rb") as file:
        os.fsync(file.fileno())


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


def holds_text(path: Path) -> bool:
    """Return whether the file `path` may be one of those texts that are written again and again, as JSON and CSV are.

    Images, models and databases have a zero byte near the beginning; so has UTF-16, which begins with a mark. Raises
    OSError.
    """
    head = _head(path)
    return b"\0" not in head or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def holds_weights(path: Path) -> bool:
    """Return whether the file `path` is called so, is empty, or begins as safetensors do: with a size, then JSON.

    Raises OSError.
    """
    head = _head(path)
    begins_so = head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= path.stat().st_size
    return path.suffix == ".safetensors" or not head or begins_so


def holds_plot(path: Path) -> bool:
    """Return whether the file `path` is empty or a PNG that says that `PLOTTER` made it. Raises OSError."""
    head = _head(path)
    says_so = b"tEXtSoftware\0" + PLOTTER.encode()
    return not head or (head.startswith(b"\x89PNG\r\n\x1a\n") and says_so in head)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)
