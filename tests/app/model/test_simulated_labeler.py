from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from app.model import edits
from app.model.annotations import Box, Provenance
from app.model.simulated_labeler import Effort, SimulatedLabeler, all_by_hand, by_hand
from detector.types import Prediction

if TYPE_CHECKING:
    from app.model.workspace import Workspace

Predict = Callable[..., Prediction]
BOX = (10.0, 10.0, 50.0, 50.0)
NEAR = (12.0, 10.0, 50.0, 50.0)
LOOSE = (10.0, 10.0, 50.0, 90.0)
"""Its IoU with BOX is 0.5."""
LOOSER = (10.0, 10.0, 90.0, 60.0)
"""Its IoU with BOX is 0.4."""
FAR = (100.0, 10.0, 140.0, 50.0)
LOW = (10.0, 60.0, 50.0, 90.0)


@pytest.fixture
def project(workspace: Workspace) -> Workspace:
    workspace.set_image_sizes({1: (120, 160)})
    for name in ("bolt", "nut"):
        made = edits.new_category(name, workspace.categories, workspace.next_ids().category)
        workspace.execute(edits.add_category(made))
    return workspace


def boxed(workspace: Workspace) -> list[tuple[Box, str]]:
    names = {one.id: one.name for one in workspace.categories}
    return sorted((one.box, names[one.category_id]) for one in workspace.annotations_of(1))


def test_that_what_is_right_costs_nothing_but_the_keys_that_accept_and_go_on(
    project: Workspace, predict: Predict
) -> None:
    project.set_prediction(1, predict((NEAR, "bolt", 0.9), (FAR, "nut", 0.6)))
    effort = SimulatedLabeler(project).work([(BOX, "bolt"), (FAR, "nut")])
    assert effort == Effort(images=1, objects=2, accepted=2, keys=2)
    assert effort.work_saved == 1
    assert boxed(project) == [(NEAR, "bolt"), (FAR, "nut")]
    assert [one.reviewed for one in project.images][:2] == [True, False]


@pytest.mark.parametrize(
    ("found", "objects", "effort"),
    [
        pytest.param((BOX, "bolt", 0.9), [], Effort(images=1, removed=1, clicks=1, keys=2), id="false"),
        pytest.param(
            (BOX, "nut", 0.9), [(BOX, "bolt")], Effort(1, 1, relabelled=1, clicks=1, keys=2), id="another category"
        ),
        pytest.param((LOOSER, "bolt", 0.9), [(BOX, "bolt")], Effort(1, 1, moved=1, clicks=3, keys=1), id="loose"),
        pytest.param((LOOSE, "bolt", 0.9), [(BOX, "bolt")], Effort(1, 1, accepted=1, keys=2), id="just good enough"),
        pytest.param(
            (LOOSER, "nut", 0.9),
            [(BOX, "bolt")],
            Effort(1, 1, added=1, removed=1, clicks=3, keys=2),
            id="loose and another category",
        ),
    ],
)
def test_that_each_mistake_is_one_correction_of_its_kind(
    project: Workspace, predict: Predict, found: tuple[Box, str, float], objects: list[tuple[Box, str]], effort: Effort
) -> None:
    project.set_prediction(1, predict(found))
    assert SimulatedLabeler(project, proposals=False).work(objects) == effort
    assert len(boxed(project)) == len(objects)
    assert [name for _, name in boxed(project)] == [name for _, name in objects]


def test_that_a_higher_bar_moves_what_was_good_enough(project: Workspace, predict: Predict) -> None:
    project.set_prediction(1, predict((LOOSE, "bolt", 0.9)))
    effort = SimulatedLabeler(project, good_iou=0.75).work([(BOX, "bolt")])
    assert (effort.moved, effort.corrections, effort.work_saved) == (1, 1, 0)
    assert boxed(project) == [(BOX, "bolt")]


def test_that_of_two_on_one_object_the_better_is_taken_and_the_other_is_false(
    project: Workspace, predict: Predict
) -> None:
    project.set_prediction(1, predict((LOOSER, "bolt", 0.9), (NEAR, "bolt", 0.7)))
    effort = SimulatedLabeler(project).work([(BOX, "bolt")])
    assert (effort.accepted, effort.removed, effort.corrections) == (1, 1, 1)
    assert boxed(project) == [(NEAR, "bolt")]


def test_that_an_object_that_two_categories_claim_is_named_again_at_most(project: Workspace, predict: Predict) -> None:
    project.set_prediction(1, predict((NEAR, "nut", 0.8), (BOX, "bolt", 0.7)))
    effort = SimulatedLabeler(project).work([(BOX, "bolt")])
    assert (effort.relabelled, effort.corrections) == (1, 1)
    assert boxed(project) == [(NEAR, "bolt")]


def test_that_a_missed_object_is_clicked_where_a_proposal_is_good_and_drawn_elsewhere(
    project: Workspace, predict: Predict
) -> None:
    prediction = predict((NEAR, "nut", 0.01))
    project.set_prediction(1, prediction)
    effort = SimulatedLabeler(project).work([(BOX, "bolt"), (FAR, "bolt")])
    assert (effort.added, effort.by_proposal, effort.clicks) == (2, 1, 1 + 2)
    assert boxed(project) == [(NEAR, "bolt"), (FAR, "bolt")]
    assert {one.provenance for one in project.annotations_of(1)} == {Provenance.DRAWN}


def test_that_a_closer_fit_is_taken_where_it_makes_a_click_good(project: Workspace, predict: Predict) -> None:
    project.set_prediction(1, predict((LOOSER, "nut", 0.01)))
    asked: list[tuple[Box, str]] = []

    def refine(box: Box, name: str) -> Box:
        asked.append((box, name))
        return NEAR

    effort = SimulatedLabeler(project, refine=refine).work([(BOX, "nut")])
    assert asked == [(LOOSER, "nut")]
    assert (effort.added, effort.by_proposal, effort.refined, effort.clicks, effort.keys) == (1, 1, 1, 1, 3)
    assert boxed(project) == [(NEAR, "nut")]


def test_that_an_image_without_a_prediction_is_drawn_by_hand(project: Workspace) -> None:
    objects = [(BOX, "bolt"), (FAR, "nut"), (LOW, "nut")]
    effort = SimulatedLabeler(project).work(objects)
    assert (effort.added, effort.clicks) == (3, 6)
    assert effort == by_hand(objects, "bolt")
    assert effort.work_saved == 0


def test_that_a_box_that_fits_two_objects_leaves_the_one_that_fits_only_this(
    project: Workspace, predict: Predict
) -> None:
    # The first box overlaps both objects, the left one more; the second one fits the left one alone.
    left, right = (20.0, 10.0, 60.0, 50.0), (42.0, 10.0, 82.0, 50.0)
    between, near = (30.0, 10.0, 70.0, 50.0), (15.0, 10.0, 55.0, 50.0)
    project.set_prediction(1, predict((between, "bolt", 0.9), (near, "bolt", 0.8)))
    effort = SimulatedLabeler(project).work([(left, "bolt"), (right, "bolt")])
    assert effort == Effort(images=1, objects=2, accepted=2, keys=2)


def test_that_by_hand_a_category_stays_chosen_from_image_to_image() -> None:
    bolts, both = [(BOX, "bolt"), (FAR, "bolt")], [(BOX, "bolt"), (FAR, "nut")]
    effort = all_by_hand([bolts, both, [], both, bolts])
    assert (effort.images, effort.objects, effort.clicks) == (5, 8, 16)
    assert effort.keys == 5 + 1 + 1 + 1  # bolt; then nut; then bolt, which is chosen for the last image too


def test_that_efforts_add_up_and_no_objects_save_nothing() -> None:
    one, two = Effort(1, 10, removed=2, added=1), Effort(1, 10, moved=3, relabelled=4)
    assert (one + two).corrections == 10
    assert (one + two).work_saved == 0.5
    assert Effort(1, removed=3).work_saved == 0
    assert Effort(1, 2, removed=3).work_saved == -0.5
