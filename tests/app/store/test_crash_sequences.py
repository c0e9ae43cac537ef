"""A few of the sequences of `bench.crash_safety`, the same each time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from bench.crash_safety import KINDS, Sufferers
from bench.failing_disk import compiler

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEDS = range(1001, 1007)


@pytest.fixture(scope="module")
def sufferers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sufferers]:
    with Sufferers(tmp_path_factory.mktemp("crashes")) as made:
        yield made


@pytest.mark.skipif(sys.platform != "linux" or compiler() is None, reason="the failing disk is made for Linux, in C")
@pytest.mark.parametrize("kind", KINDS)
def test_that_nothing_is_lost_but_the_gesture_in_progress(sufferers: Sufferers, kind: str) -> None:
    found = [sufferers.run(kind, seed) for seed in SEEDS]
    assert [(one.lost, one.unreadable, one.wrong) for one in found] == [(0, "", "")] * len(SEEDS)
    if "while" in kind:
        assert any(one.was_unsaved for one in found)
    else:
        assert any(one.killed for one in found)
