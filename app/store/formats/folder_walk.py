"""The files of a dataset below its folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN = "."


GLANCE = 20
"""So many folders, and so many files, are looked at to tell what a dataset is."""


def files_below(folder: Path, suffix: str, *, folders_read: int | None = None) -> Iterator[Path]:
    """Yield the files with `suffix`, whatever its case, folder by folder and each by name.

    Goes into sub-folders, but not into those behind symbolic links, and ends after `folders_read` of all. Hidden ones,
    and folders that may not be read, are skipped.
    """
    pending, read = [str(folder)], 0
    while pending and read != folders_read:
        read += 1
        folders: list[str] = []
        files: list[str] = []
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith(HIDDEN):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.name.lower().endswith(suffix) and entry.is_file():
                        files.append(entry.path)
        except OSError:
            continue
        yield from map(Path, sorted(files))
        pending += sorted(folders, reverse=True)
