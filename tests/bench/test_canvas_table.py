from __future__ import annotations

from itertools import islice, pairwise

import pytest

from bench import canvas_gestures as gestures
from bench.canvas_gestures import Scene
from bench.canvas_table import GESTURES, Figure, table, verdicts

THOUSAND, MANY, MOST = Scene(1_000), Scene(2_000, proposals=3_000), Scene(10_000, candidates=4_000)


def frames(clock: float, worked: float) -> list[tuple[float, float]]:
    """Return twenty frames of so many milliseconds, and one that took long."""
    return [(clock / 1e3, worked / 1e3)] * 20 + [(1.0, 1.0)]


def test_that_a_line_has_both_clocks_of_both_canvases_and_the_ratio_of_what_was_worked() -> None:
    (_, line) = table([Figure(THOUSAND, "pan", frames(8, 4), frames(90, 30))], "labelme 6")
    assert " ".join(line.split()) == "1,000 boxes: pan 8.00 8.00 4.00 4.00 90.00 90.00 30.00 30.00 7.5 x"


def test_that_the_columns_stand_under_their_titles() -> None:
    title, with_peer, without = table(
        [Figure(MANY, "drag", frames(8, 4), frames(90, 30)), Figure(MANY, "iou", frames(8, 4))], "labelme 6"
    )
    assert title.index("faster") - 2 == with_peer.index("30.00   30.00") + len("30.00   30.00")
    assert without.endswith("-")
    assert title.index("labelme 6") + len("labelme 6") == len(without)
    assert "1,000 candidates" in without
    assert "1,000 candidates" not in with_peer


@pytest.mark.parametrize(("peer", "held"), [(20.0, "held"), (19.0, "MISSED")])
def test_that_the_least_ratio_at_a_thousand_boxes_decides(peer: float, held: str) -> None:
    figures = [
        Figure(THOUSAND, "pan", frames(4, 4), frames(peer, peer)),
        Figure(THOUSAND, "drag", frames(1, 1), frames(90, 90)),
        Figure(Scene(100), "pan", frames(4, 4), frames(4, 4)),
    ]
    first, *_ = verdicts(figures)
    assert first.endswith(f" {peer / 4:.1f} x as fast >= 5 x  {held}")


@pytest.mark.parametrize(
    ("clock", "worked", "held"),
    [(16, 16, "  held"), (40, 16, "held by the processor, on a busy machine"), (40, 17, "MISSED")],
)
def test_that_a_frame_of_the_slowest_gesture_is_held_to_60_hertz(clock: float, worked: float, held: str) -> None:
    figures = [Figure(MANY, "pan", frames(clock, worked)), Figure(THOUSAND, "pan", frames(1, 1))]
    figures.append(Figure(MOST, "pan", frames(99, 99)))  # no promise is made for so many
    (line,) = verdicts(figures)
    assert "2,000 boxes + 3,000 proposals: pan" in line
    assert line.endswith(held)


def test_that_with_many_candidates_the_iou_slider_has_more_time() -> None:
    (line,) = verdicts([Figure(MOST, "iou", frames(45, 45)), Figure(MOST, "score", frames(45, 45))])
    assert line.endswith("<= 50.0 ms  held")


def test_that_what_was_not_compared_gets_no_verdict() -> None:
    assert verdicts([]) == []
    assert not [line for line in verdicts([Figure(THOUSAND, "pan", frames(1, 1))]) if "as fast" in line]


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
    assert {Figure(MANY, gesture, []).title.partition(": ")[2] for gesture in GESTURES} == set(GESTURES.values())
