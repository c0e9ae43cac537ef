"""Images decoded once, for the screen and for the detector alike."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np

from app.store.prediction_cache import file_stamp
from detector import images

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from detector.tiling import Source
    from detector.types import ByteArray

    Key = tuple[Path, str]


class DecodedImages:
    """Gives out the pixels of an image that somebody has in memory, instead of decoding it again. Any thread.

    It keeps no image itself: what the last one lets go of is gone. Of two that want the same image at the same time
    one decodes it, and the other waits for that. A file that was replaced since is another image.
    """

    def __init__(self, most_pixels: int = images.LARGE_PIXELS) -> None:
        """Share images of at most so many pixels: of larger ones the screen and the detector want different things."""
        self._most_pixels = most_pixels
        self._lock = threading.Lock()
        self._arrays: WeakValueDictionary[Key, ByteArray] = WeakValueDictionary()
        self._turns: WeakValueDictionary[Key, _Turn] = WeakValueDictionary()

    def open(self, path: Path, read: Callable[[Path], Source]) -> Source:
        """Return what `read` gives of a file, or the same read-only pixels as before. Raises what `read` raises."""
        key = path, file_stamp(path)
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
        with turn.lock:
            with self._lock:
                shared = self._arrays.get(key)
            if shared is not None:
                return shared
            image = read(path)
            if isinstance(image, np.ndarray) and image.shape[0] * image.shape[1] <= self._most_pixels:
                image.flags.writeable = False
                with self._lock:
                    self._arrays[key] = image
            return image


class _Turn:
    """Whose turn it is to decode one image."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_SHARED = DecodedImages()
"""Of the whole process: it holds nothing that anybody would have to let go of."""


def open_for_screen(path: Path) -> Source:
    """Return what `images.open_image` does."""
    return _SHARED.open(path, images.open_image)


def open_for_detector(path: Path) -> Source:
    """Return what `images.open_where_too_large` does."""
    return _SHARED.open(path, images.open_where_too_large)
