"""The formats that annotations come and go in: one row each."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.words import tr
from app.store.formats import voc_places, voc_reading, voc_writing, yolo_places, yolo_reading, yolo_writing
from app.store.formats.coco_format import COCO
from app.store.formats.cvat import CVAT
from app.store.formats.foreign import Format
from app.store.formats.label_studio import LABEL_STUDIO
from app.store.formats.labelme import LABELME

if TYPE_CHECKING:
    from pathlib import Path

FORMATS: tuple[Format, ...] = (
    COCO,
    Format(voc_places.KEY, voc_writing.NAME, "", voc_reading.recognises, voc_reading.read, voc_writing.write),
    Format(yolo_places.KEY, yolo_writing.NAME, "", yolo_reading.recognises, yolo_reading.read, yolo_writing.write),
    CVAT,
    LABELME,
    LABEL_STUDIO,
)
"""In the order in which people are offered them, and in which a file is looked at."""

_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd")
"""How zip, gzip, bzip2, xz, 7-Zip, RAR and Zstandard begin: the exports of other programs come so."""
_HEAD_BYTES = 4096


def recognised(path: Path) -> Format | None:
    """Return the format of a file or of a folder, by what is in it; None where it is none of those that there are."""
    if not (path.is_file() or path.is_dir()):  # whoever opens a pipe waits for what may never come
        return None
    return next((one for one in FORMATS if one.recognises(path)), None)


def recognise(path: Path) -> Format:
    """Return what `recognised` does. Raises StoreError that names what was tried."""
    found = recognised(path)
    if found is not None:
        return found
    if not path.exists():
        raise StoreError(tr("There is no file or folder {}.").format(path))
    if not (path.is_file() or path.is_dir()):
        raise StoreError(tr("{} is neither a file nor a folder.").format(path))
    head = _head(path)
    if head.startswith(_ARCHIVES):
        raise StoreError(tr("{} is an archive: unpack it first, and name what was in it.").format(path))
    if head.startswith(b"[") and b'"image_id"' in head and b'"score"' in head:
        sentence = tr("{} is a list of results in COCO's form, which names no images: a dataset in COCO JSON does.")
        raise StoreError(sentence.format(path))
    names = ", ".join(one.name for one in FORMATS)
    raise StoreError(tr("{} holds no annotations that Boxwright can read: it is none of {}.").format(path, names))


def _head(path: Path) -> bytes:
    """Return how a file begins; nothing of a folder, or of what cannot be read."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(_HEAD_BYTES).lstrip()
    return b""


def format_of(key: str) -> Format:
    """Return the format with that key, in any case. Raises StoreError."""
    for one in FORMATS:
        if one.key == key.lower():
            return one
    keys = ", ".join(one.key for one in FORMATS)
    raise StoreError(tr("There is no format {}; there are {}.").format(key, keys))
