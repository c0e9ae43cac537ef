from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from app.model.storage import StoreError
from app.store.project_store import ProjectStore
from app.store.writer_lock import WriterLock

if TYPE_CHECKING:
    from pathlib import Path


def test_that_a_second_writer_is_refused_and_told_who_the_first_is(store: ProjectStore) -> None:
    with pytest.raises(StoreError, match=f"open in another Boxwright .*process {os.getpid()}"):
        ProjectStore.open(store.location.image_folder)


def test_that_the_next_writer_gets_in_when_the_first_has_left(image_folder: Path) -> None:
    ProjectStore.open(image_folder).close()
    ProjectStore.open(image_folder).close()


def test_that_a_refused_project_does_not_stay_locked(image_folder: Path) -> None:
    folder = image_folder / ".boxwright"
    folder.mkdir()
    (folder / "project.db").write_bytes(b"not a database" * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match="damaged"):
            ProjectStore.open(image_folder)


def test_that_a_lock_that_cannot_say_who_holds_it_is_refused_and_let_go(tmp_path: Path) -> None:
    (tmp_path / "lock.holder").mkdir()
    with pytest.raises(StoreError, match="cannot be locked"):
        WriterLock(tmp_path)
    (tmp_path / "lock.holder").rmdir()
    WriterLock(tmp_path).release()


def test_that_a_holder_that_cannot_be_removed_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path)
    (tmp_path / "lock.holder").unlink()
    (tmp_path / "lock.holder").mkdir()
    lock.release()
    (tmp_path / "lock.holder").rmdir()
    WriterLock(tmp_path).release()


def test_that_an_unreadable_holder_is_no_obstacle_to_the_refusal(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path)
    (tmp_path / "lock.holder").write_text("[")
    with pytest.raises(StoreError, match="not known"):
        WriterLock(tmp_path)
    lock.release()
