"""The categories and images that a COCO document lists; the files of the images are another matter."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from reprlib import repr as short
from typing import TYPE_CHECKING, Any

from app.store.formats.findings import error, warning
from detector.coco import is_text, number
from detector.coco_values import is_whole
from detector.images import MAX_SIDE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from app.store.formats.findings import Finding
    from detector.coco import JsonObject


def check_categories(entries: list[Any], named: dict[int, str], *, as_coco: bool = True) -> Iterator[Finding]:
    """Yield what is wrong with the categories, and put those that can be used into `named`: id -> name."""
    first_of: dict[str, str] = {}
    alike: dict[str, str] = {}
    for position, raw in enumerate(entries, 1):
        place = f"category number {position}"
        identifier = yield from _identified(raw, named, place)
        if identifier is None:
            continue
        if identifier == 0 and as_coco:
            advice = "Number from 1 on: to many programs 0 is the background"
            yield warning("id 0 of a category", place, "its id is 0", advice)
        name = raw.get("name")
        place = f"category {identifier}" if as_coco else "category"
        if not is_text(name) or not name.strip():
            yield error("name of a category", place, f"its name is {short(name)}", "Give it a name")
            named[identifier] = ""
            continue
        named[identifier] = name.strip()
        place += f" ({name})"
        if first := first_of.get(name.strip()):
            yield error("name used twice", place, f"{first} has that name too", "Make them one category")
        elif first := alike.get(_plain(name)):
            what = f"{first} has nearly that name"
            yield warning("names alike", place, what, "Look whether they are meant to be one category")
        first_of.setdefault(name.strip(), place)
        alike.setdefault(_plain(name), place)


def check_use(named: dict[int, str], used: set[int]) -> Iterator[Finding]:
    """Yield the categories that no annotation has."""
    for identifier, name in named.items():
        if identifier not in used:
            advice = "Take it out, if it is not kept for later"
            yield warning("category without a box", f"category {identifier} ({name})", "no annotation has it", advice)


def check_images(entries: list[Any], named: dict[int, str], *, as_coco: bool = True) -> Iterator[Finding]:
    """Yield what is wrong with the list of images, and put those that can be used into `named`: id -> file name."""
    first_of: dict[str, str] = {}
    for position, raw in enumerate(entries, 1):
        place = f"image number {position}"
        identifier = yield from _identified(raw, named, place)
        if identifier is None:
            continue
        name = raw.get("file_name")
        place = f"image {identifier}"
        named[identifier] = ""
        if not is_text(name) or not name.strip() or "\0" in name:
            yield error("file name", place, f"its file name is {short(name)}", "Write the path in the image folder")
            continue
        named[identifier] = name
        place += f" ({name})"
        yield from _check_name(name, place)
        if first := first_of.get(name):
            yield error("image twice", place, f"{first} has the same file name", "Make one image of them")
        first_of.setdefault(name, place)
        yield from _check_sides(raw, place, as_coco=as_coco)


def _check_sides(raw: JsonObject, place: str, *, as_coco: bool) -> Iterator[Finding]:
    advice = "Write the size of the upright image"
    for side in ("width", "height"):
        if raw.get(side) is None:
            if as_coco:
                yield warning("size missing", place, f"its {side} is missing", advice)
        elif pixels(raw[side]) is None:
            what = f"its {side} is {short(raw[side])}, not a number of pixels"
            yield error("size of an image", place, what, advice)


def pixels(side: object) -> int | None:
    """Return a side of an image; None for what is no number of pixels that an image can have."""
    value = number(side)
    return int(value) if 1 <= value <= MAX_SIDE and value == int(value) else None


def _check_name(name: str, place: str) -> Iterator[Finding]:
    windows = PureWindowsPath(name)
    if PurePosixPath(name).is_absolute() or windows.drive or windows.root:
        yield error("absolute file name", place, "its file name is absolute", "Write the path in the image folder")
    elif ".." in windows.parts:
        yield error("file name with ..", place, "its file name leaves the folder", "Write the path in the image folder")
    elif "\\" in name:
        advice = "Write / between folders, or it is found on Windows alone"
        yield warning("file name with \\", place, "its file name has a backslash", advice)


def _identified(raw: object, named: dict[int, str], place: str) -> Generator[Finding, None, int | None]:
    """Yield what is wrong with an entry and its id; returns the id, None where there is none of its own."""
    if not isinstance(raw, dict):
        yield error("entry", place, f"it is {short(raw)}, not a JSON object", "Take it out")
        return None
    identifier = raw.get("id")
    if not is_whole(identifier):
        yield error("id", place, f"its id is {short(identifier)}, not a whole number", "Number the entries from 1 on")
        return None
    if identifier in named:
        advice = "Give each an id of its own: readers keep only one of them"
        yield error("id used twice", place, f"its id {identifier} is used before", advice)
        return None
    return identifier


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum()) or name
