"""The feature maps of the images that were looked at last, for a second look at boxes that a person drew on them."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from detector.resize import Batch

if TYPE_CHECKING:
    from collections.abc import Hashable

    from detector.model import Maps

MOST_BYTES = 256 * 2**20
"""A ResNet-50 pyramid of an image of 800 x 1333 takes 90 MiB of them in float32."""


class KeptMaps:
    """Maps of one image each, by key; the least recently used go first when they take more than `most_bytes`.

    Those of the last image stay however large they are. Neither the input of the network nor what the RPN says is kept
    with them.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._maps: OrderedDict[Hashable, Maps] = OrderedDict()

    def __len__(self) -> int:
        return len(self._maps)

    @property
    def bytes(self) -> int:
        """What all maps take."""
        return sum(level.nbytes for one in self._maps.values() for level in one.levels.values())

    def put(self, key: Hashable, maps: Maps) -> None:
        """Keep the maps of an image, in place of earlier ones of that key."""
        batch = maps.batch
        self._maps[key] = maps._replace(
            batch=Batch(batch.tensors.new_empty(0), batch.image_sizes, batch.scales), said=None
        )
        self._maps.move_to_end(key)
        while len(self._maps) > 1 and self.bytes > self._most_bytes:
            self._maps.popitem(last=False)

    def get(self, key: Hashable) -> Maps | None:
        """Return the maps of a key; None where they are not kept, or not any more."""
        if key in self._maps:
            self._maps.move_to_end(key)
        return self._maps.get(key)

    def clear(self) -> bool:
        """Give all up; return whether there were any."""
        had_some = bool(self._maps)
        self._maps.clear()
        return had_some
