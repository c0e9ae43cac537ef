"""What a process holds, to be watched over hours: memory, threads, open files, temporary files, things of Qt."""

from __future__ import annotations

import os
import statistics
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from shiboken6 import getAllValidWrappers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNKNOWN = -1
"""Stands for what this system does not tell."""


@dataclass(frozen=True)
class VitalSigns:
    """What was held after so many gestures, `seconds` after the first."""

    gestures: int
    seconds: float
    megabytes: float
    threads: int
    handles: int
    temporary: int
    widgets: int
    objects: int

    def line(self) -> str:
        """Return the figures as a line of a table, under `HEADING`."""
        return (
            f"{self.gestures:>9,} {self.seconds / 60:>7.1f} {self.megabytes:>8.0f} {self.threads:>8} {self.handles:>8} "
            f"{self.temporary:>10} {self.widgets:>8} {self.objects:>8}"
        )


HEADING = (
    f"{'gestures':>9} {'minutes':>7} {'MB':>8} {'threads':>8} {'handles':>8} "
    f"{'temp files':>10} {'widgets':>8} {'objects':>8}"
)


def take(gestures: int, seconds: float, temporary: Path) -> VitalSigns:
    """Return what this process holds now; `temporary` is the folder in which it makes its temporary files."""
    return VitalSigns(
        gestures,
        seconds,
        megabytes(),
        _count(Path("/proc/self/task"), threading.active_count()),
        _count(Path("/proc/self/fd"), UNKNOWN),
        sum(len(folders) + len(files) for _, folders, files in os.walk(temporary)),
        len(QApplication.allWidgets()),
        sum(isinstance(one, QObject) for one in getAllValidWrappers()),
    )


def megabytes() -> float:
    """Return what the process has in memory of its own; where that cannot be asked, the most that it ever held.

    Without the pages of files, which are the system's to drop: a training maps what was pooled of every image.
    """
    try:
        _, resident, of_files, *_ = map(int, Path("/proc/self/statm").read_text(encoding="ascii").split())
        pages = resident - of_files
    except OSError:
        if sys.platform == "win32":
            return UNKNOWN
        import resource  # noqa: PLC0415 - not on Windows

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on a Mac
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def middle_and_end(
    signs: Sequence[VitalSigns], figure: Callable[[VitalSigns], float], share: float = 0.1
) -> tuple[float, float]:
    """Return the median of a figure around the middle of the gestures and at their end, each over `share` of them."""
    last = signs[-1].gestures
    middle = [figure(one) for one in signs if abs(one.gestures - last / 2) <= share / 2 * last]
    end = [figure(one) for one in signs if one.gestures >= (1 - share) * last]
    return statistics.median(middle or map(figure, signs)), statistics.median(end)


def _count(folder: Path, otherwise: int) -> int:
    try:
        return len(list(folder.iterdir()))
    except OSError:
        return otherwise
