"""The headless verb `export`, called as a shell calls it."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image
from pycocotools.coco import COCO

import main
from app.cli import find_project
from app.model.annotations import Annotation, Category, ImageMark
from app.model.commands import Command, Edit
from app.model.storage import StoreError
from app.store.formats.annotation_export import export_annotations
from app.store.formats.table import format_of
from app.store.project_store import ProjectStore
from detector.image_files import list_images

ROOT = Path(main.__file__).parent
LONG = "x" * 251


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An image folder with a project: 1.png is reviewed and has a box, 2.png is not."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("1.png", "2.png"):
        Image.new("RGB", (64, 48)).save(folder / name)
    store = ProjectStore.open(folder)
    store.list_images(list_images(folder))
    first = next(record.id for record in store.images() if record.path == "1.png")
    rows = (Category(1, "die", "#112233", position=0), Annotation(1, first, 1, (1.5, 2.0, 30.0, 40.0)))
    edits = (*(Edit(None, row) for row in rows), Edit(ImageMark(first), ImageMark(first, reviewed=True)))
    store.write(edits, store.history().recorded(), Command("test", None, edits))
    store.close()
    return folder


@pytest.mark.parametrize("key", ["coco", "cvat", "label-studio"])
def test_that_a_link_stays_and_the_file_that_it_leads_to_is_written(project: Path, tmp_path: Path, key: str) -> None:
    real, link = tmp_path / "data" / "real.json", tmp_path / "out.json"
    real.parent.mkdir()
    real.write_text("{}")
    link.symlink_to(real)
    assert main.main(["export", str(project), "-o", str(link), "--format", key]) == 0
    assert link.readlink() == real
    assert "die" in real.read_text()
    assert [path for path in real.parent.iterdir() if path != real] == []


def test_that_what_a_link_leads_to_is_looked_at(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, goal in enumerate((project / "1.png", project / ".boxwright" / "project.db", tmp_path / "no" / "a")):
        link = tmp_path / f"{number}.json"
        link.symlink_to(goal)
        before = goal.read_bytes() if goal.exists() else None
        assert main.main(["export", str(project), "-o", str(link)]) == 1
        said = "an image, a model or a database already" if before else f"There is no folder {goal.parent}"
        assert said in capsys.readouterr().err
        assert (goal.read_bytes() if goal.exists() else None) == before


@pytest.mark.parametrize("where", ["", ".boxwright"])
def test_that_reviewed_images_are_exported(
    project: Path, tmp_path: Path, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.json"
    assert main.main(["export", str(project / where), "-o", str(output), "--json"]) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert (summary["images"], summary["annotations"], summary["unreviewed_left_out"]) == (1, 1, 1)
    assert "1 annotation of 1 category on 1 image (0 without objects) in " in captured.err
    assert "1 image that is not reviewed was left out" in captured.err
    dataset = COCO(str(output)).dataset
    assert [image["file_name"] for image in dataset["images"]] == ["1.png"]
    assert dataset["annotations"][0]["bbox"] == [1.5, 2.0, 28.5, 38.0]


def test_that_a_project_is_found_from_within(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project / ".boxwright")
    assert main.main(["export", ".", "-o", str(tmp_path / "out.json"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 1


def test_that_unreviewed_images_are_exported_on_request(project: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    assert main.main(["export", str(project), "-o", str(output), "--include-unreviewed"]) == 0
    assert len(COCO(str(output)).dataset["images"]) == 2


@pytest.fixture
def long_project(project: Path) -> Path:
    """With an image of the longest name there is, reviewed as all are."""
    Image.new("RGB", (64, 48)).save(project / f"{LONG}.jpg")
    with closing(ProjectStore.open(project)) as store:
        store.list_images(list_images(project))
    return project


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has shorter paths")
@pytest.mark.parametrize("parts", [(), ("--split", "50/50")])
def test_that_an_image_whose_file_would_have_too_long_a_name_is_named_before_anything_is_written(
    long_project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], parts: tuple[str, ...]
) -> None:
    command = ["export", str(long_project), "--include-unreviewed", *parts]
    output = tmp_path / "out"
    assert main.main([*command, "-o", str(output), "--format", "labelme"]) == 1
    said = capsys.readouterr().err
    assert f"{LONG}.jpg: the name of its file of annotations would be too long" in said
    assert "1.png" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]
    for key, suffix in (("voc", ".xml"), ("yolo", ".txt")):
        assert main.main([*command, "-o", str(tmp_path / key), "--format", key]) == 0
        assert list((tmp_path / key).rglob(f"{LONG}{suffix}"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has shorter paths")
@pytest.mark.parametrize(("key", "suffix"), [("coco", ".json"), ("cvat", ".xml"), ("voc", ""), ("labelme", "")])
def test_that_an_output_may_have_the_longest_name_there_is(
    project: Path, tmp_path: Path, key: str, suffix: str
) -> None:
    output = tmp_path / ("x" * (255 - len(suffix)) + suffix)
    for _ in range(2):
        assert main.main(["export", str(project), "-o", str(output), "--format", key]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"photos", output.name}


SLOW = """
import signal, sys, time
# What began these tests may ignore both: a shell in the background does so with SIGINT, nohup with SIGHUP.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
import main
from app.store.formats import voc_writing
voc_writing.deliver = lambda *_: (print("under way", flush=True), time.sleep(60))
sys.exit(main.main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals for a child")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_that_a_signal_ends_an_export_without_a_trace(project: Path, tmp_path: Path, name: str) -> None:
    command = ["export", str(project), "-o", str(tmp_path / "out"), "--format", "voc", "--images", "copy"]
    assert main.main(command) == 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if "out" in path.parts[-3:]}
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, *command], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "under way\n"
        assert [path for path in tmp_path.iterdir() if path.suffix == ".part"]
        process.send_signal(signal.Signals[name])
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
    assert {path.name for path in tmp_path.iterdir()} == {"photos", "out"}
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if "out" in path.parts[-3:]}


def test_that_an_export_goes_on_while_the_project_is_open(project: Path, tmp_path: Path) -> None:
    store = ProjectStore.open(project)
    assert main.main(["export", str(project), "-o", str(tmp_path / "out.json")]) == 0
    store.close()


def test_that_a_place_that_cannot_be_written_is_a_sentence(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["export", str(project), "-o", str(tmp_path / "no" / "out.json"), "--json"]) == 1
    captured = capsys.readouterr()
    assert f"no folder {tmp_path / 'no'}" in json.loads(captured.out)["error"]
    assert captured.err.startswith("boxwright: ")


@pytest.mark.parametrize("name", ["1.png", ".boxwright/project.db"])
@pytest.mark.parametrize("key", ["coco", "cvat"])
def test_that_neither_an_image_nor_the_project_is_written_over(
    project: Path, name: str, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (project / name).read_bytes()
    assert main.main(["export", str(project), "-o", str(project / name), "--format", key]) == 1
    assert "is an image, a model or a database already" in capsys.readouterr().err
    with pytest.raises(StoreError, match="is an image, a model or a database already"):  # in the window
        export_annotations(format_of(key), find_project(project), project / name)
    assert main.main(["statistics", str(project), "--csv", str(project / name)]) == 1
    assert "is an image, a model or a database already" in capsys.readouterr().err
    assert main.main(["detect", str(project / "2.png"), "-o", str(project / name)]) == 1
    assert "is an image, a model or a database already" in capsys.readouterr().err
    assert (project / name).read_bytes() == before


def test_that_what_is_wrong_is_listed_and_the_old_file_stays(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.json"
    output.write_text("the old file")
    Image.new("RGB", (20, 20)).save(project / "1.png")  # the box lies outside now
    assert main.main(["export", str(project), "-o", str(output)]) == 1
    assert "1.png" in capsys.readouterr().err
    assert output.read_text() == "the old file"


def test_that_parts_are_exported_and_counted(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    Image.effect_noise((64, 48), 90).save(project / "2.png")  # no near copy of the other
    options = ["--split", "50/50", "--include-unreviewed", "--json"]
    assert main.main(["export", str(project), "-o", str(output), *options]) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert summary["split"] == {"images": {"train": 1, "val": 1}, "boxes": {"die": {"train": 1}}, "seed": 0}
    assert (summary["format"], summary["output"]) == ("coco", str(output))
    assert "No box in val: die." in captured.err
    assert "boxes of" in captured.err
    assert len(COCO(str(output / "train.json")).dataset["annotations"]) == 1
    assert main.main(["export", str(project), "-o", str(output), *options, "--seed", "1"]) == 0, (
        "its own may be replaced"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--split", "80/30"], "as in 80/10/10, not 80/30"),
        (["--format", "doc"], "There is no format doc"),
        (["--seed", "7"], "without --split there is nothing to choose"),
        (["--images", "link"], "COCO JSON is a file, which has no place for images"),
    ],
)
def test_that_an_option_that_makes_no_sense_is_a_sentence(
    project: Path, tmp_path: Path, options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["export", str(project), "-o", str(tmp_path / "out"), *options]) == 2
    assert sentence in " ".join(re.sub("[│╭╰─╮╯]", " ", capsys.readouterr().err).split())
    assert not (tmp_path / "out").exists()


def test_that_a_project_of_somebody_else_is_not_trusted_without_a_window(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(project / ".boxwright" / "project.db", isolation_level=None)) as connection:
        connection.execute("UPDATE images SET path = '../secret.png' WHERE id = 1")
    output = tmp_path / "out.json"
    assert main.main(["export", str(project), "-o", str(output)]) == 1
    assert "was not written by Boxwright" in " ".join(capsys.readouterr().err.split())
    assert not output.exists()
