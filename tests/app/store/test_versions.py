from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.model.storage import StoreError
from app.store import versions as versions_module
from app.store.database import APPLICATION_ID, backup_path
from app.store.project_store import ProjectStore
from app.store.schema import MIGRATIONS
from detector.fine_tune_values import DataCounts, Stage, StageResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.model.model_versions import ModelVersion
    from detector.types import Prediction

SAMPLES = Path(__file__).parent / "samples"
RESULT = StageResult(Stage.HEAD, DataCounts(20, 4, 91, 7), None, None, True, 0.9, 31.5)
CATEGORIES = ((1, "bolt"), (2, "nut"))


def saved(store: ProjectStore, name: str, content: bytes = b"weights") -> Path:
    path = store.location.heads / f"{name}.safetensors"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def added(store: ProjectStore, name: str, parent: str = "base") -> ModelVersion:
    return store.versions.add(saved(store, name), name, parent, CATEGORIES, RESULT)


def reopened(store: ProjectStore) -> ProjectStore:
    store.close()
    return ProjectStore(store.location)


def test_that_a_new_project_has_no_versions(store: ProjectStore) -> None:
    assert store.versions.all() == ()
    assert store.versions.active() is None
    assert store.versions.named("base") is None


def test_that_a_version_is_there_after_opening_again(image_folder: Path) -> None:
    store = ProjectStore.open(image_folder)
    first = added(store, "a")
    second = added(store, "b", parent="a")
    store.versions.set_active(first.id)
    store = reopened(store)
    assert store.versions.all() == (first, second)
    assert store.versions.active() == first
    assert store.versions.named("b") == second
    assert (first.id, first.title, first.version, first.parent) == (1, "Version 1", "a", "base")
    assert (first.categories, first.result) == (CATEGORIES, RESULT)
    assert first.made_at.endswith("Z")
    assert store.versions.path(second).read_bytes() == b"weights"
    store.close()


def test_that_adding_a_version_does_not_make_it_active(store: ProjectStore) -> None:
    added(store, "a")
    assert store.versions.active() is None


def test_that_going_back_to_the_base_is_remembered(image_folder: Path) -> None:
    store = ProjectStore.open(image_folder)
    store.versions.set_active(added(store, "a").id)
    store.versions.set_active(None)
    store = reopened(store)
    assert store.versions.active() is None
    store.close()


@pytest.mark.parametrize("elsewhere", [False, True])
def test_that_a_file_that_was_not_saved_is_not_registered(store: ProjectStore, tmp_path: Path, elsewhere: bool) -> None:
    path = saved(store, "a")
    path = path.rename(tmp_path / path.name) if elsewhere else path.with_name("other.safetensors")
    with pytest.raises(StoreError, match="not where it was saved"):
        store.versions.add(path, "a", "base", CATEGORIES, RESULT)
    assert store.versions.all() == ()


def test_that_one_version_is_not_registered_twice(store: ProjectStore) -> None:
    only = added(store, "a")
    with pytest.raises(StoreError, match="new model version could not be kept"):
        store.versions.add(store.versions.path(only), "a", "base", CATEGORIES, RESULT)
    assert store.versions.all() == (only,)


def test_that_a_missing_file_is_told_and_its_version_stays(image_folder: Path) -> None:
    store = ProjectStore.open(image_folder)
    first, second = added(store, "a"), added(store, "b")
    store.versions.set_active(first.id)
    store.versions.path(first).unlink()
    store = reopened(store)
    assert [store.versions.has_file(one) for one in store.versions.all()] == [False, True]
    assert store.versions.active() == first
    for use in (
        lambda: store.versions.path(first),
        lambda: store.versions.set_active(first.id),
        lambda: store.versions.export(first.id, image_folder / "copy"),
    ):
        with pytest.raises(StoreError, match=r"The file of Version 1, .*a\.safetensors, is not there any more"):
            use()
    store.versions.set_active(second.id)
    store.versions.delete(first.id)
    assert store.versions.all() == (second,)
    store.close()


@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.versions.set_active(9),
        lambda store: store.versions.delete(9),
        lambda store: store.versions.export(9, store.location.folder / "copy"),
    ],
)
def test_that_a_version_that_is_not_there_is_refused(store: ProjectStore, use: Callable[[ProjectStore], None]) -> None:
    store.versions.set_active(added(store, "a").id)
    with pytest.raises(StoreError, match="There is no Version 9"):
        use(store)
    active = store.versions.active()
    assert active is not None
    assert active.id == 1


def test_that_the_active_version_is_not_deleted(store: ProjectStore) -> None:
    only = added(store, "a")
    store.versions.set_active(only.id)
    with pytest.raises(StoreError, match="Version 1 is in use"):
        store.versions.delete(only.id)
    assert store.versions.path(only).exists()
    assert store.versions.all() == (only,)


def test_that_a_deleted_version_leaves_nothing_and_its_number_is_not_given_again(
    store: ProjectStore, prediction: Prediction
) -> None:
    first, second = added(store, "v1"), added(store, "v2", parent="v1")
    store.put_prediction(1, "stamp", prediction)
    store.versions.delete(first.id)
    assert not (store.location.heads / first.file).exists()
    assert store.predicted("v1") == {}
    assert [(one.id, one.parent) for one in store.versions.all()] == [(2, "base")]
    store.versions.delete(second.id)
    assert added(store, "v3").id == 3


def test_that_a_version_whose_file_cannot_be_deleted_is_gone_all_the_same(store: ProjectStore) -> None:
    only = added(store, "a")
    path = store.versions.path(only)
    path.unlink()
    (path / "not empty").mkdir(parents=True)
    store.versions.delete(only.id)
    assert store.versions.all() == ()


def test_that_an_exported_version_is_the_same_file(store: ProjectStore, tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    version = store.versions.add(saved(store, "a", content), "a", "base", CATEGORIES, RESULT)
    target = tmp_path / "head.safetensors"
    target.write_text("an older one")
    store.versions.export(version.id, target)
    assert target.read_bytes() == content
    store.versions.export(version.id, store.versions.path(version))
    assert store.versions.path(version).read_bytes() == content
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize(
    ("target", "words"),
    [("nowhere/head", r"nowhere/head could not be written: No such file"), ("images", r"Is a directory\.")],
)
def test_that_an_export_to_where_nobody_can_write_says_so(
    store: ProjectStore, tmp_path: Path, target: str, words: str
) -> None:
    version = added(store, "a")
    with pytest.raises(StoreError, match=words):
        store.versions.export(version.id, tmp_path / target)
    assert not list(tmp_path.glob(".*"))


def test_that_a_full_disk_leaves_the_older_export(
    store: ProjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(source: Any, target: Any, _: int) -> None:
        target.write(source.read(3))
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    monkeypatch.setattr(versions_module.shutil, "copyfileobj", fill)
    target = tmp_path / "head.safetensors"
    target.write_text("an older one")
    with pytest.raises(StoreError, match=r"head\.safetensors could not be written: the disk is full\. Free some space"):
        store.versions.export(added(store, "a").id, target)
    assert target.read_text() == "an older one"
    assert not list(tmp_path.glob(".*"))


@contextmanager
def full_disk(store: ProjectStore) -> Iterator[None]:
    connection = store._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    yield
    connection.execute("PRAGMA max_page_count = 1073741823")


def test_that_a_full_disk_registers_nothing_and_keeps_the_old_version(store: ProjectStore) -> None:
    old = added(store, "a")
    store.versions.set_active(old.id)
    path = saved(store, "b")
    many = [(number, f"category {number}" * 20) for number in range(1000)]
    with full_disk(store), pytest.raises(StoreError, match="model version could not be kept: the disk is full"):
        store.versions.add(path, "b", "a", many, RESULT)
    assert store.versions.all() == (old,)
    assert store.versions.active() == old
    assert store.versions.add(path, "b", "a", many, RESULT).id == 2


def aged(path: Path) -> Path:
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


def test_that_a_file_without_a_version_is_removed_when_it_is_older_than_the_last_start(image_folder: Path) -> None:
    store = reopened(ProjectStore.open(image_folder))
    orphans = [
        saved(store, "head-0123abcd"),
        saved(store, "whole-0123abcd"),
        store.location.heads / f".{'0a' * 16}.tmp",
    ]
    orphans[-1].write_bytes(b"wei")
    for orphan in orphans:
        aged(orphan)
    kept = aged(store.versions.path(added(store, "a")))
    young = saved(store, "head-00000000")
    store = reopened(store)
    assert [path.exists() for path in (*orphans, kept, young)] == [False, False, False, True, True]
    store = reopened(store)
    assert not young.exists()
    assert kept.exists()
    store.close()


@pytest.mark.parametrize(
    "name",
    [
        *("notes.txt", "mine.safetensors", "head.safetensors", "head-2024.safetensors", "my head-0123abcd.safetensors"),
        *("head-0123abcd.safetensors.bak", "HEAD-0123ABCD.safetensors", "download.tmp", ".0123.tmp"),
    ],
)
def test_that_a_file_that_somebody_put_there_stays(image_folder: Path, name: str) -> None:
    store = reopened(ProjectStore.open(image_folder))
    store.location.heads.mkdir(exist_ok=True)
    path = store.location.heads / name
    path.write_bytes(b"mine")
    aged(path)
    reopened(store).close()
    assert path.read_bytes() == b"mine"


def test_that_nothing_is_swept_from_a_project_that_was_never_started(image_folder: Path) -> None:
    heads = image_folder / ".boxwright" / "heads"
    heads.mkdir(parents=True)
    path = heads / "head-0123abcd.safetensors"
    path.write_bytes(b"weights")
    aged(path)
    ProjectStore.open(image_folder).close()
    assert path.exists()


def test_that_a_damaged_time_of_the_last_start_does_not_hinder_opening(image_folder: Path) -> None:
    store = ProjectStore.open(image_folder)
    store.remember("started", "rubbish")
    store = reopened(store)
    assert float(store.recall("started") or "") > 0
    store.close()


def test_that_a_project_of_the_first_schema_gets_versions_and_a_backup(tmp_path: Path) -> None:
    folder = tmp_path / ".boxwright"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "project.db")) as connection:
        connection.executescript((SAMPLES / "schema-1.sql").read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
    store = ProjectStore.open(tmp_path)
    assert backup_path(store.location.database, 1).is_file()
    assert store.versions.all() == ()
    store.versions.set_active(added(store, "a").id)
    store = reopened(store)
    active = store.versions.active()
    assert active is not None
    assert active.title == "Version 1"
    store.close()


def test_that_a_migrated_project_has_the_schema_of_a_new_one(tmp_path: Path) -> None:
    def schema(connection: sqlite3.Connection) -> list[Any]:
        query = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
        return connection.execute(query).fetchall()

    with closing(sqlite3.connect(":memory:")) as new, closing(sqlite3.connect(":memory:")) as sample:
        for statement in (statement for migration in MIGRATIONS for statement in migration):
            new.execute(statement)
        sample.executescript((SAMPLES / f"schema-{len(MIGRATIONS)}.sql").read_text(encoding="utf-8"))
        assert schema(sample) == schema(new)


def test_that_the_stored_sample_has_its_version(tmp_path: Path) -> None:
    folder = tmp_path / ".boxwright"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "project.db")) as connection:
        connection.executescript((SAMPLES / "schema-2.sql").read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 2")
    store = ProjectStore.open(tmp_path)
    active = store.versions.active()
    assert active is not None
    assert (active.title, active.categories, active.gain) == ("Version 1", ((1, "bolt"),), 0.5)
    assert not store.versions.has_file(active)
    store.close()


def test_that_predictions_of_the_active_version_its_parent_and_the_base_are_kept(store: ProjectStore) -> None:
    for name, parent in (("v1", "base"), ("v2", "v1"), ("v3", "v2"), ("v4", "v3")):
        added(store, name, parent)
    assert set(store.versions.lineage()) == {"base"}
    store.versions.set_active(3)
    assert set(store.versions.lineage()) == {"v3", "v2", "base"}
