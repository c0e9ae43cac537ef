"""The formats that annotations come and go in: one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.words import tr
from app.store.formats.coco_format import COCO

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.formats.foreign import Format

FORMATS: tuple[Format, ...] = (COCO,)
"""In the order in which people are offered them, and in which a file is looked at."""


def recognise(path: Path) -> Format:
    """Return the format of a file or of a folder, by what is in it. Raises StoreError that names what was tried."""
    for one in FORMATS:
        if one.recognises(path):
            return one
    if not path.exists():
        raise StoreError(tr("There is no file or folder {}.").format(path))
    names = ", ".join(one.name for one in FORMATS)
    raise StoreError(tr("{} holds no annotations that Boxwright can read: it is none of {}.").format(path, names))


def format_of(key: str) -> Format:
    """Return the format with that key. Raises StoreError."""
    for one in FORMATS:
        if one.key == key:
            return one
    keys = ", ".join(one.key for one in FORMATS)
    raise StoreError(tr("There is no format {}; there are {}.").format(key, keys))
