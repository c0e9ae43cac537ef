"""The files that the images of a dataset are: there, readable, as large as stated, upright, and no two the same."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.store.formats.dataset_checks import pixels
from app.store.formats.findings import error, warning
from detector.coco_images import size_text
from detector.images import ImageTooLargeError, is_turned, read_image
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from app.store.formats.findings import Finding
    from app.store.formats.project_images import ProjectImages
    from detector.coco import FoundImage, JsonObject

Size = tuple[int, int]
UNREADABLE = "image that cannot be read"
_PIECE = 1 << 20


@dataclass(slots=True)
class FileChecks:
    """Checks images one after the other; `sizes` is image id -> (height, width) that their boxes were drawn on.

    `names` are those of the images in the folder, `present` those of them that the dataset has.
    If `thorough`, each file is decoded, since a header may be all that there is of it, and compared with the others.
    """

    images: ProjectImages
    names: Collection[str]
    thorough: bool = True
    sizes: dict[int, Size] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    _first_of: dict[str, str] = field(default_factory=dict)
    _same: dict[bytes, str] = field(default_factory=dict)

    def check(self, raw: JsonObject, named: Mapping[int, str], *, as_coco: bool = True) -> Iterator[Finding]:
        """Yield what is wrong with the file of one entry of `images`, whose name has been found to be one."""
        identifier, name = raw["id"], named[raw["id"]]
        place = f"image {identifier} ({name})" if as_coco else f"image {name}"
        stated = _stated(raw)
        if stated is not None:
            self.sizes[identifier] = stated
        try:
            found = self.images(name)
        except DetectorError as reason:
            what = str(reason).rstrip(".")
            if name in self.names:
                self.present.add(name)
                yield error(UNREADABLE, place, what, "Bring the image back")
            else:
                yield error("image missing", place, what, "Correct the name, or bring the image back")
            return
        self.present.add(found.file_name)
        if found.file_name not in (name, posixpath.normpath(name.replace("\\", "/"))):
            what = f"it is found by its last name alone, as {found.file_name}"
            yield warning("image elsewhere", place, what, "Write that path: other programs look for no other")
        if (first := self._first_of.setdefault(found.file_name, place)) != place:
            yield error("image twice", place, f"it is the same file as {first}", "Make one image of them")
        yield from self._check_size(identifier, stated, found, place)
        if self.thorough and found.path is not None:
            yield from self._check_content(found.path, place)

    def _check_size(self, identifier: int, stated: Size | None, found: FoundImage, place: str) -> Iterator[Finding]:
        true, turned = found.image_size, found.path is not None and _turned(found.path)
        if true is not None and stated is None:
            self.sizes[identifier] = true
        if true is not None and stated not in (None, true):
            assert stated is not None
            what = f"its size is {size_text(stated)} in the dataset, but it is {size_text(true)}"
            if stated == true[::-1] and turned:
                what += " when it is turned by its EXIF orientation"
                advice = "Write the size, and the boxes, of the upright image"
            else:
                advice = "Bring back the image that the boxes were drawn on, or correct the size"
            yield error("size of an image", place, what, advice)
        if turned:
            advice = "Some programs do not turn it: save it upright to be safe"
            yield warning("turned image", place, "it is turned by its EXIF orientation", advice)

    def _check_content(self, path: Path, place: str) -> Iterator[Finding]:
        try:
            read_image(path)
            digest = _digest(path)
        except ImageTooLargeError:
            return  # it is read in parts, and has been found to have a header
        except (DetectorError, OSError) as reason:
            yield error(UNREADABLE, place, str(reason).rstrip("."), "Bring the image back")
            return
        if (first := self._same.setdefault(digest, place)) != place:
            what = f"it has the same bytes as {first}"
            yield warning("same image twice", place, what, "Keep one of them, or both in the same part of a split")


def check_left_over(images: list[str], present: set[str], folder: Path) -> Iterator[Finding]:
    """Yield one warning that counts the images of the folder that the dataset does not have."""
    left = [name for name in images if name not in present]
    if left:
        some = "one of its images is" if len(left) == 1 else f"{len(left)} of its images are"
        what = f"{some} not in the dataset, the first is {left[0]}"
        yield warning("images not in the dataset", str(folder), what, "If that is meant, do nothing")


def _stated(raw: Mapping[str, Any]) -> Size | None:
    height, width = pixels(raw.get("height")), pixels(raw.get("width"))
    return None if height is None or width is None else (height, width)


def _turned(path: Path) -> bool:
    try:
        return is_turned(path)
    except DetectorError:
        return False


def _digest(path: Path) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.digest()
