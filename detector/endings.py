"""Signals that end a verb in the way of Ctrl+C: what was under way is cleaned up, and what was there before stays."""

from __future__ import annotations

import math
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from detector.processes import ALONE, launched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP")
"""That the process is to end, and that its terminal was closed, where the platform has these."""
_PATIENCE = 10.0
"""Seconds within which a second signal is the first one again: a terminal sends its own and has the shell send more,
and neither may break off the cleaning up."""


@contextmanager
def as_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt where a signal would end this process at once, for as long as this lasts.

    What is ignored stays so, as under nohup, and handlers that somebody sets inside, such as `serve` and Ray, hold. The
    processes of torchrun are left to their launcher, which kills where it waits in vain.
    """
    if threading.current_thread() is not threading.main_thread() or launched() != ALONE:
        yield
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    last = -math.inf

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal last
        if time.monotonic() - last > _PATIENCE:
            last = time.monotonic()
            raise KeyboardInterrupt

    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
