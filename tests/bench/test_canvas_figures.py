from __future__ import annotations

from itertools import islice, pairwise

import pytest

from bench import canvas_gestures as gestures
from bench.canvas_figures import GESTURES, Frames
from bench.canvas_gestures import Scene
from bench.figures import at_most

THOUSAND, MANY, MOST = Scene(1_000), Scene(2_000, proposals=3_000), Scene(10_000, candidates=4_000)


def frames(clock: float, worked: float) -> list[tuple[float, float]]:
    """Return twenty frames of so many milliseconds, and one that took long."""
    return [(clock / 1e3, worked / 1e3)] * 20 + [(1.0, 1.0)]


def test_that_a_gesture_has_what_the_processor_worked_beside_the_peer_and_the_slow_frames_by_both_clocks() -> None:
    median, slow = Frames(THOUSAND, "pan", frames(8, 4), frames(90, 30)).figures("labelme 6")
    assert (median.title, median.ours, median.peer, median.peer_name) == (
        "1,000 boxes: pan, processor",
        *(4.0, 30.0, "labelme 6"),
    )
    assert median.ratio == pytest.approx(7.5)
    assert (slow.title, slow.ours, slow.worked) == ("1,000 boxes: pan, p95", 8.0, 4.0)


@pytest.mark.parametrize(("peer", "held"), [(20.0, True), (19.0, False)])
def test_that_the_ratio_at_a_thousand_boxes_is_promised_and_no_other(peer: float, held: bool) -> None:
    promised, _ = Frames(THOUSAND, "pan", frames(4, 4), frames(peer, peer)).figures("labelme")
    other, _ = Frames(Scene(100), "pan", frames(4, 4), frames(4, 4)).figures("labelme")
    assert promised.held is held
    assert (other.held, other.note) == (None, "1.0 x as fast")


@pytest.mark.parametrize(
    ("clock", "worked", "verdict"), [(16, 16, "held"), (40, 16, "held by the processor"), (40, 17, "MISSED")]
)
def test_that_a_frame_is_held_to_60_hertz(clock: float, worked: float, verdict: str) -> None:
    _, slow = Frames(MANY, "pan", frames(clock, worked)).figures("labelme")
    assert slow.title == "2,000 boxes + 3,000 proposals: pan, p95"
    assert slow.verdict == verdict
    _, most = Frames(MOST, "pan", frames(99, 99)).figures("labelme")
    assert most.target is None, "no promise is made for so many"


def test_that_with_many_candidates_the_iou_slider_has_more_time() -> None:
    _, iou = Frames(MOST, "iou", frames(45, 45)).figures("labelme")
    assert (iou.target, iou.held) == (at_most(50.0), True)


def test_that_what_was_not_compared_is_not_measured() -> None:
    promised, _ = Frames(THOUSAND, "pan", frames(1, 1)).figures("labelme")
    assert (promised.verdict, promised.note) == ("not measured", "labelme is not here")
    slider, _ = Frames(THOUSAND, "score", frames(1, 1)).figures("labelme")
    assert (slider.verdict, slider.note) == ("", "")


def test_that_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(20, 0, -1)]
    assert gestures.percentile(values, 0.5) == 10
    assert gestures.percentile(values, 0.95) == 19
    assert gestures.percentile(values, 1.0) == 20
    assert gestures.percentile([3.0], 0.5) == 3


def test_that_both_canvases_get_the_same_boxes_all_on_the_image() -> None:
    height, width = gestures.IMAGE_SIZE
    first, again = gestures.annotated(THOUSAND), gestures.annotated(THOUSAND)
    assert first == again
    assert len(first) == 1_000
    assert first[-1] == gestures.GRABBED
    assert all(0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height for x1, y1, x2, y2 in first)


def test_that_every_frame_of_a_gesture_has_something_to_show() -> None:
    for steps in (gestures.drag(), gestures.slide(0.1, 0.9)):
        assert all(before != after for before, after in pairwise(islice(steps, 100)))
    assert all(step != (0.0, 0.0) for step in islice(gestures.pan(), 100))
    assert sum(islice(gestures.zoom(), 8)) == 0


def test_that_a_frame_that_never_comes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gestures, "PATIENCE", 0.0)
    with pytest.raises(TimeoutError):
        gestures.finish(lambda: False, lambda: None)


def test_that_the_first_frames_do_not_count() -> None:
    calls: list[int] = []
    assert len(gestures.frames(lambda: calls.append(1), 7)) == 7
    assert len(calls) == 7 + gestures.WARM_UP


def test_that_every_gesture_has_a_name() -> None:
    assert {Frames(MANY, gesture, []).title.partition(": ")[2] for gesture in GESTURES} == set(GESTURES.values())
