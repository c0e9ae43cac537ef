from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import geometry
from app.model.geometry import Handle

if TYPE_CHECKING:
    from app.model.annotations import Box

SIZE = (100, 200)


@st.composite
def boxes_inside(draw: st.DrawFn) -> Box:
    x1 = draw(st.floats(0, 198, allow_subnormal=False))
    y1 = draw(st.floats(0, 98, allow_subnormal=False))
    return x1, y1, draw(st.floats(x1 + 1, 200)), draw(st.floats(y1 + 1, 100))


def assert_inside(box: Box) -> None:
    assert 0 <= box[0] < box[2] <= SIZE[1]
    assert 0 <= box[1] < box[3] <= SIZE[0]


@given(boxes_inside(), st.floats(-500, 500), st.floats(-500, 500))
def test_that_a_moved_box_keeps_its_size_and_stays_inside(box: Box, dx: float, dy: float) -> None:
    moved = geometry.move(box, dx, dy, SIZE)
    assert_inside(moved)
    assert moved[2] - moved[0] == pytest.approx(box[2] - box[0])
    assert moved[3] - moved[1] == pytest.approx(box[3] - box[1])


@given(boxes_inside(), st.sampled_from(Handle), st.floats(-500, 500), st.floats(-500, 500))
def test_that_a_resized_box_stays_inside_and_moves_only_its_own_sides(
    box: Box, handle: Handle, x: float, y: float
) -> None:
    resized = geometry.resize(box, handle, x, y, SIZE)
    assert_inside(resized)
    horizontal, vertical = handle.value
    moving = {(-1, 0): 0, (1, 0): 2}.get((horizontal, 0)), {(-1, 0): 1, (1, 0): 3}.get((vertical, 0))
    assert all(resized[side] == box[side] for side in range(4) if side not in moving)


def test_that_a_handle_follows_the_pointer() -> None:
    assert geometry.resize((10, 10, 50, 50), Handle.TOP_LEFT, 5, 20, SIZE) == (5, 20, 50, 50)
    assert geometry.resize((10, 10, 50, 50), Handle.RIGHT, 70, 99, SIZE) == (10, 10, 70, 50)


def test_that_a_side_stops_before_the_opposite_one() -> None:
    assert geometry.resize((10, 10, 50, 50), Handle.LEFT, 90, 0, SIZE) == (49, 10, 50, 50)


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        (Handle.LEFT, (8, 10, 50, 50)),
        (Handle.TOP, (10, 8, 50, 50)),
        (Handle.RIGHT, (10, 10, 52, 50)),
        (Handle.BOTTOM, (10, 10, 50, 52)),
    ],
)
def test_that_a_side_is_pushed_outwards(side: Handle, expected: Box) -> None:
    assert geometry.push_side((10, 10, 50, 50), side, 2, SIZE) == expected
    assert geometry.push_side(expected, side, -2, SIZE) == (10, 10, 50, 50)


def test_that_corners_may_be_given_in_any_order() -> None:
    assert geometry.normalise(50, 10, 20, 40) == (20, 10, 50, 40)


def test_that_clipping_keeps_what_is_inside_and_refuses_what_is_not() -> None:
    assert geometry.clip((-5, -5, 300, 50), SIZE) == (0, 0, 200, 50)
    assert geometry.clip((210, 10, 250, 50), SIZE) is None
    assert geometry.clip((10, 10, 10.5, 50), SIZE) is None


def test_that_iou_equals_its_brute_force_twin() -> None:
    rng = np.random.default_rng(3)
    corners = rng.uniform(0, 50, (2, 20, 2))
    boxes = np.concatenate([corners.min(0), corners.max(0)], axis=1)
    expected = [[brute_iou(tuple(one), tuple(other)) for other in boxes[:7]] for one in boxes]
    np.testing.assert_allclose(geometry.iou(boxes, boxes[:7]), expected)


def brute_iou(one: Box, other: Box) -> float:
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    union = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - width * height
    return width * height / union if union > 0 else 0.0


def test_that_iou_of_no_boxes_and_of_empty_boxes_is_defined() -> None:
    assert geometry.iou([], [(0, 0, 1, 1)]).shape == (0, 1)
    assert geometry.iou([(1, 1, 1, 1)], [(1, 1, 1, 1)]) == 0


def test_that_the_smallest_box_is_hit_first() -> None:
    boxes = [(0, 0, 100, 100), (40, 40, 60, 60), (30, 30, 80, 80), (0, 0, 5, 5)]
    assert geometry.boxes_at(boxes, 50, 50) == [1, 2, 0]
    assert geometry.boxes_at(boxes, 150, 50) == []
    assert geometry.boxes_at([], 1, 1) == []


@pytest.mark.parametrize("handle", Handle)
def test_that_every_handle_is_found_where_it_sits(handle: Handle) -> None:
    box = (20.0, 20.0, 80.0, 60.0)
    assert geometry.handle_at(box, *geometry.handle_point(box, handle), radius=4) is handle


def test_that_a_side_is_a_handle_along_its_whole_length() -> None:
    assert geometry.handle_at((20, 20, 80, 60), 22, 30, radius=4) is Handle.LEFT


def test_that_the_middle_of_a_small_box_moves_it() -> None:
    assert geometry.handle_at((20, 20, 24, 24), 22, 22, radius=10) is None
    assert geometry.handle_at((20, 20, 24, 24), 15, 15, radius=10) is Handle.TOP_LEFT


def test_that_far_from_a_box_there_is_no_handle() -> None:
    assert geometry.handle_at((20, 20, 80, 60), 90, 40, radius=4) is None
