"""Reading on disks on which SQLite can make no file beside a database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from without_room import FULL, READ_ONLY, error_of, fill, refuse

from app.model.storage import DamagedError, PassingError
from app.store.database import open_database, open_read_only, speaking
from app.store.writer_lock import WriterLock

if TYPE_CHECKING:
    from pathlib import Path

FIRST = ("CREATE TABLE things (name TEXT)", "INSERT INTO things VALUES ('one')")
DISKS = [None, FULL, READ_ONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY_CANTINIT]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project" / "project.db"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where copies would be."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def logged(path: Path, tmp_path: Path) -> Path:
    """A database whose last row is in its log alone, as a writer left it that was killed."""
    with closing(open_database(tmp_path / "open.db", [FIRST])) as writer:
        writer.execute("INSERT INTO things VALUES ('two')")
        for suffix in ("", "-wal"):
            shutil.copy(tmp_path / f"open.db{suffix}", path.with_name(path.name + suffix))
    return path


def names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM things")]


def beside(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


def spoil(monkeypatch: pytest.MonkeyPatch, path: Path, disk: int | None) -> None:
    """Let the disk say that it is full (None), or let SQLite fail on it with a code."""
    if disk is None:
        fill(monkeypatch)
    else:
        refuse(monkeypatch, path, disk)


@pytest.mark.parametrize("disk", DISKS)
@pytest.mark.parametrize("was_tried", [False, True])
def test_that_a_closed_database_is_read_and_nothing_made_beside_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, disk: int | None, was_tried: bool
) -> None:
    open_database(path, [FIRST]).close()
    if was_tried:  # what attempts to read it have left there
        path.with_name("project.db-wal").touch()
        path.with_name("project.db-shm").write_bytes(bytes(3))
        path.with_name("lock").touch()
    before = beside(path)
    spoil(monkeypatch, path, disk)
    with closing(open_read_only(path)) as reader:
        assert names(reader) == ["one"]
    assert beside(path) == before


@pytest.mark.parametrize("disk", DISKS)
@pytest.mark.parametrize("has_lock", [True, False])
def test_that_what_is_in_the_log_alone_is_read_from_a_copy_that_goes(
    logged: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, disk: int | None, has_lock: bool
) -> None:
    if has_lock:
        logged.with_name("lock").touch()
    before = beside(logged)
    spoil(monkeypatch, logged, disk)
    with closing(open_read_only(logged)) as reader:
        assert names(reader) == ["one", "two"]
        assert len(list(temporary.iterdir())) == 1
        WriterLock(logged.parent).release()  # held as long as the copy is made
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("DELETE FROM things")
    assert list(temporary.iterdir()) == []
    assert beside(logged) | {"lock": b""} == before | {"lock": b""}


def test_that_a_file_of_a_person_that_is_called_like_the_lock_is_left_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(path, [FIRST]).close()
    path.with_name("lock").write_text("mine")
    fill(monkeypatch)
    with closing(open_read_only(path)) as reader:
        assert names(reader) == ["one"]
    assert path.with_name("lock").read_text() == "mine"


def test_that_a_writer_is_read_beside_and_never_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = WriterLock(path.parent)
    with closing(open_database(path, [FIRST])) as writer:
        fill(monkeypatch)
        with closing(open_read_only(path)) as reader:
            writer.execute("INSERT INTO things VALUES ('two')")
            assert names(reader) == ["one", "two"]
    lock.release()


@pytest.mark.parametrize("has_lock", [True, False])
def test_that_a_database_that_somebody_has_open_is_refused_where_sqlite_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch, has_lock: bool
) -> None:
    lock = WriterLock(path.parent) if has_lock else None  # that of a cache is not beside it
    with closing(open_database(path, [FIRST])):
        refuse(monkeypatch, path, FULL)
        with pytest.raises(PassingError, match=r"cannot be read: the disk is full\. Free some space"):
            open_read_only(path)
    if lock is not None:
        lock.release()


def test_that_no_room_for_a_copy_either_is_said(logged: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", fail)
    refuse(monkeypatch, logged, READ_ONLY)
    with pytest.raises(PassingError, match="cannot be read: the disk is full"):
        open_read_only(logged)
    assert list(temporary.iterdir()) == []


def test_that_damage_is_damage_on_a_full_disk_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"these are not the pages of a database" * 200)
    fill(monkeypatch)
    with pytest.raises(DamagedError):
        open_read_only(path)


@pytest.mark.parametrize("code", [FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR])
def test_that_a_full_disk_is_called_full_whatever_sqlite_says(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    fill(monkeypatch)
    with (
        pytest.raises(PassingError, match="Not opened: the disk is full") as raised,
        speaking("Not opened", path.parent),
    ):
        raise error_of(code)
    assert raised.value.reason == "the disk is full. Free some space and try again."


def test_that_a_medium_that_may_only_be_read_is_not_called_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(monkeypatch)
    monkeypatch.setattr(os, "access", lambda *_args: False)
    with pytest.raises(PassingError, match="does not answer"), speaking("Not opened", path.parent):
        raise error_of(READ_ONLY)


def test_that_a_disk_with_room_that_fails_is_not_called_full(path: Path) -> None:
    sentence = "Not opened: the disk does not answer"
    with pytest.raises(PassingError, match=sentence), speaking("Not opened", path.parent):
        raise error_of(sqlite3.SQLITE_IOERR)
