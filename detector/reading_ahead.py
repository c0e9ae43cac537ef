"""What will be asked for soon, read in threads beside whoever works; in memory it is bounded by its bytes. No torch."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Iterable, Sequence

Key = TypeVar("Key", bound="Hashable")
Result = TypeVar("Result")

READING_THREADS = max(1, min(8, (os.cpu_count() or 1) - 1))
"""Of two cores one decodes, and the other is left to the window and to the network, whose threads have both besides."""

READ_AHEAD = 32
"""So many are read ahead at most: several batches for a fast device, and soon let go of when somebody cancels."""

MOST_BYTES = 256 * 2**20


class ReadAhead(Generic[Key, Result]):
    """Results of `read`, begun before they are taken. Used by one thread, which is not one of its own.

    Those that nobody has taken yet take `most_bytes` at most, if no image is larger than the largest so far; while none
    is known, and where one alone takes more, there is one. `close` must be called at the end.
    """

    def __init__(
        self,
        read: Callable[[Key], Result],
        nbytes: Callable[[Result], int],
        *,
        threads: int = READING_THREADS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._read = read
        self._nbytes = nbytes
        self._threads = threads
        self._most_bytes = self._largest = most_bytes
        self._knows_largest = False
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="reading")
        self._lock = threading.RLock()  # a future that is done when it is asked to tell so tells it at once
        self._wanted: list[Key] = []
        self._begun: dict[Key, Future[Result]] = {}

    def want(self, keys: Iterable[Key]) -> None:
        """Read these, in this order, instead of any wanted before, which are let go of."""
        with self._lock:
            self._wanted = list(dict.fromkeys(keys))
            for key in self._begun.keys() - set(self._wanted):
                self._begun.pop(key).cancel()
            self._begin()

    def take(self, key: Key) -> Result:
        """Return what `read` gives, and let go of it: waited for where it is under way, read here where it is not.

        Raises what `read` raises.
        """
        with self._lock:
            future = self._begun.pop(key, None)
            if key in self._wanted:
                self._wanted.remove(key)
            self._begin()
        return self._read(key) if future is None or future.cancel() else future.result()

    def peek(self, key: Key) -> Result | None:
        """Return a result that is there to be taken; None where it is not read yet, or cannot be read."""
        future = self._begun.get(key)
        return future.result() if future is not None and future.done() and future.exception() is None else None

    @property
    def bytes(self) -> int:
        """What all results take that nobody has taken yet."""
        with self._lock:
            return sum(map(self._bytes_of, self._begun.values()))

    def close(self) -> None:
        """Let go of everything, and wait for what is being read; idempotent."""
        self.want(())
        self._executor.shutdown()

    def _begin(self) -> None:
        """Begin what there is room for."""
        for key in self._wanted:
            if key in self._begun:
                continue
            under_way = sum(not future.done() for future in self._begun.values())
            foreseen = self.bytes + (under_way + 1) * self._largest
            if under_way >= self._threads or (self._begun and foreseen > self._most_bytes):
                return
            future = self._begun[key] = self._executor.submit(self._read, key)
            future.add_done_callback(self._go_on)

    def _go_on(self, future: Future[Result]) -> None:
        with self._lock:
            if not future.cancelled() and future.exception() is None:
                nbytes = self._nbytes(future.result())
                self._largest = max(self._largest, nbytes) if self._knows_largest else nbytes
                self._knows_largest = True
            self._begin()

    def _bytes_of(self, future: Future[Result]) -> int:
        is_there = future.done() and not future.cancelled() and future.exception() is None
        return self._nbytes(future.result()) if is_there else 0


def in_order(
    read: Callable[[Key], Result], keys: Sequence[Key], nbytes: Callable[[Result], int]
) -> Generator[Result, None, None]:
    """Yield `read(key)` for each of `keys`, in order, while the next are read; each once, as `ReadAhead` bounds it.

    What `read` raises is raised here, in its turn. Closing the generator waits for what is being read.
    """
    with closing(ReadAhead(read, nbytes)) as ahead:
        for index, key in enumerate(keys):
            ahead.want(keys[index : index + READ_AHEAD])
            yield ahead.take(key)
