"""Who is served next by the one detector: a priority queue in which an image waits at most once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from app.workers.messages import DetectRequest, Priority

if TYPE_CHECKING:
    from collections.abc import Iterable


class RequestQueue:
    """Requests for one detector, one line per priority; filled by the window, emptied by the detector's thread.

    An image may stand in several lines and is served once, in the first of them, so an image of the folder run that
    was on screen for a moment falls back into the folder's line instead of getting lost. The line of the image on
    screen holds one image, the newest; the other lines are first come, first served. Every method that makes requests
    leave unserved returns them, each once: between them and `take`, each request that was put comes out exactly once.
    Safe to use from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[int, DetectRequest] = {}
        # Ordered: the first key of a plain dict is found by walking over all that were deleted before it.
        self._lines: dict[Priority, OrderedDict[int, None]] = {priority: OrderedDict() for priority in Priority}
        self._on_screen: int | None = None  # also while it is being served
        self._closed = False
        self._held = False

    def __len__(self) -> int:
        with self._lock:
            return len(self._requests)

    @property
    def closed(self) -> bool:
        """Whether `close` was called: nothing that came from this queue is wanted any more."""
        return self._closed

    def waiting(self, priority: Priority) -> int:
        """Return how many images stand in a line."""
        with self._lock:
            return len(self._lines[priority])

    def hold(self, *, held: bool) -> None:
        """Let the line of the folder wait where it is, or go on."""
        with self._lock:
            self._held = held

    def put(self, request: DetectRequest) -> tuple[DetectRequest, ...]:
        """Add a request, which takes the place of the one that its image waits with; return what leaves unserved.

        A closed queue returns the request itself.
        """
        with self._lock:
            if self._closed:
                return (request,)
            superseded = self._requests.get(request.image_id)
            self._requests[request.image_id] = request
            left = self._line_up(request.image_id, request.priority)
            return left if superseded is None else (superseded, *left)

    def put_back(self, request: DetectRequest) -> None:
        """Let a request that could not be served wait again, before the others of its line.

        Unless a newer one for its image waits, or nobody does. One of the image that is on screen by now goes to that
        line; one of the image that was goes to the neighbours where another is.
        """
        with self._lock:
            if self._closed or request.image_id in self._requests:
                return
            self._requests[request.image_id] = request
            line = self._lines[request.priority]
            if request.image_id == self._on_screen:
                line = self._lines[Priority.ON_SCREEN]
            elif request.priority is Priority.ON_SCREEN and line:
                line = self._lines[Priority.NEIGHBOUR]
            line[request.image_id] = None
            line.move_to_end(request.image_id, last=False)

    def promote(self, image_id: int, priority: Priority) -> tuple[DetectRequest, ...]:
        """Let a waiting image stand in the line of `priority` too; return what leaves unserved.

        An image that does not wait here is left alone: its detection is under way and need not be done twice. The
        older image on screen gives way in either case.
        """
        with self._lock:
            if image_id in self._requests:
                return self._line_up(image_id, priority)
            if priority is not Priority.ON_SCREEN:
                return ()
            self._on_screen = image_id
            return self._empty(Priority.ON_SCREEN)

    def take(self, least: Priority = Priority.FOLDER) -> DetectRequest | None:
        """Remove and return the next request, with the priority of the line it was served in; None if none waits.

        Lines after that of `least` are passed over.
        """
        with self._lock:
            for priority, line in self._lines.items():
                is_held = self._held and priority is Priority.FOLDER
                if line and priority <= least and not is_held:
                    image_id = next(iter(line))
                    self._leave_lines(image_id)
                    return replace(self._requests.pop(image_id), priority=priority)
            return None

    def urgency(self, request: DetectRequest) -> Priority:
        """Return the priority of a request that is being served: that of its line, unless its image came on screen."""
        with self._lock:
            return Priority.ON_SCREEN if request.image_id == self._on_screen else request.priority

    def upcoming(self, count: int) -> tuple[DetectRequest, ...]:
        """Return the first `count` requests in the line of the folder, which stay there; none while it is held."""
        with self._lock:
            image_ids = () if self._held else islice(self._lines[Priority.FOLDER], count)
            return tuple(self._requests[image_id] for image_id in image_ids)

    def drop(self, image_ids: Iterable[int]) -> tuple[DetectRequest, ...]:
        """Remove these images from every line and return their requests."""
        with self._lock:
            waiting = [image_id for image_id in dict.fromkeys(image_ids) if image_id in self._requests]
            for image_id in waiting:
                self._leave_lines(image_id)
            return tuple(self._requests.pop(image_id) for image_id in waiting)

    def clear(self, priority: Priority) -> tuple[DetectRequest, ...]:
        """Empty one line and return the requests that stand in no other."""
        with self._lock:
            if priority is Priority.ON_SCREEN:
                self._on_screen = None
            return self._empty(priority)

    def close(self) -> tuple[DetectRequest, ...]:
        """Empty the queue for good and return what was in it; idempotent."""
        with self._lock:
            self._closed = True
            left = tuple(self._requests.values())
            self._requests.clear()
            for line in self._lines.values():
                line.clear()
            return left

    def _line_up(self, image_id: int, priority: Priority) -> tuple[DetectRequest, ...]:
        """Put an image at the end of a line, unless it stands there; the line of the image on screen has one place."""
        line = self._lines[priority]
        if priority is not Priority.ON_SCREEN or image_id in line:
            line[image_id] = None
            return ()
        self._on_screen = image_id
        older = tuple(line)
        line.clear()
        line[image_id] = None
        return self._pop_lineless(older)

    def _empty(self, priority: Priority) -> tuple[DetectRequest, ...]:
        """Empty a line and return the requests that stand in no other."""
        line = self._lines[priority]
        image_ids = tuple(line)
        line.clear()
        return self._pop_lineless(image_ids)

    def _pop_lineless(self, image_ids: Iterable[int]) -> tuple[DetectRequest, ...]:
        """Remove and return the requests of those images that stand in no line."""
        lines = self._lines.values()
        return tuple(self._requests.pop(i) for i in image_ids if not any(i in line for line in lines))

    def _leave_lines(self, image_id: int) -> None:
        """Take an image out of every line."""
        for line in self._lines.values():
            line.pop(image_id, None)
