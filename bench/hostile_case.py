"""One hostile file: how it is made, which reader opens it, and what came of that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random


Made = tuple[str, "Callable[[], bytes]"]
"""The name of a file and what makes its content."""


class End(StrEnum):
    """How it ended; all but the first two are faults of the program."""

    OPENED = "opened"
    REFUSED = "refused"
    FAULT = "fault"
    CRASH = "crash"
    HANG = "hang"
    ESCAPE = "escape"


@dataclass(frozen=True, slots=True)
class Case:
    """`make` writes it into an empty folder and returns its path; `reader` is one of `hostile_readers.READERS`."""

    name: str
    reader: str
    make: Callable[[Path, Random], Path]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case; `said` is the sentence of a refusal, what was opened, or the last line of a traceback.

    `peak_mb` is the memory that it took beyond what the process had before.
    """

    name: str
    reader: str
    end: End
    said: str
    seconds: float
    peak_mb: float


def written(folder: Path, name: str, content: bytes) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(content)
    return path


def shortened(content: bytes, pick: Random) -> bytes:
    """Return `content` without its end, cut anywhere."""
    return content[: pick.randrange(len(content))]


def flipped(content: bytes, pick: Random, count: int = 8) -> bytes:
    """Return `content` with some bits the other way round."""
    changed = bytearray(content)
    for _ in range(count):
        changed[pick.randrange(len(changed))] ^= 1 << pick.randrange(8)
    return bytes(changed)
