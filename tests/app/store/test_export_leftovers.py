"""What exports that were killed leave beside their target: the next one to the same target takes it away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from format_projects import Boxes, new_project

from app.model.storage import StoreError
from app.store.formats import leftovers
from app.store.formats.annotation_export import export_annotations
from app.store.formats.leftovers import places_beside, sweep
from app.store.formats.table import format_of
from app.store.formats.targets import LISTED, new_file, new_folder, write_text

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
ROOT = Path(__file__).resolve().parents[3]

PART = """
with new_folder(target, "voc") as folder:
    write_text(folder / "sub" / "a.xml", "half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
RENAMES = """
rename = Path.rename
def killed(self, to):
    rename(self, to)
    if to.name.endswith(".former"):
        os.kill(os.getpid(), signal.SIGKILL)
Path.rename = killed
with new_folder(target, "voc") as folder:
    write_text(folder / "a.xml", "new")
"""
REMOVAL = """
import shutil
shutil.rmtree = lambda *_args, **_options: os.kill(os.getpid(), signal.SIGKILL)
with new_folder(target, "voc") as folder:
    write_text(folder / "a.xml", "new")
"""
FILE = """
with new_file(target) as part:
    part.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_in(code: str, target: Path) -> None:
    """Run `code` in a process that kills itself there."""
    head = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from app.store.formats.targets import new_file, new_folder, write_text\ntarget = Path(sys.argv[1])\n"
    )
    ended = subprocess.run([sys.executable, "-c", head + code, str(target)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL


def fill(target: Path, text: str) -> None:
    with new_folder(target, "voc") as folder:
        write_text(folder / "a.xml", text)


def text_in(target: Path) -> str:
    return (target / "a.xml").read_text()


def beside(target: Path) -> set[str]:
    """The names of the hidden files and folders beside a target, by their ends."""
    return {path.suffix for path in target.parent.iterdir() if path.name.startswith(".boxwright-")}


@pytest.mark.parametrize("code", [PART, FILE], ids=["folder", "file"])
def test_that_the_next_export_takes_what_a_killed_one_left(tmp_path: Path, code: str) -> None:
    target = tmp_path / "out"
    kill_in(code, target)
    kill_in(code, target)
    assert beside(target) == {".part", ".lock"}
    if code is FILE:
        with new_file(target) as part:
            part.write_text("new")
    else:
        fill(target, "new")
    assert list(tmp_path.iterdir()) == [target]


def test_that_an_export_that_was_put_aside_comes_back_before_anything_else(tmp_path: Path) -> None:
    target = tmp_path / "out"
    fill(target, "old")
    kill_in(RENAMES, target)
    assert not target.exists()
    with pytest.raises(StoreError, match="holds an export in another format"), new_folder(target, "yolo"):
        pass
    assert (text_in(target), list(tmp_path.iterdir())) == ("old", [target])
    fill(target, "new")
    assert text_in(target) == "new"


def test_that_it_comes_back_also_where_the_project_cannot_be_exported(tmp_path: Path) -> None:
    target = tmp_path / "out"
    fill(target, "old")
    kill_in(RENAMES, target)
    with closing(new_project(tmp_path / "photos", Boxes({"1.png": []}))) as store:
        (tmp_path / "photos" / "1.png").write_bytes(b"no image any more")
        with pytest.raises(StoreError):
            export_annotations(format_of("voc"), store.location, target)
    assert (text_in(target), beside(target)) == ("old", set())


def test_that_it_takes_the_place_of_an_empty_folder_and_of_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "out"
    fill(target, "old")
    kill_in(RENAMES, target)
    target.mkdir()
    sweep(target)
    assert text_in(target) == "old"
    kill_in(RENAMES, target)
    write_text(target / "mine.txt", "mine")
    sweep(target)
    assert beside(target) == {".former"}, "it is the only copy"
    (target / "mine.txt").unlink()
    sweep(target)
    assert (text_in(target), beside(target)) == ("old", set())


def test_that_an_export_that_was_replaced_never_comes_back_by_halves(tmp_path: Path) -> None:
    target = tmp_path / "out"
    fill(target, "old")
    kill_in(REMOVAL, target)
    assert (text_in(target), beside(target)) == ("new", {".part", ".lock"})
    for path in (target / "a.xml", target / LISTED):
        path.unlink()
    target.rmdir()
    sweep(target)
    assert list(tmp_path.iterdir()) == []


def test_that_what_a_live_process_writes_stays(tmp_path: Path) -> None:
    target = tmp_path / "out"
    code = (
        "import sys\nfrom pathlib import Path\nfrom app.store.formats.targets import new_folder, write_text\n"
        "with new_folder(Path(sys.argv[1]), 'voc') as folder:\n"
        "    write_text(folder / 'a.xml', 'slow')\n    print('there', flush=True)\n    sys.stdin.readline()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code, str(target)], cwd=ROOT, text=True, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        fill(target, "fast")
        assert beside(target) == {".part", ".lock"}
        process.communicate("go on\n")
    assert process.returncode == 0
    assert (text_in(target), list(tmp_path.iterdir())) == ("slow", [target])


def test_that_two_exports_of_one_process_do_not_sweep_each_other(tmp_path: Path) -> None:
    with places_beside(tmp_path / "out") as first:
        first.part.mkdir()
        with places_beside(tmp_path / "out") as second:
            assert first.part != second.part
            assert first.part.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_that_only_our_own_names_for_this_target_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    kill_in(PART, target)
    (ours,) = (path for path in tmp_path.iterdir() if path.suffix == ".part")
    elsewhere = tmp_path / "elsewhere"
    write_text(elsewhere / "kept.txt", "mine")
    kept = [ours.name + "s", ours.name.replace("-", "_"), ours.name[1:], ".out.1234.part", "out.part"]
    for name in kept:
        (tmp_path / name).mkdir()
    ours.with_name(f"{ours.name[:28]}00000000.part").symlink_to(elsewhere)
    fill(tmp_path / "out2", "new")
    assert ours.is_dir(), "it is of another target"
    with monkeypatch.context() as patched:
        patched.setattr(os, "getuid", lambda: 4711)
        sweep(target)
    assert ours.is_dir(), "it is somebody else's"
    sweep(target)
    assert not ours.exists()
    assert all((tmp_path / name).is_dir() for name in kept)
    assert (elsewhere / "kept.txt").read_text() == "mine"


@pytest.mark.parametrize("error", [NotImplementedError(), OSError(38, "Function not implemented")])
def test_that_a_disk_without_locks_is_written_and_nothing_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    target = tmp_path / "out"
    kill_in(PART, target)
    left = beside(target)

    def fail(_lock: object, *_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(leftovers.FileLock, "acquire", fail)
    fill(target, "new")
    assert (text_in(target), beside(target)) == ("new", left)


def test_that_a_target_with_the_longest_name_is_written(tmp_path: Path) -> None:
    longest = "x" * 255
    with new_file(tmp_path / longest) as part:
        part.write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == [longest]
