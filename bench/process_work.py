"""What the processor worked for a command and for all that it started, daemons too. By Linux's /proc."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOK = 0.2  # seconds between two looks; what a process works after the last look at it is missing
PROCESSES = Path("/proc")


class Ran(NamedTuple):
    """The standard output of a command, and the seconds of the processor, None where nobody says them."""

    said: str
    worked: float | None


class FamilyWork:
    """The work of a process and of those below it. One that was seen once is counted on, whoever its parent is then."""

    def __init__(self, pid: int) -> None:
        self._family = {pid}
        self._ticks: dict[tuple[int, int], int] = {}

    @property
    def seconds(self) -> float:
        """What all have worked up to the last look."""
        return sum(self._ticks.values()) / os.sysconf("SC_CLK_TCK")

    def look(self) -> None:
        """Read what each has worked by now."""
        parents: dict[int, int] = {}
        states: dict[int, tuple[int, int]] = {}
        for process in PROCESSES.glob("[0-9]*"):
            with suppress(OSError):  # it has ended meanwhile
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                parents[int(process.name)] = int(fields[1])
                states[int(process.name)] = int(fields[19]), int(fields[11]) + int(fields[12])  # since when, how much
        fresh = self._family
        while fresh:
            fresh = {pid for pid, parent in parents.items() if parent in fresh} - self._family
            self._family |= fresh
        for pid in self._family & states.keys():
            since, ticks = states[pid]
            self._ticks[pid, since] = ticks


def run(command: Sequence[str], folder: Path) -> Ran:
    """Run a command to its end. Raises CalledProcessError."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err)
        family = FamilyWork(process.pid) if PROCESSES.exists() else None
        is_over = False
        while not is_over:
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK)
                is_over = True
            if family is not None:
                family.look()
        out.seek(0)
        err.seek(0)
        said = out.read()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command, said, err.read())
    return Ran(said, None if family is None else family.seconds)
