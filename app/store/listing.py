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
    if dict(connection.execute("SELECT path, position FROM images WHERE missing = 0")) == names:  # nothing has changed
        (missing,) = connection.execute("SELECT count(*) FROM images WHERE missing != 0").fetchone()
        return Listing(0, missing, refused)
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
    root = f"{image_folder}{os.sep}"
    # Not Path.relative_to: for a hundred thousand images it takes half a second.
    found = [str(path).removeprefix(root) for path in paths]
    if os.sep != "/":
        found = [name.replace(os.sep, "/") for name in found]
    if _is_text("\n".join(found)):
        return dict(zip(found, range(len(found)), strict=True)), ()
    refused = [os.fsencode(name).decode("utf-8", "backslashreplace") for name in found if not _is_text(name)]
    return {name: position for position, name in enumerate(found) if _is_text(name)}, tuple(refused)


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
