"""The images of an exported folder, and what has to be right before one is written."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.words import tr
from app.store.formats.export_report import ExportError, refusal
from app.store.formats.foreign import Images
from app.store.formats.targets import clashes, inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from app.store.formats.foreign import Delivery

LONG = 100
"""Bytes of a name that every file system has room for."""


def deliver(delivery: Delivery, folder: Path, places: Mapping[str, str]) -> None:
    """Bring the images to `folder`, `file_name` -> place there, as `delivery` says; missing ones are left out.

    Raises StoreError, or OSError in the midst of it.
    """
    if delivery.images is Images.NONE:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, place in places.items():
        source, goal = inside(delivery.image_folder, name).resolve(), inside(folder, place)
        if not source.is_file():
            continue
        goal.parent.mkdir(parents=True, exist_ok=True)
        if delivery.images is Images.COPY:
            shutil.copyfile(source, goal)
            continue
        try:
            os.symlink(source, goal)  # noqa: PTH211 - as short as the method, and says what it is
        except (OSError, NotImplementedError) as error:  # Windows lets not everybody
            sentence = tr("{} cannot be linked ({}): export with copies of the images instead.")
            raise StoreError(sentence.format(goal, error)) from error


def no_clashes(places: Mapping[str, str]) -> Iterator[str]:
    """Yield a problem for each group of images that would share one file of annotations; `file_name` -> place there."""
    for group in clashes(places):
        sentence = tr("{} would share one file of annotations: rename all but one of them.")
        yield sentence.format(", ".join(sorted(group)))


def too_long(places: Mapping[str, str], target: Path) -> Iterator[str]:
    """Yield a problem for each image whose file of annotations would have a longer name than can be where `target` is.

    `places` is `file_name` -> place of the file of annotations there.
    """
    for name, place in places.items():
        last = PurePosixPath(place).name
        if len(os.fsencode(last)) > LONG and _is_too_long(target.with_name(last)):
            sentence = tr("{}: the name of its file of annotations would be too long: give the image a shorter one.")
            yield sentence.format(name)


def _is_too_long(path: Path) -> bool:
    """Ask the file system, of which each counts in its own way: in bytes or in characters, up to 255 or less."""
    try:
        path.lstat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


def require(problems: Sequence[str]) -> None:
    """Raise ExportError that lists `problems`, if there are any."""
    if problems:
        raise ExportError(refusal(problems), tuple(problems))
