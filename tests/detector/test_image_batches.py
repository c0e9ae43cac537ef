from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.image_batches import BATCHES_WAITING, equal_batches, size_at_once
from detector.types import DetectorError


def test_that_sizes_that_alternate_come_together():
    batches = list(equal_batches(range(8), lambda one: (one % 2, 1), lambda _size: 4))
    assert batches == [[0, 2, 4, 6], [1, 3, 5, 7]]


def test_that_one_at_a_time_is_one_at_a_time_in_order():
    assert list(equal_batches(range(4), lambda _one: (1, 1), lambda _size: 1)) == [[0], [1], [2], [3]]


def test_that_what_has_no_size_waits_for_nobody():
    batches = list(equal_batches([1, None, 1], lambda one: one and (one, one), lambda _size: 4))
    assert batches == [[None], [1, 1]]


@given(st.lists(st.integers(0, 6)), st.integers(1, 5))
def test_that_every_item_comes_once_in_a_list_of_its_size(sizes, most):
    numbers = range(len(sizes))
    began = []

    def watched():
        for number in numbers:
            began.append(number)
            yield number

    come: list[int] = []
    for batch in equal_batches(watched(), lambda one: None if sizes[one] == 0 else (sizes[one], 1), lambda _: most):
        come += batch
        assert 1 <= len(batch) <= most
        assert len({sizes[one] for one in batch}) == 1
        assert len(began) - len(come) <= BATCHES_WAITING * most
    assert sorted(come) == list(numbers)


@pytest.mark.parametrize(
    ("source", "size"),
    [
        (np.zeros((20, 30, 3), np.uint8), (20, 30)),
        (np.zeros((20, 130, 3), np.uint8), None),  # in tiles
        (DetectorError("cut off"), None),
    ],
)
def test_that_only_images_seen_as_a_whole_have_a_size(source, size):
    assert size_at_once(source, tile=64) == size
