"""What `detect` is told to look at: folders and images, a list of them, a COCO file, a URL of fsspec. No torch."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from detector.coco_images import by_name, image_name
from detector.coco_values import UnusableError
from detector.image_files import ImageFile, find_image_files
from detector.json_files import read_json
from detector.remote_images import is_url, list_remote
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Sequence

LIST, COCO = ".txt", ".json"


def find_sources(places: Sequence[str], images: Path | None = None) -> list[ImageFile]:
    """Return the images that `places` name, in order, each once.

    A text file is a list with one place a line, relative to its folder; one of URLs of images stands alone. A COCO file
    stands alone: its images are looked for in `images`, by default in its own folder, and keep their names. A URL
    stands alone too. Raises DetectorError that says what cannot be read, or that there is no image.
    """
    if len(places) == 1 and is_url(places[0]):
        return _in_storage(places[0])
    if images is not None and not (len(places) == 1 and _kind(places[0]) == COCO):
        raise DetectorError("--images is the folder of the images of a COCO file: name that file alone.")
    paths: list[Path] = []
    for place in places:
        path, kind = Path(place), _kind(place)
        if is_url(place) or kind == COCO:
            if len(places) > 1:
                raise DetectorError(f"{place} cannot be looked at together with other places: give it alone.")
            return _in_coco(path, images or path.parent)
        if kind != LIST:
            paths.append(path)
            continue
        lines = _lines(path)
        if any(map(is_url, lines)):
            if len(places) > 1 or not all(map(is_url, lines)):
                raise DetectorError(f"{place} names URLs: give it alone, with nothing but URLs of images in it.")
            return _at_urls(lines)
        paths += [path.parent / line for line in lines]
    return find_image_files(paths)


def _kind(place: str) -> str:
    """Return LIST, COCO or something else; a folder may be called like either, and is a folder."""
    path = Path(place)
    return "" if path.is_dir() else path.suffix.lower()


def _at_urls(urls: Sequence[str]) -> list[ImageFile]:
    """Return the images at `urls`, each once; nobody asks the storage about them before they are looked at.

    Names are relative to the deepest folder that holds all of them.
    """
    each = list(dict.fromkeys(urls))
    levels = zip(*(url.split("/")[:-1] for url in each), strict=False)
    shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
    names = ["/".join(url.split("/")[shared:]) for url in each]
    return [ImageFile(Path(name), name, url) for url, name in zip(each, names, strict=True)]


def _in_storage(url: str) -> list[ImageFile]:
    found = [ImageFile(Path(one.name), one.name, one.url, one.version) for one in list_remote(url)]
    if not found:
        raise DetectorError(f"There is no image in {url}.")
    return found


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise DetectorError(f"The list {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError:
        raise DetectorError(f"The list {path} is not a text in UTF-8, with one path a line.") from None
    found = [line.strip() for line in lines if line.strip()]
    if not found:
        raise DetectorError(f"There is no path in the list {path}.")
    return found


def _in_coco(path: Path, images: Path) -> list[ImageFile]:
    document = read_json(path)
    entries = document.get("images") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise DetectorError(f'{path} is not a COCO dataset: it has no list "images" with images in it.')
    files: dict[str, ImageFile] = {}
    for number, entry in enumerate(entries, 1):
        try:
            name = by_name(image_name(entry if isinstance(entry, dict) else {})).file_name
        except (UnusableError, DetectorError) as error:
            raise DetectorError(f"Image {number} of {path} cannot be looked for: {error}.") from error
        files.setdefault(name, ImageFile(images / name, name))
    return list(files.values())
