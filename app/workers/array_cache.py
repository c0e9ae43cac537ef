"""Decoded images in memory, bounded by their bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.types import ByteArray


class ArrayCache:
    """Arrays by image id; the least recently used leave when all together exceed `max_bytes`.

    An array that is larger than `max_bytes` by itself is not kept. Used from one thread.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._arrays: OrderedDict[int, ByteArray] = OrderedDict()
        self._bytes = 0

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays in the cache, never more than `max_bytes`."""
        return self._bytes

    def get(self, image_id: int) -> ByteArray | None:
        """Return an array, which makes it the most recently used, or None."""
        if image_id in self._arrays:
            self._arrays.move_to_end(image_id)
        return self._arrays.get(image_id)

    def put(self, image_id: int, array: ByteArray) -> None:
        """Keep an array instead of the one that the image had."""
        self.drop(image_id)
        if array.nbytes > self._max_bytes:
            return
        self._arrays[image_id] = array
        self._bytes += array.nbytes
        while self._bytes > self._max_bytes:
            _, oldest = self._arrays.popitem(last=False)
            self._bytes -= oldest.nbytes

    def drop(self, image_id: int) -> None:
        """Forget the array of an image, if there is one."""
        array = self._arrays.pop(image_id, None)
        if array is not None:
            self._bytes -= array.nbytes

    def clear(self) -> None:
        """Forget all arrays."""
        self._arrays.clear()
        self._bytes = 0
