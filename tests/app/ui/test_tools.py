from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from panel_project import SIZE, MemoryStore, project

from app.model import edits
from app.model.annotations import Annotation, Box, Provenance
from app.model.commands import Command
from app.model.review import AnnotationRef, SuggestionRef
from app.model.storage import StoreError
from app.ui import tools
from app.ui.layers import Layers
from app.ui.picking import Picker, ProposalPick
from app.ui.tools import CategoryWanted, Outcome, PointerEvent, Tool
from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from app.model.workspace import Workspace


def at(kind: str, x: float, y: float, pixel: float = 1.0) -> PointerEvent:
    return PointerEvent(kind, x, y, pixel)  # type: ignore[arg-type]


def outcome(tool: Tool, *events: PointerEvent) -> tuple[list[Box | None], Outcome]:
    """Return the previews of a gesture and what came of it. Fails if the tool waits for more."""
    previews = [next(tool)]
    try:
        for event in events:
            previews.append(tool.send(event))  # noqa: PERF401 - a comprehension lets no StopIteration through
    except StopIteration as stop:
        return previews, stop.value
    raise AssertionError("the tool waits for more")


class Desk:
    """A workspace with what the tools need, and what a canvas does with a command."""

    def __init__(self, names: tuple[str, ...] = ("bolt", "nut")) -> None:
        self.workspace, self.store = project(names=names)
        self.layers = Layers(self.workspace)
        self.picker = Picker(self.layers)
        self.workspace.subscribe(self.layers.forget)

    def draw(self, *events: PointerEvent) -> tuple[list[Box | None], Outcome]:
        return outcome(tools.draw(events[0], self.workspace, SIZE), *events[1:])

    def edit(self, *events: PointerEvent) -> Outcome:
        return self._do(outcome(tools.edit(events[0], self.workspace, SIZE, self.layers, self.picker), *events[1:])[1])

    def turn(self, x: float, y: float, step: int) -> Outcome:
        return self._do(tools.scale(at("move", x, y), self.workspace, self.picker, step))

    def _do(self, made: Outcome) -> Outcome:
        if isinstance(made, Command):
            self.workspace.execute(made)
            for row in made.rows_added():
                if isinstance(row, Annotation):
                    self.select(AnnotationRef(row.id))
            self.picker.keep()
        return made

    def click(self, x: float, y: float) -> Outcome:
        return self.edit(at("press", x, y), at("release", x, y))

    def drag(self, x1: float, y1: float, x2: float, y2: float) -> Outcome:
        return self.edit(at("press", x1, y1), at("move", x2, y2), at("release", x2, y2))

    def select(self, ref: AnnotationRef | SuggestionRef | None) -> None:
        self.workspace.change_view(replace(self.workspace.view, selected=ref))

    def put(self, box: Box) -> AnnotationRef:
        ids = self.workspace.next_ids()
        self.workspace.execute(edits.draw(box, 1, self.workspace.categories[0], ids))
        return AnnotationRef(ids.annotation)

    def predict(self, suggestions: list[Box], proposals: list[Box]) -> None:
        count, many = len(suggestions), len(proposals)
        scores = np.linspace(0.9, 0.6, count)
        candidates = Candidates(np.float32(suggestions).reshape(-1, 4), scores, np.full(count, 1), np.arange(count))
        found = Proposals(np.float32(proposals).reshape(-1, 4), np.linspace(1, 0.5, many))
        self.workspace.set_prediction(1, Prediction(SIZE, found, candidates, ("bolt", "nut"), "v1", 0.05))
        self.workspace.change_view(replace(self.workspace.view, show_proposals=bool(proposals)))

    @property
    def selected(self) -> object:
        return self.workspace.view.selected

    @property
    def boxes(self) -> list[Box]:
        return [annotation.box for annotation in self.workspace.annotations.values()]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def drawn(made: Outcome) -> Annotation:
    assert isinstance(made, Command)
    (row,) = made.rows_added()
    assert isinstance(row, Annotation)
    return row


def test_that_a_drag_draws_one_box_in_the_current_category(desk: Desk) -> None:
    desk.workspace.change_view(replace(desk.workspace.view, category_id=2))
    previews, made = desk.draw(at("press", 90, 80), at("move", 50, 60), at("move", 40, 20), at("release", 40, 20))
    assert previews == [None, (50, 60, 90, 80), (40, 20, 90, 80)]
    assert (drawn(made).box, drawn(made).category_id) == ((40, 20, 90, 80), 2)


def test_that_two_clicks_draw_the_same_box_as_a_drag(desk: Desk) -> None:
    clicks = [at("press", 40, 20), at("release", 41, 21), at("move", 70, 50), at("press", 90, 80)]
    assert drawn(desk.draw(*clicks)[1]).box == (40, 20, 90, 80)


def test_that_a_drawn_box_ends_at_the_image(desk: Desk) -> None:
    made = desk.draw(at("press", -30, 400), at("move", 50, 470), at("release", 100, 900))[1]
    assert drawn(made).box == (0, 400, 100, 480)


@pytest.mark.parametrize("end", [(200.0, 21.0), (41.0, 200.0)])
def test_that_too_thin_a_drag_draws_nothing(desk: Desk, end: tuple[float, float]) -> None:
    assert desk.draw(at("press", 40, 20), at("move", *end), at("release", *end))[1] is None


def test_that_four_clicks_on_the_extremes_draw_the_box_around_them(desk: Desk) -> None:
    points = [(150, 40), (100, 90), (170, 160), (240, 100)]
    events = [at("press", *points[0]), at("release", *points[0])]
    for point in points[1:]:
        events += [at("move", *point), at("press", *point), at("release", *point)]
    previews, made = outcome(tools.draw_extremes(events[0], desk.workspace, SIZE), *events[1:-1])
    assert drawn(made).box == (100, 40, 240, 160)
    assert previews[2] == (100, 40, 150, 90), "the pointer is shown as the next point"


def test_that_extremes_beside_the_image_end_at_its_border(desk: Desk) -> None:
    presses = [at("press", x, y) for x, y in ((50, -30), (-9, 60), (60, 999), (120, 80))]
    assert drawn(outcome(tools.draw_extremes(presses[0], desk.workspace, SIZE), *presses[1:])[1]).box == (
        0,
        0,
        120,
        480,
    )


def test_that_four_points_on_one_line_draw_nothing(desk: Desk) -> None:
    presses = [at("press", x, 60) for x in (10, 20, 30, 40)]
    assert outcome(tools.draw_extremes(presses[0], desk.workspace, SIZE), *presses[1:])[1] is None


def test_that_a_second_click_at_the_same_place_waits_for_another(desk: Desk) -> None:
    clicks = [at("press", 40, 20), at("release", 40, 20), at("press", 41, 20), at("release", 41, 20)]
    assert drawn(desk.draw(*clicks, at("press", 60, 60))[1]).box == (40, 20, 60, 60)


def test_that_smallness_is_measured_on_the_screen(desk: Desk) -> None:
    near = [at("press", 40, 20, 0.1), at("move", 42, 22, 0.1), at("release", 42, 22, 0.1)]
    assert drawn(desk.draw(*near)[1]).box == (40, 20, 42, 22)
    far = [at("press", 40, 20, 10), at("move", 80, 120, 10), at("release", 60, 120, 10)]
    assert desk.draw(*far)[1] is None


def test_that_no_gesture_draws_less_than_a_pixel(desk: Desk) -> None:
    tiny = [at("press", 40, 20, 0.02), at("move", 40.5, 20.5, 0.02), at("release", 40.5, 20.5, 0.02)]
    assert desk.draw(*tiny)[1] is None


def test_that_a_box_without_any_category_asks_for_one() -> None:
    made = Desk(names=()).draw(at("press", 40, 20), at("release", 90, 80))[1]
    assert made == CategoryWanted((40, 20, 90, 80))


def test_that_a_store_that_cannot_be_read_is_not_hidden(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: MemoryStore, _kind: type) -> int:
        raise StoreError("The project cannot be read.")

    monkeypatch.setattr(MemoryStore, "next_id", fail)
    with pytest.raises(StoreError):
        desk.draw(at("press", 40, 20), at("release", 90, 80))


def test_that_a_click_selects_the_smallest_box_and_the_next_ones_go_deeper_and_round(desk: Desk) -> None:
    large, middle, small = desk.put((0, 0, 300, 300)), desk.put((50, 50, 250, 250)), desk.put((90, 90, 130, 130))
    picked = []
    for _ in range(4):
        assert desk.click(110, 110) is None
        picked.append(desk.selected)
    assert picked == [small, middle, large, small]


def test_that_a_click_elsewhere_begins_with_the_smallest_again(desk: Desk) -> None:
    desk.put((0, 0, 300, 300))
    small = desk.put((50, 50, 250, 250))
    desk.click(110, 110)
    desk.click(150, 150)
    assert desk.selected == small


def test_that_a_box_drawn_in_between_is_seen_by_the_next_click(desk: Desk) -> None:
    desk.put((0, 0, 300, 300))
    desk.put((50, 50, 250, 250))
    desk.click(110, 110)
    newest = desk.put((100, 100, 120, 120))
    desk.click(110, 110)
    assert desk.selected == newest


def test_that_a_click_on_nothing_deselects(desk: Desk) -> None:
    desk.select(desk.put((50, 50, 90, 90)))
    assert desk.click(300, 300) is None
    assert desk.selected is None


def test_that_hidden_boxes_are_not_clicked(desk: Desk) -> None:
    desk.put((50, 50, 90, 90))
    desk.workspace.change_view(replace(desk.workspace.view, show_annotations=False))
    desk.click(70, 70)
    assert desk.selected is None


@pytest.mark.parametrize("jitter", [0.0, 3.0])
def test_that_a_click_moves_nothing(desk: Desk, jitter: float) -> None:
    desk.select(desk.put((50, 50, 90, 90)))
    assert desk.drag(70, 70, 70 + jitter, 70) is None
    assert desk.boxes == [(50, 50, 90, 90)]


def test_that_a_drag_inside_moves_the_selected_box_even_under_a_smaller_one(desk: Desk) -> None:
    large = desk.put((50, 50, 250, 250))
    desk.put((90, 90, 130, 130))
    desk.select(large)
    made = desk.drag(110, 110, 120, 105)
    assert isinstance(made, Command)
    assert desk.boxes == [(60, 45, 260, 245), (90, 90, 130, 130)]


def test_that_a_press_selects_and_a_drag_moves_in_one_gesture(desk: Desk) -> None:
    ref = desk.put((50, 50, 90, 90))
    desk.drag(70, 70, 80, 70)
    assert desk.selected == ref
    assert desk.boxes == [(60, 50, 100, 90)]


@pytest.mark.parametrize(
    ("grip", "expected"),
    [
        ((100, 100), (110, 107, 200, 180)),
        ((150, 100), (100, 107, 200, 180)),
        ((200, 100), (100, 107, 210, 180)),
        ((200, 140), (100, 100, 210, 180)),
        ((200, 180), (100, 100, 210, 187)),
        ((150, 180), (100, 100, 200, 187)),
        ((100, 180), (110, 100, 200, 187)),
        ((100, 140), (110, 100, 200, 180)),
    ],
)
def test_that_each_handle_moves_its_sides(desk: Desk, grip: tuple[float, float], expected: Box) -> None:
    desk.select(desk.put((100, 100, 200, 180)))
    desk.drag(*grip, grip[0] + 10, grip[1] + 7)
    assert desk.boxes == [expected]


def test_that_a_side_does_not_jump_to_the_pointer(desk: Desk) -> None:
    desk.select(desk.put((100, 100, 200, 180)))
    desk.drag(203, 140, 213, 140)
    assert desk.boxes == [(100, 100, 210, 180)]


@pytest.mark.parametrize("press", [(150, 140), (200, 180)])
def test_that_a_dragged_box_stays_inside_the_image(desk: Desk, press: tuple[float, float]) -> None:
    desk.select(desk.put((100, 100, 200, 180)))
    desk.drag(*press, 5000, 5000)
    ((x1, y1, x2, y2),) = desk.boxes
    assert 0 <= x1 < x2 == SIZE[1]
    assert 0 <= y1 < y2 == SIZE[0]


def test_that_dragging_a_suggestion_accepts_it_as_moved_in_one_command(desk: Desk) -> None:
    desk.predict([(100, 100, 200, 180)], [])
    before = desk.workspace.history.position
    made = desk.drag(150, 140, 160, 140)
    assert desk.workspace.history.position == before + 1
    annotation = drawn(made)
    assert annotation.provenance is Provenance.MOVED
    assert annotation.box == (110, 100, 210, 180)
    assert annotation.origin is not None
    assert annotation.origin.box == (100, 100, 200, 180)


def test_that_dragging_a_doubt_drags_the_box_that_it_doubts(desk: Desk) -> None:
    ref = desk.put((100, 100, 300, 300))
    desk.workspace.execute(edits.relabel(desk.workspace.annotations[ref.id], desk.workspace.categories[1]))
    desk.predict([(110, 110, 290, 290)], [])
    assert isinstance(desk.drag(200, 200, 220, 210), Command)
    assert desk.boxes == [(120, 110, 320, 310)]


def test_that_a_drag_that_comes_back_changes_nothing(desk: Desk) -> None:
    desk.predict([(100, 100, 200, 180)], [])
    made = desk.edit(at("press", 150, 140), at("move", 190, 150), at("move", 150, 140), at("release", 150, 140))
    assert made is None
    assert desk.boxes == []


def test_that_a_click_takes_the_best_proposal_and_the_next_click_replaces_it(desk: Desk) -> None:
    desk.predict([], [(100, 100, 200, 200), (110, 110, 190, 190), (400, 300, 450, 350)])
    assert drawn(desk.click(150, 150)).provenance is Provenance.DRAWN
    assert desk.boxes == [(100, 100, 200, 200)]
    desk.click(150, 150)
    assert desk.boxes == [(110, 110, 190, 190)]
    desk.click(151, 150)
    assert desk.boxes == [(100, 100, 200, 200)]
    desk.workspace.undo()
    assert desk.boxes == [(110, 110, 190, 190)]


def test_that_a_drag_over_a_proposal_takes_nothing(desk: Desk) -> None:
    desk.predict([], [(100, 100, 200, 200)])
    assert desk.drag(150, 150, 180, 180) is None
    assert desk.boxes == []


def test_that_hidden_proposals_are_not_taken(desk: Desk) -> None:
    desk.predict([], [(100, 100, 200, 200)])
    desk.workspace.change_view(replace(desk.workspace.view, show_proposals=False))
    assert desk.click(150, 150) is None


def test_that_proposals_beyond_the_shown_ones_are_taken_too(desk: Desk) -> None:
    desk.predict([], [(400, 300, 450, 350), (100, 100, 200, 200)])
    desk.workspace.change_view(replace(desk.workspace.view, proposal_top_n=1))
    assert drawn(desk.click(150, 150)).box == (100, 100, 200, 200)


def test_that_before_a_click_the_wheel_chooses_how_large_a_proposal_it_takes(desk: Desk) -> None:
    small, middle, large = (130, 130, 170, 170), (100, 100, 200, 200), (50, 50, 250, 250)
    desk.predict([], [middle, large, small])
    assert desk.picker.hovered(150, 150, 4) == ProposalPick(middle)
    assert desk.turn(150, 150, 1) is None
    assert desk.picker.hovered(151, 150, 4) == ProposalPick(large)
    assert desk.turn(150, 150, 1) is None, "there is none larger"
    desk.turn(150, 150, -1)
    desk.turn(150, 150, -1)
    assert desk.picker.hovered(150, 150, 4) == ProposalPick(small)
    assert drawn(desk.click(150, 150)).box == small


def test_that_elsewhere_the_choice_of_the_wheel_is_forgotten(desk: Desk) -> None:
    desk.predict([], [(100, 100, 200, 200), (50, 50, 250, 250)])
    desk.turn(150, 150, 1)
    assert desk.picker.hovered(170, 150, 4) == ProposalPick((100, 100, 200, 200))
    assert drawn(desk.click(170, 150)).box == (100, 100, 200, 200)


def test_that_after_a_click_the_wheel_changes_the_box_that_it_took(desk: Desk) -> None:
    small, middle, large = (130, 130, 170, 170), (100, 100, 200, 200), (50, 50, 250, 250)
    desk.predict([], [middle, large, small])
    desk.click(150, 150)
    assert isinstance(desk.turn(150, 150, 1), Command)
    assert desk.boxes == [large]
    desk.turn(150, 150, -2)
    assert desk.boxes == [small]
    desk.workspace.undo()
    assert desk.boxes == [large]


def test_that_a_taken_box_that_was_let_go_of_is_neither_replaced_nor_doubled(desk: Desk) -> None:
    middle, large = (100, 100, 200, 200), (50, 50, 250, 250)
    desk.predict([], [middle, large])
    desk.click(150, 150)
    desk.select(None)
    assert desk.turn(150, 150, 1) is None
    assert desk.boxes == [middle]
    desk.click(150, 150)
    desk.click(150, 150)
    assert desk.boxes == [middle, large], "the other scale is another box, once"


def test_that_the_wheel_changes_no_box_that_was_drawn(desk: Desk) -> None:
    desk.put((120, 120, 180, 180))
    desk.predict([], [(50, 50, 250, 250)])
    assert desk.turn(150, 150, 1) is None
    assert desk.boxes == [(120, 120, 180, 180)]
    desk.workspace.change_view(replace(desk.workspace.view, show_proposals=False))
    assert desk.turn(150, 150, 1) is None


def test_that_an_annotated_object_is_selected_and_not_taken_again(desk: Desk) -> None:
    ref = desk.put((100, 100, 200, 200))
    desk.predict([], [(104, 104, 196, 196)])
    for _ in range(3):
        assert desk.click(150, 150) is None
        assert desk.selected == ref


def test_that_a_suggestion_comes_before_the_proposals_of_its_object(desk: Desk) -> None:
    desk.predict([(100, 100, 200, 200)], [(104, 104, 196, 196)])
    assert desk.click(150, 150) is None
    assert isinstance(desk.selected, SuggestionRef)
    assert isinstance(desk.click(150, 150), Command)


def test_that_a_proposal_inside_a_large_box_is_taken_before_it(desk: Desk) -> None:
    desk.put((0, 0, 600, 400))
    desk.predict([], [(100, 100, 140, 140)])
    assert desk.picker.hovered(120, 120, 4) == ProposalPick((100, 100, 140, 140))
    assert drawn(desk.click(120, 120)).box == (100, 100, 140, 140)
    assert desk.picker.hovered(300, 300, 4) is None


def test_that_a_proposal_without_any_category_asks_for_one() -> None:
    desk = Desk(names=())
    desk.predict([], [(100, 100, 200, 200)])
    assert desk.click(150, 150) == CategoryWanted((100, 100, 200, 200))


def test_that_the_right_button_keeps_the_deeper_selection(desk: Desk) -> None:
    large = desk.put((0, 0, 300, 300))
    small = desk.put((90, 90, 130, 130))
    workspace: Workspace = desk.workspace
    tools.select_under(at("press", 110, 110), workspace, desk.layers, desk.picker)
    assert desk.selected == small
    desk.select(large)
    tools.select_under(at("press", 110, 110), workspace, desk.layers, desk.picker)
    assert desk.selected == large
    tools.select_under(at("press", 400, 400), workspace, desk.layers, desk.picker)
    assert desk.selected is None
