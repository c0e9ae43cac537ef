"""Some of the hostile files of `bench/hostile.py`, those that cost nothing to make; the bench has all of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from bench.hostile_case import Case, End, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("a cell is a fork", allow_module_level=True)

from bench.hostile import cases, opened, totals
from bench.hostile_cell import run

SOME = (
    *("65535 x 65535.gif", "EXIF loop.jpg", "directory that follows itself.tif", "1000 scans of 4 megapixels.jpg"),
    *("image id is 100000 digits.json", "bbox is infinity.json", "lists in lists.json"),
    *("a trigger that deletes", "lock.holder is a link", "lock.holder is a pipe", "the project is a link"),
    *("a journal that deletes another file", "an image above", "a version elsewhere", "figures of the wrong types"),
    *("a billion laughs.xml", "a secret in an entity.xml", "a folder that is outside.yaml", "pipe behind a.txt"),
)


def test_that_no_hostile_file_does_anything_but_open_or_be_refused() -> None:
    chosen = [case for case in cases(("image", "coco", "foreign", "project")) if case.name in SOME]
    assert len(chosen) >= 18
    outcomes = [opened(case, "1") for case in chosen]
    assert [one for one in outcomes if one.end not in (End.OPENED, End.REFUSED)] == []
    assert totals(outcomes)["over 2 GB"] == 0
    assert all(one.said.rstrip().endswith((".", ")")) for one in outcomes if one.end is End.REFUSED)


def crash(_: Path) -> str:
    import os

    os.abort()


def wait(_: Path) -> str:
    import threading

    threading.Event().wait()
    return ""


def leave(path: Path) -> str:
    return (path.parents[1] / "outside" / "precious.txt").read_text()


def destroy(path: Path) -> str:
    import os

    os.truncate(path.parents[1] / "outside" / "precious.txt", 0)
    return ""


def fail(_: Path) -> str:
    raise KeyError("nobody foresaw it")


@pytest.mark.parametrize(
    ("reader", "end"),
    [(crash, End.CRASH), (wait, End.HANG), (leave, End.ESCAPE), (destroy, End.ESCAPE), (fail, End.FAULT)],
)
def test_that_a_cell_sees_what_a_reader_must_not_do(tmp_path: Path, reader: Callable[[Path], str], end: End) -> None:
    case = Case("a", "image", lambda folder, _: written(folder, "a", b""))
    assert run(case, reader, tmp_path, "1", seconds=2.0 if end is End.HANG else 60.0).end is end
