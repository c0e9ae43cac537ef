"""Who has died at what: how a shard is done once more, and which image is let be since it ends whoever looks at it.

A process that ends for another reason - killed, or with its machine - is the usual case, so the second attempt at a
shard is like the first. From the third on each image is announced before it is looked at, one by one; an image at which
`MOST_DEATHS` processes ended is poisoned, and gets a row that says so. No torch, no Ray.
"""

from __future__ import annotations

from collections import Counter

CAREFUL_FROM = 3
MOST_DEATHS = 2


class Attempts:
    """The attempts at the shards of a run, asked by all workers; outlives them. Images go by their index in a shard."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()
        self._deaths: Counter[tuple[int, int]] = Counter()
        self._looking: dict[int, int] = {}

    def begin(self, shard: int) -> tuple[bool, list[int]]:
        """Note one more attempt; return whether it must be careful, and which images are poisoned."""
        self._begun[shard] += 1
        if (image := self._looking.pop(shard, None)) is not None:
            self._deaths[shard, image] += 1
        poisoned = [image for (one, image), deaths in self._deaths.items() if one == shard and deaths >= MOST_DEATHS]
        return self._begun[shard] >= CAREFUL_FROM, sorted(poisoned)

    def look(self, shard: int, image: int) -> None:
        """Note that this image is looked at next, by a careful attempt."""
        self._looking[shard] = image

    def end(self, shard: int) -> None:
        """Note that an attempt has come to its end."""
        self._looking.pop(shard, None)
