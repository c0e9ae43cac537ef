"""Parts of JSON from strangers, in which anything may stand anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detector.coco import JsonObject


def object_in(entry: object, key: str) -> JsonObject:
    """Return the object under `key`; an empty one where there is none."""
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, dict) else {}


def list_in(entry: object, key: str) -> list[Any]:
    """Return the list under `key`; an empty one where there is none."""
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, list) else []
