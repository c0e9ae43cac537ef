"""The files of the image folder as images of the project."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Listing:
    """What became of a listing of the folder: images new to the project, images no longer there, names not usable."""

    added: int
    missing: int
    refused: tuple[str, ...]


def take_over(connection: sqlite3.Connection, names: Mapping[str, int], refused: tuple[str, ...]) -> Listing:
    """Add what is new, mark as missing what is absent, and note the places; `names_in` gives the rest.

    Raises sqlite3.Error.
    """
    known = {
        path: (image_id, position, missing)
        for image_id, path, position, missing in connection.execute("SELECT id, path, position, missing FROM images")
    }
    absent = [(image_id,) for path, (image_id, _, _) in known.items() if path not in names]
    moved = [
        (position, known[name][0])
        for name, position in names.items()
        if name in known and known[name][1:] != (position, 0)
    ]
    new = [(name, position) for name, position in names.items() if name not in known]
    connection.executemany("UPDATE images SET missing = 1 WHERE id = ?", absent)
    connection.executemany("UPDATE images SET missing = 0, position = ? WHERE id = ?", moved)
    connection.executemany("INSERT INTO images (path, position) VALUES (?, ?)", new)
    return Listing(len(new), len(absent), refused)


def names_in(image_folder: Path, paths: Iterable[Path | str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return path in the project -> place in the listing, and the names that no text file could hold."""
    names: dict[str, int] = {}
    refused: list[str] = []
    root = f"{image_folder}{os.sep}"
    for position, path in enumerate(paths):
        # Not Path.relative_to: for a hundred thousand images it takes half a second.
        name = str(path).removeprefix(root).replace(os.sep, "/")
        try:
            name.encode("utf-8")
        except UnicodeEncodeError:
            refused.append(os.fsencode(name).decode("utf-8", "backslashreplace"))
        else:
            names[name] = position
    return names, tuple(refused)
