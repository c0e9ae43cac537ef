"""A cell for a hostile file: a process of its own with limits, watched for what it touches."""

from __future__ import annotations

import faulthandler
import hashlib
import json
import os
import random
import resource
import select
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.model.storage import StoreError
from bench.hostile_case import Case, End, Outcome
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 120.0
"""Of the clock, on a machine that others use too; of the processor a reader gets half of that."""
ROOM = 6 * 2**30  # bytes of addresses beyond those of the process: a bomb ends before the machine does
_RUNS = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen", "socket.connect", "os.startfile")


def run(case: Case, reader: Callable[[Path], str], folder: Path, seed: str, seconds: float = SECONDS) -> Outcome:
    """Make the file of `case` under the empty `folder`, open it in a process of its own, and say what came of it."""
    inside, outside = folder / "inside", folder / "outside"
    for one in (inside, outside):
        one.mkdir(parents=True)
    (outside / "precious.txt").write_text("years of work")
    (outside / "precious.tif").write_text("years of work")
    path = case.make(inside, random.Random(f"{seed} {case.name}"))  # noqa: S311 - to be repeated
    before = _state(outside)
    receiver, sender = os.pipe()
    size = _pages(1)
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(receiver)
        _answer(reader, path, outside, sender, seconds)
    os.close(sender)
    answer, is_over = _received(receiver, began + seconds)
    if not is_over:
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    took = time.monotonic() - began
    end, said = _end(answer, status, is_over=is_over)
    if _state(outside) != before or (inside / "pwned").exists():
        end, said = End.ESCAPE, f"a file outside was changed ({said})"
    return Outcome(case.name, case.reader, end, said, took, max(0.0, used.ru_maxrss / 1024 - size / 2**20))


def _answer(reader: Callable[[Path], str], path: Path, outside: Path, sender: int, seconds: float) -> None:
    """Read the file and write how it ended; never returns."""
    end, said = End.FAULT, ""
    faulthandler.disable()  # what ends it is told by whoever waits
    try:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a descriptor is wanted
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        size = _pages(0)
        resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds / 2), int(seconds / 2) + 1))
        touched: list[str] = []
        sys.addaudithook(_watch(str(outside), touched))
        os.chdir(path.parent)
        try:
            end, said = End.OPENED, reader(path)
        except (DetectorError, StoreError) as error:
            end, said = End.REFUSED, str(error)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
            where = traceback.extract_tb(error.__traceback__)[-1]
            end, said = End.FAULT, f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        if touched:
            end, said = End.ESCAPE, touched[0]
    finally:
        content = json.dumps([end, said[:2000]]).encode()
        os.write(sender, content[:60_000])
        os._exit(0)


def _pages(column: int) -> int:
    """Return the bytes of addresses (0) or of memory (1) that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[column]) * resource.getpagesize()


def _watch(outside: str, touched: list[str]) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _RUNS or (event == "open" and outside in str(arguments[0])):
            touched.append(f"{event} {arguments[0]}")

    return hook


def _received(receiver: int, until: float) -> tuple[bytes, bool]:
    """Return what the process wrote, and whether it came to an end in time."""
    parts: list[bytes] = []
    try:
        while (left := until - time.monotonic()) > 0:
            if select.select([receiver], [], [], left)[0]:
                part = os.read(receiver, 65_536)
                if not part:
                    return b"".join(parts), True
                parts.append(part)
        return b"".join(parts), False
    finally:
        os.close(receiver)


def _end(answer: bytes, status: int, *, is_over: bool) -> tuple[End, str]:
    if not is_over:
        return End.HANG, "did not come to an end"
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return (End.HANG if name == "SIGXCPU" else End.CRASH), f"ended by {name}"
    if not answer:
        return End.CRASH, "ended without a word"
    end, said = json.loads(answer)
    return End(end), said


def _state(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in folder.rglob("*")
    }
