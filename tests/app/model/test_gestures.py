from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.model import box_gestures, edits, gestures, navigation
from app.model.annotations import Category, Provenance
from app.model.geometry import Handle
from app.model.review import AnnotationRef, SuggestionRef
from app.model.workspace import Workspace
from detector.types import Prediction

BOX = (10.0, 10.0, 50.0, 50.0)
FAR = (100.0, 10.0, 140.0, 50.0)
LOW = (10.0, 60.0, 50.0, 90.0)
Predict = Callable[..., Prediction]


@pytest.fixture
def predicted(workspace: Workspace, predict: Predict) -> Workspace:
    """Three suggestions; Tab's order is FAR (0.6), LOW (0.7), BOX (0.9)."""
    workspace.set_prediction(1, predict((BOX, "bolt", 0.9), (FAR, "nut", 0.6), (LOW, "bolt", 0.7)))
    return workspace


def category(workspace: Workspace, name: str) -> Category:
    made = edits.new_category(name, workspace.categories, workspace.next_ids().category)
    workspace.execute(edits.add_category(made))
    return made


def test_that_enter_accepts_and_goes_on_to_the_next_uncertain_suggestion(predicted: Workspace) -> None:
    assert navigation.walk(predicted, 1) == SuggestionRef(2)
    gestures.accept_selected(predicted)
    (accepted,) = predicted.annotations.values()
    assert (accepted.box, accepted.provenance) == (FAR, Provenance.ACCEPTED)
    assert [one.name for one in predicted.categories] == ["nut"]
    assert predicted.view.selected == SuggestionRef(1)
    assert len(predicted.suggestions) == 2


def test_that_esc_rejects_and_undo_brings_the_suggestion_back(predicted: Workspace) -> None:
    navigation.walk(predicted, 1)
    gestures.reject_selected(predicted)
    assert len(predicted.rejections) == 1
    assert len(predicted.suggestions) == 2
    predicted.undo()
    assert len(predicted.rejections) == 0
    assert len(predicted.suggestions) == 3


@pytest.mark.parametrize(("gesture", "counts"), [(gestures.accept_all, (2, 0)), (gestures.reject_all, (0, 2))])
def test_that_all_of_the_selected_category_is_one_decision(
    predicted: Workspace, gesture: Callable[..., Any], counts: tuple[int, int]
) -> None:
    assert gestures.of_kind(predicted, gesture) is None, "nothing is selected"
    navigation.walk(predicted, 1)
    navigation.walk(predicted, 1)
    assert gestures.of_kind(predicted, gesture) is not None
    assert [one.name for one in predicted.suggestions] == ["nut"]
    assert (len(predicted.annotations), len(predicted.rejections)) == counts
    assert gestures.of_kind(predicted, gesture) is None, "an annotation is no suggestion"
    predicted.undo()
    assert len(predicted.suggestions) == 3


@pytest.fixture
def doubted(workspace: Workspace, predict: Predict) -> Workspace:
    """A nut that a person drew and the detector takes for a bolt, and another bolt; the doubt is selected."""
    bolt, nut = category(workspace, "bolt"), category(workspace, "nut")
    box_gestures.draw(workspace, BOX, nut)
    workspace.set_prediction(1, predict((BOX, "bolt", 0.9), (FAR, "bolt", 0.8)))
    workspace.change_view(replace(workspace.view, selected=SuggestionRef(0), category_id=bolt.id))
    return workspace


def names_of(workspace: Workspace) -> list[str]:
    found = [workspace.category(one.category_id) for one in workspace.annotations.values()]
    return [one.name for one in found if one is not None]


def test_that_accepting_a_doubt_relabels_the_box_and_adds_none(doubted: Workspace) -> None:
    gestures.accept_selected(doubted)
    assert names_of(doubted) == ["bolt"]
    assert [one.box for one in doubted.annotations.values()] == [BOX]
    assert doubted.view.selected == SuggestionRef(1)
    assert [one.index for one in doubted.suggestions] == [1]
    doubted.undo()
    assert names_of(doubted) == ["nut"]


def test_that_an_answered_doubt_is_not_raised_the_other_way_round(workspace: Workspace, predict: Predict) -> None:
    category(workspace, "bolt")
    box_gestures.draw(workspace, BOX, category(workspace, "nut"))
    workspace.set_prediction(1, predict((BOX, "bolt", 0.6), (BOX, "nut", 0.55)))
    assert navigation.walk(workspace, 1) == SuggestionRef(0)
    gestures.accept_selected(workspace)
    assert names_of(workspace) == ["bolt"]
    assert workspace.suggestions == ()
    workspace.undo()
    assert (names_of(workspace), len(workspace.rejections)) == (["nut"], 0)


@pytest.mark.parametrize(
    "move", [lambda one: box_gestures.nudge(one, 3, 0), lambda one: box_gestures.push_side(one, Handle.RIGHT, 3)]
)
def test_that_moving_a_doubt_moves_the_box_that_it_doubts(doubted: Workspace, move: Callable[..., Any]) -> None:
    (drawn,) = doubted.annotations.values()
    assert move(doubted) is not None
    (moved,) = doubted.annotations.values()
    assert (moved.id, moved.category_id) == (drawn.id, drawn.category_id)
    assert moved.box != drawn.box
    assert doubted.view.selected == AnnotationRef(drawn.id)


def test_that_rejecting_a_doubt_leaves_the_box(doubted: Workspace) -> None:
    gestures.reject_selected(doubted)
    assert names_of(doubted) == ["nut"]
    assert [one.origin.name for one in doubted.rejections.values()] == ["bolt"]


@pytest.mark.parametrize(("answer", "rejected"), [("nut", 1), ("bolt", 1), ("gear", 2)])
def test_that_a_category_answers_a_doubt(doubted: Workspace, answer: str, rejected: int) -> None:
    known = {one.name: one for one in doubted.categories}
    gestures.choose_category(doubted, known.get(answer) or category(doubted, answer))
    assert names_of(doubted) == [answer]
    assert len(doubted.rejections) == rejected
    assert [one.index for one in doubted.suggestions] == [1], "nothing is left to doubt"


@pytest.mark.parametrize("taken", [False, True])
def test_that_a_box_that_gets_its_renamed_category_back_was_accepted_unless_another_one_has_the_name(
    predicted: Workspace, taken: bool
) -> None:
    navigation.walk(predicted, 1)
    gestures.accept_selected(predicted)
    (nut,) = predicted.categories
    rename = edits.rename_category(nut, "hex nut", predicted.categories)
    assert rename is not None
    predicted.execute(rename)
    washer = category(predicted, "washer")
    if taken:
        category(predicted, "nut")
    (box,) = predicted.annotations.values()
    predicted.change_view(replace(predicted.view, selected=AnnotationRef(box.id)))
    kinds = []
    for chosen in (washer, predicted.categories[0]):
        gestures.choose_category(predicted, chosen)
        kinds.append(predicted.annotations[box.id].provenance)
    assert kinds == [Provenance.RELABELLED, Provenance.RELABELLED if taken else Provenance.ACCEPTED]


def test_that_accepting_all_relabels_nothing(doubted: Workspace) -> None:
    gestures.accept_all(doubted)
    assert sorted(names_of(doubted)) == ["bolt", "nut"]
    assert len(doubted.suggestions) == 1
    assert gestures.accept_all(doubted) is None
    assert gestures.reject_all(doubted) is not None


def test_that_the_last_decision_leaves_nothing_selected(predicted: Workspace) -> None:
    navigation.walk(predicted, 1)
    for _ in range(3):
        assert gestures.reject_selected(predicted) is not None
    assert predicted.view.selected is None
    assert gestures.reject_selected(predicted) is None


def test_that_all_suggestions_or_those_of_one_name_are_decided_in_one_step(predicted: Workspace) -> None:
    gestures.accept_all(predicted, "bolt")
    assert {one.box for one in predicted.annotations.values()} == {BOX, LOW}
    gestures.reject_all(predicted)
    assert [one.origin.name for one in predicted.rejections.values()] == ["nut"]
    assert predicted.history.length == 2
    assert gestures.accept_all(predicted) is None


def test_that_hidden_suggestions_are_not_accepted_by_accident(predicted: Workspace) -> None:
    predicted.change_view(replace(predicted.view, show_suggestions=False))
    assert gestures.accept_all(predicted) is None
    assert navigation.walk(predicted, 1) is None


def test_that_a_digit_on_a_suggestion_accepts_it_with_that_category(predicted: Workspace) -> None:
    gear = category(predicted, "gear")
    navigation.walk(predicted, 1)
    gestures.choose_category(predicted, gear)
    (annotation,) = predicted.annotations.values()
    assert (annotation.category_id, annotation.provenance) == (gear.id, Provenance.RELABELLED)
    assert annotation.origin is not None
    assert annotation.origin.name == "nut"


def test_that_a_digit_on_an_annotation_relabels_it_and_on_nothing_is_for_the_next_box(workspace: Workspace) -> None:
    bolt, nut = category(workspace, "bolt"), category(workspace, "nut")
    box_gestures.draw(workspace, BOX, bolt)
    gestures.choose_category(workspace, nut)
    assert workspace.annotations[1].category_id == nut.id
    workspace.change_view(replace(workspace.view, selected=None))
    assert gestures.choose_category(workspace, nut) is None
    box_gestures.draw(workspace, FAR)
    assert workspace.annotations[2].category_id == nut.id


def test_that_the_first_box_of_all_needs_no_category(workspace: Workspace) -> None:
    box_gestures.draw(workspace, BOX)
    assert [one.name for one in workspace.categories] == [box_gestures.FIRST_CATEGORY]
    assert workspace.view.selected == AnnotationRef(1)
    workspace.undo()
    assert (workspace.categories, workspace.annotations) == ((), {})


def test_that_a_box_is_cut_at_the_border_and_one_outside_is_none(workspace: Workspace) -> None:
    box_gestures.draw(workspace, (-5.0, 80.0, 30.0, 150.0))
    assert workspace.annotations[1].box == (0.0, 80.0, 30.0, 100.0)
    assert box_gestures.draw(workspace, (300.0, 10.0, 320.0, 20.0)) is None


def test_that_moving_a_suggestion_accepts_it_as_moved(predicted: Workspace) -> None:
    navigation.walk(predicted, 1)
    box_gestures.nudge(predicted, 3, 0)
    (annotation,) = predicted.annotations.values()
    assert (annotation.box, annotation.provenance) == ((103.0, 10.0, 143.0, 50.0), Provenance.MOVED)
    assert predicted.view.selected == AnnotationRef(annotation.id)
    assert len(predicted.suggestions) == 2


def test_that_sides_are_pushed_by_keys_and_a_held_key_is_one_step(workspace: Workspace) -> None:
    box_gestures.draw(workspace, BOX)
    for press in range(4):
        box_gestures.push_side(workspace, Handle.RIGHT, 1, repeat=press > 0)
    box_gestures.push_side(workspace, Handle.TOP, -2)
    assert workspace.annotations[1].box == (10.0, 12.0, 54.0, 50.0)
    workspace.undo()
    workspace.undo()
    assert workspace.annotations[1].box == BOX


def test_that_at_the_border_a_nudge_changes_nothing(workspace: Workspace) -> None:
    box_gestures.draw(workspace, (0.0, 0.0, 20.0, 20.0))
    assert box_gestures.nudge(workspace, -1, 0) is None


def test_that_delete_deletes_an_annotation_and_rejects_a_suggestion(predicted: Workspace) -> None:
    navigation.walk(predicted, 1)
    gestures.delete_selected(predicted)
    assert len(predicted.rejections) == 1
    box_gestures.draw(predicted, FAR)
    gestures.delete_selected(predicted)
    assert len(predicted.annotations) == 0
    assert gestures.delete_selected(predicted) is None


def test_that_deleting_an_accepted_box_makes_its_suggestion_undecided_again(predicted: Workspace) -> None:
    navigation.walk(predicted, 1)
    gestures.accept_selected(predicted)
    predicted.change_view(replace(predicted.view, selected=AnnotationRef(1)))
    gestures.delete_selected(predicted)
    assert len(predicted.suggestions) == 3


def test_that_a_duplicate_lies_beside_its_original(workspace: Workspace) -> None:
    box_gestures.draw(workspace, BOX)
    box_gestures.duplicate_selected(workspace)
    assert workspace.annotations[2].box == (22.0, 22.0, 62.0, 62.0)
    assert workspace.view.selected == AnnotationRef(2)


def test_that_the_previous_images_boxes_are_copied_only_on_request(workspace: Workspace) -> None:
    box_gestures.draw(workspace, BOX)
    assert box_gestures.copy_previous_image(workspace) is None
    workspace.go_to(2)
    assert workspace.annotations == {}
    box_gestures.copy_previous_image(workspace)
    assert [(one.image_id, one.box) for one in workspace.annotations.values()] == [(2, BOX)]


def test_that_a_copy_leaves_out_what_does_not_fit(workspace: Workspace, store: Any) -> None:
    box_gestures.draw(workspace, FAR)
    workspace.set_image_sizes({2: (40, 60)})
    workspace.go_to(2)
    assert box_gestures.copy_previous_image(workspace) is None


def test_that_space_marks_and_goes_to_the_next_unreviewed_image(workspace: Workspace) -> None:
    workspace.go_to(2)
    gestures.mark_reviewed_and_go_on(workspace)
    assert workspace.current_image == workspace.images[2]
    gestures.mark_reviewed_and_go_on(workspace)
    assert workspace.current_image == workspace.images[0]
    gestures.mark_reviewed_and_go_on(workspace)
    assert workspace.current_image == workspace.images[0]
    assert workspace.reviewed_count == 3
    assert gestures.mark_reviewed_and_go_on(workspace) is None


def test_that_the_next_unreviewed_image_is_found_both_ways_and_is_never_a_missing_one(
    workspace: Workspace, store: Any
) -> None:
    store.records[3] = replace(store.records[3], missing=True)
    workspace.reload()
    assert navigation.go_to_unreviewed(workspace, -1)
    assert workspace.current_image == workspace.images[1]
    gestures.toggle_reviewed(workspace)
    workspace.go_to(1)
    assert not navigation.go_to_unreviewed(workspace, 1)


def test_that_steps_stop_at_the_first_and_last_image(workspace: Workspace) -> None:
    navigation.go_by(workspace, 10)
    assert workspace.current_image == workspace.images[2]
    navigation.go_by(workspace, -1)
    assert workspace.current_image == workspace.images[1]
    navigation.go_by(workspace, -10)
    assert workspace.current_image == workspace.images[0]


def test_that_marks_are_toggled(workspace: Workspace) -> None:
    gestures.toggle_unsure(workspace)
    assert workspace.images[0].unsure
    gestures.toggle_reviewed(workspace)
    assert (workspace.images[0].unsure, workspace.images[0].reviewed) == (False, True)
    gestures.toggle_reviewed(workspace)
    assert not workspace.images[0].reviewed


def test_that_tab_goes_round_both_ways(predicted: Workspace) -> None:
    forward = [navigation.walk(predicted, 1) for _ in range(4)]
    assert forward == [SuggestionRef(2), SuggestionRef(1), SuggestionRef(0), SuggestionRef(2)]
    assert navigation.walk(predicted, -1) == SuggestionRef(0)


def test_that_every_gesture_is_harmless_in_a_project_without_images(store: Any) -> None:
    store.records.clear()
    workspace = Workspace(store)
    bolt = category(workspace, "bolt")
    for gesture in (
        gestures.accept_selected,
        gestures.accept_all,
        gestures.reject_selected,
        gestures.reject_all,
        gestures.delete_selected,
        box_gestures.duplicate_selected,
        box_gestures.copy_previous_image,
        gestures.toggle_reviewed,
        gestures.toggle_unsure,
        gestures.mark_reviewed_and_go_on,
    ):
        assert gesture(workspace) is None
    assert box_gestures.draw(workspace, BOX) is None
    assert gestures.choose_category(workspace, bolt) is None
    assert box_gestures.nudge(workspace, 1, 1) is None
    assert box_gestures.push_side(workspace, Handle.LEFT, 1) is None
    assert box_gestures.set_box(workspace, BOX) is None
    assert not navigation.go_to_unreviewed(workspace, 1)
    navigation.go_by(workspace, 1)


@pytest.fixture
def agnostic(workspace: Workspace, predict: Predict) -> Workspace:
    """Two suggestions of a model of regions in a project with two categories, the second of them the current one."""
    category(workspace, "bolt")
    nut = category(workspace, "nut")
    workspace.set_prediction(1, predict((BOX, "object", 0.9), (FAR, "object", 0.6)))
    workspace.change_view(replace(workspace.view, category_id=nut.id))
    return workspace


def test_that_a_suggestion_without_a_category_gets_the_current_one(agnostic: Workspace) -> None:
    navigation.walk(agnostic, 1)
    gestures.accept_selected(agnostic)
    (accepted,) = agnostic.annotations.values()
    assert (accepted.category_id, accepted.box) == (agnostic.view.category_id, FAR)
    assert accepted.provenance is Provenance.RELABELLED
    assert accepted.origin is not None
    assert accepted.origin.name == "object"
    assert [one.name for one in agnostic.categories] == ["bolt", "nut"]
    assert [one.box for one in agnostic.suggestions] == [BOX]
    agnostic.undo()
    assert len(agnostic.suggestions) == 2


def test_that_all_and_moved_suggestions_without_a_category_get_the_current_one(agnostic: Workspace) -> None:
    navigation.walk(agnostic, 1)
    box_gestures.set_box(agnostic, (101.0, 11.0, 140.0, 50.0))
    gestures.accept_all(agnostic)
    assert {one.category_id for one in agnostic.annotations.values()} == {agnostic.view.category_id}
    assert len(agnostic.annotations) == 2
    assert len(agnostic.categories) == 2


def test_that_without_any_category_the_first_one_comes_with_the_suggestion(
    workspace: Workspace, predict: Predict
) -> None:
    workspace.set_prediction(1, predict((BOX, "object", 0.9)))
    gestures.accept_all(workspace)
    assert [one.name for one in workspace.categories] == [box_gestures.FIRST_CATEGORY]


def test_that_only_a_suggestion_is_deselected(predicted: Workspace) -> None:
    navigation.walk(predicted, 1)
    navigation.deselect_suggestion(predicted)
    assert predicted.view.selected is None
    gestures.accept_all(predicted)
    navigation.walk(predicted, 1)
    navigation.deselect_suggestion(predicted)
    assert isinstance(predicted.view.selected, AnnotationRef)
