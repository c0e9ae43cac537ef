"""The files of a dataset below its folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN = "."


def files_below(folder: Path, suffix: str, *, deep: bool = True) -> Iterator[Path]:
    """Yield the files with `suffix`, whatever its case, folder by folder and each by name.

    Goes into sub-folders if `deep`, but not into those behind symbolic links. Hidden ones, and folders that may not be
    read, are skipped.
    """
    pending = [str(folder)]
    while pending:
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
        pending += sorted(folders, reverse=True) if deep else []
