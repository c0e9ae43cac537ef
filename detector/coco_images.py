"""Which image an entry of a COCO file means, and how large it is."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from reprlib import repr as short

from detector.coco_values import JsonObject, UnusableError, is_text, number
from detector.images import MAX_SIDE, read_image_size


@dataclass(frozen=True, slots=True)
class FoundImage:
    """The image that a file name of the dataset means: its one name, and its upright size unless that is unknown."""

    file_name: str
    path: Path | None
    image_size: tuple[int, int] | None


FindImage = Callable[[str], FoundImage]
"""Returns the image that a file name means. Raises DetectorError, or UnusableError, that says why there is none."""


def by_name(name: str) -> FoundImage:
    """Believe the dataset, where no image is at hand."""
    return FoundImage(_relative(name), None, None)


def in_folder(folder: Path) -> FindImage:
    """Return the function that finds images in a folder by their path relative to it, and reads their headers."""

    def find_image(name: str) -> FoundImage:
        path = folder / _relative(name)
        if not os.path.lexists(path):
            path = _written_elsewhere(folder, name)
        return FoundImage(path.relative_to(folder).as_posix(), path, read_image_size(path))

    return find_image


def composed(name: str) -> str:
    """Return a name with each accent as a part of its letter: what people see as one name is one (Unicode's form C)."""
    return unicodedata.normalize("NFC", name)


def _written_elsewhere(folder: Path, name: str) -> Path:
    """Return where a file is whose relative path another system has written: with backslashes, or accents apart."""
    path = folder
    for part in name.replace("\\", "/").split("/"):
        forms = (path / form for form in (part, composed(part), unicodedata.normalize("NFD", part)))
        path = next(filter(os.path.lexists, forms), path / part)
    return path


def image_name(raw: JsonObject) -> str:
    """Return the file name as it stands in the entry. Raises UnusableError if it can name no file."""
    if is_text(name := raw.get("file_name")) and name.strip() and "\0" not in name:
        return name
    raise UnusableError(f"its file name is {short(name)}")


def agreed_size(raw: JsonObject, found: FoundImage) -> tuple[int, int]:
    """Return the size (height, width) of an image, which may be missing on one side: in the entry or in what was found.

    Raises UnusableError if the two contradict each other, or if there is none.
    """
    stated, true = _stated_size(raw), found.image_size
    if true is None:
        if stated is None:
            raise UnusableError("its height or its width is missing")
        return stated
    if stated not in (None, true):
        swapped = ", with height and width swapped as by an EXIF orientation" if stated == true[::-1] else ""
        raise UnusableError(f"its size is {size_text(stated)} in the dataset, but it is {size_text(true)}{swapped}")
    return true


def size_text(image_size: tuple[int, ...]) -> str:
    """Return (height, width) as people write it: width first."""
    return f"{image_size[1]} x {image_size[0]}"


def _stated_size(raw: JsonObject) -> tuple[int, int] | None:
    height, width = raw.get("height"), raw.get("width")
    for key, side in (("height", height), ("width", width)):
        if side is not None and not (1 <= number(side) <= MAX_SIDE and side == int(side)):
            raise UnusableError(f"its {key} is {short(side)}, not a whole number from 1 to {MAX_SIDE}")
    return None if height is None or width is None else (int(height), int(width))


def _relative(name: str) -> str:
    """Return a file name that stays inside its folder on every operating system. Raises UnusableError for others."""
    windows = PureWindowsPath(name)
    if PurePosixPath(name).is_absolute() or windows.drive or windows.root:
        raise UnusableError("its file name is absolute, not relative to the image folder")
    if ".." in windows.parts:
        raise UnusableError("its file name leaves the image folder")
    return PurePosixPath(name).as_posix()
