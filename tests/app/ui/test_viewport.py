from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.viewport import MAX_SCALE, Viewport

sizes = st.tuples(st.integers(1, 40_000), st.integers(1, 40_000))
points = st.tuples(st.floats(0, 800), st.floats(0, 600))
WIDGET = (800, 600)


@given(sizes)
def test_that_a_fitted_image_lies_inside_the_widget_and_in_its_middle(image_size: tuple[int, int]) -> None:
    viewport = Viewport(image_size, WIDGET).fitted()
    height, width = image_size
    x1, y1 = viewport.to_screen(0, 0)
    x2, y2 = viewport.to_screen(width, height)
    assert x1 >= -1e-6
    assert y1 >= -1e-6
    assert x2 <= 800 + 1e-6
    assert y2 <= 600 + 1e-6
    assert (x1 + x2) / 2 == pytest.approx(400)
    assert (y1 + y2) / 2 == pytest.approx(300)


def test_that_a_widget_smaller_than_the_margin_still_gets_a_view() -> None:
    assert Viewport((480, 640), (1, 1)).fitted().scale > 0


@given(st.floats(0.5, 2), st.tuples(st.floats(200, 600), st.floats(150, 450)))
def test_that_zooming_keeps_the_point_under_the_pointer(factor: float, at: tuple[float, float]) -> None:
    viewport = Viewport((3000, 4000), WIDGET).fitted().zoomed(4, 400, 300)
    before = viewport.to_image(*at)
    assert viewport.zoomed(factor, *at).to_image(*at) == pytest.approx(before, abs=1e-6)


def test_that_zoom_has_limits() -> None:
    viewport = Viewport((480, 640), WIDGET).fitted()
    assert viewport.zoomed(1e9, 400, 300).scale == MAX_SCALE
    lowest = viewport.zoomed(1e-9, 400, 300).scale
    assert 0 < lowest < viewport.scale
    assert viewport.zoomed(1e-12, 400, 300).scale == lowest


def test_that_a_limit_reached_does_not_move_the_image() -> None:
    viewport = Viewport((480, 640), WIDGET).fitted().zoomed(1e9, 400, 300)
    assert viewport.zoomed(2, 100, 100) == viewport


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_that_panning_never_loses_the_image(dx: float, dy: float) -> None:
    viewport = Viewport((480, 640), WIDGET).fitted().panned(dx, dy)
    x1, y1, x2, y2 = viewport.visible_box()
    assert x1 < 640
    assert x2 > 0
    assert y1 < 480
    assert y2 > 0


def test_that_zooming_to_a_box_centres_it_at_half_the_widget() -> None:
    viewport = Viewport((480, 640), WIDGET).zoomed_to((100, 100, 200, 120))
    assert viewport.to_screen(150, 110) == pytest.approx((400, 300))
    assert viewport.scale == pytest.approx(4)


def test_that_zooming_to_a_tiny_box_shows_what_is_around_it() -> None:
    assert Viewport((480, 640), WIDGET).zoomed_to((10, 10, 24, 22)).scale == pytest.approx(8)
    assert Viewport((480, 640), WIDGET).zoomed_to((10, 10, 10, 10)).scale == pytest.approx(8)


def test_that_a_box_is_brought_into_sight_with_as_little_change_as_that_takes() -> None:
    view = Viewport((1000, 1000), (500, 400)).zoomed_to((100, 100, 200, 180))  # 2.5 times as large, 200 x 160 in sight
    near, far, tiny, large = (120, 110, 150, 140), (700, 600, 800, 640), (700, 600, 705, 604), (0, 0, 400, 100)
    assert view.brought(near) == view
    brought = view.brought(far)
    assert brought.scale == view.scale
    assert brought.to_image(250, 200) == pytest.approx((750, 620))
    seen = view.brought(tiny)
    assert seen.scale == 8, "ninety-six pixels would be more than eight times"
    assert seen.to_image(250, 200) == pytest.approx((702.5, 602))
    assert view.fitted().brought((600, 600, 630, 626)).scale * 30 == pytest.approx(96)
    assert view.brought(large) == view.zoomed_to(large)
    close = view.scaled_to(20)
    assert close.brought((700, 600, 701, 601)).scale == 20, "a view is never made smaller for a tiny box"


def test_that_another_widget_size_keeps_the_middle() -> None:
    viewport = Viewport((3000, 4000), WIDGET).fitted().zoomed(5, 300, 200)
    middle = viewport.to_image(400, 300)
    assert viewport.resized((1000, 900)).to_image(500, 450) == pytest.approx(middle)


def test_that_a_widget_that_begins_elsewhere_keeps_each_point_in_its_place() -> None:
    viewport = Viewport((3000, 4000), WIDGET).fitted().zoomed(5, 300, 200)
    cut = viewport.cut_by(10, 34, (790, 566))
    assert cut.widget_size == (790, 566)
    assert cut.to_screen(*viewport.to_image(300, 200)) == pytest.approx((290, 166))


@given(points, st.floats(0.01, 60))
def test_that_screen_and_image_points_are_inverse(at: tuple[float, float], scale: float) -> None:
    viewport = Viewport((3000, 4000), WIDGET, scale, -30.5, 12.25)
    assert viewport.to_screen(*viewport.to_image(*at)) == pytest.approx(at, abs=1e-6)


def test_that_boxes_go_to_the_screen_as_their_corners_do() -> None:
    viewport = Viewport((480, 640), WIDGET, 2.5, 7, -3)
    boxes = np.array([[1.0, 2.0, 30.0, 40.0]])
    assert viewport.boxes_to_screen(boxes)[0].tolist() == [*viewport.to_screen(1, 2), *viewport.to_screen(30, 40)]
    assert viewport.boxes_to_screen(boxes[:0]).shape == (0, 4)


def test_that_another_image_is_seen_at_the_same_scale_and_the_same_part_of_it() -> None:
    seen = Viewport((480, 640), (600, 400)).fitted().zoomed(4, 100, 90)
    same, larger = seen.moved_to((480, 640)), seen.moved_to((960, 1280))
    assert (same.scale, larger.scale) == (seen.scale, seen.scale)
    assert (same.x, same.y) == pytest.approx((seen.x, seen.y))
    x, y = seen.to_image(300, 200)
    assert larger.to_image(300, 200) == pytest.approx((2 * x, 2 * y))


@given(sizes, sizes)
def test_that_some_of_another_image_is_always_in_sight(before: tuple[int, int], after: tuple[int, int]) -> None:
    moved = Viewport(before, WIDGET).fitted().zoomed(8, 20, 30).moved_to(after)
    x1, y1, x2, y2 = moved.visible_box()
    assert x1 < after[1]
    assert y1 < after[0]
    assert x2 > 0
    assert y2 > 0
