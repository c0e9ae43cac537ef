"""What a project that somebody else made may not do: run, read, write or delete anything of the person who opens it."""

from __future__ import annotations

import os
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from app.model.annotations import Annotation, Category
from app.model.commands import Command, Edit
from app.model.history import History
from app.model.storage import DamagedError, StoreError
from app.store import inspection
from app.store.database import open_read_only
from app.store.project_store import ProjectStore
from app.store.schema import MIGRATIONS
from detector.image_files import list_images

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "INSERT INTO model_versions VALUES (1, 'v', '{}', '', '[]', '{{}}', '{}')"
JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The image folder of a closed project with two images, a category, a box and a journal entry."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("1.png", "2.png"):
        Image.new("RGB", (64, 48), "grey").save(folder / name)
    store = ProjectStore.open(folder)
    store.list_images(list_images(folder))
    edits = (
        Edit(None, Category(1, "bolt", "#e69f00")),
        Edit(None, Annotation(1, 1, 1, (1.0, 2.0, 30.0, 40.0))),
    )
    store.write(edits, History(1, 1), Command("draw", 1, edits))
    store.close()
    return folder


def altered(project: Path, *statements: str) -> None:
    with closing(sqlite3.connect(project / ".boxwright" / "project.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.execute(statement)


def refusal(project: Path) -> str:
    with pytest.raises(StoreError) as refused:
        ProjectStore.open(project)
    return str(refused.value)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER UPDATE ON images BEGIN DELETE FROM annotations; END",
        "CREATE TABLE more (x)",
        "CREATE INDEX i ON images (abs(position))",
        "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        "CREATE VIRTUAL TABLE v USING fts5(x)",
        "ALTER TABLE images ADD COLUMN evil TEXT GENERATED ALWAYS AS (hex(zeroblob(1000000000))) VIRTUAL",
    ],
)
def test_that_a_schema_that_is_not_ours_is_refused(project: Path, statement: str) -> None:
    altered(project, statement)
    assert "was not written by Boxwright" in refusal(project)


@pytest.mark.parametrize("lacking", ["INDEX annotations_by_image", "TABLE remembered"])
def test_that_a_schema_that_lacks_something_is_damaged(project: Path, lacking: str) -> None:
    altered(project, f"DROP {lacking}")
    with pytest.raises(DamagedError, match="is not there"):
        ProjectStore.open(project)


def test_that_a_view_in_place_of_a_table_is_refused_before_it_runs(project: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS key, i AS value FROM n"
    altered(project, "DROP TABLE remembered", f"CREATE VIEW remembered AS {endless}")
    assert "remembered" in refusal(project)


def test_that_what_the_query_planner_keeps_is_no_harm(project: Path) -> None:
    altered(project, "ANALYZE")
    ProjectStore.open(project).close()


@pytest.mark.parametrize("version", [-1, -6, -(2**31), 0, 5, 3])
def test_that_no_schema_version_is_believed_that_the_tables_do_not_have(project: Path, version: int) -> None:
    altered(project, f"PRAGMA user_version = {version}")
    assert "was not written by Boxwright" in refusal(project)


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("UPDATE images SET path = '../../etc/passwd' WHERE id = 1", "path"),
        ("UPDATE images SET path = '/etc/passwd' WHERE id = 1", "path"),
        ("UPDATE images SET path = 'sub/..' WHERE id = 1", "path"),
        ("UPDATE images SET path = 'a' || char(0) WHERE id = 1", "path"),
        ("UPDATE images SET path = x'ff' WHERE id = 1", "path"),
        ("UPDATE images SET path = '' WHERE id = 1", "path"),
        ("UPDATE images SET height = 'tall', width = 3 WHERE id = 1", "height"),
        ("UPDATE images SET height = 48, width = NULL WHERE id = 1", "width"),
        ("UPDATE images SET reviewed = 'yes' WHERE id = 1", "reviewed"),
        ("UPDATE images SET extra = '[1]' WHERE id = 1", "extra"),
        ("UPDATE images SET extra = '{' WHERE id = 1", "extra"),
        ("UPDATE images SET id = 9000000000 WHERE id = 2", "id"),
        ("UPDATE annotations SET x2 = 'wide'", "x2"),
        ("UPDATE annotations SET x2 = 9e999", "x2"),
        ("UPDATE annotations SET provenance = 'stolen'", "provenance"),
        ("UPDATE annotations SET iscrowd = x'00'", "iscrowd"),
        ("UPDATE annotations SET note = x'00'", "note"),
        ("UPDATE annotations SET origin_x1 = 1", "origin"),
        ("UPDATE annotations SET category_id = 77", "annotations"),
        ("UPDATE annotations SET image_id = 'one'", "annotations"),
        ("UPDATE categories SET color = 'url(/etc/passwd)'", "color"),
        ("UPDATE categories SET name = x'62'", "name"),
        ("UPDATE categories SET name = hex(zeroblob(100000))", "name"),
        (
            "INSERT INTO model_versions VALUES (1, 'v', '../../../.bashrc', '', '[]', '{}', '2026-01-01T00:00:00Z')",
            "file",
        ),
        (VERSION.format("/etc/passwd", "2026-01-01T00:00:00Z"), "file"),
        (VERSION.format("..", "2026-01-01T00:00:00Z"), "file"),
        (VERSION.format("head.safetensors", "yesterday"), "made_at"),
        ("UPDATE journal SET made_at = 'never'", "made_at"),
        ("UPDATE journal SET command = x'00'", "command"),
        ("UPDATE history SET position = 99", "position"),
        ("DELETE FROM history", "history"),
        ("DELETE FROM dataset", "dataset"),
        ("INSERT INTO activity VALUES (1, 1, 'long ago', 1)", "began_at"),
        ("UPDATE sqlite_sequence SET seq = 9223372036854775807", "seq"),
    ],
)
def test_that_a_value_that_is_not_possible_is_refused_and_named(project: Path, statement: str, column: str) -> None:
    altered(project, statement)
    sentence = refusal(project)
    assert column in sentence
    assert "move it away to start a new project" in sentence or "damaged" in sentence


def test_that_every_table_of_the_schema_has_rules() -> None:
    with closing(sqlite3.connect(":memory:")) as blank:
        for statement in (one for migration in MIGRATIONS for one in migration):
            blank.execute(statement)
        tables = {name for (name,) in blank.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables - {"active_version"} == set(inspection._RULES)


def test_that_a_journal_that_names_another_file_deletes_nothing(project: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("years of work")
    database = project / ".boxwright" / "project.db"
    name = os.fsencode(precious)
    pages = database.stat().st_size // 4096
    header = (JOURNAL_MAGIC + struct.pack(">IIIII", 0, 0, pages, 512, 4096)).ljust(512, b"\0")
    checksum = sum(byte - 256 * (byte > 127) for byte in name) % 2**32
    tail = struct.pack(">I", 0x40000000 // 4096 + 1) + name + struct.pack(">II", len(name), checksum) + JOURNAL_MAGIC
    journal = database.with_name("project.db-journal")
    journal.write_bytes(header + tail)
    assert "wants another file to be deleted" in refusal(project)
    with pytest.raises(StoreError, match="wants another file to be deleted"):
        open_read_only(database)
    assert precious.read_text() == "years of work"
    # What the test is about: SQLite itself does what the journal says.
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("SELECT count(*) FROM images").fetchone()
    assert not precious.exists()


@pytest.mark.parametrize(
    "name",
    [
        "project.db-wal",
        "project.db-journal",
        "lock",
        "lock.holder",
        "heads",
        "cache",
        "cache/thumbnails/0a",
        "heads/head.safetensors",
    ],
)
def test_that_a_link_in_the_project_is_refused_and_what_it_leads_to_is_left_alone(
    project: Path, tmp_path: Path, name: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    precious = outside / "precious.tif"
    precious.write_text("years of work")
    link = project / ".boxwright" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_dir():
        (link / "predictions.db").unlink(missing_ok=True)
        link.rmdir()
    link.unlink(missing_ok=True)
    link.symlink_to(precious if "." in name or name == "lock" else outside)
    assert f"{link} is a link to another place" in refusal(project)
    assert precious.read_text() == "years of work"
    assert list(outside.iterdir()) == [precious]


def test_that_a_project_folder_behind_a_link_is_refused_without_writing_there(project: Path, tmp_path: Path) -> None:
    (project / ".boxwright").rename(tmp_path / "elsewhere")
    (project / ".boxwright").symlink_to(tmp_path / "elsewhere")
    before = sorted(path.name for path in (tmp_path / "elsewhere").iterdir())
    assert "is a link to another place" in refusal(project)
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == before


@pytest.mark.parametrize("name", ["project.db", "lock", "lock.holder", "project.db-wal", "pipe", "cache/pipe"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_that_a_pipe_in_the_project_is_refused_and_not_waited_for(project: Path, name: str) -> None:
    pipe = project / ".boxwright" / name
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    assert f"{pipe} is not a file" in refusal(project)


def test_that_a_folder_in_place_of_the_database_is_refused(project: Path) -> None:
    database = project / ".boxwright" / "project.db"
    database.unlink()
    database.mkdir()
    assert f"{database} is not a file" in refusal(project)
