"""Several boxes selected at once: how they come to be, and that what is done is done to all of them, in one step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.model import box_gestures, edits, gestures, navigation, selection
from app.model.annotations import Provenance
from app.model.geometry import Handle
from app.model.review import AnnotationRef, SuggestionRef
from app.model.selection import select_annotations, selected_annotations, toggle

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.annotations import Box
    from app.model.view import Change
    from app.model.workspace import Workspace
    from detector.types import Prediction

BOXES = ((10.0, 10.0, 50.0, 50.0), (100.0, 10.0, 140.0, 50.0), (150.0, 60.0, 190.0, 90.0))


@pytest.fixture
def three(workspace: Workspace) -> Workspace:
    """Annotations 1, 2 and 3 of category 1; nothing is selected. The image is 200 wide and 100 high."""
    for name in ("bolt", "nut"):
        made = edits.new_category(name, workspace.categories, workspace.next_ids().category)
        workspace.execute(edits.add_category(made))
    for box in BOXES:
        box_gestures.draw(workspace, box)
    workspace.change_view(replace(workspace.view, selected=None))
    return workspace


def ids(workspace: Workspace) -> list[int]:
    return [one.id for one in selected_annotations(workspace)]


def boxes(workspace: Workspace) -> list[Box]:
    return [one.box for one in workspace.annotations.values()]


def test_that_toggling_adds_and_takes_out(three: Workspace) -> None:
    toggle(three, 3)
    assert (three.view.selected, three.view.several) == (AnnotationRef(3), ())
    toggle(three, 1)
    assert (three.view.selected, ids(three)) == (AnnotationRef(1), [1, 3]), "the last one added is the selected one"
    toggle(three, 1)
    assert (three.view.selected, three.view.several) == (AnnotationRef(3), ())
    toggle(three, 3)
    assert three.view.selected is None


def test_that_selecting_another_box_selects_it_alone(three: Workspace) -> None:
    selection.select_all(three)
    three.change_view(replace(three.view, selected=AnnotationRef(2)))
    assert ids(three) == [2]
    selection.select_all(three)
    navigation.walk(three, 1)
    assert len(ids(three)) == 1


def test_that_other_changes_of_the_view_leave_the_selection(three: Workspace) -> None:
    select_annotations(three, (1, 3), 3)
    three.change_view(replace(three.view, keep_zoom=True, category_id=2))
    assert (three.view.selected, ids(three)) == (AnnotationRef(3), [1, 3])


def test_that_one_set_of_boxes_can_follow_another(three: Workspace) -> None:
    select_annotations(three, (1, 3))
    select_annotations(three, (2, 3))
    assert ids(three) == [2, 3]


def test_that_views_hear_of_it(three: Workspace) -> None:
    heard: list[Change] = []
    three.subscribe(heard.append)
    select_annotations(three, (1, 2), 1)
    select_annotations(three, (1, 2, 3), 1)
    assert [change.selection for change in heard] == [True, True]


def test_that_an_annotation_does_not_go_with_a_suggestion(three: Workspace, predict: Callable[..., Prediction]) -> None:
    three.set_prediction(1, predict(((60.0, 60.0, 90.0, 90.0), "bolt", 0.9)))
    three.change_view(replace(three.view, selected=SuggestionRef(0)))
    assert selected_annotations(three) == ()
    toggle(three, 2)
    assert (three.view.selected, ids(three)) == (AnnotationRef(2), [2])


@pytest.mark.parametrize(
    ("band", "expected"),
    [((0, 0, 31, 31), [1]), ((29, 0, 121, 31), [1, 2]), ((0, 0, 29, 100), []), ((0, 0, 200, 100), [1, 2, 3])],
)
def test_that_a_band_takes_the_boxes_whose_middle_it_has(three: Workspace, band: Box, expected: list[int]) -> None:
    assert selection.select_within(three, band, adding=False) == len(expected)
    assert ids(three) == expected


def test_that_a_band_adds_or_begins_anew(three: Workspace) -> None:
    toggle(three, 3)
    selection.select_within(three, (0, 0, 60, 60), adding=True)
    assert ids(three) == [1, 3]
    selection.select_within(three, (90, 0, 150, 60), adding=False)
    assert ids(three) == [2]


def test_that_hidden_boxes_are_not_selected(three: Workspace) -> None:
    three.change_view(replace(three.view, show_annotations=False))
    assert selection.select_all(three) == 0
    assert selection.select_within(three, (0, 0, 200, 100), adding=False) == 0
    assert three.view.selected is None


def test_that_nothing_stays_selected_on_another_image(three: Workspace) -> None:
    selection.select_all(three)
    three.go_to(2)
    assert (three.view.selected, three.view.several) == (None, ())


def test_that_what_undo_takes_away_is_selected_no_longer(three: Workspace) -> None:
    select_annotations(three, (1, 2, 3), 1)
    three.undo()
    assert ids(three) == [1, 2]
    three.undo()
    assert (ids(three), three.view.several) == ([1], ())


def test_that_arrows_move_all_by_the_same_and_stop_together_at_the_border(three: Workspace) -> None:
    select_annotations(three, (1, 3), 1)
    before = three.history.position
    for _ in range(3):
        box_gestures.nudge(three, 5, 0, repeat=True)
    assert boxes(three) == [(20, 10, 60, 50), BOXES[1], (160, 60, 200, 90)]
    assert three.history.position == before + 1, "a held key is one step"
    assert ids(three) == [1, 3]
    three.undo()
    assert boxes(three) == list(BOXES)


def test_that_a_side_is_pushed_of_each(three: Workspace) -> None:
    select_annotations(three, (1, 2))
    command = box_gestures.push_side(three, Handle.RIGHT, 4)
    assert command is not None
    assert command.text == "push right side of 2 boxes"
    assert boxes(three) == [(10, 10, 54, 50), (100, 10, 144, 50), BOXES[2]]


def test_that_one_key_deletes_all_and_one_undo_brings_them_back(three: Workspace) -> None:
    select_annotations(three, (1, 3))
    gestures.delete_selected(three)
    assert list(three.annotations) == [2]
    assert three.view.selected is None
    three.undo()
    assert list(three.annotations) == [1, 2, 3]


def test_that_a_digit_relabels_all(three: Workspace) -> None:
    select_annotations(three, (1, 2, 3))
    gestures.choose_category(three, three.categories[1])
    assert [one.category_id for one in three.annotations.values()] == [2, 2, 2]
    assert ids(three) == [1, 2, 3]
    assert three.undo_text == "relabel 3 boxes to nut"
    assert three.undo() is not None
    assert [one.category_id for one in three.annotations.values()] == [1, 1, 1]


def test_that_only_what_changes_is_counted(three: Workspace) -> None:
    three.execute(edits.relabel(three.annotations[2], three.categories[1]))  # type: ignore[arg-type]
    select_annotations(three, (1, 2))
    gestures.choose_category(three, three.categories[1])
    assert three.undo_text == "relabel to nut"


def test_that_copies_are_selected_together(three: Workspace) -> None:
    select_annotations(three, (1, 2))
    command = box_gestures.duplicate_selected(three)
    assert command is not None
    assert command.text == "duplicate 2 boxes"
    assert ids(three) == [4, 5]
    assert {one.provenance for one in selected_annotations(three)} == {Provenance.DRAWN}
    assert [one.box for one in selected_annotations(three)] == [(22, 22, 62, 62), (112, 22, 152, 62)]


def test_that_nothing_is_duplicated_where_nothing_is_selected(three: Workspace) -> None:
    assert box_gestures.duplicate_selected(three) is None
