"""Bookkeeping of one detection of a whole folder: what is settled, how fast, and when to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.workers.messages import FolderProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

SECONDS_BETWEEN_REPORTS = 0.1
# A folder of a hundred thousand images is asked for bit by bit: all at once would hold up the window.
FOLDER_REQUESTS_AHEAD = 32


class FolderRun:
    """The images of one run, in their order, each of which is settled once.

    `path_of` tells where an image is when its turn comes; `clock` gives seconds and never goes back. A `paused` one
    waits from the first image on.
    """

    def __init__(
        self,
        image_ids: Iterable[int],
        path_of: Callable[[int], Path],
        clock: Callable[[], float],
        *,
        paused: bool = False,
    ) -> None:
        in_order = dict.fromkeys(image_ids)
        self._waiting = set(in_order)
        self._ahead = iter(in_order)
        self._path_of = path_of
        self._total = len(in_order)
        self._failed = 0
        self._network_seconds = 0.0
        self._clock = clock
        self._start = clock()
        self._last_report = float("-inf")
        self._paused_at = self._start if paused else None

    def following(self) -> tuple[int, Path] | None:
        """Return the next image to ask for, each once; None after the last. What is settled by then is passed over."""
        image_id = next((image_id for image_id in self._ahead if image_id in self._waiting), None)
        return None if image_id is None else (image_id, self._path_of(image_id))

    def waits_for(self, image_id: int) -> bool:
        """Whether an image belongs to the run and is not settled."""
        return image_id in self._waiting

    def settle(self, image_id: int, *, failed: bool, seconds: float = 0.0) -> None:
        """Count an image that has its prediction or will have none; of one that is not waited for only the `seconds`.

        So long the network worked at it.
        """
        self._network_seconds += seconds
        if image_id in self._waiting:
            self._waiting.remove(image_id)
            self._failed += failed

    def leave_out(self, image_ids: Iterable[int]) -> None:
        """Make the run smaller by those of these images that are not settled."""
        gone = self._waiting.intersection(image_ids)
        self._waiting -= gone
        self._total -= len(gone)

    @property
    def is_paused(self) -> bool:
        """Whether the run waits until somebody lets it go on."""
        return self._paused_at is not None

    def pause(self, *, paused: bool) -> None:
        """Let the run wait, or go on; the time that it waited is no time of the run."""
        if paused and self._paused_at is None:
            self._paused_at = self._clock()
        elif not paused and self._paused_at is not None:
            self._start += self._clock() - self._paused_at
            self._paused_at = None

    def report(self) -> FolderProgress | None:
        """Return the progress if it is time to show it: at once, ten times a second at most, and at the end."""
        now = self._clock()
        if self._waiting and now - self._last_report < SECONDS_BETWEEN_REPORTS:
            return None
        self._last_report = now
        return self.progress()

    def progress(self, *, cancelled: bool = False) -> FolderProgress:
        """Return how far the run is; the speed is the mean since its start, 0 before any time has passed."""
        done = self._total - len(self._waiting)
        seconds = (self._clock() if self._paused_at is None else self._paused_at) - self._start
        speed, busy = (value / seconds if seconds > 0 else 0.0 for value in (done, self._network_seconds))
        return FolderProgress(done, self._total, self._failed, speed, cancelled, self.is_paused, min(busy, 1.0))
