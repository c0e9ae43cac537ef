"""COCO JSON as a row of the table: the pivot itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.store.formats.foreign import Delivery, Format, Reading, Written
from app.store.formats.targets import new_file
from detector.coco import read_json
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

    from detector.coco import FindImage, JsonObject

_HEAD_BYTES = 4096
_KEYS = ('"images"', '"annotations"', '"categories"', '"licenses"', '"info"')


def looks_like_coco(file: Path) -> bool:
    """Return whether a file begins as COCO datasets do; a large one is not read to its end."""
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError:
        return False
    text = head.decode(json.detect_encoding(head), "replace")
    return text.lstrip("\ufeff \t\r\n").startswith("{") and any(key in text for key in _KEYS)


def _read(path: Path, _: FindImage) -> Reading:
    document = read_json(path)
    if not isinstance(document, dict):
        raise DetectorError(f"{path} is not a COCO dataset: it holds no JSON object at its top level.")
    return Reading(document)


def _write(document: JsonObject, target: Path, _: Delivery) -> Written:
    with new_file(target) as part:
        part.write_text(json.dumps(document, allow_nan=False), encoding="ascii")
    return Written((target,))


COCO = Format("coco", "COCO JSON", ".json", looks_like_coco, _read, _write)
