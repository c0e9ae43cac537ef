"""Flags, notes and locks of annotations: what they change, and what they keep from changing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.model import box_gestures, edits, gestures
from app.model.annotations import Flag
from app.model.geometry import Handle
from app.model.review import AnnotationRef, SuggestionRef
from app.model.selection import concerned, select_annotations, unlocked

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.commands import Command
    from app.model.workspace import Workspace
    from detector.types import Prediction

BOXES = ((10.0, 10.0, 50.0, 50.0), (100.0, 10.0, 140.0, 50.0), (150.0, 60.0, 190.0, 90.0))


@pytest.fixture
def three(workspace: Workspace) -> Workspace:
    """Annotations 1, 2 and 3 of category 1, all selected, the first of them first."""
    for name in ("bolt", "nut"):
        made = edits.new_category(name, workspace.categories, workspace.next_ids().category)
        workspace.execute(edits.add_category(made))
    for box in BOXES:
        box_gestures.draw(workspace, box)
    select_annotations(workspace, (1, 2, 3), 1)
    return workspace


def lock(workspace: Workspace, *ids: int) -> None:
    before = workspace.view
    select_annotations(workspace, ids)
    box_gestures.toggle_locked(workspace)
    workspace.change_view(before)


@pytest.mark.parametrize("flag", Flag)
def test_that_a_flag_is_set_on_all_and_then_taken_away(three: Workspace, flag: Flag) -> None:
    three.execute(edits.set_flag([three.annotations[2]], flag))  # type: ignore[arg-type]
    box_gestures.toggle_flag(three, flag)
    assert [one.flags for one in three.annotations.values()] == [(flag,)] * 3
    assert three.undo_text == f"mark 2 boxes as {flag.word}"
    box_gestures.toggle_flag(three, flag)
    assert [one.flags for one in three.annotations.values()] == [()] * 3
    three.undo()
    three.undo()
    assert [one.flags for one in three.annotations.values()] == [(), (flag,), ()]


def test_that_a_note_is_one_step_and_an_empty_one_is_none(three: Workspace) -> None:
    assert box_gestures.write_note(three, "  \n") is None
    box_gestures.write_note(three, " the left half\nis a guess ")
    assert {one.note for one in three.annotations.values()} == {"the left half\nis a guess"}
    assert three.undo_text == "write a note on 3 boxes"
    box_gestures.write_note(three, "")
    assert {one.note for one in three.annotations.values()} == {""}


def test_that_flags_leave_box_category_and_provenance(three: Workspace) -> None:
    before = three.annotations[1]
    box_gestures.toggle_flag(three, Flag.OCCLUDED)
    assert three.annotations[1] == replace(before, occluded=True)


def test_that_copies_have_the_flags_but_neither_lock_nor_note(three: Workspace) -> None:
    box_gestures.toggle_flag(three, Flag.TRUNCATED)
    box_gestures.toggle_flag(three, Flag.CROWD)
    box_gestures.write_note(three, "look again")
    box_gestures.toggle_locked(three)
    box_gestures.duplicate_selected(three)
    copies = [one for one in three.annotations.values() if one.id > 3]
    assert [(one.flags, one.locked, one.note) for one in copies] == [((Flag.TRUNCATED, Flag.CROWD), False, "")] * 3


@pytest.mark.parametrize(
    "gesture",
    [
        gestures.delete_selected,
        lambda workspace: gestures.choose_category(workspace, workspace.categories[1]),
        lambda workspace: box_gestures.nudge(workspace, 3, 0),
        lambda workspace: box_gestures.push_side(workspace, Handle.LEFT, 3),
        lambda workspace: box_gestures.set_box(workspace, (0, 0, 9, 9)),
        lambda workspace: box_gestures.toggle_flag(workspace, Flag.DIFFICULT),
        lambda workspace: box_gestures.write_note(workspace, "no"),
    ],
)
def test_that_nothing_but_unlocking_changes_what_is_locked(
    three: Workspace, gesture: Callable[[Workspace], Command | None]
) -> None:
    lock(three, 1, 2, 3)
    before = dict(three.annotations)
    assert gesture(three) is None
    assert three.annotations == before
    box_gestures.toggle_locked(three)
    assert gesture(three) is not None


def test_that_the_locked_ones_of_several_stay_and_the_others_go_on(three: Workspace) -> None:
    lock(three, 3)
    box_gestures.nudge(three, 30, 0)
    assert [one.box[0] for one in three.annotations.values()] == [40, 130, 150], "nor does 3 stop them at the border"
    assert three.undo_text == "nudge 2 boxes"
    gestures.choose_category(three, three.categories[1])
    assert [one.category_id for one in three.annotations.values()] == [2, 2, 1]
    gestures.delete_selected(three)
    assert list(three.annotations) == [3]
    assert three.undo_text == "delete 2 boxes"


def test_that_a_lock_is_toggled_for_all(three: Workspace) -> None:
    lock(three, 2)
    box_gestures.toggle_locked(three)
    assert three.undo_text == "lock 2 boxes"
    assert unlocked(three.annotations.values()) == ()
    box_gestures.toggle_locked(three)
    assert three.undo_text == "unlock 3 boxes"
    three.undo()
    assert unlocked(three.annotations.values()) == ()


def test_that_undo_of_what_was_done_before_the_lock_works(three: Workspace) -> None:
    box_gestures.nudge(three, 3, 0)
    box_gestures.toggle_locked(three)
    three.undo()
    three.undo()
    assert [one.box for one in three.annotations.values()] == list(BOXES)


def test_that_a_doubt_does_not_relabel_a_locked_box(three: Workspace, predict: Callable[..., Prediction]) -> None:
    lock(three, 1)
    three.set_prediction(1, predict((BOXES[0], "nut", 0.9)))
    three.change_view(replace(three.view, selected=SuggestionRef(0)))
    assert [one.id for one in concerned(three)] == [1]
    assert gestures.accept_selected(three) is None
    assert gestures.choose_category(three, three.categories[1]) is None
    assert three.annotations[1].category_id == 1
    assert gestures.reject_selected(three) is not None, "to say that the detector is wrong changes no box"


def test_that_one_locked_box_is_not_pushed_by_a_doubt(three: Workspace, predict: Callable[..., Prediction]) -> None:
    lock(three, 1)
    three.set_prediction(1, predict((BOXES[0], "nut", 0.9)))
    three.change_view(replace(three.view, selected=SuggestionRef(0)))
    assert box_gestures.nudge(three, 3, 0) is None
    three.change_view(replace(three.view, selected=AnnotationRef(1)))
    assert box_gestures.nudge(three, 3, 0) is None
