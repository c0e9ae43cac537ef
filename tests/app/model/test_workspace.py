from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.model import edits
from app.model.annotations import Annotation, Box, Category
from app.model.history import History
from app.model.review import AnnotationRef, SuggestionRef
from app.model.storage import StoreError
from app.model.view import Change, View
from app.model.workspace import Workspace
from detector.types import Prediction, Thresholds

if TYPE_CHECKING:
    from app.model.commands import Command

BOX = (10.0, 10.0, 50.0, 50.0)
FAR = (100.0, 10.0, 140.0, 50.0)
Predict = Callable[..., Prediction]


def add_category(workspace: Workspace, name: str = "bolt") -> Category:
    category = edits.new_category(name, workspace.categories, workspace.next_ids().category)
    workspace.execute(edits.add_category(category))
    return category


def draw(workspace: Workspace, box: Box = BOX) -> Command:
    category = workspace.current_category or add_category(workspace)
    assert workspace.current_image is not None
    command = edits.draw(box, workspace.current_image.id, category, workspace.next_ids())
    workspace.execute(command)
    return command


def state(workspace: Workspace) -> tuple[object, ...]:
    return (
        list(workspace.images),
        workspace.categories,
        dict(workspace.annotations),
        dict(workspace.rejections),
        workspace.suggestions,
        workspace.history,
    )


def test_that_a_drawn_box_is_in_memory_and_in_the_store(workspace: Workspace, store: Any) -> None:
    draw(workspace)
    assert list(workspace.annotations.values()) == store.annotations_of(1) == [Annotation(1, 1, 1, BOX)]


def test_that_a_failed_write_leaves_memory_and_store_as_they_were(
    workspace: Workspace, store: Any, predict: Predict
) -> None:
    draw(workspace)
    workspace.set_prediction(1, predict((FAR, "nut", 0.9)))
    before, rows = state(workspace), {kind: dict(kept) for kind, kept in store.rows.items()}
    heard: list[Change] = []
    workspace.subscribe(heard.append)
    store.broken = True
    accept = edits.accept(workspace.suggestions, 1, workspace.categories, workspace.next_ids())
    assert accept is not None
    for change in (lambda: workspace.execute(accept), workspace.undo):
        with pytest.raises(StoreError, match="disk is full"):
            change()
    assert state(workspace) == before
    assert store.rows == rows
    assert heard == []


def test_that_undo_and_redo_go_to_the_image_they_change(workspace: Workspace) -> None:
    draw(workspace)
    workspace.go_to(3)
    workspace.undo()
    assert workspace.current_image == workspace.images[0]
    assert workspace.annotations == {}
    workspace.go_to(2)
    workspace.redo()
    assert workspace.current_image == workspace.images[0]
    assert [one.box for one in workspace.annotations.values()] == [BOX]


def test_that_nothing_is_undone_or_redone_where_there_is_nothing(workspace: Workspace) -> None:
    assert workspace.undo() is None
    assert workspace.redo() is None
    assert (workspace.undo_text, workspace.redo_text) == ("", "")


def test_that_a_new_command_drops_what_was_undone(workspace: Workspace) -> None:
    draw(workspace)
    assert workspace.undo_text == "draw bolt"
    workspace.undo()
    assert (workspace.undo_text, workspace.redo_text) == ("add category bolt", "draw bolt")
    draw(workspace, FAR)
    assert workspace.history == History(2, 2)
    assert workspace.redo() is None


def test_that_an_id_is_not_given_twice(workspace: Workspace) -> None:
    draw(workspace)
    workspace.undo()
    draw(workspace)
    assert list(workspace.annotations) == [2]


def test_that_a_held_key_makes_one_undo_step(workspace: Workspace) -> None:
    draw(workspace)
    steps = workspace.history.length
    for pixels in range(1, 6):
        moved = edits.change_box(workspace.annotations[1], (10.0 + pixels, 10.0, 50.0 + pixels, 50.0), "nudge")
        assert moved is not None
        workspace.execute(moved, repeat=pixels > 1)
    assert workspace.history.length == steps + 1
    workspace.undo()
    assert workspace.annotations[1].box == BOX
    workspace.redo()
    assert workspace.annotations[1].box == (15.0, 10.0, 55.0, 50.0)


def test_that_a_nudge_after_an_undo_does_not_join_what_was_before(workspace: Workspace) -> None:
    draw(workspace)
    for pixels in (1, 2):
        moved = edits.change_box(workspace.annotations[1], (10.0 + pixels, 10.0, 50.0, 50.0), "nudge")
        assert moved is not None
        workspace.execute(moved)
    workspace.undo()
    moved = edits.change_box(workspace.annotations[1], (15.0, 10.0, 50.0, 50.0), "nudge")
    assert moved is not None
    workspace.execute(moved, repeat=True)
    workspace.undo()
    assert workspace.annotations[1].box == (11.0, 10.0, 50.0, 50.0)


def test_that_a_prediction_of_another_image_is_dropped(workspace: Workspace, predict: Predict) -> None:
    workspace.set_prediction(2, predict((BOX, "bolt", 0.9)))
    assert workspace.prediction is None
    assert workspace.suggestions == ()


def test_that_the_suggestions_of_one_image_are_not_shown_on_the_next(workspace: Workspace, predict: Predict) -> None:
    workspace.set_prediction(1, predict((BOX, "bolt", 0.9)))
    workspace.go_to(2)
    assert workspace.suggestions == ()
    assert workspace.annotations == {}


def test_that_thresholds_select_suggestions_at_once(workspace: Workspace, predict: Predict) -> None:
    workspace.set_prediction(1, predict((BOX, "bolt", 0.9), (FAR, "bolt", 0.4)))
    assert (len(workspace.suggestions), workspace.hidden_count) == (1, 1)
    heard: list[Change] = []
    workspace.subscribe(heard.append)
    workspace.change_view(replace(workspace.view, thresholds=Thresholds(score_thresh=0.3)))
    assert (len(workspace.suggestions), workspace.hidden_count) == (2, 0)
    assert heard == [Change(thresholds=True, suggestions=True)]


def test_that_the_selection_goes_with_what_was_selected(workspace: Workspace, predict: Predict) -> None:
    workspace.set_prediction(1, predict((BOX, "bolt", 0.9), (FAR, "bolt", 0.6)))
    workspace.change_view(replace(workspace.view, selected=SuggestionRef(1)))
    assert workspace.selected == workspace.suggestions[1]
    workspace.change_view(replace(workspace.view, thresholds=Thresholds(score_thresh=0.7)))
    assert workspace.view.selected is None
    draw(workspace, FAR)
    workspace.change_view(replace(workspace.view, selected=AnnotationRef(1)))
    workspace.undo()
    assert workspace.selected is None


def test_that_an_unknown_reference_is_not_selected(workspace: Workspace) -> None:
    workspace.change_view(replace(workspace.view, selected=AnnotationRef(99)))
    assert workspace.view.selected is None


def test_that_marks_are_counted_and_named_in_the_change(workspace: Workspace) -> None:
    heard: list[Change] = []
    workspace.subscribe(heard.append)
    command = edits.mark_reviewed(workspace.images[1].mark)
    assert command is not None
    workspace.execute(command)
    assert workspace.reviewed_count == 1
    assert workspace.images[1].reviewed
    assert heard == [Change(images=True, image_ids=frozenset({2}), history=True)]
    workspace.undo()
    assert workspace.reviewed_count == 0


def test_that_a_size_learnt_after_a_command_survives_its_undo(workspace: Workspace) -> None:
    command = edits.mark_reviewed(workspace.images[0].mark)
    assert command is not None
    workspace.execute(command)
    workspace.set_image_sizes({1: (480, 640)})
    workspace.undo()
    assert workspace.images[0].size == (480, 640)


def test_that_the_first_category_becomes_the_current_one_and_goes_with_its_undo(workspace: Workspace) -> None:
    assert workspace.current_category is None
    bolt = add_category(workspace)
    assert workspace.current_category == bolt
    workspace.undo()
    assert workspace.current_category is None


def test_that_nobody_is_told_after_unsubscribing(workspace: Workspace) -> None:
    heard: list[Change] = []
    unsubscribe = workspace.subscribe(heard.append)
    draw(workspace)
    count = len(heard)
    assert count > 0
    unsubscribe()
    draw(workspace)
    assert len(heard) == count


def test_that_the_next_start_looks_as_the_last_one_did(workspace: Workspace, store: Any) -> None:
    add_category(workspace)
    add_category(workspace, "nut")
    view = View(Thresholds(0.25, 0.75), 250, show_proposals=True, category_id=2)
    workspace.change_view(view)
    workspace.go_to(3)
    workspace.remember()
    again = Workspace(store)
    assert again.view == view
    assert again.current_image == again.images[2]


@pytest.mark.parametrize("text", ["", "[]", "nonsense", '{"score_thresh": 7}', '{"score_thresh": "high"}'])
def test_that_a_view_that_cannot_be_read_is_the_default_one(text: str) -> None:
    assert View.from_json(text) == View()


def test_that_a_project_without_images_is_not_an_error(store: Any) -> None:
    store.records.clear()
    workspace = Workspace(store)
    assert workspace.current_image is None
    assert (workspace.annotations, workspace.suggestions, workspace.selected) == ({}, (), None)


def test_that_reloading_keeps_the_image_on_screen(workspace: Workspace, store: Any) -> None:
    workspace.go_to(2)
    store.records[9] = replace(store.records[1], id=9, path="0.jpg")
    workspace.reload()
    assert workspace.current_image is not None
    assert workspace.current_image.id == 2
    assert len(workspace.images) == 4


def test_that_an_unknown_image_cannot_be_shown(workspace: Workspace) -> None:
    with pytest.raises(KeyError):
        workspace.go_to(77)
    assert workspace.current_image == workspace.images[0]
