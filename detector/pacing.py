"""How far a stage of a fine-tune is, and how long it will still take. No torch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

    from detector.fine_tune_values import Progress

T = TypeVar("T")


def saying(work: Generator[None, None, T], progress: Progress) -> Generator[Progress, None, T]:
    """Return what `work` returns; say `progress` after each of its steps."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        yield progress


class Clock:
    """Says how long the rest of a stage will take."""

    def __init__(self, total: int) -> None:
        self.total, self._start = total, time.monotonic()

    def left(self, done: int) -> float | None:
        """Return the seconds for what is left, at the mean speed so far; None as long as nothing is done."""
        if not done:
            return None
        return (time.monotonic() - self._start) / done * (self.total - done)
