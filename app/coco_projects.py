"""Annotations and the image folders they belong to, guessed from what is on disk. No Qt."""

from __future__ import annotations

import json
import mmap
import os
import re
from itertools import islice
from pathlib import Path, PureWindowsPath

_FILE_NAME = re.compile(rb'"file_name"\s{0,99}:\s{0,99}("(?:[^"\\]|\\.){1,4096}+")')
_NAMES_TRIED = 20
_SUFFIXES = (".json", ".xml", ".yaml", ".yml")
_FOLDERS = ("annotations", "labels")
_FILES_TRIED = 200


def annotations_beside(image_folder: Path) -> list[Path]:
    """Return the annotations in an image folder, and those beside one that is called `images`, by name.

    That is a file, or for a format with one file per image the folder of these.
    """
    folders = [image_folder]
    if image_folder.name.casefold() in ("images", "image", "imgs", "jpegimages"):
        folders.append(image_folder.parent)
    found = [one for folder in folders for one in _annotations_in(folder)]
    return list(dict.fromkeys(found))


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
            names = [json.loads(name).replace("\\", "/") for name in found]
            # On Windows the others may name a share, and to look there tells its owner who looks.
            return [name for name in names if not PureWindowsPath(name).anchor]
    except (OSError, ValueError):
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, or a folder that may not be looked into
        return False


def _annotations_in(folder: Path) -> list[Path]:
    """Return the files with annotations in a folder, or for some formats that folder, or else its sub-folders."""
    files, below = _entries(folder)
    if files or below:
        # Most folders have nothing of the kind, and a start has no time for all formats.
        from app.store.formats.table import recognised  # noqa: PLC0415

        formats = ((file, recognised(file)) for file in files[:_FILES_TRIED])
        found = [file if format_.suffix else folder for file, format_ in formats if format_ is not None]
        if folder in found:
            return found
        return found + [place for place in below if recognised(place) is not None]
    return []


def _entries(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the files in a folder whose names end as those of annotations do, and where others may lie, by name."""
    files, places = [], []
    try:
        # Not Path.iterdir: beside a hundred thousand images it takes a quarter of a second.
        with os.scandir(folder) as entries:
            for one in entries:
                name = one.name.lower()
                if name.endswith(_SUFFIXES) and one.is_file():
                    files.append(Path(one))
                elif name.endswith(_FOLDERS) and one.is_dir():
                    places.append(Path(one))
                elif one.name == "classes.txt" and one.is_file():  # labelImg's, with its text files among the images
                    places.append(folder)
    except OSError:
        return [], []
    return sorted(files), sorted(places, key=lambda place: (place == folder, place))
