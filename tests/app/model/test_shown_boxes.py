"""Hiding the boxes of categories: what is not seen is not walked to, not selected, and not accepted with the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.model import box_gestures, edits, gestures, navigation, selection, shown_boxes
from app.model.review import AnnotationRef, SuggestionRef
from app.model.shown_boxes import shown_annotations, shown_suggestions
from app.model.view import View
from app.model.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.annotations import Category
    from app.model.storage import Store
    from app.model.view import Change
    from detector.types import Prediction

A, B, C = (10.0, 10.0, 50.0, 50.0), (100.0, 10.0, 140.0, 50.0), (10.0, 60.0, 50.0, 90.0)
D, E, F = (60.0, 60.0, 90.0, 90.0), (150.0, 60.0, 190.0, 90.0), (100.0, 60.0, 140.0, 90.0)


def category(workspace: Workspace, name: str) -> Category:
    made = edits.new_category(name, workspace.categories, workspace.next_ids().category)
    workspace.execute(edits.add_category(made))
    return made


@pytest.fixture
def mixed(workspace: Workspace, predict: Callable[..., Prediction]) -> Workspace:
    """Bolts 1 and 3 and nut 2, and suggestions: bolt 0.9, nut 0.8 and, of no category yet, pin 0.7."""
    bolt, nut = category(workspace, "bolt"), category(workspace, "nut")
    for box, one in ((A, bolt), (B, nut), (C, bolt)):
        box_gestures.draw(workspace, box, one)
    workspace.set_prediction(1, predict((D, "bolt", 0.9), (E, "nut", 0.8), (F, "pin", 0.7)))
    workspace.change_view(replace(workspace.view, selected=None, category_id=bolt.id))
    return workspace


def names(workspace: Workspace) -> tuple[list[int], list[str]]:
    return [one.id for one in shown_annotations(workspace)], [one.name for one in shown_suggestions(workspace)]


def test_that_a_category_is_hidden_and_shown(mixed: Workspace) -> None:
    bolt = mixed.categories[0]
    assert shown_boxes.toggle_category(mixed, bolt) is False
    assert names(mixed) == ([2], ["nut", "pin"])
    assert shown_boxes.hidden_count(mixed) == 3
    mixed.change_view(replace(mixed.view, show_suggestions=False))
    assert shown_boxes.hidden_count(mixed) == 2, "the layer hides the suggestion anyway"
    mixed.change_view(replace(mixed.view, show_suggestions=True))
    assert shown_boxes.toggle_category(mixed, bolt) is True
    assert names(mixed) == ([1, 2, 3], ["bolt", "nut", "pin"])


@pytest.mark.parametrize("hidden", [frozenset(), frozenset({1}), frozenset({2, shown_boxes.UNKNOWN})])
@pytest.mark.parametrize("layers", [(True, True), (True, False), (False, True)])
def test_that_one_box_is_shown_as_all_are(mixed: Workspace, layers: tuple[bool, bool], hidden: frozenset[int]) -> None:
    annotations, suggestions = layers
    view = replace(mixed.view, show_annotations=annotations, show_suggestions=suggestions, hidden_categories=hidden)
    mixed.change_view(view)
    everything = (*mixed.annotations.values(), *mixed.suggestions)
    shown = [one for one in everything if shown_boxes.is_shown(one, view)]
    assert shown == [*shown_annotations(mixed), *shown_suggestions(mixed)]


def test_that_only_one_is_shown_and_then_all(mixed: Workspace) -> None:
    shown_boxes.show_only(mixed, mixed.categories[1])
    assert names(mixed) == ([2], ["nut"]), "not what the project has no category for either"
    shown_boxes.show_all_categories(mixed)
    assert names(mixed) == ([1, 2, 3], ["bolt", "nut", "pin"])


def test_that_views_hear_that_layers_changed(mixed: Workspace) -> None:
    heard: list[Change] = []
    mixed.subscribe(heard.append)
    shown_boxes.toggle_category(mixed, mixed.categories[0])
    assert [change.layers for change in heard] == [True]


def test_that_tab_walks_what_is_shown(mixed: Workspace) -> None:
    shown_boxes.toggle_category(mixed, mixed.categories[0])
    walked = [navigation.walk(mixed, 1) for _ in range(4)]
    assert walked == [SuggestionRef(2), SuggestionRef(1), AnnotationRef(2), SuggestionRef(2)]


def test_that_after_a_decision_comes_a_suggestion_that_is_shown(mixed: Workspace) -> None:
    shown_boxes.toggle_category(mixed, mixed.categories[1])
    mixed.change_view(replace(mixed.view, selected=SuggestionRef(2)))
    gestures.reject_selected(mixed)
    assert mixed.view.selected == SuggestionRef(0)


@pytest.mark.parametrize("decide", [gestures.accept_all, gestures.reject_all])
def test_that_all_visible_ones_are_only_those(mixed: Workspace, decide: Callable[[Workspace], object]) -> None:
    shown_boxes.show_only(mixed, mixed.categories[1])
    decide(mixed)
    shown_boxes.show_all_categories(mixed)
    assert names(mixed)[1] == ["bolt", "pin"]


def test_that_what_is_hidden_is_not_selected_with_the_rest(mixed: Workspace) -> None:
    shown_boxes.toggle_category(mixed, mixed.categories[0])
    assert selection.select_all(mixed) == 1
    assert selection.select_within(mixed, (0, 0, 200, 100), adding=True) == 1


def test_that_hiding_what_is_selected_deselects_it(mixed: Workspace) -> None:
    selection.select_annotations(mixed, (1, 2, 3), 1)
    shown_boxes.toggle_category(mixed, mixed.categories[1])
    assert [one.id for one in selection.selected_annotations(mixed)] == [1, 3]
    shown_boxes.toggle_category(mixed, mixed.categories[0])
    assert mixed.view.selected is None


def test_that_selecting_a_hidden_box_shows_its_category(mixed: Workspace) -> None:
    shown_boxes.show_only(mixed, mixed.categories[1])
    mixed.change_view(replace(mixed.view, selected=AnnotationRef(1)))
    assert names(mixed) == ([1, 2, 3], ["bolt", "nut"])
    assert mixed.view.selected == AnnotationRef(1)


def test_that_a_box_drawn_in_a_hidden_category_shows_it(mixed: Workspace) -> None:
    shown_boxes.toggle_category(mixed, mixed.categories[0])
    box_gestures.draw(mixed, F)
    assert mixed.view.hidden_categories == frozenset()
    assert mixed.selected is not None
    assert mixed.selected.box == F


def test_that_a_box_that_undo_puts_into_a_hidden_category_is_not_selected(mixed: Workspace) -> None:
    mixed.change_view(replace(mixed.view, selected=AnnotationRef(1)))
    gestures.choose_category(mixed, mixed.categories[1])
    shown_boxes.toggle_category(mixed, mixed.categories[0])
    assert mixed.view.selected == AnnotationRef(1)
    mixed.undo()
    assert mixed.view.selected is None
    assert names(mixed)[0] == [2]


def test_that_it_is_remembered(mixed: Workspace, store: Store) -> None:
    shown_boxes.show_only(mixed, mixed.categories[1])
    mixed.remember()
    again = Workspace(store)
    assert again.view.hidden_categories == {0, 1}


@pytest.mark.parametrize(
    "text", ['{"hidden_categories": 3}', '{"hidden_categories": ["x"]}', '{"hidden_categories": [null]}']
)
def test_that_nonsense_hides_nothing(text: str) -> None:
    assert View.from_json(text) == View()
