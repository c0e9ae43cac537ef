from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.workers.array_cache import ArrayCache

if TYPE_CHECKING:
    from detector.types import ByteArray


def array(nbytes: int) -> ByteArray:
    return np.zeros(nbytes, np.uint8)


def kept(cache: ArrayCache, image_ids: range) -> list[int]:
    return [image_id for image_id in image_ids if cache.get(image_id) is not None]


def test_that_the_least_recently_used_arrays_leave_first() -> None:
    cache = ArrayCache(max_bytes=30)
    for image_id in (1, 2, 3):
        cache.put(image_id, array(10))
    cache.get(1)
    cache.put(4, array(15))
    assert kept(cache, range(1, 5)) == [1, 4]
    assert cache.nbytes == 25


def test_that_an_array_beyond_the_bound_is_not_kept_and_pushes_nothing_out() -> None:
    cache = ArrayCache(max_bytes=30)
    cache.put(1, array(30))
    cache.put(2, array(31))
    assert kept(cache, range(1, 3)) == [1]


def test_that_a_new_array_of_an_image_replaces_its_old_one() -> None:
    cache = ArrayCache(max_bytes=30)
    cache.put(1, array(20))
    cache.put(1, array(25))
    assert cache.nbytes == 25
    cache.put(1, array(31))
    assert cache.get(1) is None
    assert cache.nbytes == 0


def test_that_dropping_frees_its_bytes_and_an_unknown_image_is_ignored() -> None:
    cache = ArrayCache(max_bytes=30)
    cache.put(1, array(20))
    cache.drop(1)
    cache.drop(2)
    assert cache.get(1) is None
    assert cache.nbytes == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 120)), max_size=60))
def test_that_the_bytes_never_exceed_the_bound_and_always_add_up(puts: list[tuple[int, int]]) -> None:
    cache = ArrayCache(max_bytes=100)
    for image_id, nbytes in puts:
        cache.put(image_id, array(nbytes))
        arrays = [found for found in map(cache.get, range(6)) if found is not None]
        assert cache.nbytes == sum(found.nbytes for found in arrays) <= 100
