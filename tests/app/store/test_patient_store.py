from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.model import box_gestures, edits
from app.model.annotations import Annotation, Category, DatasetNotes
from app.model.commands import Command, Edit
from app.model.review import AnnotationRef
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store import patient_store, rows
from app.store.database import open_read_only, transaction
from app.store.location import DATABASE
from app.store.patient_store import PatientStore
from detector.image_files import list_images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOX, OTHER = (1.0, 2.0, 30.0, 40.0), (5.0, 5.0, 20.0, 20.0)


@pytest.fixture
def store(image_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PatientStore]:
    monkeypatch.setattr(patient_store, "PATIENCE_MS", 1)
    monkeypatch.setattr(patient_store, "_AGAIN_MS", 1)
    opened = PatientStore.open(image_folder)
    opened.list_images(list_images(image_folder))
    yield opened
    opened.close()


@pytest.fixture
def workspace(store: PatientStore) -> Workspace:
    made = Workspace(store)
    for record in made.images:
        made.set_image_sizes({record.id: (48, 64)})
    return made


@contextmanager
def locked(store: PatientStore) -> Iterator[None]:
    """Nothing can be written meanwhile, as while a backup program has the file."""
    with closing(sqlite3.connect(store.location.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def on_disk(store: PatientStore, table: str = "annotations") -> int:
    with closing(open_read_only(store.location.database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def boxes(workspace: Workspace) -> list[tuple[float, ...]]:
    return [one.box for one in workspace.annotations.values()]


def test_that_what_cannot_be_written_stays_and_is_counted(store: PatientStore, workspace: Workspace) -> None:
    with locked(store):
        box_gestures.draw(workspace, BOX)
        box_gestures.draw(workspace, OTHER)
        workspace.execute(edits.mark_reviewed(workspace.current_image.mark))
        assert boxes(workspace) == [BOX, OTHER]
        assert (store.unsaved, on_disk(store)) == (3, 0)
        assert "another program has locked it" in store.reason
        assert not store.save()
    assert store.save()
    assert (store.unsaved, store.reason, on_disk(store)) == (0, "", 2)


def test_that_everything_asked_is_answered_with_what_waits(store: PatientStore, workspace: Workspace) -> None:
    box_gestures.draw(workspace, BOX)
    (stored,) = workspace.annotations.values()
    with locked(store):
        workspace.execute(edits.delete([stored]))
        box_gestures.draw(workspace, OTHER)
        (category,) = store.categories()
        workspace.execute(edits.rename_category(category, "bolt", workspace.categories))
        workspace.execute(edits.mark_reviewed(workspace.current_image.mark))
        notes = DatasetNotes(extra='{"a": 1}')
        workspace.execute(Command("import", None, (Edit(store.dataset_notes(), notes),)))
        first = workspace.current_image.id
        workspace.go_to(2)
        workspace.go_to(first)
        assert boxes(workspace) == [OTHER]
        again = Workspace(store)
        assert boxes(again) == [OTHER]
        assert [one.name for one in again.categories] == ["bolt"]
        assert again.reviewed_count == 1
        assert again.undo_text == "import"
        assert again.history == workspace.history
        assert store.annotation_counts() == {category.id: 1}
        assert store.dataset_notes() == notes
        assert store.annotations_of(2) == []
    assert store.save()
    assert boxes(Workspace(store)) == [OTHER]
    assert store.annotation_counts() == {category.id: 1}


def test_that_the_next_gesture_saves_those_before_it(store: PatientStore, workspace: Workspace) -> None:
    with locked(store):
        box_gestures.draw(workspace, BOX)
    box_gestures.draw(workspace, OTHER)
    assert (store.unsaved, on_disk(store)) == (0, 2)


def test_that_undo_and_redo_of_what_waits_are_kept_in_order(store: PatientStore, workspace: Workspace) -> None:
    box_gestures.draw(workspace, BOX)
    with locked(store):
        box_gestures.draw(workspace, OTHER)
        workspace.undo()
        workspace.undo()
        assert boxes(workspace) == []
        workspace.redo()
        assert boxes(workspace) == [BOX]
        assert workspace.redo_text == "draw object"
        workspace.redo()
        workspace.change_view(replace(workspace.view, selected=AnnotationRef(2)))
        box_gestures.nudge(workspace, 3, 0, repeat=True)
        box_gestures.nudge(workspace, 3, 0, repeat=True)
        assert not workspace.history.can_redo
        assert workspace.history.length == 3
    assert store.save()
    reopened = Workspace(store)
    assert boxes(reopened) == boxes(workspace)
    assert reopened.history == workspace.history
    while reopened.undo():
        pass
    assert on_disk(store) == 0
    assert boxes(reopened) == []


def test_that_an_id_is_given_once_though_nothing_is_saved(store: PatientStore, workspace: Workspace) -> None:
    with locked(store):
        box_gestures.draw(workspace, BOX)
        workspace.undo()
        box_gestures.draw(workspace, OTHER)
        assert list(workspace.annotations) == [2]
        assert store.next_id(Annotation) == 3
        assert store.next_id(Category) == 3
    assert store.save()


def test_that_what_is_no_decision_waits_uncounted(store: PatientStore, workspace: Workspace) -> None:
    with locked(store):
        store.remember("view", "{}")
        workspace.set_image_sizes({1: (480, 640)})
        assert store.recall("view") == "{}"
        assert store.unsaved == 0
    store.save()
    assert PatientStore.recall(store, "view") == "{}"
    assert store.images()[0].size == (480, 640)
    with locked(store):
        workspace.set_image_sizes({1: (10, 20)})
    workspace.set_image_sizes({1: (100, 200)})
    store.save()
    assert store.images()[0].size == (100, 200), "nothing older comes after it"


def test_that_what_is_about_the_whole_project_waits_for_the_disk(store: PatientStore, workspace: Workspace) -> None:
    with locked(store):
        box_gestures.draw(workspace, BOX)
        (category,) = workspace.categories
        for ask in (store.require_saved, lambda: store.category_use(category), lambda: store.annotations_in(1)):
            with pytest.raises(StoreError, match=r"without what is not saved yet \(one change\): another program"):
                ask()
    assert [one.box for one in store.annotations_in(category.id)] == [BOX]
    assert store.category_use(category).boxes == 1


def test_that_a_copy_has_what_waits_and_lies_in_one_file(store: PatientStore, workspace: Workspace, tmp_path) -> None:
    box_gestures.draw(workspace, BOX)
    target = tmp_path / "copy.db"
    with locked(store):
        box_gestures.draw(workspace, OTHER)
        store.save_copy(target)
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy.db"]
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    target.rename(folder / DATABASE)
    other = PatientStore(replace(store.location, folder=folder))
    assert boxes(Workspace(other)) == [BOX, OTHER]
    other.close()


def test_that_a_copy_that_cannot_be_written_leaves_nothing(store: PatientStore, workspace: Workspace, tmp_path) -> None:
    with locked(store):
        box_gestures.draw(workspace, BOX)
        with pytest.raises(StoreError, match="could not be written"):
            store.save_copy(tmp_path / "nowhere" / "copy.db")
        assert store.unsaved == 1


def test_that_what_waits_can_be_given_up(store: PatientStore, workspace: Workspace) -> None:
    with locked(store):
        box_gestures.draw(workspace, BOX)
        store.forget_unsaved()
    assert store.save()
    assert (store.unsaved, on_disk(store)) == (0, 0)


def test_that_a_change_that_can_never_be_written_does_not_wait(store: PatientStore, workspace: Workspace) -> None:
    lost = Annotation(7, 999, 1, BOX)
    with pytest.raises(StoreError, match="was not made"):
        workspace.execute(Command("draw", 1, (Edit(None, lost),)))
    assert store.unsaved == 0


@contextmanager
def away(store: PatientStore, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The drive is not there meanwhile: its folder is gone, and the open files answer nothing."""

    def fail(*_args: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
        raise error

    store.location.folder.rename(place)
    with monkeypatch.context() as gone:
        gone.setattr(rows, "apply_write", fail)
        yield
    if not store.location.folder.exists():
        place.rename(store.location.folder)


def test_that_a_drive_that_comes_back_is_opened_again(
    store: PatientStore, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box_gestures.draw(workspace, BOX)
    with away(store, tmp_path / "away", monkeypatch):
        box_gestures.draw(workspace, OTHER)
        box_gestures.nudge(workspace, 1, 0)
        assert store.unsaved == 2
        assert not store.save()
        assert "is not there now" in store.reason
        assert not store.location.folder.exists()
    before = store._connection
    assert store.save()
    assert store._connection is not before
    assert on_disk(store) == 2
    store.versions.all()
    store.mappings.of("v1")
    with pytest.raises(StoreError, match="open in another"):
        PatientStore.open(store.location.image_folder)
    workspace.undo()
    assert boxes(Workspace(store)) == [BOX, OTHER]


def test_that_a_change_that_the_disk_kept_after_all_is_not_made_twice(
    store: PatientStore, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box_gestures.draw(workspace, BOX)
    with away(store, tmp_path / "away", monkeypatch):
        box_gestures.draw(workspace, OTHER)
        box_gestures.nudge(workspace, 1, 0)
    first, *_ = store._unsaved.writes
    with closing(sqlite3.connect(store.location.database, isolation_level=None)) as log, transaction(log):
        rows.apply_write(log, first)
    assert store.save()
    assert boxes(Workspace(store)) == boxes(workspace)
    assert store.history() == workspace.history


def test_that_what_came_back_changed_is_not_written_over(
    store: PatientStore, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with away(store, tmp_path / "away", monkeypatch):
        box_gestures.draw(workspace, BOX)
        assert store.unsaved == 1
        PatientStore.open(store.location.image_folder).close()  # another project, in its place
    with closing(sqlite3.connect(store.location.database, isolation_level=None)) as other:
        other.execute("INSERT INTO journal (position, text, command) VALUES (1, 'draw', '{}')")
        other.execute("UPDATE history SET position = 1")
    assert not store.save()
    assert "somebody changed it" in store.reason
    assert on_disk(store) == 0
    store.forget_unsaved()
