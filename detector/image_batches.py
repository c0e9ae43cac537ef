"""Images of equal size put together, for a network that sees several at once. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from detector.tiling import needs_tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from detector.tiling import Source
    from detector.types import DetectorError

Item = TypeVar("Item")

BATCHES_WAITING = 4


def size_at_once(source: Source | DetectorError, tile: int) -> tuple[int, int] | None:
    """Return (height, width) of an image that can be seen together with others of that size; None for any other.

    Those are files that are read in parts, images that are looked at in tiles of side `tile`, and errors.
    """
    if not isinstance(source, np.ndarray):
        return None
    size = (source.shape[0], source.shape[1])
    return None if tile and needs_tiles(size, tile) else size


def equal_batches(
    items: Iterable[Item],
    size_of: Callable[[Item], tuple[int, int] | None],
    images_at_once: Callable[[tuple[int, int]], int],
) -> Iterator[list[Item]]:
    """Yield all items, in lists of one size, as many as `images_at_once` allows; without a size an item is alone.

    Sizes may alternate: items wait for others of their size, `BATCHES_WAITING` times as many as a list takes at most.
    """
    waiting: dict[tuple[int, int], list[Item]] = {}
    for item in items:
        size = size_of(item)
        if size is None:
            yield [item]
            continue
        most = images_at_once(size)
        waiting.setdefault(size, []).append(item)
        if len(waiting[size]) >= most:
            yield waiting.pop(size)
        elif sum(map(len, waiting.values())) >= BATCHES_WAITING * most:
            yield waiting.pop(max(waiting, key=lambda one: len(waiting[one])))
    yield from waiting.values()
