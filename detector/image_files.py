"""Which images there are: below a folder, or named on a command line; decoded one ahead of whoever looks. No torch."""

from __future__ import annotations

import os
import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from detector.images import IMAGE_SUFFIXES, open_where_too_large, read_image
from detector.remote_images import NoRoomError, read_remote
from detector.types import ByteArray, DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from detector.large_images import LargeFile

Item = TypeVar("Item")
Result = TypeVar("Result")

_NUMBER = re.compile(r"[0-9]+")
_ANY_DIGIT = str.maketrans("123456789", "0" * 9)


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image at `path`; `name` is its `file_name`: relative, with forward slashes.

    One that is no file here is at the URL `origin`, and `version` changes with what is there.
    """

    path: Path
    name: str
    origin: str = ""
    version: str = ""


def list_images(folder: str | Path) -> list[Path]:
    """Return what `list_image_paths` returns, as paths. Raises DetectorError."""
    return [Path(path) for path in list_image_paths(folder)]


def list_image_paths(folder: str | Path) -> list[str]:
    """Return the files under `folder` with one of `images.IMAGE_SUFFIXES`, in the order a person expects (2 before 10).

    Goes into sub-folders, but not into those behind symbolic links. Names that begin with a dot and sub-folders that
    may not be read are skipped. As text: of a hundred thousand, making a `Path` of each takes longer than all the rest.
    Raises DetectorError if `folder` itself cannot be read.
    """
    root = Path(folder)
    try:
        pending = [str(root)]
        found = _image_files(pending)
    except OSError as error:
        raise DetectorError(f"The folder {root} cannot be read: {error.strerror or error}.") from error
    while pending:
        try:
            found += _image_files(pending)
        except OSError:
            continue
    return _in_natural_order(found)


def _image_files(pending: list[str]) -> list[str]:
    """Take the last folder from `pending`, add its sub-folders there and return its image files."""
    found, suffixes = [], tuple(IMAGE_SUFFIXES)
    with os.scandir(pending.pop()) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.name.lower().endswith(suffixes) and _is_file(entry):
                found.append(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
    return found


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, or a link to one; a link that leads to itself is none, and no reason to lose the folder."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _in_natural_order(paths: list[str]) -> list[str]:
    """Sort folder by folder, numbers by value, letters without case; the plain text decides the rest.

    All names are one text meanwhile: a hundred thousand calls for each step take longer than all the rest.
    """
    paths = sorted(paths)
    text = "\n".join(paths).casefold().replace(os.sep, "\0")
    keys = text.split("\n")
    if len(keys) != len(paths):  # a name of several lines
        keys = [path.casefold().replace(os.sep, "\0") for path in paths]
    # Where digits stand at the same places in all of them, as a camera has it, text has the order of the numbers.
    if len(set(text.translate(_ANY_DIGIT).split("\n"))) > 1:
        keys = [_NUMBER.sub(_sortable, key) for key in keys]
    return [paths[place] for place in sorted(range(len(paths)), key=keys.__getitem__)]


def _sortable(number: re.Match[str]) -> str:
    """Return digits so that their order as text is their order as numbers: how many come first."""
    digits = number[0].lstrip("0")
    return f"{len(digits):03}{digits}"


def find_image_files(paths: Sequence[Path]) -> list[ImageFile]:
    """Return the images that `paths` name, each once: files as they are given, folders with all that is below them.

    Names are relative to the deepest folder that holds everything given: for one folder, to that folder. Raises
    DetectorError if a folder cannot be read or there is no image at all; a file that is none is found out on reading.
    """
    files: dict[Path, Path] = {}
    for path in paths:
        for file in list_images(path) if path.is_dir() else [path]:
            files.setdefault(file.resolve(), Path(os.path.abspath(file)))  # noqa: PTH100 - without following links
    if not files:
        raise DetectorError(f"There is no image in {', '.join(map(str, paths))}.")
    root = _common_folder(paths)
    return [ImageFile(path, Path(os.path.relpath(path, root)).as_posix()) for path in files.values()]


def _common_folder(paths: Sequence[Path]) -> str:
    folders = [os.path.abspath(path if path.is_dir() else path.parent) for path in paths]  # noqa: PTH100 - see above
    try:
        return os.path.commonpath(folders)
    except ValueError:
        raise DetectorError("The paths are on different drives: name those of one drive at a time.") from None


def read_or_error(file: ImageFile) -> tuple[ImageFile, ByteArray | DetectorError]:
    """Return `file` with its pixels, or with the reason why it has none."""
    try:
        return file, read_image(file.path)
    except DetectorError as error:
        return file, error


def open_or_error(file: ImageFile) -> tuple[ImageFile, ByteArray | LargeFile | DetectorError]:
    """Return `file` with its pixels, as what to read them from in parts where they are too many, or with the reason.

    Raises NoRoomError, for which the image has no blame.
    """
    try:
        return file, read_remote(file.origin) if file.origin else open_where_too_large(file.path)
    except NoRoomError:
        raise
    except DetectorError as error:
        return file, error


def one_ahead(load: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result, None, None]:
    """Yield `load(item)` for each of `items`, in order, while one thread loads the next: two results in memory at most.

    What `load` raises is raised here, in its turn. Closing the generator waits for the load under way.
    """
    with ThreadPoolExecutor(max_workers=1) as executor:
        pending = deque[Future[Result]]()
        for item in items:
            pending.append(executor.submit(load, item))
            if len(pending) > 1:
                yield pending.popleft().result()
        for future in pending:
            yield future.result()
