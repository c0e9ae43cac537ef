from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import gestures, navigation, settling
from app.model.annotations import Annotation, Category, Provenance
from app.model.commands import Command, Edit
from app.model.differences import Kind
from app.model.review import AnnotationRef, SuggestionRef
from app.model.storage import StoreError
from app.model.workspace import Workspace

BOX = (10.0, 10.0, 50.0, 50.0)
LOOSE = (10.0, 10.0, 50.0, 36.0)
ALONE = (60.0, 10.0, 90.0, 40.0)
EXTRA = (100.0, 10.0, 140.0, 50.0)


@pytest.fixture
def differing(workspace, predict):
    """An image with a loose pair (annotation 1), an annotation that the detector misses (2), and an extra."""
    rows = [Category(1, "bolt", "#e69f00"), Annotation(1, 1, 1, LOOSE), Annotation(2, 1, 1, ALONE)]
    workspace.execute(Command("import", None, tuple(Edit(None, row) for row in rows)))
    workspace.set_prediction(1, predict((BOX, "bolt", 0.7), (EXTRA, "bolt", 0.6)))
    workspace.change_view(replace(workspace.view, show_differences=True))
    return workspace


def kinds(workspace):
    return [one.kind for one in workspace.differences]


def test_that_the_walk_goes_through_the_differences_alone(differing):
    seen = [navigation.walk(differing, 1) for _ in range(4)]
    assert seen == [SuggestionRef(1), AnnotationRef(1), AnnotationRef(2), SuggestionRef(1)]
    assert navigation.walk(differing, -1) == AnnotationRef(2)
    differing.change_view(replace(differing.view, show_differences=False))
    assert {navigation.walk(differing, 1) for _ in range(3)} == {SuggestionRef(1), AnnotationRef(1), AnnotationRef(2)}


def test_that_a_hidden_layer_is_not_walked(differing):
    differing.change_view(replace(differing.view, show_suggestions=False))
    assert {navigation.walk(differing, 1) for _ in range(3)} == {AnnotationRef(1), AnnotationRef(2)}


def test_that_deciding_about_an_extra_goes_on_to_the_next_difference_of_any_kind(differing):
    navigation.walk(differing, 1)
    gestures.reject_selected(differing)
    assert differing.view.selected == AnnotationRef(1)
    assert kinds(differing) == [Kind.LOOSE, Kind.MISSED]


def test_that_the_box_of_the_detector_is_taken_and_given_back_by_undo(differing):
    differing.change_view(replace(differing.view, selected=AnnotationRef(1)))
    settling.take_box(differing)
    assert differing.annotations[1].box == BOX
    assert kinds(differing) == [Kind.EXTRA, Kind.MISSED]
    assert differing.view.selected == AnnotationRef(2)
    assert differing.undo_text == "take the detector's box"
    differing.undo()
    assert differing.annotations[1].box == LOOSE


def test_that_taking_the_box_of_another_head_makes_an_accepted_box_a_moved_one(differing, predict):
    differing.change_view(replace(differing.view, selected=SuggestionRef(1)))
    gestures.accept_selected(differing)
    (accepted,) = (one for one in differing.annotations.values() if one.provenance is Provenance.ACCEPTED)
    differing.set_prediction(1, predict(((100.0, 10.0, 140.0, 37.0), "bolt", 0.9), version="v2"))
    differing.change_view(replace(differing.view, selected=AnnotationRef(accepted.id)))
    settling.take_box(differing)
    after = differing.annotations[accepted.id]
    assert (after.box, after.provenance, after.origin) == (
        (100.0, 10.0, 140.0, 37.0),
        Provenance.MOVED,
        accepted.origin,
    )


@pytest.mark.parametrize("image", [1, 2])
def test_that_a_kept_box_is_settled_for_good(differing, store, predict, image):
    prediction = differing.prediction
    for one in (1, 2):
        differing.change_view(replace(differing.view, selected=AnnotationRef(one)))
        assert settling.keep_box(differing)
    assert kinds(differing) == [Kind.EXTRA]
    assert differing.view.selected == SuggestionRef(1)
    differing.go_to(image)
    again = Workspace(store)
    again.go_to(1)
    again.set_prediction(1, prediction)
    assert kinds(again) == [Kind.EXTRA]
    again.set_prediction(1, predict((BOX, "bolt", 0.9), version="v2"))
    assert kinds(again) == []


def test_that_keeping_decides_nothing(differing, store):
    before, length = dict(differing.annotations), differing.history.length
    differing.change_view(replace(differing.view, selected=AnnotationRef(2)))
    settling.keep_box(differing)
    assert (differing.annotations, differing.history.length, differing.rejections) == (before, length, {})


def test_that_a_kept_box_differs_again_once_it_is_changed(differing):
    differing.change_view(replace(differing.view, selected=AnnotationRef(2)))
    settling.keep_box(differing)
    assert Kind.MISSED not in kinds(differing)
    moved = replace(differing.annotations[2], box=(60.0, 10.0, 92.0, 40.0))
    differing.execute(Command("move box", 1, (Edit(differing.annotations[2], moved),)))
    assert Kind.MISSED in kinds(differing)


def test_that_a_locked_box_is_kept_as_it_is(differing):
    locked = replace(differing.annotations[1], locked=True)
    differing.execute(Command("lock", 1, (Edit(differing.annotations[1], locked),)))
    differing.change_view(replace(differing.view, selected=AnnotationRef(1)))
    assert settling.take_box(differing) is None
    assert differing.annotations[1] == locked
    assert settling.keep_box(differing)
    assert Kind.LOOSE not in kinds(differing)


def test_that_deleting_a_box_goes_on_to_the_next_difference(differing):
    differing.change_view(replace(differing.view, selected=AnnotationRef(1)))
    gestures.delete_selected(differing)
    assert differing.view.selected == AnnotationRef(2)
    differing.change_view(replace(differing.view, show_differences=False))
    gestures.delete_selected(differing)
    assert differing.view.selected is None


def test_that_only_a_difference_that_is_walked_is_settled(differing):
    assert not settling.keep_box(differing)
    differing.change_view(replace(differing.view, selected=AnnotationRef(2)))
    assert settling.take_box(differing) is None
    differing.change_view(replace(differing.view, show_differences=False))
    assert not settling.keep_box(differing)
    assert Kind.MISSED in kinds(differing)


def test_that_views_hear_of_what_was_kept_and_of_which_images_were_decided_on(differing):
    changes = []
    differing.subscribe(changes.append)
    differing.keep(differing.annotations[2])
    assert changes[-1].annotations
    assert changes[-1].decided == {1}
    elsewhere = Annotation(9, 2, 1, BOX)
    differing.execute(Command("paste", None, (Edit(None, elsewhere), Edit(differing.annotations[1], None))))
    assert changes[-1].decided == {1, 2}


def test_that_a_full_disk_keeps_nobody_from_keeping_a_box(differing, store, monkeypatch):
    def full(_key, _text):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(store, "remember", full)
    differing.change_view(replace(differing.view, selected=AnnotationRef(2)))
    assert settling.keep_box(differing)
    assert Kind.MISSED not in kinds(differing)
