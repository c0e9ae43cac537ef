"""The headless verb `validate`, called as a shell calls it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

import main

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT: dict[str, Any] = {
    "images": [{"id": 1, "file_name": "1.png", "width": 64, "height": 48}],
    "categories": [{"id": 1, "name": "bolt"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 7, 20], "area": 140, "iscrowd": 0}],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A dataset without a fault, and its image."""
    (tmp_path / "images").mkdir()
    Image.new("RGB", (64, 48)).save(tmp_path / "images" / "1.png")
    file = tmp_path / "annotations.json"
    file.write_text(json.dumps(DOCUMENT))
    return file


def change(file: Path, **fields: Any) -> None:
    document = json.loads(file.read_text())
    document["annotations"][0].update(fields)
    file.write_text(json.dumps(document))


def run(file: Path, *options: str) -> int:
    return main.main(["validate", str(file), "--images", str(file.parent / "images"), *options])


def test_that_a_good_dataset_passes_with_a_summary(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(file.parent.rglob("*"))
    assert run(file) == 0
    said = capsys.readouterr().out
    assert said.startswith("No errors and no warnings in ")
    assert "COCO JSON: 1 image, 1 annotation and 1 category" in said
    assert sorted(file.parent.rglob("*")) == before


def test_that_an_error_fails_and_is_one_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(file, bbox=[1, 2, 0, 20])
    assert run(file) == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines()[0] == (
        "error: annotation 1 of image 1 (1.png): its box [1, 2, 0, 20] has no width or no height. "
        "Draw the box again or take it out."
    )
    assert captured.err.startswith("boxwright: 1 error and no warnings")


def test_that_a_warning_passes_unless_it_is_to_count(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(file, area=7)
    assert run(file) == 0
    assert "warning: annotation 1 of image 1 (1.png): its area is 7" in capsys.readouterr().out
    assert run(file, "--strict") == 1


def test_that_everything_is_one_json_object_on_request(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(file, category_id=4)
    assert run(file, "--json", "--quick") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["format"], said["errors"], said["warnings"]) == ("coco", 1, 1)
    assert said["findings"][0]["place"] == "annotation 1 of image 1 (1.png)"
    assert said["error"].startswith("1 error and 1 warning in ")


def test_that_a_format_can_be_named_and_has_to_exist(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(file, "--format", "labelme") == 1
    assert "is not a file of labelme" in capsys.readouterr().out
    assert run(file, "--format", "klingon") == 2
    assert "no format klingon" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_that_a_pipe_is_refused_and_not_waited_for(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.unlink()
    os.mkfifo(file)
    assert run(file) == 1
    assert "is neither a file nor a folder" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_that_a_dataset_is_recognised_in_each_encoding_of_json(file: Path, encoding: str) -> None:
    file.write_text(json.dumps(DOCUMENT), encoding=encoding)
    assert run(file) == 0
