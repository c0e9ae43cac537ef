from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.model.storage import StoreError
from app.store.project_store import ProjectStore
from app.store.writer_lock import WriterLock

ROOT = Path(__file__).resolve().parents[3]


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


KEEPER = """
import sys
from pathlib import Path

from app.store.writer_lock import WriterLock

lock = WriterLock(Path(sys.argv[1]))
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_that_what_a_killed_program_left_keeps_nobody_out(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KEEPER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "locked\n"
        with pytest.raises(StoreError, match=f"process {keeper.pid}"):
            WriterLock(tmp_path)
        keeper.send_signal(signal.SIGKILL)
        keeper.wait()
    assert json.loads((tmp_path / "lock.holder").read_text())["pid"] == keeper.pid
    lock = WriterLock(tmp_path)
    assert json.loads((tmp_path / "lock.holder").read_text())["pid"] == os.getpid()
    lock.release()


def test_that_a_holder_on_another_computer_that_holds_nothing_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "lock.holder").write_text(json.dumps({"user": "ada", "host": "elsewhere", "pid": 1}))
    WriterLock(tmp_path).release()
    assert not (tmp_path / "lock.holder").exists()


def test_that_the_holder_on_another_computer_is_named(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path)
    (tmp_path / "lock.holder").write_text(json.dumps({"user": "ada", "host": "elsewhere", "pid": 77}))
    with pytest.raises(StoreError, match="ada on elsewhere, process 77"):
        WriterLock(tmp_path)
    lock.release()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOLCK, "No locks available"), "knows no locks"),
        (OSError(errno.EOPNOTSUPP, "Operation not supported"), "knows no locks"),
        (NotImplementedError("FileSystem does not appear to support flock"), "knows no locks"),
        (PermissionError(errno.EACCES, "Permission denied"), "may not be written"),
        (OSError(errno.EROFS, "Read-only file system"), "may not be written"),
    ],
)
def test_that_a_folder_that_cannot_be_locked_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    def fail(_lock: object) -> None:
        raise error

    with monkeypatch.context() as network:
        network.setattr("filelock.FileLock.acquire", fail)
        with pytest.raises(StoreError, match=sentence):
            WriterLock(tmp_path)
    WriterLock(tmp_path).release()


def test_that_another_file_in_place_of_the_locked_one_is_locked_too(tmp_path: Path) -> None:
    folder, away = tmp_path / "project", tmp_path / "away"
    folder.mkdir()
    lock = WriterLock(folder)
    lock.renew()
    folder.rename(away)
    with pytest.raises(StoreError, match="cannot be locked"):
        lock.renew()
    folder.mkdir()
    other = WriterLock(folder)
    with pytest.raises(StoreError, match="open in another"):
        lock.renew()
    other.release()
    lock.renew()
    with pytest.raises(StoreError, match="open in another"):
        WriterLock(folder)
    lock.release()


def test_that_a_lock_that_could_not_be_renewed_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    lock = WriterLock(folder)
    folder.rename(tmp_path / "away")
    folder.mkdir()
    (folder / "lock").touch()

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_text", full)
        with pytest.raises(StoreError):
            lock.renew()
    lock.renew()
    with pytest.raises(StoreError, match="open in another"):
        WriterLock(folder)
    lock.release()
