from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from app.model.storage import DamagedError, StoreError
from app.store.database import backup_path, open_database, open_read_only, speaking, transaction

if TYPE_CHECKING:
    from pathlib import Path

FIRST = ("CREATE TABLE things (name TEXT)", "INSERT INTO things VALUES ('one')")
SECOND = ("ALTER TABLE things ADD COLUMN size INTEGER DEFAULT 7",)
BROKEN = ("ALTER TABLE things ADD COLUMN colour TEXT", "INSERT INTO nowhere VALUES (1)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "project.db"


def test_that_a_database_survives_being_closed_and_opened(path: Path) -> None:
    open_database(path, [FIRST]).close()
    with closing(open_database(path, [FIRST])) as connection:
        assert connection.execute("SELECT * FROM things").fetchall() == [("one",)]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_that_a_migration_keeps_the_rows_and_a_backup_of_what_was(path: Path) -> None:
    open_database(path, [FIRST]).close()
    with closing(open_database(path, [FIRST, SECOND])) as connection:
        assert connection.execute("SELECT * FROM things").fetchall() == [("one", 7)]
    with closing(sqlite3.connect(backup_path(path, 1))) as backup:
        assert backup.execute("SELECT * FROM things").fetchall() == [("one",)]
        assert backup.execute("PRAGMA user_version").fetchone() == (1,)


def test_that_a_new_database_needs_no_backup(path: Path) -> None:
    open_database(path, [FIRST, SECOND]).close()
    assert [file.name for file in path.parent.iterdir() if "backup" in file.name] == []


def test_that_a_failed_migration_leaves_the_old_schema(path: Path) -> None:
    open_database(path, [FIRST]).close()
    with pytest.raises(StoreError, match="nowhere"):
        open_database(path, [FIRST, BROKEN])
    with closing(open_database(path, [FIRST])) as connection:
        assert connection.execute("SELECT * FROM things").fetchall() == [("one",)]


def test_that_a_newer_file_is_refused_and_left_alone(path: Path) -> None:
    open_database(path, [FIRST, SECOND]).close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer Boxwright .*Update Boxwright"):
        open_database(path, [FIRST])
    assert path.read_bytes() == before


def test_that_a_damaged_file_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"these are not the pages of a database" * 200)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="damaged"):
        open_database(path, [FIRST])
    assert path.read_bytes() == before


def test_that_an_empty_file_is_refused_and_left_alone(path: Path) -> None:
    path.touch()
    wal = path.with_name("project.db-wal")
    wal.write_bytes(b"the last work")
    with pytest.raises(StoreError, match=r"damaged .*It was left as it is"):
        open_database(path, [FIRST])
    assert path.read_bytes() == b""
    assert wal.read_bytes() == b"the last work"


def test_that_a_database_whose_making_was_killed_is_made(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert path.stat().st_size > 0
    with closing(open_database(path, [FIRST])) as connection:
        assert connection.execute("SELECT * FROM things").fetchall() == [("one",)]


def test_that_a_file_with_damaged_pages_is_refused(path: Path) -> None:
    with closing(open_database(path, [FIRST])) as connection:
        connection.executemany("INSERT INTO things VALUES (?)", [("x" * 500,)] * 200)
    damaged = bytearray(path.read_bytes())
    damaged[4096:16384] = b"\xff" * 12288
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match="damaged"):
        open_database(path, [FIRST])
    assert path.read_bytes() == damaged


def test_that_another_programs_database_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE cookies (name TEXT)")
    with pytest.raises(StoreError, match="not a file of Boxwright"):
        open_database(path, [FIRST])


def test_that_a_transaction_is_all_or_nothing(path: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            connection.execute("DELETE FROM things")
            connection.execute("DELETE FROM nowhere")

    with closing(open_database(path, [FIRST])) as connection:
        with pytest.raises(sqlite3.OperationalError):
            fail(connection)
        assert connection.execute("SELECT count(*) FROM things").fetchone() == (1,)
        assert not connection.in_transaction


def test_that_a_reader_sees_one_state_beside_the_writer_and_cannot_write(path: Path) -> None:
    with closing(open_database(path, [FIRST])) as writer, closing(open_read_only(path)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM things").fetchone() == (1,)
        writer.execute("INSERT INTO things VALUES ('two')")
        assert reader.execute("SELECT count(*) FROM things").fetchone() == (1,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("INSERT INTO things VALUES ('three')")


def test_that_a_project_is_read_where_nothing_may_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_database(path, [FIRST]).close()
    monkeypatch.setattr(os, "access", lambda *_args: False)
    with closing(open_read_only(path)) as reader:
        assert reader.execute("SELECT * FROM things").fetchall() == [("one",)]
        assert [file.name for file in path.parent.iterdir()] == ["project.db"]


def test_that_reading_a_project_that_is_not_there_makes_none(path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        open_read_only(path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (sqlite3.OperationalError("database or disk is full"), "Free some space"),
        (OSError(28, "No space left on device"), "Free some space"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "Check the permissions"),
        (sqlite3.DatabaseError("database disk image is malformed"), "damaged"),
        (sqlite3.OperationalError("no such table: x"), "no such table"),
    ],
)
def test_that_an_error_says_what_to_do(error: Exception, sentence: str) -> None:
    with pytest.raises(StoreError, match=f"Not saved: .*{sentence}"), speaking("Not saved"):
        raise error


def test_that_a_step_that_is_too_large_says_how_it_can_be_done_all_the_same() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1000)
        with pytest.raises(StoreError, match="Import it in parts"), speaking("Not saved"):
            connection.execute("SELECT ?", ("x" * 2000,))


def test_that_a_database_whose_making_fails_is_not_there(path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        open_database(path, [FIRST, BROKEN])
    assert list(path.parent.iterdir()) == []


def test_that_what_a_killed_program_left_of_a_new_database_is_no_obstacle(path: Path) -> None:
    path.with_name(".project.db.new").write_bytes(b"half a page")
    path.with_name(".project.db.new-journal").write_bytes(b"half a page")
    with closing(open_database(path, [FIRST])) as connection:
        assert connection.execute("SELECT * FROM things").fetchall() == [("one",)]


def test_that_a_log_without_its_database_is_not_thrown_away(path: Path) -> None:
    log = path.with_name("project.db-wal")
    log.write_bytes(b"the last work")
    with pytest.raises(DamagedError, match="gone but for its log"):
        open_database(path, [FIRST])
    assert log.read_bytes() == b"the last work"
    assert not path.exists()


def test_that_a_file_with_other_tables_than_a_project_has_is_refused(path: Path) -> None:
    with closing(open_database(path, [FIRST])) as connection:
        connection.execute("ALTER TABLE things RENAME COLUMN name TO title")
    with pytest.raises(StoreError, match="'things' is not as Boxwright makes it"):
        open_database(path, [FIRST])


def test_that_a_file_that_does_something_when_it_is_written_is_refused(path: Path) -> None:
    with closing(open_database(path, [FIRST])) as connection:
        connection.execute("CREATE TRIGGER trap AFTER INSERT ON things BEGIN DELETE FROM things; END")
    with pytest.raises(StoreError, match="'trap' is not as Boxwright makes it"):
        open_database(path, [FIRST])
