"""The images whose pooled features are to be kept before anybody asks for a training."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
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
    from detector.orientation import Rectangle

    Key = tuple[Path, Rectangle | None]


@dataclass(frozen=True, slots=True, eq=False)
class Warming:
    """One image to pool features of, as it was corrected so far, and the folder that they are kept in."""

    image: CorrectedImage
    features: FeatureFolder


@dataclass(frozen=True, slots=True, eq=False)
class _Unread:
    """A project of which every corrected image is to be warmed, once somebody has read which these are."""

    read: Callable[[], StoredCorrections]
    features: FeatureFolder


class WarmingLine:
    """Images that were corrected just now, and behind them all the others of the project. Any thread.

    First come, first served; an image that is corrected again while it waits keeps its place. Of large ones each tile
    is one, as a training learns from them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[Key, Warming] = OrderedDict()
        self._others: OrderedDict[Key, Warming] = OrderedDict()
        self._unread: _Unread | None = None

    def put(self, images: Iterable[CorrectedImage], features: FeatureFolder) -> None:
        """Add images that were corrected just now, each instead of an earlier state of itself."""
        with self._lock:
            for image in images:
                self._waiting[_key(image)] = Warming(image, features)
                self._others.pop(_key(image), None)

    def put_all(self, read: Callable[[], StoredCorrections], features: FeatureFolder) -> None:
        """Add what `read` will find when its turn comes, instead of any project that waited so far."""
        with self._lock:
            self._others.clear()
            self._unread = _Unread(read, features)

    def take(self) -> Warming | None:
        """Remove and return the first of the images that were corrected just now; None if none waits."""
        with self._lock:
            return self._waiting.popitem(last=False)[1] if self._waiting else None

    def take_other(self) -> Warming | None:
        """Remove and return the first of the others, which are read here if need be; None if none waits.

        Raises what reading raises; the project is not asked again then.
        """
        unread = self._unread
        if unread is not None:
            self._read(unread)
        with self._lock:
            return self._others.popitem(last=False)[1] if self._others else None

    def clear(self) -> None:
        """Forget all that wait."""
        with self._lock:
            self._waiting.clear()
            self._others.clear()
            self._unread = None

    def _read(self, unread: _Unread) -> None:
        """Read without the lock, for which the window may wait; what was forgotten meanwhile stays so."""
        images: list[CorrectedImage] = []
        try:
            corrections = unread.read().corrections
            for image in corrections.images:
                with suppress(DetectorError):  # a training says what is wrong with it
                    images += looks_at(image, corrections.tile)
        finally:
            with self._lock:
                if self._unread is unread:
                    self._unread = None
                    self._others.update((_key(one), Warming(one, unread.features)) for one in images)


def _key(image: CorrectedImage) -> Key:
    return image.path, image.window
