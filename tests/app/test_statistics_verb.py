"""The headless verb `statistics`, called as a shell calls it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import main
from app.model import edits
from app.model.annotations import Category, Suggestion
from app.model.workspace import Workspace
from app.store.database import open_database
from app.store.project_store import ProjectStore
from app.store.schema import MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two images: one reviewed, with a suggestion accepted, one rejected and a box drawn."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("1.png", "2.png"):
        (folder / name).touch()
    with closing(ProjectStore.open(folder)) as store:
        store.list_images([folder / "1.png", folder / "2.png"])
        workspace = Workspace(store)
        workspace.execute(edits.add_category(Category(1, "[b]die[/b]", "#112233")))
        (die,) = workspace.categories
        for kind in (edits.accept, edits.reject):
            ids = workspace.next_ids()
            suggestion = Suggestion(0, (1.0 + ids.annotation, 1.0, 9.0, 9.0), die.name, die.id, 0.7, "embedded-1")
            rest = (workspace.categories, ids) if kind is edits.accept else (ids,)
            workspace.execute(kind([suggestion], 1, *rest))
        workspace.execute(edits.draw((2.0, 2.0, 5.0, 5.0), 1, die, workspace.next_ids()))
        workspace.execute(edits.mark_reviewed(workspace.images[0].mark))
    return folder


@pytest.mark.parametrize("where", ["", ".boxwright"])
def test_that_the_tables_say_how_the_work_goes(project: Path, where: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["statistics", str(project / where)]) == 0
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["2", "1", "0", "0", "1", "0"] in said
    assert ["[b]die[/b]", "2", "1", "1", "0", "0", "0", "50%"] in said
    assert ["Base", "2", "1", "0", "0", "1", "1", "50%"] in said
    assert ["1", "Base", "1", "1", "1", "0", "0", "2.00"] in said


def test_that_a_file_that_went_since_the_folder_was_listed_is_missing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "2.png").unlink()
    assert main.main(["statistics", str(project), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert [one["value"] for one in figures if one["metric"] == "images_missing"] == [1]


def test_that_the_figures_are_one_json_object(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["statistics", str(project), "--json"]) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert summary["csv"] is None
    of_round = {"round": 1, "model_version": "Base", "category": "", "day": ""}
    assert {"metric": "corrections_per_image", "value": 2.0, **of_round} in summary["figures"]
    assert "Base" in captured.err


def test_that_the_file_is_written_beside_an_open_project(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "statistics.csv"
    with closing(ProjectStore.open(project)):
        assert main.main(["statistics", str(project), "--csv", str(target)]) == 0
    assert f"All figures were written to {target}." in capsys.readouterr().out
    assert target.read_bytes().startswith(b"\xef\xbb\xbfmetric,round,model_version,category,day,value\r\n")


def test_that_the_file_that_a_link_leads_to_is_written(project: Path, tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    link.symlink_to(real)
    assert main.main(["statistics", str(project), "--csv", str(link)]) == 0
    assert (link.is_symlink(), real.is_symlink()) == (True, False)
    assert "metric,round" in real.read_text(encoding="utf-8-sig")


def test_that_a_folder_without_a_project_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["statistics", str(tmp_path), "--json"]) == 1
    assert "There is no project" in json.loads(capsys.readouterr().out)["error"]
    assert not (tmp_path / ".boxwright").exists()


def test_that_a_project_that_was_never_brought_up_to_date_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".boxwright").mkdir()
    open_database(tmp_path / ".boxwright" / "project.db", MIGRATIONS[:3]).close()
    assert main.main(["statistics", str(tmp_path)]) == 1
    assert "is of an older version: open it in the window once" in " ".join(capsys.readouterr().err.split())


def test_that_a_project_that_lacks_a_table_is_a_sentence(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(project / ".boxwright" / "project.db")) as connection:
        connection.execute("DROP TABLE activity")
    assert main.main(["statistics", str(project)]) == 1
    assert "it is damaged (malformed: activity is not there)" in " ".join(capsys.readouterr().err.split())


def test_that_a_place_that_cannot_be_written_is_a_sentence(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["statistics", str(project), "--csv", str(tmp_path / "no" / "out.csv")]) == 1
    assert f"no folder {tmp_path / 'no'}" in capsys.readouterr().err


def test_that_a_project_without_a_decision_is_a_row_of_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(ProjectStore.open(tmp_path)):
        pass
    assert main.main(["statistics", str(tmp_path)]) == 0
    said = capsys.readouterr().out.split()
    assert said == ["images", "reviewed", "unsure", "begun", "untouched", "missing", *"000000"]
