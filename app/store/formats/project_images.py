"""Which image of the project a name in a file means. Knows no database: any thread may ask."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from app.model.words import tr
from detector.coco import FoundImage
from detector.images import read_image_size
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.model.annotations import ImageRecord


class ProjectImages:
    """The images of a project by name: a `detector.coco.FindImage`."""

    def __init__(self, image_folder: Path, records: Iterable[ImageRecord]) -> None:
        self.folder = image_folder
        self._by_path = {record.path: record for record in records}
        self._found_before: dict[str, FoundImage] = {}
        self._by_name: dict[str, list[ImageRecord]] = {}
        self._by_stem: dict[str, list[ImageRecord]] = {}
        self._by_last_stem: dict[str, list[ImageRecord]] = {}
        for path, record in self._by_path.items():
            name = PurePosixPath(path)
            self._by_name.setdefault(name.name, []).append(record)
            self._by_stem.setdefault(name.with_suffix("").as_posix(), []).append(record)
            self._by_last_stem.setdefault(name.stem, []).append(record)

    def __call__(self, file_name: str, *others: str) -> FoundImage:
        """Return the image that one of these paths means, the best first.

        Where none of them is the path of one, the name in the first has to be that of one alone. Raises DetectorError.
        """
        paths = [form for name in (file_name, *others) for form in (name, _posix(name))]
        exact = next(filter(None, map(self._by_path.get, paths)), None)
        return self._found([exact] if exact else self._by_name.get(PurePosixPath(paths[1]).name, []))

    def by_stem(self, *stems: str) -> FoundImage:
        """Return the image that one of `stems` means, which are paths without a suffix, the best first.

        Where none of them is the path of one, the last part of the first has to be the name of one alone.
        Raises DetectorError.
        """
        exact = next(filter(None, (self._by_stem.get(_posix(stem)) for stem in stems)), None)
        return self._found(exact or self._by_last_stem.get(PurePosixPath(_posix(stems[0])).name, []))

    def __contains__(self, stem: str) -> bool:
        """Tell whether there is an image with the last part of `stem` as its name without a suffix."""
        return PurePosixPath(_posix(stem)).name in self._by_last_stem

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


def _size_now(file: Path, known: tuple[int, int] | None) -> tuple[int, int]:
    """Return what the header says: the file may be another one than that which was `known`, if it is there at all."""
    try:
        return read_image_size(file)
    except DetectorError:
        if known is None:
            raise
        return known


def _posix(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")
