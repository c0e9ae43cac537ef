"""The hidden places beside a target that an export writes to, and what exports that were killed have left in theirs.

An export holds a lock beside its places for as long as it lasts. The lock is the operating system's, which frees it
however the process ends: so the next export to the same target knows what nobody works on any more. A number of a
process would not do, because it may be another one's by now.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from filelock import BaseFileLock, FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTED = ".boxwright-export"
"""The file in an exported folder whose first line is the key of its format, and whose others are what was written."""


class Places(NamedTuple):
    """What an export writes to, and where a folder that was there before waits until the new one has its place.

    The same folder as the target: a rename must not cross file systems.
    """

    part: Path
    former: Path


@contextmanager
def places_beside(target: Path) -> Iterator[Places]:
    """Give places beside `target` that are this export's alone, once `sweep` has been there. Nothing is made yet.

    `part` is gone afterwards. Where the folder cannot be written, or knows no locks, nothing is locked and swept.
    """
    token = uuid.uuid4().hex[:8]
    lock = _locked(target, token) if target.parent.is_dir() else None  # or filelock makes that folder
    part = _path(target, token, "part")
    try:
        if lock is not None:
            sweep(target)
        yield Places(part, _path(target, token, "former"))
    finally:
        _remove(part)
        _unlock(target, token, lock)


def sweep(target: Path) -> None:
    """Remove what exports to `target` that were killed have left beside it; what cannot be removed stays.

    Where one was killed just when it had put an earlier export aside, that comes back to its place. It goes only where
    another export has that place.
    """
    for token in _tokens(target):
        lock = _locked(target, token)
        if lock is None:  # somebody works there
            continue
        former = _path(target, token, "former")
        if former.is_dir():
            _put_back(former, target)
        if (target / LISTED).is_file():
            _remove(former)
        _remove(_path(target, token, "part"))
        _unlock(target, token, lock)


def _put_back(former: Path, target: Path) -> None:
    with suppress(OSError):
        target.rmdir()  # an empty one
    with suppress(OSError):
        if not os.path.lexists(target):
            former.rename(target)


def _path(target: Path, token: str, what: str) -> Path:
    """Return a place beside `target`; its name is short, however long that of `target` is."""
    return target.with_name(f".boxwright-{_digest(target)}-{token}.{what}")


def _digest(target: Path) -> str:
    return hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]


def _tokens(target: Path) -> list[str]:
    """Return what tells the exports to `target` apart that have something beside it, of our own user alone."""
    pattern = re.compile(rf"\.boxwright-{_digest(target)}-([0-9a-f]{{8}})\.(?:part|former|lock)")
    tokens = set()
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if (named := pattern.fullmatch(entry.name)) and not entry.is_symlink() and _is_ours(entry):
                tokens.add(named[1])
    return sorted(tokens)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    return sys.platform == "win32" or entry.stat(follow_symlinks=False).st_uid == os.getuid()


def _locked(target: Path, token: str) -> BaseFileLock | None:
    """Return a lock that is held now; None where another process holds it, or none can be had."""
    lock = FileLock(_path(target, token, "lock"), timeout=0, thread_local=False)
    try:
        lock.acquire()
    except (Timeout, OSError, NotImplementedError):
        return None
    return lock


def _unlock(target: Path, token: str, lock: BaseFileLock | None) -> None:
    _remove(_path(target, token, "lock"))  # while it is held: whoever waits looks whether it still has a name
    if lock is not None:
        with suppress(OSError):
            lock.release()


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
