from __future__ import annotations

import numpy as np
import pytest

from detector.effort import Match, matches, saved

YES, NO = True, False


@pytest.mark.parametrize(
    ("ious", "same", "found", "gain"),
    [
        pytest.param([[0.5]], [[YES]], [Match(0, is_loose=False)], 1, id="right"),
        pytest.param([[0.9]], [[NO]], [Match(0, is_loose=False)], 0, id="to relabel"),
        pytest.param([[0.3]], [[YES]], [Match(0, is_loose=True)], 0, id="to move"),
        pytest.param([[0.4]], [[NO]], [None], -1, id="loose and of another category"),
        pytest.param([[0.2]], [[YES]], [None], -1, id="elsewhere"),
        pytest.param([[0.6], [0.9]], [[YES], [YES]], [None, Match(0, is_loose=False)], 0, id="two on one: the closer"),
        pytest.param([[0.9], [0.6]], [[NO], [YES]], [None, Match(0, is_loose=False)], 0, id="the right name first"),
        pytest.param(
            [[0.9, 0.6], [0.8, 0.0]],
            [[YES, YES], [YES, YES]],
            [Match(0, is_loose=False), None],
            0,
            id="one object each, the closest pair first",
        ),
        pytest.param(
            [[0.4, 0.6], [0.0, 0.7]],
            [[YES, NO], [NO, YES]],
            [Match(0, is_loose=True), Match(1, is_loose=False)],
            1,
            id="what is left is moved",
        ),
    ],
)
def test_that_each_suggestion_is_of_one_object_at_most(ious, same, found, gain):
    ious, same = np.array(ious), np.array(same)
    before = ious.copy()
    assert matches(ious, same) == found
    assert saved(ious, same) == gain
    assert np.array_equal(ious, before)


def test_that_a_higher_bar_is_met_by_fewer():
    ious, same = np.array([[0.6]]), np.array([[YES]])
    assert (saved(ious, same, 0.5), saved(ious, same, 0.75)) == (1, 0)
    assert matches(ious, same, 0.75) == [Match(0, is_loose=True)]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_that_nothing_to_match_is_no_match(shape):
    assert matches(np.zeros(shape), np.zeros(shape, dtype=np.bool_)) == [None] * shape[0]
    assert saved(np.zeros(shape), np.zeros(shape, dtype=np.bool_)) == -shape[0]
