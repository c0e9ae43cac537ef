"""Temporary folders: gone with their program, and swept by the next one where it had no time for that."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from detector.temporary import MACHINE, sweep, temporary_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be asked for there")


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_that_a_folder_is_named_after_its_process_and_gone_at_the_end(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with temporary_folder("demo") as folder:
        assert folder.name.startswith(f"boxwright-demo-{MACHINE}-{os.getpid()}-")
        (folder / "image.jpg").write_bytes(b"x")
    assert not list(tmp_path.iterdir())


def test_that_only_our_own_folders_of_dead_processes_are_swept(tmp_path, dead: int) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    names = ["boxwright-demo-x1", f"other-demo-{MACHINE}-{dead}-x1", f"boxwright-{MACHINE}-{dead}"]
    kept = [f"boxwright-demo-{MACHINE}-{os.getpid()}-x1", f"boxwright-demo-0123cdef-{dead}-x1", *names]
    for name in (f"boxwright-demo-{MACHINE}-{dead}-x1", f"boxwright-long-run-{MACHINE}-{dead}-x_2", *kept):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / f"boxwright-demo-{MACHINE}-{dead}-file").touch()
    (tmp_path / f"boxwright-demo-{MACHINE}-{dead}-link").symlink_to(elsewhere)
    assert {path.name for path in sweep(tmp_path)} == {
        f"boxwright-demo-{MACHINE}-{dead}-x1",
        f"boxwright-long-run-{MACHINE}-{dead}-x_2",
    }
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {
        *kept,
        "elsewhere",
        f"boxwright-demo-{MACHINE}-{dead}-file",
        f"boxwright-demo-{MACHINE}-{dead}-link",
    }
    assert (elsewhere / "kept").exists()


def test_that_a_folder_of_somebody_else_stays(tmp_path, dead: int, monkeypatch) -> None:
    (tmp_path / f"boxwright-demo-{MACHINE}-{dead}-x1").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: -1)
    assert sweep(tmp_path) == []


def test_that_a_temporary_folder_that_cannot_be_listed_is_no_error(tmp_path) -> None:
    assert sweep(tmp_path / "gone") == []


def test_that_a_killed_process_leaves_its_folder_to_the_next(tmp_path) -> None:
    code = (
        "import os, signal\nfrom detector.temporary import temporary_folder\n"
        "with temporary_folder('demo'):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, check=False)
    assert len(list(tmp_path.iterdir())) == 1
    assert len(sweep(tmp_path)) == 1
    assert not list(tmp_path.iterdir())
