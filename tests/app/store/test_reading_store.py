from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from damaged_project import IMAGES, make_project, pages_of, wipe

from app.model.storage import DamagedError, StoreError
from app.model.workspace import Workspace
from app.store.patient_store import PatientStore
from app.store.reading_store import ReadingStore

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.location import Location


@pytest.fixture
def location(tmp_path: Path) -> Location:
    made = make_project(tmp_path / "photos", boxes=20)
    wipe(made.database, pages_of(made.database, "annotations")[1:2])
    made.heads.mkdir(exist_ok=True)
    (made.heads / "head-0123abcd.safetensors").write_bytes(b"model")
    return made


def contents(location: Location) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(location.folder.rglob("*")) if path.is_file()}


def test_that_a_damaged_project_is_read_and_nothing_of_it_is_touched(location: Location) -> None:
    before = contents(location)
    with pytest.raises(DamagedError):
        PatientStore(location)
    store = ReadingStore.open_damaged(location.image_folder)
    workspace = Workspace(store)
    shown = 0
    for record in workspace.images:
        workspace.go_to(record.id)
        shown += len(workspace.annotations)
    assert shown == IMAGES * 20
    workspace.remember()
    store.list_images(["another.png"])
    store.versions.sweep()
    folder = store.location.folder
    store.close()
    assert contents(location) == before
    assert not folder.exists()


def test_that_every_change_is_refused_with_a_sentence(location: Location) -> None:
    store = ReadingStore.open_damaged(location.image_folder)
    workspace = Workspace(store)
    before = workspace.history
    for change in (workspace.undo, lambda: store.write([], before)):
        with pytest.raises(StoreError, match="open for reading only"):
            change()
    assert workspace.history == before
    assert str(location.image_folder) in store.refusal
    store.close()


def test_that_files_of_models_are_found_and_not_deleted_with_their_version(location: Location) -> None:
    store = ReadingStore.open_damaged(location.image_folder)
    (linked,) = store.location.heads.iterdir()
    assert linked.read_bytes() == b"model"
    linked.unlink()
    store.close()
    assert (location.heads / "head-0123abcd.safetensors").read_bytes() == b"model"


def test_that_what_cannot_be_read_at_all_is_refused_and_left(location: Location) -> None:
    location.database.write_bytes(b"nothing of a database" * 1000)
    before = contents(location)
    with pytest.raises(StoreError, match="nothing of it can be read"):
        ReadingStore.open_damaged(location.image_folder)
    assert contents(location) == before


def test_that_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no project"):
        ReadingStore.open_damaged(tmp_path)
