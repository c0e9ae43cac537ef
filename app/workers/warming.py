"""The images whose pooled features are to be kept before anybody asks for a training."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from detector.looks import looks_at
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from app.store.corrections import StoredCorrections
    from app.workers.messages import FeatureFolder
    from detector.corrections import CorrectedImage


@dataclass(frozen=True, slots=True, eq=False)
class Warming:
    """One image to pool features of, as it was corrected so far, and the folder that they are kept in.

    Of a large image it is one look; `is_last` says that no other look at the same file comes next. What `is_spare` was
    not corrected just now, and is worth nothing once the folder is full of such.
    """

    image: CorrectedImage
    features: FeatureFolder
    is_last: bool = True
    is_spare: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Due:
    """An image that waits, to be seen in tiles of side `tile` if it is large."""

    image: CorrectedImage
    features: FeatureFolder
    tile: int


@dataclass(frozen=True, slots=True, eq=False)
class _Unread:
    """A project of which every corrected image is to be warmed, once somebody has read which these are."""

    read: Callable[[], StoredCorrections]
    features: FeatureFolder


class WarmingLine:
    """Images that were corrected just now, and behind them all the others of the project. Any thread.

    First come, first served; an image that is corrected again while it waits keeps its place. Large images come look by
    look, each of them as a training learns from it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = _Line(self._lock, is_spare=False)
        self._others = _Line(self._lock, is_spare=True)
        self._unread: _Unread | None = None

    def put(self, images: Iterable[CorrectedImage], features: FeatureFolder, tile: int = 0) -> None:
        """Add images that were corrected just now, each instead of an earlier state of itself."""
        with self._lock:
            for image in images:
                self._waiting.put(_Due(image, features, tile))
                self._others.forget(image.path)

    def put_all(self, read: Callable[[], StoredCorrections], features: FeatureFolder) -> None:
        """Add what `read` will find when its turn comes, instead of any project that waited so far."""
        with self._lock:
            self._others.clear()
            self._unread = _Unread(read, features)

    def take(self) -> Warming | None:
        """Remove and return the first of the images that were corrected just now; None if none waits."""
        return self._waiting.take()

    def take_other(self) -> Warming | None:
        """Remove and return the first of the others, which are read here if need be; None if none waits.

        Raises what reading raises; the project is not asked again then.
        """
        unread = self._unread
        if unread is not None:
            self._read(unread)
        return self._others.take()

    def clear(self) -> None:
        """Forget all that wait."""
        with self._lock:
            self._waiting.clear()
            self._others.clear()
            self._unread = None

    def _read(self, unread: _Unread) -> None:
        """Read without the lock, for which the window may wait; what was forgotten meanwhile stays so."""
        due: list[_Due] = []
        try:
            corrections = unread.read().corrections
            due = [_Due(image, unread.features, corrections.tile) for image in corrections.images]
        finally:
            with self._lock:
                if self._unread is unread:
                    self._unread = None
                    for one in due:
                        self._others.put(one)


class _Line:
    """Images in the order in which they came, and the looks at the first of them; all but `take` wants the lock."""

    def __init__(self, lock: threading.Lock, *, is_spare: bool) -> None:
        self._lock = lock
        self._is_spare = is_spare
        self._due: OrderedDict[Path, _Due] = OrderedDict()
        self._looks: deque[Warming] = deque()
        self._begun: _Due | None = None

    def put(self, due: _Due) -> None:
        self._due[due.image.path] = due
        if self._begun is not None and self._begun.image.path == due.image.path:
            self._looks.clear()  # at what it was

    def forget(self, path: Path) -> None:
        self._due.pop(path, None)
        if self._begun is not None and self._begun.image.path == path:
            self._stop()

    def clear(self) -> None:
        self._due.clear()
        self._stop()

    def take(self) -> Warming | None:
        while True:
            with self._lock:
                if self._looks:
                    return self._looks.popleft()
                if not self._due:
                    self._begun = None
                    return None
                self._begun = due = self._due.popitem(last=False)[1]
            looks = self._looks_at(due)
            with self._lock:
                if self._begun is due and due.image.path not in self._due:
                    self._looks.extend(looks)

    def _looks_at(self, due: _Due) -> list[Warming]:
        """Return the looks at an image, without the lock: a header may be read. None where it cannot be."""
        try:
            looks = looks_at(due.image, due.tile)
        except DetectorError:  # a training says what is wrong with it
            return []
        last = len(looks) - 1
        return [Warming(look, due.features, n == last, self._is_spare) for n, look in enumerate(looks)]

    def _stop(self) -> None:
        self._begun = None
        self._looks.clear()
