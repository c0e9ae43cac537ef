"""The inputs that fuzzing began with and what it found: each is read to an answer or to a sentence."""

from __future__ import annotations

import pytest

from bench.fuzz import SEEDS
from bench.fuzz_targets import TARGETS


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_that_every_input_of_the_corpus_is_read_or_refused(name: str) -> None:
    inputs = sorted((SEEDS / name).iterdir())
    assert inputs
    read = TARGETS[name]()
    for path in inputs:
        read(path.read_bytes())


def test_that_the_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in SEEDS.rglob("*")) < 200_000
