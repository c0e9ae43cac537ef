"""COCO JSON files and the image folders they belong to, guessed from what is on disk. No Qt."""

from __future__ import annotations

import json
import mmap
import os
import re
from itertools import islice
from pathlib import Path

from app.store.formats.coco_format import looks_like_coco

_FILE_NAME = re.compile(rb'"file_name"\s*:\s*("(?:[^"\\]|\\.)*")')
_NAMES_TRIED = 20


def files_beside(image_folder: Path) -> list[Path]:
    """Return the COCO JSON files in an image folder, and those beside one that is called `images`, by name."""
    folders = [image_folder]
    if image_folder.name.casefold() in ("images", "image", "imgs"):
        folders.append(image_folder.parent)
    return [file for folder in folders for file in _json_files(folder) if looks_like_coco(file)]


def image_folder_of(file: Path) -> Path | None:
    """Return the folder that holds the images of a COCO JSON file: its own, `images` beside it, or one of its name.

    None where none of them has any of the file's first images, or the file cannot be read; that is reported elsewhere.
    """
    names = _first_names(file)
    candidates = (file.parent, file.parent / "images", file.with_suffix(""), file.parent.parent / "images")
    return next((folder for folder in candidates if any(_is_file(folder / name) for name in names)), None)


def _first_names(file: Path) -> list[str]:
    """Return the first names of images in a file, found as text: a file of 500 MB is not parsed to guess a folder."""
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
            found = [match[1] for match in islice(_FILE_NAME.finditer(text), _NAMES_TRIED)]
            return [json.loads(name).replace("\\", "/") for name in found]
    except (OSError, ValueError):
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, or a folder that may not be looked into
        return False


def _json_files(folder: Path) -> list[Path]:
    try:
        # Not Path.iterdir: beside a hundred thousand images it takes a quarter of a second.
        with os.scandir(folder) as entries:
            return sorted(Path(entry) for entry in entries if entry.name.lower().endswith(".json") and entry.is_file())
    except OSError:
        return []
