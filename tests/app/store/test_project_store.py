from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.model import edits
from app.model.annotations import (
    Annotation,
    Category,
    DatasetNotes,
    ImageMark,
    Origin,
    Provenance,
    Rejection,
    Suggestion,
)
from app.model.commands import Command, Edit
from app.model.history import History
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.database import APPLICATION_ID, transaction
from app.store.project_store import Listing, ProjectStore
from app.store.schema import MIGRATIONS
from detector.image_files import list_images

SAMPLES = Path(__file__).parent / "samples"
BOX = (1.5, 2.25, 30.1, 40.7)
ORIGIN = Origin((1.0, 2.0, 30.0, 40.0), "bolt", 0.7300000190734863, "v1")
BOLT = Category(1, "bolt", "#ff0000", "metal", 0, '{"key": "é"}')


def everything(store: ProjectStore) -> tuple[Any, ...]:
    images = store.images()
    decided = [(store.annotations_of(one.id), store.rejections_of(one.id)) for one in images]
    return images, store.categories(), decided, store.dataset_notes(), store.annotation_counts()


def write(store: ProjectStore, *changed: Edit) -> Command:
    command = Command("test", 1, changed)
    store.write(changed, store.history().recorded(), command)
    return command


def reopened(store: ProjectStore) -> ProjectStore:
    store.close()
    return ProjectStore(store.location)


def test_that_every_kind_of_row_comes_back_as_it_was(image_folder: Path) -> None:
    store = ProjectStore.open(image_folder)
    store.list_images(list_images(image_folder))
    annotation = Annotation(1, 2, 1, BOX, Provenance.MOVED, ORIGIN, True, '{"note": 1}')
    plain = Annotation(2, 2, 1, BOX)
    rejection = Rejection(1, 2, ORIGIN)
    mark = ImageMark(2, True, False, '{"licence": 3}')
    notes = DatasetNotes(extra='{"info": {}}')
    added = [Edit(None, row) for row in (BOLT, annotation, plain, rejection)]
    command = write(store, *added, Edit(ImageMark(2), mark), Edit(DatasetNotes(), notes))
    store.set_image_sizes({2: (48, 64)})
    store = reopened(store)
    assert store.categories() == [BOLT]
    assert store.annotations_of(2) == [annotation, plain]
    assert store.annotations_of(1) == []
    assert store.rejections_of(2) == [rejection]
    assert store.images()[1].mark == mark
    assert store.images()[1].size == (48, 64)
    assert store.dataset_notes() == notes
    assert store.annotation_counts() == {1: 2}
    assert store.journal_entry(1) == command
    store.close()


def test_that_images_are_listed_as_a_person_orders_them(store: ProjectStore) -> None:
    paths = [record.path for record in store.images()]
    assert paths == [
        str(one.relative_to(store.location.image_folder)) for one in list_images(store.location.image_folder)
    ]
    assert "sub/10.png" in paths


def test_that_a_missing_image_keeps_its_boxes_and_comes_back(store: ProjectStore) -> None:
    folder = store.location.image_folder
    write(store, Edit(None, BOLT), Edit(None, Annotation(1, 1, 1, BOX)))
    first = store.images()[0]
    (folder / first.path).rename(folder / "kept.away")
    assert store.list_images(list_images(folder)) == Listing(0, 1, ())
    assert {one.path: one.missing for one in store.images()}[first.path]
    assert len(store.annotations_of(1)) == 1
    (folder / "kept.away").rename(folder / first.path)
    assert store.list_images(list_images(folder)) == Listing(0, 0, ())
    assert store.images()[0] == first


def test_that_a_folder_that_has_not_changed_costs_no_write(store: ProjectStore) -> None:
    folder = store.location.image_folder
    store.list_images(list_images(folder))
    (folder / "2.png").unlink()
    assert store.list_images(list_images(folder)).missing == 1
    before = store._connection.total_changes
    assert store.list_images(list_images(folder)) == Listing(0, 1, ())
    assert store._connection.total_changes == before


def test_that_a_new_image_takes_its_place_in_the_order(store: ProjectStore) -> None:
    folder = store.location.image_folder
    ids = {one.path: one.id for one in store.images()}
    (folder / "1b.png").write_bytes((folder / "1.png").read_bytes())
    assert store.list_images(list_images(folder)).added == 1
    paths = [one.path for one in store.images()]
    assert paths.index("1.png") + 1 == paths.index("1b.png")
    assert {one.path: one.id for one in store.images() if one.path in ids} == ids


def test_that_a_name_no_text_file_could_hold_is_refused_by_name(store: ProjectStore) -> None:
    listing = store.list_images([Path("good.png"), Path("bad\udcff.png")])
    assert (listing.added, listing.refused) == (1, ("bad\\xff.png",))


@pytest.mark.parametrize("row", [BOLT, Annotation(1, 1, 1, BOX), Rejection(1, 1, ORIGIN)])
def test_that_an_id_is_never_given_twice(store: ProjectStore, row: Any) -> None:
    if not isinstance(row, Category):
        write(store, Edit(None, BOLT))
    assert store.next_id(type(row)) == 1
    write(store, Edit(None, row))
    write(store, Edit(row, None))
    assert store.next_id(type(row)) == 2


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Edit(None, Annotation(1, 1, 99, BOX)), id="unknown category"),
        pytest.param(Edit(None, Annotation(1, 99, 1, BOX)), id="unknown image"),
        pytest.param(Edit(None, Annotation(1, 1, 1, (5, 5, 5, 9))), id="box without area"),
        pytest.param(Edit(Annotation(5, 1, 1, BOX), None), id="row to delete is not there"),
        pytest.param(Edit(None, Category(2, "bolt", "#000000")), id="category name taken"),
    ],
)
def test_that_a_command_that_cannot_be_kept_changes_nothing(store: ProjectStore, bad: Edit) -> None:
    write(store, Edit(None, BOLT))
    before, history = everything(store), store.history()
    with pytest.raises(StoreError, match="could not be saved and was not made"):
        write(store, Edit(None, Annotation(7, 1, 1, BOX)), bad)
    assert (everything(store), store.history()) == (before, history)


def test_that_a_damaged_journal_entry_is_named(store: ProjectStore) -> None:
    write(store, Edit(None, BOLT))
    store._connection.execute("UPDATE journal SET command = 'rubbish'")
    with pytest.raises(StoreError, match="Journal entry 1"):
        store.journal_entry(1)
    with pytest.raises(StoreError, match="no entry 2"):
        store.journal_entry(2)


def test_that_looking_around_is_remembered_and_decisions_still_wait_for_the_disk(store: ProjectStore) -> None:
    store.remember("view", "something")
    assert store.recall("view") == "something"
    assert store.recall("nothing") is None
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)


boxes = st.tuples(st.integers(0, 30), st.integers(0, 20), st.integers(31, 64), st.integers(21, 48)).map(
    lambda box: tuple(map(float, box))
)
actions = st.lists(
    st.tuples(
        st.sampled_from(["draw", "accept", "reject", "move", "relabel", "delete", "mark", "unsure", "category", "go"]),
        st.integers(0, 3),
        boxes,
    ),
    max_size=25,
)


def act(workspace: Workspace, action: str, number: int, box: Any) -> None:
    image = workspace.images[number]
    workspace.go_to(image.id)
    command = built(workspace, action, number, box)
    if command is not None:
        workspace.execute(command, repeat=number % 2 == 0)


def built(workspace: Workspace, action: str, number: int, box: Any) -> Command | None:
    image, ids = workspace.images[number], workspace.next_ids()
    suggestion = Suggestion(0, box, f"name {number}", None, 0.5, "v1")
    annotation = next(iter(workspace.annotations.values()), None)
    categories = workspace.categories
    if action == "draw":
        made = categories[number % len(categories)] if categories else edits.new_category("a", (), ids.category)
        return edits.draw(box, image.id, made, ids, new_category=not categories)
    builders = {
        "accept": lambda: edits.accept([suggestion], image.id, categories, ids),
        "reject": lambda: edits.reject([suggestion], image.id, ids),
        "mark": lambda: edits.mark_reviewed(image.mark, not image.reviewed),
        "unsure": lambda: edits.set_unsure(image.mark, not image.unsure),
        "category": lambda: edits.add_category(edits.new_category(f"made {ids.category}", categories, ids.category)),
        "move": lambda: annotation and edits.change_box(annotation, box),
        "relabel": lambda: annotation and edits.relabel(annotation, categories[number % len(categories)]),
        "delete": lambda: annotation and edits.delete([annotation]),
        "go": lambda: None,
    }
    return builders[action]()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions, st.data())
def test_that_undoing_all_is_the_start_and_redoing_all_is_the_end(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int, Any]], data: st.DataObject
) -> None:
    store = ProjectStore.open(tmp_path_factory.mktemp("property"))
    store.list_images([Path(f"{number}.png") for number in range(4)])
    workspace = Workspace(store)
    start = everything(store)
    for action in actions:
        act(workspace, *action)
    end, length = everything(store), workspace.history.length
    for _ in range(data.draw(st.integers(0, length))):  # there and back again somewhere on the way
        workspace.undo()
    while workspace.redo():
        pass
    assert everything(store) == end
    while workspace.undo():
        pass
    assert everything(store) == start
    store = reopened(store)
    workspace = Workspace(store)
    assert workspace.history == History(0, length)
    while workspace.redo():
        pass
    assert everything(store) == end
    assert list(workspace.images) == store.images()
    assert list(workspace.categories) == store.categories()
    store.close()


def test_that_a_workspace_and_its_store_say_the_same_after_every_step(store: ProjectStore) -> None:
    workspace = Workspace(store)
    for number, action in enumerate(["draw", "accept", "move", "relabel", "reject", "delete", "mark", "unsure"] * 2):
        act(workspace, action, number % 3, (1.0, 1.0, 30.0 + number, 30.0))
        assert workspace.current_image is not None
        assert list(workspace.annotations.values()) == store.annotations_of(workspace.current_image.id)
        assert list(workspace.rejections.values()) == store.rejections_of(workspace.current_image.id)


def test_that_ten_thousand_commands_leave_the_next_as_fast_as_the_first(store: ProjectStore) -> None:
    write(store, Edit(None, BOLT))
    mark, other = ImageMark(1), ImageMark(1, reviewed=True)
    entries = [(position, "mark", Command("mark", 1, (Edit(mark, other),)).to_json()) for position in range(2, 10_001)]
    with transaction(store._connection):
        store._connection.executemany("INSERT INTO journal (position, text, command) VALUES (?, ?, ?)", entries)
        store._connection.execute("UPDATE history SET position = 10000")
    plans = [
        store._connection.execute(f"EXPLAIN QUERY PLAN {query}", (10_000,)).fetchall()
        for query in ("SELECT command FROM journal WHERE position = ?", "DELETE FROM journal WHERE position >= ?")
    ]
    assert all("SEARCH" in plan[0][3] for plan in plans)
    assert store.history() == History(10_000, 10_000)
    write(store, Edit(mark, other))
    assert store.history() == History(10_001, 10_001)


def test_that_flags_notes_and_thresholds_come_back(image_folder: Path) -> None:
    store = ProjectStore.open(image_folder)
    store.list_images(list_images(image_folder))
    bolt = replace(BOLT, score_thresh=0.25)
    flagged = Annotation(
        1, 1, 1, BOX, difficult=True, truncated=True, locked=True, note="half in the shade", author="Ann"
    )
    command = write(store, Edit(None, bolt), Edit(None, flagged))
    assert (store.categories(), store.annotations_of(1)) == ([bolt], [flagged])
    assert store.journal_entry(1) == command
    other = replace(flagged, difficult=False, occluded=True, locked=False, note="", author="")
    write(store, Edit(flagged, other))
    assert store.annotations_of(1) == [other]
    store.close()


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_that_a_stored_project_of_every_schema_opens(tmp_path: Path, version: int) -> None:
    folder = tmp_path / ".boxwright"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "project.db")) as connection:
        connection.executescript((SAMPLES / f"schema-{version}.sql").read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
    store = ProjectStore.open(tmp_path)
    assert [one.path for one in store.images()] == ["1.png", "2.png"]
    assert store.categories() == [BOLT]
    assert store.annotations_of(1) == [Annotation(2, 1, 1, BOX, Provenance.MOVED, ORIGIN, True, '{"note": 1}')]
    assert store.rejections_of(1) == [Rejection(1, 1, ORIGIN)]
    assert store.next_id(Annotation) == 4
    workspace = Workspace(store)
    assert workspace.undo_text == "delete box"
    workspace.undo()
    assert len(workspace.annotations) == 2
    store.close()
