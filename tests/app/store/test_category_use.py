"""What the store says of a category that shall go, and what is in the project when it has gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.model import category_edits, edits
from app.model.annotations import Annotation, Category, ImageMark, Origin, Provenance, Rejection
from app.model.category_mapping import Target
from app.model.commands import Command, Edit
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.category_use import CategoryUse
from app.store.corrections import read_corrections
from detector.fine_tune_values import DataCounts, Stage, StageResult

if TYPE_CHECKING:
    from app.model.commands import Row
    from app.store.project_store import ProjectStore

BOX = (1.5, 2.25, 30.0, 40.5)
BOLT, NUT = Category(1, "bolt", "#ff0000", position=0), Category(2, "nut", "#00ff00", position=1)
ORIGIN = Origin(BOX, "bolt", 0.75, "v1")
RESULT = StageResult(Stage.HEAD, DataCounts(1, 0, 1, 0), None, None, True, None, 1.0)


def put(store: ProjectStore, *added: Row) -> None:
    changes = [Edit(ImageMark(row.id) if isinstance(row, ImageMark) else None, row) for row in added]
    store.write(changes, store.history().recorded(), Command("test", 1, tuple(changes)))


def learn(store: ProjectStore, number: int, *categories: tuple[int, str], active: bool = False) -> None:
    store.location.heads.mkdir(exist_ok=True)
    path = store.location.heads / f"{number}.safetensors"
    path.touch()
    made = store.versions.add(path, f"v{number}", "base", categories, RESULT)
    if active:
        store.versions.set_active(made.id)


def everything(store: ProjectStore) -> tuple[Any, ...]:
    boxes = [store.annotations_of(one.id) for one in store.images()]
    return store.images(), store.categories(), boxes, store.history(), store.annotation_counts()


@pytest.fixture
def filled(store: ProjectStore) -> ProjectStore:
    """Bolts: one accepted and one locked on a reviewed image, one on another; a nut; a rejection of each."""
    put(store, BOLT, NUT)
    put(
        store,
        Annotation(1, 1, 1, BOX, Provenance.ACCEPTED, ORIGIN),
        Annotation(2, 1, 1, BOX, locked=True),
        Annotation(3, 2, 1, BOX),
        Annotation(4, 2, 2, BOX),
        Rejection(1, 3, ORIGIN),
        Rejection(2, 3, replace(ORIGIN, name="nut")),
        ImageMark(1, True),
    )
    return store


def test_that_a_category_without_anything_is_not_used(store: ProjectStore) -> None:
    put(store, BOLT)
    assert store.category_use(BOLT) == CategoryUse()


def test_that_everything_that_is_of_a_category_is_counted(filled: ProjectStore) -> None:
    filled.mappings.put("coco-1", {"Screw": Target(1), "Ring": Target(2)})
    learn(filled, 1, (1, "screw"))
    learn(filled, 2, (2, "nut"))
    assert filled.category_use(BOLT) == CategoryUse(
        boxes=3,
        images=2,
        reviewed_boxes=2,
        reviewed_images=1,
        locked=1,
        from_suggestions=1,
        rejections=1,
        mapped=("Screw",),
        versions=("Version 1",),
    )


def test_that_what_was_merged_into_it_is_counted_with_it(filled: ProjectStore) -> None:
    filled.mappings.put("coco-1", {"Screw": Target(1)})
    learn(filled, 1, (1, "bolt"))
    workspace = Workspace(filled)
    workspace.execute(category_edits.merge(BOLT, NUT, filled.annotations_in(1)))
    use = filled.category_use(workspace.categories[0])
    assert (use.boxes, use.images, use.rejections) == (4, 2, 2)
    assert (use.mapped, use.versions) == (("Screw",), ("Version 1",))


@pytest.mark.parametrize("merges", [True, False])
def test_that_what_was_counted_is_what_changes(filled: ProjectStore, merges: bool) -> None:
    use, before = filled.category_use(BOLT), everything(filled)
    boxes = filled.annotations_in(1)
    command = category_edits.merge(BOLT, NUT, boxes) if merges else category_edits.delete(BOLT, boxes)
    changed = [edit.row for edit in command.edits if isinstance(edit.row, Annotation)]
    reviewed = {record.id for record in filled.images() if record.reviewed}
    assert (len(changed), len({one.image_id for one in changed})) == (use.boxes, use.images)
    assert sum(one.image_id in reviewed for one in changed) == use.reviewed_boxes
    assert sum(one.locked for one in changed) == use.locked
    workspace = Workspace(filled)
    workspace.execute(command)
    assert filled.annotation_counts() == ({2: 4} if merges else {2: 1})
    assert [one.id for one in filled.categories()] == [2]
    assert len(filled.rejections_of(3)) == 2
    workspace.undo()
    assert everything(filled)[:3] == before[:3]
    workspace.redo()
    assert [one.id for one in filled.categories()] == [2]


def test_that_a_merge_survives_closing_and_is_undone_after_it(filled: ProjectStore) -> None:
    before = everything(filled)
    Workspace(filled).execute(category_edits.merge(BOLT, NUT, filled.annotations_in(1)))
    filled.close()
    again = type(filled)(filled.location)
    assert again.categories() == [replace(NUT, merged=((1, "bolt"),))]
    Workspace(again).undo()
    assert everything(again)[:3] == before[:3]
    again.close()


def test_that_the_id_of_a_deleted_category_is_never_given_again(filled: ProjectStore) -> None:
    workspace = Workspace(filled)
    workspace.execute(category_edits.delete(NUT, filled.annotations_in(2)))
    made = edits.new_category("washer", workspace.categories, workspace.next_ids().category)
    assert made.id == 3


def test_that_a_category_that_still_has_boxes_cannot_go_and_nothing_changes(filled: ProjectStore) -> None:
    before = everything(filled)
    with pytest.raises(StoreError, match="was not made"):
        Workspace(filled).execute(category_edits.delete(BOLT, filled.annotations_in(1)[:1]))
    assert everything(filled) == before


def test_that_a_disk_that_is_full_leaves_everything_as_it_was(filled: ProjectStore) -> None:
    long = [Edit(one, replace(one, note="x" * 100_000)) for one in filled.annotations_in(1)]
    filled.write(long, filled.history())
    workspace, before, many = Workspace(filled), everything(filled), filled.annotations_in(1)
    (pages,) = filled._connection.execute("PRAGMA page_count").fetchone()
    filled._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="disk is full"):
        workspace.execute(category_edits.merge(BOLT, NUT, many))
    assert everything(filled) == before
    assert [one.name for one in workspace.categories] == ["bolt", "nut"]


def test_that_the_name_of_a_merged_category_is_an_alias_for_every_model(filled: ProjectStore) -> None:
    filled.write([Edit(one, None) for one in filled.annotations_in(1)], filled.history())
    workspace = Workspace(filled)
    workspace.execute(category_edits.merge(BOLT, NUT, []))
    assert filled.current_names() == {"bolt": "nut"}, "no box tells it"
    learn(filled, 1, (1, "screw"), (2, "nut"), active=True)
    assert filled.current_names() == {"bolt": "nut", "screw": "nut"}, "it had another name when it was learnt"
    found = read_corrections(filled.location, filled.versions.active()).corrections
    assert (found.categories, found.aliases["screw"]) == (("nut",), "nut")
    workspace.undo()
    assert filled.current_names() == {"screw": "bolt"}
