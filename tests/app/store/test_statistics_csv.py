from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from app.model.annotations import Provenance
from app.model.statistics import CategoryBoxes, Day, ImageStates, Round, Statistics, Tally, VersionTally
from app.model.storage import StoreError
from app.store.statistics_csv import Line, lines, write_csv

if TYPE_CHECKING:
    from pathlib import Path

DONE = Tally(accepted=2, moved=1, rejected=3, drawn=4)
FOUND = Statistics(
    images=ImageStates(reviewed=3, untouched=4, missing=1),
    categories=(CategoryBoxes("bolt", "#112233", {Provenance.DRAWN: 4, Provenance.ACCEPTED: 2}),),
    versions=(VersionTally("embedded-1", "Base", {"bolt": DONE}),),
    rounds=(Round(1, "embedded-1", "Base", "", 3, DONE), Round(2, "head-1", "Version 1", "", 0, Tally())),
    days=(Day(date(2026, 3, 27), 3, DONE, 90.123456), Day(date(2026, 3, 28), 0, Tally(), 5.0)),
)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_that_each_line_says_what_its_figure_is_of() -> None:
    found = set(lines(FOUND))
    assert {
        Line("images_reviewed", value=3),
        Line("boxes", value=6),
        Line("boxes_drawn", category="bolt", value=4),
        Line("suggestions_rejected", model_version="Base", category="bolt", value=3),
        Line("boxes_missed", model_version="Base", value=4),
        Line("acceptance_rate", model_version="Base", value=2 / 6),
        Line("corrections_added", round=1, model_version="Base", value=4),
        Line("corrections_per_image", round=1, model_version="Base", value=8 / 3),
        Line("images_reviewed", day="2026-03-27", value=3),
        Line("active_seconds", day="2026-03-28", value=5.0),
    } <= found


def test_that_a_figure_that_there_is_not_has_no_line() -> None:
    found = {(line.metric, line.round, line.day) for line in lines(FOUND)}
    assert ("corrections_per_image", 1, "") in found
    assert ("corrections_per_image", 2, "") not in found
    assert ("boxes_per_active_hour", "", "2026-03-27") in found
    assert ("boxes_per_active_hour", "", "2026-03-28") not in found


def test_that_no_line_is_there_twice() -> None:
    named = [line[:-1] for line in lines(FOUND)]
    assert len(named) == len(set(named))


def test_that_the_file_gives_back_every_line(tmp_path: Path) -> None:
    write_csv(FOUND, tmp_path / "out.csv")
    rows = read(tmp_path / "out.csv")
    assert [row["metric"] for row in rows] == [line.metric for line in lines(FOUND)]
    (seconds,) = (row["value"] for row in rows if row["metric"] == "active_seconds" and row["day"] == "2026-03-27")
    assert seconds == "90.1235"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_that_a_name_is_never_a_formula(tmp_path: Path, name: str) -> None:
    write_csv(replace(FOUND, categories=(CategoryBoxes(name, "#112233", {}),)), tmp_path / "out.csv")
    assert f"'{name}" in {row["category"] for row in read(tmp_path / "out.csv")}


@pytest.mark.parametrize("name", ['a "b", c', "two\nlines", "é日本", "100 %"])
def test_that_a_name_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    write_csv(replace(FOUND, categories=(CategoryBoxes(name, "#112233", {}),)), tmp_path / "out.csv")
    assert name in {row["category"] for row in read(tmp_path / "out.csv")}


def test_that_the_old_file_stays_where_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "inside").write_text("kept")
    with pytest.raises(StoreError, match="could not be written"):
        write_csv(FOUND, folder)
    assert (folder / "inside").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
