"""One writer per project. The lock is the operating system's: a killed process frees it."""

from __future__ import annotations

import getpass
import json
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from app.model.storage import StoreError
from app.model.words import tr
from app.store.database import speaking

if TYPE_CHECKING:
    from pathlib import Path


class WriterLock:
    """Held from construction until `release`. Raises StoreError that names the holder where another process has it."""

    def __init__(self, folder: Path) -> None:
        self._holder = folder / "lock.holder"
        self._lock = FileLock(folder / "lock", blocking=False, thread_local=False)
        holder = {"user": _user(), "host": socket.gethostname(), "pid": os.getpid()}
        with speaking(tr("The project in {} cannot be locked").format(folder)):
            try:
                self._lock.acquire()
                self._holder.write_text(json.dumps(holder), encoding="utf-8")
            except Timeout:
                raise StoreError(
                    tr(
                        "This project is open in another Boxwright ({}). Close it there first; two writers would "
                        "overwrite each other's work."
                    ).format(self._who())
                ) from None
            except OSError:
                self._lock.release()
                raise

    def release(self) -> None:
        """Let the next writer in."""
        with suppress(OSError):  # the folder may be gone or read-only by now
            self._holder.unlink()
        self._lock.release()

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
