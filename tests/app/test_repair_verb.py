"""The headless verb `repair`, called as a shell calls it."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from damaged_project import IMAGES, count, make_project, pages_of, wipe
from without_room import FULL, refuse

import main
from app.repairing import EXIT_UNKNOWN
from app.store.backups import back_up
from app.store.project_store import ProjectStore

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.location import Location


@pytest.fixture
def location(tmp_path: Path) -> Location:
    return make_project(tmp_path / "photos", boxes=20)


def repair(location: Location, *more: str) -> int:
    return main.main(["repair", str(location.image_folder), *more])


def damage(location: Location) -> bytes:
    wipe(location.database, pages_of(location.database, "annotations")[1:3])
    return location.database.read_bytes()


def test_that_a_good_project_is_called_good(location: Location, capsys: pytest.CaptureFixture[str]) -> None:
    assert repair(location, "--check") == 0
    assert repair(location) == 0
    assert capsys.readouterr().out.splitlines() == ["Nothing is wrong with the project."] * 2


def test_that_a_check_says_what_is_wrong_and_changes_nothing(
    location: Location, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = damage(location)
    assert repair(location, "--check", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["wrong"]
    assert said["error"].endswith("project.db is damaged.")
    assert location.database.read_bytes() == broken


def test_that_a_check_that_cannot_look_says_why_and_calls_nothing_damaged(
    location: Location, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(ProjectStore(location)):
        refuse(monkeypatch, location.database, FULL)
        assert repair(location, "--check", "--json") == EXIT_UNKNOWN
    said = json.loads(capsys.readouterr().out)
    assert "wrong" not in said
    assert said["error"].startswith("Nobody can say now whether")
    assert said["error"].endswith("the disk is full. Free some space and try again.")


def test_that_a_repair_says_what_was_saved_and_where_the_rest_is(
    location: Location, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = damage(location)
    assert repair(location) == 0
    said = capsys.readouterr().out
    (aside,) = location.folder.glob("damaged-*")
    assert (aside / "project.db").read_bytes() == broken
    assert f"What was there before is in {aside}" in said
    (boxes,) = [line.split() for line in said.splitlines() if line.startswith("boxes")]
    assert int(boxes[1]) + int(boxes[2]) == IMAGES * 20
    assert boxes[4:] == ["0", "0"]
    assert "index have" not in said
    assert repair(location, "--check") == 0


def test_that_images_that_came_from_an_index_are_told_apart(
    location: Location, capsys: pytest.CaptureFixture[str]
) -> None:
    wipe(location.database, pages_of(location.database, "images"), 0)
    assert repair(location) == 0
    said = capsys.readouterr().out
    (images,) = [line.split() for line in said.splitlines() if line.startswith("images")]
    assert images[1:] == ["0", "0", "0", str(IMAGES), "0"]
    assert "Images from an index have their path, their boxes" in said
    assert count(location.database, "annotations") == IMAGES * 20


def test_that_the_report_is_one_json_object(location: Location, capsys: pytest.CaptureFixture[str]) -> None:
    damage(location)
    assert repair(location, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["repaired"], said["lost"], said["taken"]) == (True, 0, None)
    assert said["tables"]["annotations"]["journal"] > 0


def test_that_a_backup_is_taken_where_a_person_says_so(location: Location) -> None:
    backup = back_up(location, datetime.now(UTC))
    with closing(ProjectStore(location)) as store:
        store._connection.execute("DELETE FROM annotations")
    assert repair(location, "--from", str(backup)) == 0
    assert count(location.database, "annotations") == IMAGES * 20


def test_that_a_project_in_use_and_a_folder_without_one_are_refused(
    location: Location, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(ProjectStore(location)):
        assert repair(location) == 1
    assert "open in another Boxwright" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main.main(["repair", str(tmp_path / "empty")]) == 1
    assert "There is no project" in capsys.readouterr().err
