"""Temporary folders that are gone when their program is, however that ended: what one left is swept by the next."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import tempfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINE = f"{zlib.crc32(platform.node().encode()):08x}"
"""Stands for this machine or container: others may share the folder, and nobody can ask for their processes."""
_NAME = re.compile(rf"boxwright-[a-z-]+?-{MACHINE}-(\d+)-\w+")


@contextmanager
def temporary_folder(purpose: str, parent: Path | None = None) -> Iterator[Path]:
    """Make a folder for this process, named by `purpose` (lowercase letters and dashes), and remove it at the end.

    It is in `parent`, or where the system has such folders.
    """
    sweep(parent)
    prefix = f"boxwright-{purpose}-{MACHINE}-{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def sweep(parent: Path | None = None) -> list[Path]:
    """Remove the folders of our own user whose processes are gone; return them. What cannot be removed stays."""
    swept = []
    try:
        with os.scandir(parent or tempfile.gettempdir()) as entries:
            for entry in entries:
                if _is_stale(entry):
                    shutil.rmtree(entry.path, ignore_errors=True)
                    swept.append(Path(entry.path))
    except OSError:
        return swept
    return swept


def _is_stale(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder that we have made, and no link to one, of a process that does not run any more."""
    named = _NAME.fullmatch(entry.name)
    if named is None or not entry.is_dir(follow_symlinks=False):
        return False
    try:
        is_ours = sys.platform == "win32" or entry.stat(follow_symlinks=False).st_uid == os.getuid()
    except OSError:
        return False
    return is_ours and not _runs(int(named[1]))


def _runs(pid: int) -> bool:
    """Whether a process has this number; where that cannot be asked without harm, as on Windows, it is taken to run."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
