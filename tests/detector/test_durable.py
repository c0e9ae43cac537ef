"""Files that take the place of others: whole or not at all, with a name that the disk has."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from detector import checkpoints, coco, durable, training_state
from detector.curves import Curves
from detector.durable import replacing, write_whole
from detector.learner import Snapshot
from detector.proposal_file import ProposalFile
from detector.training_state import TrainingState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_a_state(path: Path) -> None:
    training_state.save(path, TrainingState({}, Snapshot(1, 2, 3.0, {}, {}), Curves()))


def write_a_proposal_file(path: Path) -> None:
    assert list(ProposalFile(path, 0, 4).write([])) == []


WRITERS: dict[str, Callable[[Path], None]] = {
    "bytes": lambda path: write_whole(path, b"new"),
    "JSON": lambda path: coco.write_json(path, {"new": 1}),
    "the state of a training": write_a_state,
    "proposals": write_a_proposal_file,
}


@pytest.mark.skipif(os.name == "nt", reason="a folder cannot be opened there")
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_that_content_and_name_are_on_the_disk_in_this_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    target, sync, synced = tmp_path / "file", os.fsync, list[tuple[str, bool]]()

    def look(handle: int) -> None:
        is_folder = os.path.samestat(os.fstat(handle), tmp_path.stat())
        synced.append(("the name" if is_folder else "the content", target.exists()))
        sync(handle)

    monkeypatch.setattr(os, "fsync", look)
    write(target)
    assert synced == [("the content", False), ("the name", True)]


def test_that_a_model_that_was_saved_has_its_name_on_the_disk(
    tmp_path: Path, make_model, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[bool] = []
    monkeypatch.setattr("detector.durable.settle", lambda folder: settled.append((folder / "m.safetensors").exists()))
    checkpoints.save(tmp_path / "m.safetensors", make_model("embedded", 1), ["cup"])
    assert settled == [True]


@pytest.mark.skipif(os.name == "nt", reason="how a handle was opened is asked by fcntl")
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_that_what_is_synced_was_opened_for_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    import fcntl

    read_only: list[int] = []

    def look(handle: int) -> None:
        is_read_only = fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
        if is_read_only and not os.path.samestat(os.fstat(handle), tmp_path.stat()):
            read_only.append(handle)  # what Windows refuses to sync

    monkeypatch.setattr(os, "fsync", look)
    write(tmp_path / "file")
    assert read_only == []


@pytest.mark.parametrize("end", [KeyboardInterrupt(), GeneratorExit(), OSError(errno.ENOSPC, "full")])
def test_that_whatever_ends_it_the_old_file_stays_and_nothing_beside_it(tmp_path: Path, end: BaseException) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def half() -> None:
        with replacing(target) as beside:
            beside.write_bytes(b"ne")
            raise end

    with pytest.raises(type(end)):
        half()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("name", "content", "kinds"),
    [
        ("a.csv", "Größe,1\n".encode(), {"text"}),
        ("a.csv", "Größe,1\n".encode("utf-16"), {"text"}),
        ("a.db", b"SQLite format 3\0" + bytes(90), set()),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", set()),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(20) + b"tEXtSoftware\0Boxwright", {"plot"}),
        ("a.bin", (16).to_bytes(8, "little") + b"{" + bytes(15), {"weights"}),
        ("a.bin", (99).to_bytes(8, "little") + b"{" + bytes(15), set()),
        ("a.safetensors", b"\0", {"weights"}),
        ("a", b"", {"text", "weights", "plot"}),
    ],
)
def test_that_a_file_is_known_by_how_it_begins(tmp_path: Path, name: str, content: bytes, kinds: set[str]) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    known = {"text": durable.holds_text, "weights": durable.holds_weights, "plot": durable.holds_plot}
    assert {kind for kind, holds in known.items() if holds(path)} == kinds
