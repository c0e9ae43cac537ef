from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import gestures, navigation
from app.model.findings import Finding
from app.model.useful_order import UsefulOrder
from app.model.workspace import Workspace


@pytest.fixture
def store(store):
    """Five images instead of three."""
    return type(store)(5)


@pytest.fixture
def order(workspace):
    """The second image is the most useful one, then the fourth, the third and the first; the last teaches nothing."""
    made = UsefulOrder(workspace)
    put(made, {1: 0.5, 2: 4.0, 3: 1.0, 4: 3.0, 5: 0.0})
    yield made
    made.close()


def put(order, usefulness):
    order.put({image_id: None if one is None else Finding(image_id, one) for image_id, one in usefulness.items()})


def test_that_the_most_useful_unreviewed_images_come_first_but_the_one_on_screen(order, workspace):
    assert order.upcoming(9) == [2, 4, 3]
    assert order.upcoming(2) == [2, 4]
    workspace.go_to(2)
    assert order.upcoming(2) == [4, 3]


def test_that_reviewed_missing_and_useless_images_do_not_come(order, workspace, store):
    store.records[4] = replace(store.records[4], missing=True)
    workspace.reload()
    workspace.go_to(2)
    gestures.toggle_reviewed(workspace)
    workspace.go_to(1)
    assert order.upcoming(9) == [3]


def test_that_another_finding_takes_the_place_of_the_one_before(order):
    put(order, {3: 9.0, 2: None})
    assert order.upcoming(9) == [3, 4]
    order.clear()
    assert order.upcoming(9) == []
    put(order, {3: 1.0})
    assert order.upcoming(9) == [3]


def test_that_few_findings_among_many_come_at_their_places(store):
    workspace = Workspace(type(store)(30))
    order = UsefulOrder(workspace)
    put(order, {image_id: float(image_id) for image_id in range(2, 31)})
    put(order, {2: 20.5, 7: 99.0})
    assert order.upcoming(99) == [7, *range(30, 20, -1), 2, *range(20, 7, -1), *range(6, 2, -1)]
    order.close()


def test_that_equally_useful_images_come_in_file_order(order):
    put(order, {2: 1.0, 3: 1.0, 4: 1.0, 5: 1.0})
    assert order.upcoming(9) == [2, 3, 4, 5]


def test_that_what_was_put_off_comes_after_all_others(order, workspace):
    navigation.go_to_unreviewed(workspace, 1, order.upcoming(1))
    assert workspace.current_image.id == 2
    navigation.go_to_unreviewed(workspace, 1, order.upcoming(1))
    assert workspace.current_image.id == 4
    assert order.upcoming(9) == [3, 2, 1]
    workspace.change_view(replace(workspace.view, useful_first=True))
    assert order.upcoming(9) == [2, 3, 1]


def test_that_an_unsure_image_comes_after_the_sure_ones(order, workspace):
    workspace.go_to(2)
    gestures.toggle_unsure(workspace)
    workspace.go_to(1)
    assert order.upcoming(9) == [4, 3, 2]


def test_that_marking_reviewed_goes_on_to_the_most_useful_image_and_else_in_file_order(order, workspace):
    seen = []
    for _ in range(5):
        seen.append(workspace.current_image.id)
        gestures.mark_reviewed_and_go_on(workspace, order.upcoming(1))
    assert seen == [1, 2, 4, 3, 5]
    assert workspace.reviewed_count == 5


def test_that_going_back_ignores_usefulness(workspace):
    workspace.go_to(3)
    navigation.go_to_unreviewed(workspace, -1)
    assert workspace.current_image.id == 2


def test_that_the_switch_is_remembered(workspace, store):
    changes = []
    workspace.subscribe(changes.append)
    workspace.change_view(replace(workspace.view, useful_first=True))
    assert [(change.order, change.layers) for change in changes] == [(True, False)]
    workspace.remember()
    assert Workspace(store).view.useful_first
