"""Disks on which SQLite can make no file beside a database, as tests have them: what it says was seen on real ones."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FULL = sqlite3.SQLITE_IOERR_SHMSIZE
"""What SQLite answers on a full disk."""
READ_ONLY = sqlite3.SQLITE_CANTOPEN
"""What it answers where nothing may be written."""


class Usage(NamedTuple):
    """As `shutil.disk_usage` has it, in bytes."""

    total: int
    used: int
    free: int


def fill(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every disk be full, as far as one asks."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 10**9, 0))


def refuse(monkeypatch: pytest.MonkeyPatch, database: Path, code: int) -> None:
    """Let SQLite open `database` only where it needs no file beside it."""
    connect = sqlite3.connect

    def connect_without_room(file: Any, *args: Any, **options: Any) -> sqlite3.Connection:
        if str(database) in str(file) and "immutable=1" not in str(file):
            raise error_of(code)
        return connect(file, *args, **options)

    monkeypatch.setattr(sqlite3, "connect", connect_without_room)


def error_of(code: int) -> sqlite3.OperationalError:
    """Return the error that SQLite raises with a code."""
    texts = {sqlite3.SQLITE_CANTOPEN: "unable to open database file", sqlite3.SQLITE_FULL: "database or disk is full"}
    error = sqlite3.OperationalError(texts.get(code & 0xFF, "disk I/O error"))
    error.sqlite_errorcode = code
    return error
