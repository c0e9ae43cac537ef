"""JSON that somebody made to harm."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from detector import json_files
from detector.coco import parse_dataset
from detector.json_files import is_shallow, read_json
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 10_000, "nested too deeply"),
        ("9" * 10_000, "a number in it has thousands of digits"),
        ("[" + "[]," * 100_000 + "[]]", "so many tiny values"),
    ],
)
def test_that_it_is_refused_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    monkeypatch.setattr(json_files, "MOST_FREE", 2**20)
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DetectorError, match=reason):
        read_json(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_that_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(DetectorError, match="is not a file"):
        read_json(tmp_path / "pipe.json")


def test_that_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_files, "MOST_BYTES", 10)
    (tmp_path / "a.json").write_text(" " * 11)
    with pytest.raises(DetectorError, match="split it by images"):
        read_json(tmp_path / "a.json")


def test_that_depth_is_measured_without_going_deep() -> None:
    value: list[object] = []
    for _ in range(json_files.DEEPEST - 1):
        value = [value, 1]
    assert is_shallow(value)
    for _ in range(5_000):
        value = [value]
    assert not is_shallow(value)
    lists = {"images": [], "annotations": [], "categories": []}
    with pytest.raises(DetectorError, match="nested too deeply"):
        parse_dataset({**lists, "info": value})
