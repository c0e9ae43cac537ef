"""Where an export goes: a file or a folder that is there as a whole afterwards, or is what it was before.

Both are made beside their target under a hidden name (`leftovers`), brought to the disk, and take its place with one
rename. A folder keeps a list of what was written into it: that is how it is known again, and what shows that nothing
else is lost when the next export takes its place.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.words import tr
from app.store.database import speaking
from app.store.formats.leftovers import LISTED, places_beside
from app.store.formats.xml_reading import require_regular
from app.store.location import PROJECT_FOLDER
from detector.durable import holds_text, led_to, settle, sync
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DISPOSABLE = frozenset({".cache"})
"""Suffixes of files that training programs leave in a dataset and make again."""
NAMED = 5
SYNCED_ONE_BY_ONE = 1000
"""More small files than that are brought to the disk all at once: one by one they take minutes."""


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Give the place to write to; it becomes `target` once what is inside has ended well. Raises StoreError.

    Where `target` is a link, the file that it leads to is written, and the link stays; see `require_own_link`.
    """
    with speaking(tr("{} could not be written").format(target)):
        require_own_link(target)
        goal = led_to(target)
        with places_beside(goal) as (part, _):
            yield part
            sync(part)
            part.replace(goal)


@contextmanager
def new_folder(target: Path, key: str) -> Iterator[Path]:
    """Give an empty folder to write to; it becomes `target` once what is inside has ended well.

    At `target` there may be nothing, an empty folder, or an earlier export of the format `key` to which nobody added
    anything; that one goes. Raises StoreError for anything else, before and after: it is left as it is.
    """
    with speaking(tr("{} could not be written").format(target)), places_beside(target) as (part, former):
        require_replaceable(target, key)
        part.mkdir()
        yield part
        _finish(part, key)
        require_replaceable(target, key)  # it has taken a while
        _take_place(part, target, former)
        with suppress(OSError):  # there may have been none
            former.rename(part)  # of which half may be left: half a former export would come back some day


def require_own_link(target: Path) -> None:
    """Raise StoreError for a link among the images of a project that leads out of them.

    Whoever made that folder may have laid it to a file of the person's. One that stays among them may be followed.
    """
    goal = led_to(target)
    folders = Path(os.path.abspath(target)).parents if target.is_symlink() else ()  # noqa: PTH100 - links stay
    for folder in (one.resolve() for one in folders if (one / PROJECT_FOLDER).is_dir()):
        if not goal.is_relative_to(folder) or PROJECT_FOLDER in goal.relative_to(folder).parts:
            sentence = tr("{} is a link among the images that leads out of them, to {}: name that file itself.")
            raise StoreError(sentence.format(target, goal))


def require_text(target: Path) -> None:
    """Raise StoreError where a file at `target` is an image, a model or a database: no export is worth that.

    So it does for a link that may not be followed: before the work.
    """
    with speaking(tr("{} could not be written").format(target)):
        require_own_link(target)
        if target.is_file() and not holds_text(target):
            sentence = tr("{} is an image, a model or a database already: choose another name for the export.")
            raise StoreError(sentence.format(target))


def require_replaceable(target: Path, key: str) -> None:
    """Raise StoreError where `new_folder` would take something away that no export of this format has written."""
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir() or target.is_symlink():
        raise StoreError(tr("{} is not a folder: choose another place for the export.").format(target))
    present = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_symlink() or path.is_file()}
    if not present:
        return
    if LISTED not in present:
        sentence = tr("The folder {} is not empty and not an earlier export: choose an empty one or a new name.")
        raise StoreError(sentence.format(target))
    said, listed = _read_list(target / LISTED)
    if said != key:
        sentence = tr("The folder {} holds an export in another format: choose an empty one or a new name.")
        raise StoreError(sentence.format(target))
    added = sorted(name for name in present - {LISTED} - listed if PurePosixPath(name).suffix not in DISPOSABLE)
    if added:
        names = ", ".join(added[:NAMED]) + (" …" if len(added) > NAMED else "")
        sentence = tr("The folder {} holds files that no export has written: {}. Move them, or choose a new name.")
        raise StoreError(sentence.format(target, names))


def export_around(path: Path, key: str) -> Path | None:
    """Return the folder of the export that `path` is or lies in; None where that is none of the format `key`."""
    for folder in (path, *path.parents):
        try:
            require_regular(folder / LISTED, sys.maxsize)
            with (folder / LISTED).open("rb") as listed:
                said = listed.readline(len(key) + 2)
        except (OSError, DetectorError):
            continue
        return folder if said.strip() == key.encode() else None
    return None


def inside(folder: Path, name: str) -> Path:
    """Return the path of `name` in `folder`. Raises StoreError for a name that leads out of it on any system."""
    windows = PureWindowsPath(name)
    if PurePosixPath(name).is_absolute() or windows.drive or windows.root or ".." in windows.parts or "\0" in name:
        sentence = tr("{!r} leads out of the folder, on Windows at least: rename it to get a file for it.")
        raise StoreError(sentence.format(name))
    return folder / PurePosixPath(name)


def write_text(path: Path, text: str) -> None:
    """Write a file of a folder under way, with the folders above it; lines end as given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)


def clashes(places: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return the groups of images that would share one file of annotations: their places are alike but for the suffix.

    `places` is name -> place. The case of letters makes no difference: not all file systems know it.
    """
    groups: dict[str, list[str]] = {}
    for name, place in places.items():
        groups.setdefault(PurePosixPath(place).with_suffix("").as_posix().casefold(), []).append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _list_text(key: str, names: Sequence[str]) -> str:
    """Return the text of a list: a line each, unless a name is more than one; then a zero byte ends each name."""
    end = "\0" if any("\n" in name or "\r" in name for name in names) else "\n"
    return f"{key}\n" + "".join(f"{name}{end}" for name in names)


def _read_list(path: Path) -> tuple[str, set[str]]:
    """Return the key and the names in a list."""
    key, _, names = path.read_bytes().decode("utf-8").partition("\n")
    if "\0" in names:
        return key.strip(), set(names.split("\0"))
    # Not by splitlines(): names may have the separators of Unicode. Git may have made two characters of an end.
    return key.strip(), set(names.replace("\r\n", "\n").split("\n"))


def _finish(part: Path, key: str) -> None:
    """Bring all of a folder to the disk, and list it."""
    found = sorted(path for path in part.rglob("*") if path.is_symlink() or path.is_file())
    write_text(part / LISTED, _list_text(key, [path.relative_to(part).as_posix() for path in found]))
    if len(found) > SYNCED_ONE_BY_ONE and hasattr(os, "sync"):
        os.sync()
        return
    for path in (*found, part / LISTED):
        if not path.is_symlink():
            sync(path)
    for folder in (*(path for path in part.rglob("*") if path.is_dir()), part):
        _settle(folder)


def _take_place(part: Path, target: Path, former: Path) -> None:
    """Put `part` where `target` is, and that to `former`; what was there comes back if that fails.

    Raises StoreError where it cannot come back; it stays at `former` then.
    """
    try:
        if target.exists():
            target.rename(former)
        part.rename(target)
    except BaseException:  # Ctrl+C between the two as well
        if former.exists() and not target.exists():
            sentence = tr("{} could not be written, and the earlier export could not be put back: rename {} yourself")
            with speaking(sentence.format(target, former)):
                former.rename(target)
        raise
    _settle(target.parent)


def _settle(folder: Path) -> None:
    with suppress(OSError):  # the files are there, and their names will be
        settle(folder)
