"""Images that are no files here: in object storage, or wherever else fsspec opens a URL. No torch.

fsspec comes with torch; what it needs for a storage (s3fs for s3://, gcsfs for gs://) is the person's to install. An
image comes to a file of its own, is decoded from there as any other is, and the file goes.
"""

from __future__ import annotations

import errno
import platform
import re
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from detector.images import IMAGE_SUFFIXES, read_image
from detector.reach import NotThereError, OutOfReachError
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detector.types import ByteArray

_URL = re.compile(r"[a-z][a-z0-9+.-]+://")
_VERSIONS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")
"""Under one of these a file system says which content a file has, or since when."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
PAUSES = (0.2, 1.0)  # seconds before another try: a storage that is busy says so, and is not for long
_MOST_LETTERS = 300


class NoRoomError(DetectorError):
    """This machine has no room to fetch an image to. It is not the fault of that image, and ends the run."""


class RemoteImage(NamedTuple):
    """An image at `url`; `name` is relative to what was named, `version` changes with what is there."""

    url: str
    name: str
    version: str


def is_url(place: str) -> bool:
    """Return whether `place` is a URL, such as s3://bucket/photos, and not a path."""
    return _URL.match(place) is not None


def list_remote(url: str) -> list[RemoteImage]:
    """Return the images at or below `url`, by name. Raises DetectorError where nothing can be listed."""
    storage, root = _storage(url)
    try:
        found: dict[str, dict[str, Any]] = storage.find(root, detail=True)
        if not found:
            storage.ls(root)  # `find` takes a storage that cannot be reached for an empty one
    except FileNotFoundError as error:
        raise DetectorError(f"{url} cannot be listed: it is not there.") from error
    except Exception as error:  # every storage has errors of its own, which have nothing in common
        raise DetectorError(f"{url} cannot be listed: {_reason(error)}.") from error
    parent = PurePosixPath(root).parent if root in found else PurePosixPath(root)
    return [
        RemoteImage(storage.unstrip_protocol(path), PurePosixPath(path).relative_to(parent).as_posix(), _version(about))
        for path, about in sorted(found.items())
        if PurePosixPath(path).suffix.lower() in IMAGE_SUFFIXES and not PurePosixPath(path).name.startswith(".")
    ]


def read_remote(url: str) -> ByteArray:
    """Return the pixels of the image at `url`; where the storage fails it is asked again after each of `PAUSES`.

    Raises DetectorError as `read_image`; OutOfReachError where it cannot be fetched, NotThereError where there is none;
    NoRoomError where the disk is full.
    """
    storage, path = _storage(url)
    with _room_for(url) as folder:
        target = folder / f"image{PurePosixPath(path).suffix}"
        _fetch(storage, path, target, url)
        try:
            return read_image(target)
        except DetectorError as error:
            kind = OutOfReachError if isinstance(error, OutOfReachError) else DetectorError
            raise kind(str(error).replace(str(target), url)) from error


def _fetch(storage: Any, path: str, target: Path, url: str) -> None:
    """Bring what is at `path` to the file `target`. Raises as `read_remote`."""
    for pause in (*PAUSES, None):
        try:
            storage.get_file(path, str(target))
        except FileNotFoundError as error:
            raise NotThereError(f"The image {url} cannot be fetched: it is not there.") from error
        except Exception as error:  # see list_remote
            if isinstance(error, OSError) and error.errno in _FULL:
                raise _no_room(url) from error
            if pause is None:
                raise OutOfReachError(f"The image {url} cannot be fetched: {_reason(error)}.") from error
            time.sleep(pause)
        else:
            return


@contextmanager
def _room_for(url: str) -> Iterator[Path]:
    """Make a folder that is there meanwhile."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="boxwright-", ignore_cleanup_errors=True)
    except OSError as error:  # where nothing can be written Python does not even find a place for it
        raise _no_room(url) from error
    with folder as name:
        yield Path(name)


def _no_room(url: str) -> NoRoomError:
    return NoRoomError(
        f"There is no room on {platform.node() or 'this machine'} to fetch {url} to: its disk of temporary files is "
        "full. Make room there, or name another folder in TMPDIR, and run the same command once more."
    )


def _storage(url: str) -> tuple[Any, str]:
    import fsspec  # noqa: PLC0415 - a quarter of a second, for those who name a URL

    try:
        storage, path = fsspec.core.url_to_fs(url)
    except Exception as error:  # see list_remote; and a package may be missing on this machine
        raise OutOfReachError(f"{url} cannot be opened: {_reason(error)}.") from error
    return storage, str(path)


def _reason(error: Exception) -> str:
    """Return what an error says, in a line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip().rstrip(".")[:_MOST_LETTERS]


def _version(about: dict[str, Any]) -> str:
    since = next((str(about[key]) for key in _VERSIONS if about.get(key)), "")
    return f"{about.get('size')} {since}"
