"""Which images a list shows: rows, places, and the way from one to the next, against plain lists."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import navigation
from app.model.saved_filters import SavedFilters
from app.model.shown_images import ShownImages, SortOrder

lists = st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=12)


def made(images: list[tuple[bool, int]]) -> tuple[ShownImages, list[int]]:
    """Return a list of these (passes, key), and the order of all its places."""
    passes, keys = np.array([one[0] for one in images], np.bool_), np.array([one[1] for one in images], np.float64)
    return ShownImages.of(passes, keys), sorted(range(len(images)), key=lambda place: images[place][1])


@given(lists)
def test_that_rows_are_the_sorted_images_that_pass(images: list[tuple[bool, int]]) -> None:
    shown, order = made(images)
    expected = [place for place in order if images[place][0]]
    assert shown.places.tolist() == expected
    assert len(shown) == len(expected)
    for place in order:
        assert shown.row_of(place) == (expected.index(place) if place in expected else None)


@given(lists)
def test_that_images_come_and_go_at_their_places(images: list[tuple[bool, int]]) -> None:
    shown, order = made(images)
    for place in order:
        row = shown.row_of(place)
        changed = shown.with_place(place) if row is None else shown.without_row(row)
        others = [(passes != (other == place), key) for other, (passes, key) in enumerate(images)]
        assert changed.places.tolist() == made(others)[0].places.tolist()


@given(lists, st.integers(-4, 4).filter(bool))
def test_that_a_step_goes_to_the_next_that_is_shown(images: list[tuple[bool, int]], steps: int) -> None:
    shown, order = made(images)
    for at, place in enumerate(order):
        behind = [one for one in order[:at] if images[one][0]]
        ahead = [one for one in order[at + 1 :] if images[one][0]]
        way = ahead if steps > 0 else behind[::-1]
        stays = place if images[place][0] else None
        assert shown.step(place, steps) == (way[min(abs(steps), len(way)) - 1] if way else stays)


def test_that_without_a_list_all_images_are_gone_through(workspace) -> None:
    assert navigation.go_by(workspace, 2)
    assert workspace.current_image == workspace.images[2]


def test_that_a_list_decides_which_image_is_next(workspace) -> None:
    backwards = ShownImages.of(np.array([True, False, True]), np.array([3.0, 2.0, 1.0]))
    workspace.go_to(3)
    assert navigation.go_by(workspace, 1, backwards)
    assert workspace.current_image == workspace.images[0]
    workspace.go_to(2)
    assert navigation.go_by(workspace, -1, backwards)
    assert workspace.current_image == workspace.images[2]


def test_that_nobody_is_moved_where_nothing_lies_that_way(workspace) -> None:
    nothing = ShownImages.of(np.zeros(3, np.bool_))
    assert not navigation.go_by(workspace, 1, nothing)
    assert workspace.current_image == workspace.images[0]


def test_that_neighbours_are_those_of_the_list_without_itself(workspace) -> None:
    backwards = ShownImages.of(np.ones(3, np.bool_), np.array([3.0, 2.0, 1.0]))
    near = navigation.neighbours(workspace, workspace.images[1], (1, -1, 2), backwards)
    assert near == [workspace.images[0], workspace.images[2]]
    assert navigation.neighbours(workspace, workspace.images[0], (1, -1, 2)) == list(workspace.images[1:])


def test_that_a_list_of_another_listing_of_the_folder_is_no_list(workspace) -> None:
    assert navigation.go_by(workspace, 1, ShownImages.of(np.zeros(7, np.bool_)))
    assert workspace.current_image == workspace.images[1]


def test_that_saved_filters_are_there_again(store) -> None:
    saved = SavedFilters(store)
    saved.save("one", "state:unsure")
    saved.save("two", "boxes:0")
    saved.save("one", 'category:"hex nut"')
    saved.order = SortOrder.CHANGED
    again = SavedFilters(store)
    assert dict(again.texts) == {"one": 'category:"hex nut"', "two": "boxes:0"}
    assert again.order is SortOrder.CHANGED


def test_that_a_saved_filter_is_renamed_in_its_place_and_deleted(store) -> None:
    saved = SavedFilters(store)
    for name in ("a", "b", "c"):
        saved.save(name, name)
    saved.rename("a", "c")
    assert dict(saved.texts) == {"c": "a", "b": "b"}
    saved.rename("c", "c")
    assert dict(saved.texts) == {"c": "a", "b": "b"}
    saved.delete("c")
    assert dict(SavedFilters(store).texts) == {"b": "b"}


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"', "null"])
def test_that_a_memory_that_is_not_right_is_none(store, text: str) -> None:
    store.remember("image_filters", text)
    store.remember("image_order", text)
    saved = SavedFilters(store)
    assert dict(saved.texts) == {}
    assert saved.order is SortOrder.NAME
