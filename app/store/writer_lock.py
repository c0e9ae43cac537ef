"""One writer per project. The lock is the operating system's: a killed process frees it."""

from __future__ import annotations

import errno
import getpass
import json
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from filelock import Timeout

from app.model.storage import StoreError
from app.model.words import tr
from app.store.database import speaking
from app.store.lone_reading import folder_lock

if TYPE_CHECKING:
    from pathlib import Path

_NO_LOCKS = frozenset((errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL))


class WriterLock:
    """Held from construction until `release`. Raises StoreError that names the holder where another process has it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._holder = folder / "lock.holder"
        self._lock = folder_lock(folder)
        self._acquire()

    def renew(self) -> None:
        """Lock what is there now, where that is another file: the drive was away. Raises StoreError as at first."""
        with speaking(tr("The project in {} cannot be locked").format(self._folder)):
            is_another = self._identify() != self._held
        if is_another:
            with suppress(OSError):  # a drive that is gone lets go of nothing
                self._lock.release(force=True)
            self._lock = folder_lock(self._folder)
            self._acquire()

    def release(self) -> None:
        """Let the next writer in."""
        with suppress(OSError):  # the folder may be gone or read-only by now
            self._holder.unlink()
        with suppress(OSError):
            self._lock.release()

    def _acquire(self) -> None:
        holder = {"user": _user(), "host": socket.gethostname(), "pid": os.getpid()}
        with speaking(tr("The project in {} cannot be locked").format(self._folder)):
            try:
                self._lock.acquire()
                held = self._identify()
                self._holder.write_text(json.dumps(holder), encoding="utf-8")
                self._held = held  # last: until all of it is done, `renew` has to lock
            except Timeout:
                raise StoreError(
                    tr(
                        "This project is open in another Boxwright ({}). Close it there first; two writers would "
                        "overwrite each other's work."
                    ).format(self._who())
                ) from None
            except (OSError, NotImplementedError) as error:
                self._lock.release()
                if isinstance(error, NotImplementedError) or error.errno in _NO_LOCKS:
                    raise StoreError(
                        tr(
                            "The project in {} cannot be locked: its file system knows no locks, and nothing would "
                            "keep a second writer out. Copy the images to a disk that does, and open them there."
                        ).format(self._folder)
                    ) from error
                raise

    def _identify(self) -> tuple[int, int]:
        """Return what tells the file that is locked from another one of its name."""
        found = (self._folder / "lock").stat()
        return found.st_dev, found.st_ino

    def _who(self) -> str:
        """Return who the holder says it is; it may be writing that at this moment."""
        try:
            holder = json.loads(self._holder.read_text(encoding="utf-8"))
            return tr("{} on {}, process {}").format(holder["user"], holder["host"], holder["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            return tr("its process is not known")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return tr("somebody")
