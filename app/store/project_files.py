"""The files of a project's folder before anything opens them: a project may come from somebody else.

Boxwright itself makes nothing but plain files and folders there, so anything else is refused: a link would have it
read, overwrite or delete what lies elsewhere, and a pipe would never answer. Images are another matter: people do link
them, they are only read, and `detector.images` takes nothing but files.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.words import tr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDERS = ("heads", "cache")
_FILES = ("project.db", "lock")
_DATABASE_PARTS = ("", "-wal", "-shm", "-journal")
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_REPARSE_POINT = 0x400  # Windows: a link or a junction


def check_project_folder(folder: Path) -> None:
    """Raise StoreError where something in a project's folder is not the plain file or folder that it should be.

    `folder` itself may be missing. Thumbnails are not looked at one by one: they are only read, as small JPEG files.
    """
    try:
        if _check(folder, None):
            for path, is_folder in _places(folder):
                _check(path, is_folder)
    except OSError as error:
        raise StoreError(tr("The project in {} cannot be read: {}.").format(folder, error.strerror)) from error


def check_database_file(path: Path) -> None:
    """Raise StoreError where SQLite should not open `path`, which may be missing.

    Beside plain files this is about a journal that names another file: SQLite would delete that one. Only a transaction
    over several databases leaves such a journal, and this program knows none.
    """
    try:
        for part in _DATABASE_PARTS:
            _check(path.with_name(path.name + part), False)
        journal = path.with_name(f"{path.name}-journal")
        if journal.exists() and _names_another(journal):
            raise StoreError(
                tr(
                    "{} wants another file to be deleted, which nothing that Boxwright writes does. Delete it, and "
                    "do not trust what came with it."
                ).format(journal)
            )
    except OSError as error:
        raise StoreError(tr("The project in {} cannot be read: {}.").format(path.parent, error.strerror)) from error


def _places(folder: Path) -> Iterator[tuple[Path, bool | None]]:
    """Yield each path that Boxwright may open in a project's folder, and whether it is a folder; None: it may be."""
    for name in _names(folder):
        known = True if name in _FOLDERS else False if name.startswith(_FILES) else None
        yield folder / name, known
    for name in _FOLDERS:
        for inside in _names(folder / name):
            path = folder / name / inside
            yield path, None
            yield from ((path / one, None) for one in _names(path))


def _names(folder: Path) -> list[str]:
    """Return the names in a folder that the paths so far have led to; none where it is a file, or missing."""
    try:
        return os.listdir(folder)  # noqa: PTH208 - names, not paths
    except (FileNotFoundError, NotADirectoryError):
        return []


def _check(path: Path, is_folder: bool | None) -> bool:
    """Return whether something is at `path`. Raises StoreError where it is a link, or not of this sort."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(status.st_mode) or getattr(status, "st_file_attributes", 0) & _REPARSE_POINT:
        raise StoreError(
            tr(
                "{} is a link to another place, where a project that came from somebody else could read, write and "
                "delete files. Delete the link, or put there what it leads to."
            ).format(path)
        )
    sorts = {True: (stat.S_ISDIR,), False: (stat.S_ISREG,), None: (stat.S_ISDIR, stat.S_ISREG)}
    if not any(is_sort(status.st_mode) for is_sort in sorts[is_folder]):
        wanted = tr("{} is not a folder. Move it away and open the project again.")
        other = tr("{} is not a file. Move it away and open the project again.")
        raise StoreError((wanted if is_folder else other).format(path))
    return True


def _names_another(journal: Path) -> bool:
    """Return whether a rollback journal of SQLite ends with the name of a journal over several databases."""
    with journal.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(_JOURNAL_MAGIC)))
        return file.read() == _JOURNAL_MAGIC and size > 512  # a shorter one is its header alone
