"""The headless verb `import`, and `export` in other formats, called as a shell calls them."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

import main
from app import import_verb
from app.store.project_store import ProjectStore

if TYPE_CHECKING:
    from pathlib import Path

VOC = (
    "<annotation><filename>{}.png</filename><object><name>die</name><bndbox>"
    "<xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object></annotation>"
)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """An image folder without a project."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("1.png", "2.png"):
        Image.new("RGB", (64, 48)).save(folder / name)
    return folder


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """Annotations of 1.png and of 2.png."""
    folder = tmp_path / "voc"
    folder.mkdir()
    for name in "12":
        (folder / f"{name}.xml").write_text(VOC.format(name), encoding="utf-8")
    return folder


def state(photos: Path) -> tuple[int, int, int]:
    """Annotations, reviewed images and what undo takes back."""
    store = ProjectStore.open(photos)
    try:
        reviewed = sum(record.reviewed for record in store.images())
        return sum(store.annotation_counts().values()), reviewed, store.history().length
    finally:
        store.close()


def test_that_an_import_makes_the_project_and_can_be_undone(
    photos: Path, voc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["import", str(photos), str(voc), "--json"]) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert (summary["format"], summary["images"], summary["annotations"], summary["imported"]) == ("voc", 2, 2, True)
    assert summary["new_categories"] == ["die"]
    assert "2 annotations on 2 images." in captured.err
    assert state(photos) == (2, 0, 1)


def test_that_an_import_again_tells_the_sizes_that_the_project_lacks(photos: Path, voc: Path) -> None:
    assert main.main(["import", str(photos), str(voc)]) == 0
    with closing(sqlite3.connect(photos / ".boxwright" / "project.db")) as connection:
        connection.execute("UPDATE images SET height = NULL, width = NULL")
        connection.commit()
    assert main.main(["import", str(photos), str(voc)]) == 0
    with closing(ProjectStore.open(photos)) as store:
        assert [record.size for record in store.images()] == [(48, 64)] * 2
        assert store.history().length == 1


def test_that_a_file_that_goes_while_the_annotations_are_read_is_a_missing_image(
    photos: Path, voc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = import_verb.find_annotations

    def find_slowly(*given: Any) -> Any:
        try:
            return found(*given)
        finally:
            (photos / "2.png").unlink()

    monkeypatch.setattr(import_verb, "find_annotations", find_slowly)
    assert main.main(["import", str(photos), str(voc)]) == 0
    assert state(photos) == (2, 0, 1)


def test_that_an_import_goes_into_the_project_that_it_is_called_in(
    photos: Path, voc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ProjectStore.open(photos).close()
    monkeypatch.chdir(photos / ".boxwright")
    assert main.main(["import", ".", str(voc)]) == 0
    assert state(photos) == (2, 0, 1)
    assert not (photos / ".boxwright" / ".boxwright").exists()


def test_that_a_trial_makes_nothing(photos: Path, voc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["import", str(photos), str(voc), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "New categories: " in said
    assert "this was a trial" in said
    assert sorted(path.name for path in photos.iterdir()) == ["1.png", "2.png"]


def test_that_a_trial_beside_a_project_imports_nothing(photos: Path, voc: Path) -> None:
    ProjectStore.open(photos).close()
    assert main.main(["import", str(photos), str(voc), "--dry-run"]) == 0
    assert state(photos) == (0, 0, 0)


def test_that_images_are_marked_as_reviewed_on_request(photos: Path, voc: Path) -> None:
    assert main.main(["import", str(photos), str(voc), "--reviewed"]) == 0
    assert state(photos)[1] == 2


def test_that_one_problem_stops_all_of_it_unless_it_is_skipped(
    photos: Path, voc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (voc / "2.xml").write_text("<annotation>", encoding="utf-8")
    assert main.main(["import", str(photos), str(voc), "--json"]) == 1
    captured = capsys.readouterr()
    assert "is not valid XML" in captured.err
    assert len(json.loads(captured.out)["problems"]) == 1
    assert sorted(path.name for path in photos.iterdir()) == ["1.png", "2.png"]
    assert main.main(["import", str(photos), str(voc), "--skip-bad"]) == 0
    assert state(photos) == (1, 0, 1)


@pytest.mark.parametrize("more", [[], ["--skip-bad"]])
def test_that_what_is_no_annotation_is_refused(
    photos: Path, tmp_path: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("milk", encoding="utf-8")
    assert main.main(["import", str(photos), str(tmp_path / "notes.txt"), *more]) == 1
    assert "it is none of COCO JSON, Pascal VOC XML, YOLO" in capsys.readouterr().err
    assert sorted(path.name for path in photos.iterdir()) == ["1.png", "2.png"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04\x14\x00", "is an archive: unpack it first"),
        (gzip.compress(b'{"images": []}'), "is an archive: unpack it first"),
        (b'[{"image_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]', "names no images"),
    ],
    ids=["zip", "gzip", "results"],  # not the content: that of gzip has the time in it, and names must not change
)
def test_that_what_people_take_for_annotations_is_called_by_its_name(
    photos: Path, tmp_path: Path, content: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "annotations").write_bytes(content)
    assert main.main(["import", str(photos), str(tmp_path / "annotations")]) == 1
    assert said in " ".join(capsys.readouterr().err.split())


def test_that_an_imported_image_is_exported_after_its_file_is_gone(
    photos: Path, voc: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["import", str(photos), str(voc), "--reviewed"]) == 0
    (photos / "2.png").unlink()
    target = tmp_path / "out.json"
    assert main.main(["export", str(photos), "-o", str(target)]) == 0
    assert "2.png" in capsys.readouterr().out
    written = json.loads(target.read_text(encoding="utf-8"))
    assert {one["file_name"]: (one["height"], one["width"]) for one in written["images"]} == {
        "1.png": (48, 64),
        "2.png": (48, 64),
    }


def test_that_a_format_can_be_named_and_has_to_exist(
    photos: Path, voc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["import", str(photos), str(voc), "--format", "VOC"]) == 0
    assert main.main(["import", str(photos), str(voc), "--format", "doc"]) == 2
    assert "There is no format doc" in capsys.readouterr().err


def test_that_a_project_that_is_open_is_refused(photos: Path, voc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ProjectStore.open(photos)
    try:
        assert main.main(["import", str(photos), str(voc)]) == 1
    finally:
        store.close()
    assert "is open in another Boxwright" in capsys.readouterr().err
    assert state(photos) == (0, 0, 0)


@pytest.mark.parametrize("made", ["voc: Annotations/1.xml", "yolo: labels/1.txt", "yolo: data.yaml"])
def test_that_other_formats_are_exported_to_a_folder(
    photos: Path, voc: Path, tmp_path: Path, made: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key, file = made.split(": ")
    assert main.main(["import", str(photos), str(voc), "--reviewed"]) == 0
    capsys.readouterr()
    target = tmp_path / "out"
    assert main.main(["export", str(photos), "-o", str(target), "--format", key, "--images", "copy", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["format"], summary["annotations"], summary["lost"]) == (key, 2, [])
    assert (target / file).is_file()


def test_that_an_export_does_not_replace_a_folder_of_somebody_else(
    photos: Path, voc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["import", str(photos), str(voc), "--reviewed"]) == 0
    assert main.main(["export", str(photos), "-o", str(photos), "--format", "yolo"]) == 1
    assert "is not empty and not an earlier export" in capsys.readouterr().err
    assert (photos / "1.png").is_file()
