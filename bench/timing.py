"""How long something takes: medians of alternating runs, so that peers meet the same machine in the same mood."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from bench.figures import Figure, line, share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FACTORS = {"s": 1.0, "ms": 1e3, "us": 1e6}


def medians(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    warm_up: int = 2,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the median seconds of each contender, called in turn `rounds` times after `warm_up` calls."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(warm_up + rounds):
        for name, call in contenders.items():
            start = clock()
            call()
            if turn >= warm_up:
                seconds[name].append(clock() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def compared(
    title: str, ours: float, peer: float, target: float, unit: str = "ms", *, peer_name: str = "torchvision"
) -> Figure:
    """Return the figure of our seconds and the peer's, of which ours are to be `target` at most, in `unit`."""
    factor = FACTORS[unit]
    return Figure(title, ours * factor, unit, peer * factor, peer_name, share(target))


def report(title: str, ours: float, peer: float, target: float, unit: str = "ms") -> None:
    """Print the line of `compared`."""
    print(line(compared(title, ours, peer, target, unit)), flush=True)
