"""The headless verbs `split` and `merge`, called as a shell calls them."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from PIL import Image

import main
from app.model.annotations import Annotation, Category, ImageMark
from app.model.commands import Command, Edit
from app.model.workspace import Workspace
from app.store.project_store import ProjectStore
from detector.image_files import list_images

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A project of six reviewed images with a category."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(6):
        Image.new("L", (64, 48), 30 * number).save(folder / f"{'abcdef'[number]}.png")
    with closing(ProjectStore.open(folder)) as store:
        store.list_images(list_images(folder))
        edits = [Edit(None, Category(1, "bolt", "#e69f00"))]
        edits += [Edit(ImageMark(one.id), ImageMark(one.id, reviewed=True)) for one in store.images()]
        Workspace(store).execute(Command("begin", None, tuple(edits)))
    return folder


def box_all(folder: Path, x: float) -> None:
    with closing(ProjectStore.open(folder)) as store:
        boxes = [Annotation(one.id, one.id, 1, (x, 1.0, x + 10, 11.0)) for one in store.images()]
        Workspace(store).execute(Command("box", None, tuple(Edit(None, one) for one in boxes)))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main.main([str(one) for one in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_that_a_project_goes_out_and_comes_back(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shares = tmp_path / "shares"
    code, out, _ = run(capsys, "split", photos, "--names", "ann, ben", "--overlap", "0.5", "-o", shares, "--json")
    said = json.loads(out)
    assert code == 0
    assert [(one["name"], one["twice"]) for one in said["shares"]] == [("ann", 3), ("ben", 3)]
    assert sum(one["images"] for one in said["shares"]) == 9
    box_all(shares / "ann", 1)
    box_all(shares / "ben", 2)
    code, out, err = run(capsys, "merge", photos, shares / "ann", shares / "ben", "--dry-run")
    assert (code, err) == (0, "")
    assert "Nothing was merged: this was a trial." in out
    assert "ann and ben on 3 images" in " ".join(out.split())
    code, out, _ = run(capsys, "merge", photos, shares / "ann", shares / "ben", "--json")
    said = json.loads(out)
    assert (code, said["merged"]) == (0, True)
    ann = len(list((shares / "ann").glob("*.png")))
    assert [one["taken"] for one in said["shares"]] == [ann, 6 - ann]
    assert [len(one["conflicts"]) for one in said["shares"]] == [0, 3]
    code, _, err = run(capsys, "merge", photos, shares)
    assert (code, "projects are in its folders ann, ben." in err) == (1, True)
    (agreement,) = said["agreements"]
    assert agreement["names"] == ["ann", "ben"]
    assert agreement["categories"]["bolt"]["mean_iou"] == pytest.approx(9 / 11)
    code, out, _ = run(capsys, "merge", photos, shares / "ann")
    assert (code, "The project has all of it already." in out) == (0, True)
    exported = tmp_path / "all.json"
    assert run(capsys, "export", photos, "-o", exported)[0] == 0
    authors = [one["boxwright"]["author"] for one in json.loads(exported.read_text())["annotations"]]
    assert sorted(set(authors)) == ["ann", "ben"]
    assert len(authors) == 6


def test_that_images_whose_files_are_gone_are_in_no_share_and_said(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "c.png").unlink()
    code, out, err = run(capsys, "split", photos, "--parts", 2, "-o", tmp_path / "shares", "--json")
    said = json.loads(out)
    assert (code, said["missing"], sum(one["images"] for one in said["shares"])) == (0, ["c.png"], 5)
    assert "c.png is not in the folder now: it is in no share." in err


def test_that_a_file_that_came_back_since_the_folder_was_listed_is_in_a_share(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(ProjectStore.open(photos)) as store:
        store.set_missing({3: True})
    code, out, _ = run(capsys, "split", photos, "--parts", 2, "-o", tmp_path / "shares", "--json")
    said = json.loads(out)
    assert (code, said["missing"], sum(one["images"] for one in said["shares"])) == (0, [], 6)


def test_that_conflicts_are_said(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shares = tmp_path / "shares"
    assert run(capsys, "split", photos, "--parts", "2", "-o", shares)[0] == 0
    box_all(shares / "part-1", 1)
    box_all(photos, 2)
    code, out, _ = run(capsys, "merge", photos, shares / "part-1")
    assert code == 0
    said = (
        "changed on both sides, the project keeps its own; boxes that only one side has: 1 of part-1, 1 of the project."
    )
    assert " ".join(out.split()).count(said) == 3
    assert "Not taken: 3 images that both sides changed." in out
    code, out, _ = run(capsys, "merge", photos, shares / "part-1", "--prefer-share", "--json")
    (share,) = json.loads(out)["shares"]
    assert [one["taken"] for one in share["conflicts"]] == [True] * 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--parts", "1"], "--parts"),
        ([], "say"),
        (["--parts", "2", "--names", "a,b"], "say"),
        (["--parts", "2", "--overlap", "1.5"], "--overlap"),
        (["--parts", "2", "--images", "none"], "without images"),
    ],
)
def test_that_a_wrong_command_line_is_one(
    arguments: list[str], words: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        raise SystemExit(main.main(["split", str(photos), "-o", str(tmp_path / "shares"), *arguments]))
    assert end.value.code == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "shares").exists()


def test_that_what_cannot_be_split_or_merged_is_a_sentence(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "split", photos, "--parts", "7", "-o", tmp_path / "shares")
    assert (code, "too few" in err) == (1, True)
    code, _, err = run(capsys, "merge", photos, photos)
    assert (code, "no share of a project" in err) == (1, True)
    with closing(ProjectStore.open(photos)):
        code, _, err = run(capsys, "merge", photos, photos)
    assert (code, "Traceback" in err) == (1, False)


def test_that_a_terminal_does_not_obey_what_a_share_says(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shares = tmp_path / "shares"
    assert run(capsys, "split", photos, "--parts", "2", "-o", shares)[0] == 0
    with closing(ProjectStore.open(shares / "part-1")) as store:
        record = store.images()[0]
        evil = Category(5, "bolt\x1b]0;owned\x07\n", "#e69f00", position=3)
        box = Annotation(9, record.id, 5, (1.0, 1.0, 11.0, 11.0))
        Workspace(store).execute(Command("evil", None, (Edit(None, evil), Edit(None, box))))
    code, out, err = run(capsys, "merge", photos, shares / "part-1")
    assert code == 0
    assert "New categories: bolt\ufffd]0;owned\ufffd" in out
    assert "\x1b" not in out + err
