from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.stratified import deal_out


def counted(parts: list[int], weights: np.ndarray, count: int) -> np.ndarray:
    """Return (P, ...) the sums of `weights` (G, ...) by part."""
    return np.array([weights[np.array(parts) == part].sum(axis=0) for part in range(count)])


def test_that_parts_have_their_share_of_images_and_of_every_category() -> None:
    pick = np.random.default_rng(7)
    shown = (pick.random((1000, 5)) < (0.5, 0.3, 0.1, 0.05, 0.02)).astype(int)
    names = [f"{number}.png" for number in range(1000)]
    parts = deal_out(np.ones(1000), shown, (0.8, 0.1, 0.1), names)
    images = counted(parts, np.ones(1000), 3)
    assert images == pytest.approx([800, 100, 100], abs=6)
    shares = counted(parts, shown, 3) / shown.sum(axis=0)
    assert shares == pytest.approx(np.array([[0.8], [0.1], [0.1]]).repeat(5, axis=1), abs=0.06)


def test_that_chance_alone_leaves_rare_categories_less_even() -> None:
    pick = np.random.default_rng(3)
    shown = (pick.random((400, 8)) < 0.03).astype(int)
    names = [f"{number}.png" for number in range(400)]
    dealt = counted(deal_out(np.ones(400), shown, (0.8, 0.2), names), shown, 2)[1]
    by_chance = counted([int(one < 0.2) for one in pick.random(400)], shown, 2)[1]
    wanted = shown.sum(axis=0) * 0.2
    assert np.abs(dealt - wanted).max() <= 1
    assert np.abs(by_chance - wanted).max() > 1


def test_that_the_order_of_the_groups_does_not_matter_and_the_seed_does() -> None:
    pick = random.Random(5)
    rows = [(f"{number}.png", pick.randint(1, 4), [pick.randint(0, 1), pick.randint(0, 1)]) for number in range(60)]

    def dealt(rows: list, seed: int = 0) -> dict[str, int]:
        names, sizes, shown = zip(*rows, strict=True)
        return dict(zip(names, deal_out(sizes, shown, (0.7, 0.3), names, seed), strict=True))

    shuffled = rows.copy()
    pick.shuffle(shuffled)
    assert dealt(rows) == dealt(shuffled)
    assert dealt(rows) != dealt(rows, 1)


def test_that_a_category_of_one_group_is_learnt() -> None:
    assert deal_out([1, 1, 1], [[1], [0], [0]], (0.8, 0.1, 0.1), ["a", "b", "c"])[0] == 0


def test_that_nothing_is_dealt_out_of_nothing() -> None:
    assert deal_out([], np.zeros((0, 3)), (0.8, 0.2), []) == []
    assert deal_out([2, 1], np.zeros((2, 0)), (1.0, 0.0), ["a", "b"]) == [0, 0]


@given(st.data())
def test_that_every_group_goes_to_a_part_that_wants_some(data: st.DataObject) -> None:
    count, categories = data.draw(st.integers(0, 12)), data.draw(st.integers(0, 3))
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=count, max_size=count))
    shown = [[data.draw(st.integers(0, size)) for _ in range(categories)] for size in sizes]
    shares = data.draw(st.sampled_from([(0.8, 0.2), (0.8, 0.1, 0.1), (0.9, 0.0, 0.1), (0.0, 1.0)]))
    parts = deal_out(sizes, np.reshape(shown, (count, categories)), shares, [str(number) for number in range(count)])
    assert len(parts) == count
    assert all(shares[part] > 0 for part in parts)
