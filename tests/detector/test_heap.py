from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detector import heap

ROOT = Path(heap.__file__).parents[1]

PIECES, PIECE = 2_000, 100 * 2**10
KEPT_EVERY = 40


def own_bytes() -> int:
    _, resident, of_files, *_ = map(int, Path("/proc/self/statm").read_text(encoding="ascii").split())
    return (resident - of_files) * 4096


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc keeps what is freed"
)
def test_that_what_lies_between_pieces_in_use_is_given_back() -> None:
    pieces = [np.ones(PIECE, np.uint8) for _ in range(PIECES)]
    kept = pieces[::KEPT_EVERY]
    del pieces
    before = own_bytes()
    heap.trim()
    assert before - own_bytes() > PIECES * PIECE * 0.8
    assert all(piece.all() for piece in kept)


def test_that_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    heap.keep()
    heap.trim()


FAULTS = """
import resource, sys, threading
import numpy as np
from detector import heap
def faults():
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
def look():
    pieces = [np.ones(size * 2**20, np.uint8) for size in (40, 30, 50)]
def looks():
    for _ in range(3):
        look()
    before = faults()
    for _ in range(4):
        look()
    print(faults() - before)
if "keep" in sys.argv:
    heap.keep()
looks()
thread = threading.Thread(target=looks)
thread.start()
thread.join()
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="other C libraries have no such rule"
)
def test_that_what_one_look_frees_is_there_for_the_next_in_every_thread() -> None:
    def run(*arguments: str) -> list[int]:
        done = subprocess.run(
            [sys.executable, "-c", FAULTS, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return list(map(int, done.stdout.split()))

    assert max(run("keep")) < 20
    assert max(run()) > 100, "the C library keeps it by itself by now: nothing has to be told any more"
