"""A project with enough in it to be damaged, and ways to damage its file."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from app.model import box_gestures, edits
from app.model.workspace import Workspace
from app.store.database import open_read_only
from app.store.project_store import ProjectStore

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.location import Location

IMAGES, BOXES = 20, 40
PAGE = 4096


def make_project(folder: Path, *, boxes: int = BOXES) -> Location:
    """Make a project of 20 images with `boxes` boxes on each, in two categories; half of the images are reviewed."""
    folder.mkdir(exist_ok=True)
    with closing(ProjectStore.open(folder)) as store:
        store._connection.execute("PRAGMA synchronous = OFF")  # nothing is to outlive this test
        store.list_images([folder / f"{number:02}.png" for number in range(1, IMAGES + 1)])
        workspace = Workspace(store)
        for name in ("bolt", "nut"):
            added = edits.new_category(name, workspace.categories, workspace.next_ids().category)
            workspace.execute(edits.add_category(added))
        pick = random.Random(3)
        for record in workspace.images:
            workspace.set_image_sizes({record.id: (480, 640)})
            workspace.go_to(record.id)
            for _ in range(boxes):
                left, top = pick.uniform(0, 500), pick.uniform(0, 400)
                category = pick.choice(workspace.categories)
                box_gestures.draw(workspace, (left, top, left + 20, top + 20), category)
            if record.id % 2:
                workspace.execute(edits.mark_reviewed(workspace.images[record.id - 1].mark))
        return store.location


def pages_of(database: Path, name: str, *, leaves: bool = True) -> list[int]:
    """Return the numbers of the pages of a table or an index, from 1: those that hold rows, or all others."""
    wanted = (13, 10) if leaves else (5, 2)
    with closing(sqlite3.connect(database)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    content, found, waiting = database.read_bytes(), [], [root]
    while waiting:
        number = waiting.pop()
        page = content[(number - 1) * PAGE : number * PAGE]
        start = 100 if number == 1 else 0
        if page[start] in wanted:
            found.append(number)
        if page[start] in (5, 2):
            cells = int.from_bytes(page[start + 3 : start + 5], "big")
            for cell in range(cells):
                at = int.from_bytes(page[start + 12 + 2 * cell : start + 14 + 2 * cell], "big")
                waiting.append(int.from_bytes(page[at : at + 4], "big"))
            waiting.append(int.from_bytes(page[start + 8 : start + 12], "big"))
    return sorted(found)


def wipe(database: Path, pages: list[int], byte: int = 0xFF) -> None:
    """Fill pages with one byte."""
    content = bytearray(database.read_bytes())
    for number in pages:
        content[(number - 1) * PAGE : number * PAGE] = bytes([byte]) * PAGE
    database.write_bytes(content)


def count(database: Path, table: str) -> int:
    """Return the number of rows."""
    with closing(open_read_only(database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def everything(location: Location) -> dict[str, list[object]]:
    """Return all rows that people decided, by table, in the order of their ids."""
    with closing(open_read_only(location.database)) as connection:
        tables = ("images", "categories", "annotations", "rejections", "history", "dataset")
        found = {table: connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in tables}
        query = "SELECT position, text, command, made_at FROM journal ORDER BY position"
        return {**found, "journal": connection.execute(query).fetchall()}
