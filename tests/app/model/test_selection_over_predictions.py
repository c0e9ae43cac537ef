"""What is selected when the detector has looked again: the same object, or nothing, never what has its index now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.model import edits, gestures
from app.model.annotations import Suggestion
from app.model.review import AnnotationRef, SuggestionRef
from detector.types import Prediction

if TYPE_CHECKING:
    from app.model.view import Change
    from app.model.workspace import Workspace

BOX, FAR, OTHER = (10.0, 10.0, 50.0, 50.0), (100.0, 10.0, 140.0, 50.0), (60.0, 60.0, 90.0, 90.0)
NEARLY, LOOSE = (10.5, 10.0, 50.0, 50.5), (16.0, 10.0, 56.0, 50.0)
Predict = Callable[..., Prediction]


@pytest.fixture
def selecting(workspace: Workspace, predict: Predict) -> Workspace:
    """A bolt at `BOX` is suggested and selected, another suggestion lies far from it."""
    for name in ("bolt", "nut"):
        workspace.execute(
            edits.add_category(edits.new_category(name, workspace.categories, workspace.next_ids().category))
        )
    workspace.set_prediction(1, predict((BOX, "bolt", 0.9), (FAR, "nut", 0.8)))
    workspace.change_view(replace(workspace.view, selected=SuggestionRef(0)))
    return workspace


@pytest.mark.parametrize("box", [BOX, NEARLY])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_that_the_selection_goes_to_the_index_that_the_object_has_now(
    selecting: Workspace, predict: Predict, box: object, version: str
) -> None:
    heard: list[Change] = []
    selecting.subscribe(heard.append)
    found = predict((OTHER, "nut", 0.99), (FAR, "nut", 0.95), (box, "bolt", 0.7), version=version)
    selecting.set_prediction(1, found)
    assert selecting.view.selected == SuggestionRef(2)
    assert isinstance(selecting.selected, Suggestion)
    assert (selecting.selected.box, selecting.selected.name) == (box, "bolt")
    assert [one.selection for one in heard] == [True]
    gestures.accept_selected(selecting)
    assert [one.box for one in selecting.annotations.values()] == [box]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(((OTHER, "bolt", 0.9),), id="elsewhere"),
        pytest.param(((LOOSE, "bolt", 0.9),), id="another fit"),
        pytest.param(((BOX, "nut", 0.9),), id="another category"),
        pytest.param(((BOX, "bolt", 0.3), (OTHER, "bolt", 0.9)), id="below the threshold"),
        pytest.param((), id="nothing"),
    ],
)
def test_that_nothing_is_selected_where_the_object_is_not_found_again(
    selecting: Workspace, predict: Predict, found: tuple[object, ...]
) -> None:
    selecting.set_prediction(1, predict(*found, version="v2"))
    assert selecting.view.selected is None
    assert gestures.accept_selected(selecting) is None
    assert selecting.annotations == {}


def test_that_the_prediction_that_is_forgotten_takes_the_selection_along(selecting: Workspace) -> None:
    selecting.set_prediction(1, None)
    assert selecting.view.selected is None


def test_that_the_same_prediction_under_other_names_keeps_the_selection(selecting: Workspace) -> None:
    seen = selecting.prediction
    assert seen is not None
    heard: list[Change] = []
    selecting.subscribe(heard.append)
    selecting.set_prediction(1, replace(seen, categories=("screw", "nut")))
    assert selecting.view.selected == SuggestionRef(0)
    assert [one.selection for one in heard] == [False]


def test_that_a_selected_annotation_stays_selected(selecting: Workspace, predict: Predict) -> None:
    category = selecting.categories[0]
    selecting.execute(edits.draw(OTHER, 1, category, selecting.next_ids()))
    selecting.change_view(replace(selecting.view, selected=AnnotationRef(1)))
    selecting.set_prediction(1, predict((FAR, "nut", 0.9)))
    assert selecting.view.selected == AnnotationRef(1)
