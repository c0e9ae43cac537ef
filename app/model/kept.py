"""Which annotations of an image a person has seen beside what the detector says, and kept as they are."""

from __future__ import annotations

import json

from app.model.annotations import Annotation


class Kept:
    """Knows an annotation only as long as it is as it was: one that was changed since is to be looked at again.

    Nothing that is exported or learnt from depends on it: it may be lost, and undo does not know it.
    """

    def __init__(self, text: str | None = None) -> None:
        """Read what `to_json` wrote; nothing where that is not right: at worst a person is asked twice."""
        self._states: dict[int, list[float]] = {}
        try:
            found = json.loads(text or "{}")
            self._states = {int(key): [float(number) for number in state] for key, state in found.items()}
        except (AttributeError, OverflowError, RecursionError, TypeError, ValueError):
            self._states = {}

    def __contains__(self, annotation: object) -> bool:
        return isinstance(annotation, Annotation) and self._states.get(annotation.id) == _state(annotation)

    def add(self, annotation: Annotation) -> None:
        """Remember an annotation as it is now."""
        self._states[annotation.id] = _state(annotation)

    def to_json(self) -> str:
        """Return everything that is remembered."""
        return json.dumps(self._states, separators=(",", ":"))


def kept_key(image_id: int) -> str:
    """Return under which key a store remembers what was kept on an image."""
    return f"kept:{image_id}"


def _state(annotation: Annotation) -> list[float]:
    return [float(annotation.category_id), *map(float, annotation.box)]
