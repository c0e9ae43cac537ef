"""Commands about whole categories: what they change, and that undo brings it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.model import category_edits, edits
from app.model.annotations import Annotation, Category
from app.model.category_mapping import IGNORED, Target, heir, merged_names, shown_names, with_heirs
from app.model.storage import StoreError
from detector.types import Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import MemoryStore

    from app.model.workspace import Workspace
    from detector.types import Prediction


def add(workspace: Workspace, *names: str) -> None:
    for name in names:
        made = edits.new_category(name, workspace.categories, workspace.next_ids().category)
        workspace.execute(edits.add_category(made))


def names(workspace: Workspace) -> list[str]:
    return [one.name for one in workspace.categories]


def move(workspace: Workspace, name: str, beside: str, *, after: bool) -> None:
    by_name = {one.name: one for one in workspace.categories}
    command = category_edits.move(by_name[name], by_name[beside], workspace.categories, after=after)
    assert command is not None
    workspace.execute(command)


def test_that_a_category_moves_before_and_after_others_and_keeps_its_id(workspace: Workspace) -> None:
    add(workspace, "bolt", "nut", "washer", "screw")
    ids = {one.name: one.id for one in workspace.categories}
    move(workspace, "screw", "nut", after=False)
    assert names(workspace) == ["bolt", "screw", "nut", "washer"]
    move(workspace, "bolt", "nut", after=True)
    assert names(workspace) == ["screw", "nut", "bolt", "washer"]
    assert {one.name: one.id for one in workspace.categories} == ids
    workspace.undo()
    workspace.undo()
    assert names(workspace) == ["bolt", "nut", "washer", "screw"]
    workspace.redo()
    assert names(workspace) == ["bolt", "screw", "nut", "washer"]


def test_that_a_move_to_where_a_category_is_already_is_no_command(workspace: Workspace) -> None:
    add(workspace, "bolt", "nut", "washer")
    bolt, nut, _ = everything = workspace.categories
    assert category_edits.move(bolt, nut, everything, after=False) is None
    assert category_edits.move(nut, bolt, everything, after=True) is None
    assert category_edits.move(nut, nut, everything, after=True) is None


def test_that_a_move_changes_no_row_that_keeps_its_place(workspace: Workspace) -> None:
    add(workspace, "bolt", "nut", "washer", "screw")
    bolt, nut, *_ = everything = workspace.categories
    command = category_edits.move(nut, bolt, everything, after=False)
    assert {edit.row.name for edit in command.edits} == {"bolt", "nut"}


def draw(workspace: Workspace, image_id: int, name: str) -> None:
    category = next(one for one in workspace.categories if one.name == name)
    workspace.execute(edits.draw((1.0, 2.0, 30.0, 40.0), image_id, category, workspace.next_ids()))


def all_of(store: MemoryStore, name: str) -> list[Annotation]:
    category_id = next(one.id for one in store.categories() if one.name == name)
    return [one for one in store.rows[Annotation].values() if one.category_id == category_id]


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """Three categories, and boxes of two of them on each of the three images; the second one is shown."""
    add(workspace, "bolt", "nut", "washer")
    for image_id in (1, 2, 3):
        for name in ("bolt", "nut"):
            draw(workspace, image_id, name)
    workspace.go_to(2)
    return workspace


def test_that_a_merge_takes_the_boxes_of_all_images_along_and_undo_brings_them_back(
    filled: Workspace, store: MemoryStore
) -> None:
    bolt, nut, _ = filled.categories
    before = dict(store.rows[Annotation])
    filled.execute(category_edits.merge(bolt, nut, all_of(store, "bolt")))
    assert names(filled) == ["nut", "washer"]
    assert filled.categories[0].merged == ((bolt.id, "bolt"),)
    assert filled.annotation_counts() == {nut.id: 6}
    assert {one.category_id for one in filled.annotations.values()} == {nut.id}
    filled.go_to(3)
    filled.undo()
    assert filled.categories[:2] == (bolt, nut)
    assert store.rows[Annotation] == before
    assert sorted(one.category_id for one in filled.annotations.values()) == [bolt.id, nut.id]


def test_that_a_merged_category_keeps_what_was_merged_into_it(filled: Workspace, store: MemoryStore) -> None:
    bolt, nut, washer = filled.categories
    filled.execute(category_edits.merge(bolt, nut, all_of(store, "bolt")))
    filled.execute(category_edits.merge(filled.categories[0], washer, all_of(store, "nut")))
    assert filled.categories[0].merged == ((bolt.id, "bolt"), (nut.id, "nut"))
    assert {heir(number, filled.categories).name for number in (bolt.id, nut.id, washer.id)} == {"washer"}
    assert merged_names(filled.categories) == {"bolt": "washer", "nut": "washer"}


def test_that_a_deletion_takes_the_boxes_of_all_images_and_undo_brings_them_back(
    filled: Workspace, store: MemoryStore
) -> None:
    bolt = filled.categories[0]
    before = dict(store.rows[Annotation])
    filled.execute(category_edits.delete(bolt, all_of(store, "bolt")))
    assert names(filled) == ["nut", "washer"]
    assert filled.current_category.name == "nut", "it was the next drawn one"
    assert len(filled.annotations) == 1
    add(filled, "screw")
    assert filled.categories[-1].id > max(bolt.id, 3), "the id of the deleted one is not given again"
    filled.undo()
    filled.undo()
    assert filled.categories[0] == bolt
    assert store.rows[Annotation] == before


def test_that_a_store_that_fails_leaves_categories_and_boxes_as_they_were(
    filled: Workspace, store: MemoryStore
) -> None:
    bolt, nut, _ = before = filled.categories
    boxes, history = dict(filled.annotations), filled.history
    store.broken = True
    for command in (
        category_edits.merge(bolt, nut, all_of(store, "bolt")),
        category_edits.delete(bolt, all_of(store, "bolt")),
        category_edits.move(bolt, nut, before, after=True),
    ):
        with pytest.raises(StoreError):
            filled.execute(command)
    assert (filled.categories, dict(filled.annotations), filled.history) == (before, boxes, history)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("bolt", "nut"), ("BOLT", "BOLT"), ("nut", "nut"), ("gear", "gear"), ("Nut", "nut")],
)
def test_that_the_detectors_old_name_is_shown_as_what_it_was_merged_into(name: str, shown: str) -> None:
    nut = Category(2, "nut", "#00ff00", merged=((1, "bolt"),))
    assert shown_names([name], [nut]) == (shown,)


def test_that_a_new_category_of_a_merged_name_has_that_name_for_itself() -> None:
    nut, bolt = Category(2, "nut", "#00ff00", merged=((1, "bolt"),)), Category(3, "bolt", "#ff0000", position=1)
    assert shown_names(["bolt"], [nut, bolt]) == ("bolt",)
    later = Category(4, "screw", "#0000ff", position=2, merged=((3, "bolt"),))
    assert shown_names(["bolt"], [nut, later]) == ("screw",), "the later category of the name counts"


def test_that_what_was_matched_by_hand_follows_a_merge() -> None:
    nut = Category(2, "nut", "#00ff00", merged=((1, "bolt"),))
    mapping = {"Ring": Target(1), "Disc": IGNORED, "Gear": Target(9), "Hex": Target(2)}
    assert shown_names(list(mapping), [nut], mapping) == ("nut", None, "Gear", "nut")
    assert with_heirs(mapping, [nut]) == {**mapping, "Ring": Target(2)}


def group(workspace: Workspace, **groups: str) -> None:
    for name, supercategory in groups.items():
        category = next(one for one in workspace.categories if one.name == name)
        workspace.execute(category_edits.set_supercategory(category, supercategory))


@pytest.fixture
def in_groups(workspace: Workspace) -> Workspace:
    """Cat and cow are animals, bus and car vehicles, in turns; sky is neither."""
    add(workspace, "cat", "bus", "cow", "car", "sky")
    group(workspace, cat="animal", bus="vehicle", cow=" animal ", car="vehicle")
    return workspace


def test_that_categories_come_by_group_in_the_order_of_their_first_ones(in_groups: Workspace) -> None:
    assert [one.name for one in category_edits.grouped(in_groups.categories)] == ["cat", "cow", "bus", "car", "sky"]
    assert names(in_groups) == ["cat", "bus", "cow", "car", "sky"], "and their digits are as they were"


def test_that_a_category_which_moves_beside_another_one_joins_its_group(in_groups: Workspace) -> None:
    move(in_groups, "sky", "cat", after=True)
    assert names(in_groups) == ["cat", "sky", "cow", "bus", "car"]
    assert [one.supercategory for one in in_groups.categories][:2] == ["animal", "animal"]
    in_groups.undo()
    assert in_groups.categories[-1].supercategory == ""


def test_that_groups_change_places_as_a_whole(in_groups: Workspace) -> None:
    bus = in_groups.categories[1]
    in_groups.execute(category_edits.move_group(bus, -1, in_groups.categories))
    assert names(in_groups) == ["bus", "car", "cat", "cow", "sky"]
    assert category_edits.move_group(in_groups.categories[0], -1, in_groups.categories) is None
    assert category_edits.move_group(in_groups.categories[-1], 1, in_groups.categories) is None


def test_that_the_same_supercategory_is_no_command_and_an_empty_one_takes_out(in_groups: Workspace) -> None:
    cat, *_, sky = in_groups.categories
    assert category_edits.set_supercategory(cat, "animal  ") is None
    assert category_edits.set_supercategory(sky, "  ") is None
    command = category_edits.set_supercategory(cat, "")
    assert command.text == "take cat out of animal"
    in_groups.execute(command)
    assert in_groups.categories[0].supercategory == ""


def test_that_a_score_threshold_is_set_taken_away_and_undone(workspace: Workspace) -> None:
    add(workspace, "bolt")
    (bolt,) = workspace.categories
    assert category_edits.set_score_thresh(bolt, None) is None
    workspace.execute(category_edits.set_score_thresh(bolt, 0.25))
    assert workspace.categories[0].score_thresh == 0.25
    workspace.execute(category_edits.set_score_thresh(workspace.categories[0], None))
    assert workspace.categories[0].score_thresh is None
    workspace.undo()
    assert workspace.categories[0].score_thresh == 0.25
    with pytest.raises(ValueError, match="between 0 and 1"):
        category_edits.set_score_thresh(bolt, 1.5)


def test_that_the_name_of_a_group_is_cut_where_it_is_too_long() -> None:
    command = category_edits.set_supercategory(Category(1, "bolt", "#000000"), "m" * 2000)
    assert command is not None
    (edit,) = command.edits
    assert edit.after == Category(1, "bolt", "#000000", "m" * 1000)


def test_that_a_categorys_own_threshold_holds_at_once_and_replaces_the_views(
    workspace: Workspace, predict: Callable[..., Prediction]
) -> None:
    add(workspace, "bolt", "nut")
    first, second, third, fourth = ((left, 10.0, left + 40.0, 50.0) for left in (10.0, 100.0, 150.0, 200.0))
    found = predict((first, "bolt", 0.3), (second, "bolt", 0.2), (third, "nut", 0.9), (fourth, "gear", 0.4))
    workspace.set_prediction(1, found)

    def shown() -> list[str]:
        return [one.name for one in workspace.suggestions]

    def own(name: str, score: float | None) -> None:
        category = next(one for one in workspace.categories if one.name == name)
        workspace.execute(category_edits.set_score_thresh(category, score))

    assert (shown(), workspace.hidden_count) == (["nut"], 3)
    own("bolt", 0.25)
    assert (shown(), workspace.hidden_count) == (["nut", "bolt"], 2), "lower than the view's"
    own("nut", 0.95)
    assert (shown(), workspace.hidden_count) == (["bolt"], 3), "higher than the view's"
    workspace.change_view(replace(workspace.view, thresholds=Thresholds(score_thresh=0.1)))
    assert (shown(), workspace.hidden_count) == (["gear", "bolt"], 2), "the view's moves the others alone"
    workspace.undo()
    workspace.undo()
    assert (shown(), workspace.hidden_count) == (["nut", "gear", "bolt", "bolt"], 0)
