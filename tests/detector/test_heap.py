from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import numpy as np
import pytest

from detector import heap

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
    heap.trim()
