"""Which image of the project a name in a file means. Knows no database: any thread may ask."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from app.model.words import tr
from detector.coco import FoundImage
from detector.coco_images import composed
from detector.images import read_image_size
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.model.annotations import ImageRecord

DEEPEST = 32
"""Folders of a path that are tried: nobody has more, and a file from a stranger may."""
LONGEST = 4096
"""Letters of a path that is looked for: no system opens a longer one."""


class _Index:
    """Images by a name. Where none has it letter for letter, one that other systems write so has it.

    They keep an accent apart from its letter, and separate folders by a backslash, which is a letter like others here.
    """

    def __init__(self) -> None:
        self._exact: dict[str, list[ImageRecord]] = {}
        self._alike: dict[str, list[ImageRecord]] = {}

    def add(self, name: str, record: ImageRecord) -> None:
        """Take one more image."""
        self._exact.setdefault(name, []).append(record)
        self._alike.setdefault(composed(_posix(name)), []).append(record)

    def get(self, name: str) -> list[ImageRecord]:
        """Return the images of that name."""
        posix = _posix(name)
        return self._exact.get(name) or self._exact.get(posix) or self._alike.get(composed(posix), [])

    def names(self) -> Iterable[str]:
        """Return the names as they were given."""
        return self._exact.keys()


class ProjectImages:
    """The images of a project by name: a `detector.coco.FindImage`.

    What a file says may mean several paths. They come in tiers, the likeliest first, of paths that are as likely as
    each other: the first tier with an image decides, and one that has several is an error, never a guess. Where no
    tier has one, the last part of a path has to be the name of one image alone: of an image in another folder than the
    path says that is a guess, of which people are told, and which gives way where the same files name that image too.
    """

    def __init__(self, image_folder: Path, records: Iterable[ImageRecord]) -> None:
        self.folder = image_folder
        self._by_path, self._by_name, self._by_stem, self._by_last_stem = _Index(), _Index(), _Index(), _Index()
        self._found_before: dict[str, FoundImage] = {}
        self._named: set[str] = set()
        self._guessed: dict[str, str] = {}
        self._refused: set[str] = set()
        self._places: dict[str, str | None] = {}
        for record in records:
            last = PurePosixPath(_posix(record.path))
            self._by_path.add(record.path, record)
            self._by_name.add(last.name, record)
            self._by_stem.add(PurePosixPath(record.path).with_suffix("").as_posix(), record)
            self._by_last_stem.add(last.stem, record)

    @property
    def folder_names(self) -> set[str]:
        """How the image folder is called; two names where it is behind a link."""
        return {Path(way(self.folder)).name for way in (os.path.abspath, os.path.realpath)} - {""}

    @property
    def stems(self) -> Iterable[str]:
        """The paths of all images, without their suffix."""
        return self._by_stem.names()

    def __call__(self, file_name: str) -> FoundImage:
        """Return the image that a path means. Raises DetectorError."""
        return self.first([file_name])

    def first(self, *tiers: Sequence[str], names: Sequence[str] = ()) -> FoundImage:
        """Return the image that the paths in `tiers` mean. `names` are also names of its own. Raises DetectorError."""
        spelled = [[form for path in tier for form in (path, _posix(path))] for tier in tiers]
        lasts = [PurePosixPath(_posix(path)).name for path in (*(path for tier in tiers for path in tier), *names)]
        return self._chosen(spelled, self._by_path, [self._by_name.get(name) for name in dict.fromkeys(lasts)])

    def by_stem(self, *tiers: Sequence[str]) -> FoundImage:
        """Return the image that paths without a suffix mean. Raises DetectorError."""
        stems = [[_posix(stem) for stem in tier] for tier in tiers]
        lasts = dict.fromkeys(PurePosixPath(stem).name for tier in stems for stem in tier)
        return self._chosen(stems, self._by_stem, [self._by_last_stem.get(name) for name in lasts])

    def at(self, path: str) -> FoundImage:
        """Return the image at a path of the project. Raises DetectorError."""
        return self._found(self._by_path.get(path))

    @property
    def guesses(self) -> Mapping[str, str]:
        """Path of each image that was taken since the last `settle` for one of another folder -> what was said."""
        return {path: said for path, said in self._guessed.items() if _is_elsewhere(path, said)}

    def settle(self) -> bool:
        """Return whether images taken by their last name are named elsewhere, and take these by their paths alone.

        What was read is to be read anew then.
        """
        contested = self._named & self._guessed.keys()
        self._refused |= contested
        self._named.clear()
        self._guessed.clear()
        return bool(contested)

    def place(self, path: str | Path) -> str | None:
        """Return the path below the image folder of what lies there, be it through a link; None for all else."""
        folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - it goes through no link
        if folder not in self._places:
            self._places[folder] = self._place_of(folder)
        above = self._places[folder]
        return None if above is None else (PurePosixPath(above) / name).as_posix()

    def _place_of(self, folder: str) -> str | None:
        if len(folder) > LONGEST:
            return None
        for way in (os.path.abspath, os.path.realpath):
            inner, outer = way(folder) + os.sep, way(self.folder).rstrip(os.sep) + os.sep
            if os.path.normcase(inner).startswith(os.path.normcase(outer)):
                return Path(inner[len(outer) :]).as_posix()
        return None

    def __contains__(self, stem: str) -> bool:
        """Tell whether there is an image with the last part of `stem` as its name without a suffix."""
        return bool(self._by_last_stem.get(PurePosixPath(_posix(stem)).name))

    def _chosen(self, tiers: list[list[str]], by_path: _Index, by_name: list[list[ImageRecord]]) -> FoundImage:
        for tier in tiers:
            fitting = {record.path: record for path in tier for record in by_path.get(path)}
            if fitting:
                found = self._found(list(fitting.values()))
                self._named.add(found.file_name)
                return found
        found = self._found(next(filter(None, by_name), []))
        said = next((tier[0] for tier in tiers if tier), found.file_name)
        if found.file_name in self._refused:
            sentence = tr("the folder {} has an image of that name in another place only, and that is another image.")
            raise DetectorError(sentence.format(self.folder))
        self._guessed.setdefault(found.file_name, said)
        return found

    def _found(self, records: list[ImageRecord]) -> FoundImage:
        if len(records) != 1:
            several, none = (
                tr("the folder {} has several images of that name."),
                tr("the folder {} has no image of that name."),
            )
            raise DetectorError((several if records else none).format(self.folder))
        path = records[0].path
        found = self._found_before.get(path)
        if found is None:  # a reader asks for an image, and whoever checks what it has read asks again
            file = self.folder / path
            found = self._found_before[path] = FoundImage(path, file, _size_now(file, records[0].size))
        return found


def _is_elsewhere(path: str, said: str) -> bool:
    """Whether an image is in another folder than a path to it says; what either leaves out above is the same."""
    folders, said_folders = (PurePosixPath(one).parts[:-1] for one in (path, _posix(said)))
    common = min(len(folders), len(said_folders))
    return folders[len(folders) - common :] != said_folders[len(said_folders) - common :]


def _size_now(file: Path, known: tuple[int, int] | None) -> tuple[int, int]:
    """Return what the header says: the file may be another one than that which was `known`, if it is there at all."""
    try:
        return read_image_size(file)
    except DetectorError:
        if known is None:
            raise
        return known


def twin_of(path: Path, container: str, twin: str) -> Path:
    """Return a path whose last folder called `container` is called `twin`, as the images of a dataset lie."""
    parts = path.parts
    for at in range(len(parts) - 2, -1, -1):
        if parts[at] == container:
            return Path(*parts[:at], twin, *parts[at + 1 :])
    return path


def without(place: str, container: str) -> str:
    """Return a path without the last of its folders called `container`."""
    *folders, last = place.split("/")
    if container in folders:
        del folders[len(folders) - 1 - folders[::-1].index(container)]
    return "/".join([*folders, last])


def shorter(place: str) -> list[str]:
    """Return a path, and all that is left of it without one folder, or several in a row.

    So lies the image of a file that is in the image folder, but in a folder for annotations: nobody says which it is.
    """
    *folders, last = place.split("/")
    if len(folders) > DEEPEST:
        return [place]
    ways = [(start, end) for start in range(len(folders)) for end in range(start + 1, len(folders) + 1)]
    return list(dict.fromkeys([place, *("/".join([*folders[:start], *folders[end:], last]) for start, end in ways)]))


def _posix(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")
