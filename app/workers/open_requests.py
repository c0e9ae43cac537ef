"""The detections that somebody waits for, by image: at most one each."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from app.workers.messages import DetectRequest, Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


class OpenRequests:
    """Requests from when they are made until they end. Used in the GUI thread."""

    def __init__(self) -> None:
        self._requests: dict[int, DetectRequest] = {}
        self._ids = itertools.count(1)

    def __contains__(self, image_id: object) -> bool:
        return image_id in self._requests

    def __iter__(self) -> Iterator[int]:
        return iter(tuple(self._requests))

    def make(self, image_id: int, path: Path, priority: Priority, tile: int) -> DetectRequest:
        """Return a new request, which an older one for its image gives way to."""
        self.forget([image_id])
        request = self._requests[image_id] = DetectRequest(next(self._ids), image_id, path, priority, tile)
        return request

    def settle(self, request_id: int, image_id: int) -> bool:
        """End a request and return true; false if it is stale: superseded, cancelled, or of a detector that is gone."""
        request = self._requests.get(image_id)
        if request is None or request.id != request_id:
            return False
        del self._requests[image_id]
        return True

    def forget(self, image_ids: Iterable[int] | None = None) -> None:
        """Wait no more for these images, by default for none at all, and end long looks at them."""
        for image_id in self if image_ids is None else image_ids:
            request = self._requests.pop(image_id, None)
            if request is not None:
                request.given_up.set()

    def give_up(self, is_wanted: Callable[[int], bool]) -> None:
        """End long looks at images that are not wanted; a look that takes a moment goes on, and is delivered."""
        for image_id, request in self._requests.items():
            if is_wanted(image_id):
                request.given_up.clear()
            else:
                request.given_up.set()
