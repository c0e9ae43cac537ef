"""Projects made to harm whoever opens them: schemas that run, values that lead away, links, pipes, caches that lie."""

from __future__ import annotations

import os
import sqlite3
import struct
import zlib
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from PIL import Image

from app.model.annotations import Annotation, Category
from app.model.commands import Command, Edit
from app.model.history import History
from app.store.prediction_cache import PredictionCache
from app.store.project_store import ProjectStore
from bench.hostile_case import Case, flipped
from detector.image_files import list_images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

DAMAGED = 12
_ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS key, i AS value FROM n"
_VERSION = "INSERT INTO model_versions VALUES (1, 'v', '{}', '', '[]', '{}', '2026-01-01T00:00:00Z')"
STATEMENTS: dict[str, tuple[str, ...]] = {
    "a trigger that deletes": ("CREATE TRIGGER t AFTER UPDATE ON images BEGIN DELETE FROM annotations; END",),
    "a view without end": ("DROP TABLE remembered", f"CREATE VIEW remembered AS {_ENDLESS}"),
    "a virtual table": ("CREATE VIRTUAL TABLE v USING fts5(x)",),
    "a column of 1 GB that is computed": (
        "ALTER TABLE images ADD COLUMN more TEXT GENERATED ALWAYS AS (hex(zeroblob(500000000))) VIRTUAL",
    ),
    "an index that is computed": ("CREATE INDEX i ON images (abs(position))",),
    "a table too few": ("DROP TABLE journal",),
    **{f"schema version {version}": (f"PRAGMA user_version = {version}",) for version in (-6, -1, 0, 3, 7, 2**31 - 1)},
    "another program's": ("PRAGMA application_id = 7",),
    "an image elsewhere": ("UPDATE images SET path = '/etc/passwd' WHERE id = 1",),
    "an image above": ("UPDATE images SET path = '../outside/precious.tif' WHERE id = 1",),
    "a version elsewhere": (_VERSION.format("../../../outside/precious.tif", "{}"),),
    "figures of the wrong types": (
        _VERSION.format("a", '{"after": {"ap50": "high", "categories": 7}, "stage": []}'),
        "UPDATE active_version SET version_id = 1",
    ),
    "figures nested without end": (_VERSION.format("a", "[" * 5_000 + "]" * 5_000),),
    "a journal entry of the wrong types": (
        """UPDATE journal SET command = '{"text": 7, "image_id": [], "edits": [[{"kind": "image", "id": 0.5}]]}'""",
    ),
    "a journal entry of an image that is not there": ("UPDATE journal SET command = replace(command, '1', '9')",),
    "a journal entry nested without end": ("UPDATE journal SET command = '{}'".format("[" * 9_000 + "]" * 9_000),),
    "a journal entry of 100 MB": ("UPDATE journal SET command = hex(zeroblob(50000000))",),
    "fields nested 900 deep": (
        "UPDATE annotations SET extra = '{}'".format('{"a": ' + "[" * 900 + "]" * 900 + "}"),
        "UPDATE images SET reviewed = 1",
    ),
    "a view of the wrong types": (
        """INSERT INTO remembered VALUES ('view', '{"proposal_top_n": [], "category_id": {}, "nms_thresh": 7}')""",
    ),
    "a last image of 5000 digits": (
        "INSERT OR REPLACE INTO remembered VALUES ('current_image', '{}')".format("9" * 5_000),
    ),
    "a model that is a device": ("INSERT INTO remembered VALUES ('base_model', '/dev/zero')",),
    "filters nested without end": ("INSERT INTO remembered VALUES ('image_filters', '{}')".format("[" * 9_000),),
    "boxes that are no numbers": ("UPDATE annotations SET x2 = 9e999",),
    "boxes that are texts": ("UPDATE annotations SET x2 = 'wide'",),
    "a category that is not there": ("UPDATE annotations SET category_id = 77",),
    "ids beyond 32 bits": ("UPDATE images SET id = 9000000000 WHERE id = 2",),
    "a colour that is a file": ("UPDATE categories SET color = 'url(/etc/passwd)'",),
    "a name of 10 MB": ("UPDATE categories SET name = hex(zeroblob(5000000))",),
    "a note that is a blob": ("UPDATE annotations SET note = x'00ff'",),
    "times without sense": ("UPDATE journal SET made_at = 'yesterday'",),
    "no history": ("DELETE FROM history",),
}
LINKS = (
    "project.db",
    "project.db-wal",
    "lock",
    "lock.holder",
    "heads",
    "cache",
    "cache/pyramids",
    "cache/predictions.db",
)


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for name, statements in STATEMENTS.items():
        yield Case(name, "project", partial(_altered, statements))
    for name in LINKS:
        yield Case(f"{name} is a link", "project", partial(_linked, name))
        yield Case(f"{name} is a pipe", "project", partial(_piped, name))
    yield Case("the project is a link", "project", _all_linked)
    yield Case("a journal that deletes another file", "project", _deleting)
    yield Case("images that are pipes, sockets and loops", "project", _odd_images)
    for name, content in _PREDICTIONS.items():
        yield Case(f"a prediction that is {name}", "project", partial(_predicting, content))
    for number in range(DAMAGED):
        yield Case(f"a project with bits flipped {number}", "project", partial(_flipped, "project.db"))
        yield Case(f"predictions with bits flipped {number}", "project", partial(_flipped, "cache/predictions.db"))


def project(folder: Path) -> Path:
    """Make an image folder with a whole project: two images, a category, a box, a journal entry, a cache."""
    for name in ("1.png", "2.png"):
        Image.new("RGB", (64, 48), "grey").save(folder / name)
    with closing(ProjectStore.open(folder)) as store:
        store.list_images(list_images(folder))
        edits = (Edit(None, Category(1, "bolt", "#e69f00")), Edit(None, Annotation(1, 1, 1, (1.0, 2.0, 30.0, 40.0))))
        store.write(edits, History(1, 1), Command("draw", 1, edits))
    return folder


def _altered(statements: tuple[str, ...], folder: Path, _: Random) -> Path:
    database = project(folder) / ".boxwright" / "project.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.execute(statement)
    return folder


def _linked(name: str, folder: Path, _: Random) -> Path:
    place, outside = project(folder) / ".boxwright" / name, folder.parent / "outside"
    _clear(place)
    place.symlink_to(outside / "precious.txt" if "." in name or name == "lock" else outside)
    return folder


def _piped(name: str, folder: Path, _: Random) -> Path:
    place = project(folder) / ".boxwright" / name
    _clear(place)
    os.mkfifo(place)
    return folder


def _all_linked(folder: Path, _: Random) -> Path:
    place = project(folder) / ".boxwright"
    _clear(place)
    place.symlink_to(folder.parent / "outside")
    return folder


def _clear(place: Path) -> None:
    if place.is_dir():
        for inside in place.iterdir():
            _clear(inside)
        place.rmdir()
    place.unlink(missing_ok=True)


def _deleting(folder: Path, _: Random) -> Path:
    database = project(folder) / ".boxwright" / "project.db"
    name, magic = os.fsencode(folder.parent / "outside" / "precious.txt"), bytes.fromhex("d9d505f920a163d7")
    pages = database.stat().st_size // 4096
    header = (magic + struct.pack(">IIIII", 0, 0, pages, 512, 4096)).ljust(512, b"\0")
    checksum = sum(byte - 256 * (byte > 127) for byte in name) % 2**32
    tail = struct.pack(">I", 0x40000000 // 4096 + 1) + name + struct.pack(">II", len(name), checksum) + magic
    database.with_name("project.db-journal").write_bytes(header + tail)
    return folder


def _odd_images(folder: Path, _: Random) -> Path:
    project(folder)
    os.mkfifo(folder / "pipe.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to(folder)
    (folder / "nothing.png").symlink_to(folder / "missing")
    (folder / "zeros.png").symlink_to("/dev/zero")
    (folder / "folder.png").mkdir()
    for name in (
        b"\xff\xfe.png",
        b"new\nline.png",
        b"a" * 251 + b".png",
        "a\u0308.png".encode(),
        "\u00e4.png".encode(),
    ):
        Image.new("RGB", (8, 8)).save(os.path.join(os.fsencode(folder), name), "PNG")  # noqa: PTH118 - bytes
    return folder


_PREDICTIONS: dict[str, Callable[[], bytes]] = {
    "a bomb of 1 GB": lambda: zlib.compress(bytes(2**30), 9),
    "negative counts": lambda: zlib.compress(b'{"counts": [-1, -1], "image_size": [1, 1], "categories": []}\n'),
    "endless counts": lambda: zlib.compress(b'{"counts": [1e400, 1], "image_size": [1, 1]}\n'),
    "nested without end": lambda: zlib.compress(b"[" * 100_000 + b"\n"),
    "labels without a category": lambda: zlib.compress(
        b'{"counts": [0, 1], "image_size": [9, 9], "categories": ["a"], "model_version": "v", "score_floor": 0}\n'
        + struct.pack("<4ffii", 1, 2, 3, 4, 0.5, 7, 7)
    ),
    "a pickle": lambda: b"cos\nsystem\n(S'touch pwned'\ntR.",
}


def _predicting(content: Callable[[], bytes], folder: Path, _: Random) -> Path:
    cache = project(folder) / ".boxwright" / "cache"
    PredictionCache(cache).close()
    status = (folder / "1.png").stat()
    with closing(sqlite3.connect(cache / "predictions.db", isolation_level=None)) as connection:
        values = (1, "v", f"{status.st_size}-{status.st_mtime_ns}", content())
        columns = "image_id, model_version, stamp, prediction"
        connection.execute(f"INSERT INTO predictions ({columns}) VALUES (?, ?, ?, ?)", values)
    return folder


def _flipped(name: str, folder: Path, pick: Random) -> Path:
    path = project(folder) / ".boxwright" / name
    path.write_bytes(flipped(path.read_bytes(), pick, 20))
    return folder
