"""Hiding categories in the whole window: by keys, by the eyes of the list, by its menu; and what says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from whole_application import Running, running

from app.model.selection import select_annotations
from app.ui.annotation_rows import CATEGORY
from app.ui.category_delegate import eye_rect
from app.ui.category_rows import ENTRY_ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Running]:
    """Two dice, 1 and 2, and a coin, 3; nothing is selected, and a die is what would be drawn next."""
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (640, 480), (90, 120, 90)).save(folder / "0.png")
    with running(tmp_path) as opened:
        opened.open(folder)
        opened.hands.key("Shift+Return")
        assert [one.name for one in opened.workspace.categories] == ["die", "coin"]
        yield opened


def said(run: Running) -> str:
    return run.window.status.currentMessage()


def listed(run: Running) -> list[str]:
    rows = run.hands.desk.annotations._rows
    return [rows.index(row, CATEGORY).data() for row in range(rows.rowCount())]


def heading(run: Running) -> str:
    return run.hands.desk.annotations._counts.text()


def press_eye(run: Running, row: int) -> None:
    view = run.hands.desk.categories._view
    place = eye_rect(view.visualRect(view.model().index(row, 0))).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def test_that_a_key_hides_the_category_of_the_selected_box_else_of_the_next(run: Running) -> None:
    select_annotations(run.workspace, (3,))
    run.hands.key("Shift+H")
    assert said(run) == "Hidden: boxes of coin. Ctrl+Shift+H shows all again."
    assert (listed(run), heading(run)) == (["die", "die"], "2 boxes · 1 hidden")
    assert run.workspace.selected is None
    run.hands.key("Shift+H")
    assert (listed(run), heading(run)) == ([], "0 boxes · 3 hidden")
    run.hands.key("Shift+H")
    assert said(run) == "Shown: boxes of die."
    show_all = run.window.menus.actions["show-categories"]
    assert show_all.isEnabled()
    run.hands.key("Ctrl+Shift+H")
    assert (listed(run), heading(run)) == (["die", "die", "coin"], "3 boxes")
    assert not show_all.isEnabled()


def test_that_only_one_category_is_shown(run: Running) -> None:
    select_annotations(run.workspace, (3,))
    run.window.menus.actions["only-category"].trigger()
    assert listed(run) == ["coin"]
    assert run.workspace.selected is not None, "it is of that category"


def test_that_hidden_boxes_are_neither_painted_nor_clicked(run: Running) -> None:
    canvas = run.hands.desk.canvas
    x1, y1, x2, y2 = run.workspace.annotations[3].box
    x, y = (round(place) for place in canvas.viewport.to_screen(x1, (y1 + y2) / 2))
    painted = canvas.grab().toImage().pixel(x, y)
    press_eye(run, 1)
    assert canvas.grab().toImage().pixel(x, y) != painted
    run.hands.click(((x1 + x2) / 2, (y1 + y2) / 2))
    assert run.workspace.selected is None


def test_that_an_eye_hides_and_shows_and_chooses_nothing(run: Running) -> None:
    rows = run.hands.desk.categories._rows
    before = run.workspace.view.category_id
    press_eye(run, 1)
    assert [rows.index(row).data(ENTRY_ROLE).is_hidden for row in range(2)] == [False, True]
    assert rows.index(1).data(Qt.ItemDataRole.ToolTipRole).endswith(", hidden")
    assert run.workspace.view.category_id == before
    press_eye(run, 1)
    assert [rows.index(row).data(ENTRY_ROLE).is_hidden for row in range(2)] == [False, False]
    assert run.workspace.history.length == 1, "looking is no decision"


def test_that_the_menu_of_a_category_hides_it_and_the_others(run: Running) -> None:
    panel = run.hands.desk.categories
    for words, expected in (("Show only its boxes", ["die", "die"]), ("Hide or show its boxes", [])):
        panel._open_menu(panel._view.visualRect(panel._rows.index(0)).center())
        menu = panel.findChildren(QMenu)[-1]
        next(one for one in menu.actions() if one.text() == words).trigger()
        menu.close()
        assert listed(run) == expected


def test_that_the_table_says_where_all_the_boxes_are(run: Running) -> None:
    press_eye(run, 0)
    press_eye(run, 1)
    table = run.hands.desk.annotations
    assert table._table._sentence.startswith("Only boxes of hidden categories.")
    run.hands.key("Ctrl+Shift+H")
    assert table._table._sentence == "No boxes on this image. W draws one."


def test_that_suggestions_of_a_hidden_category_are_counted_out(run: Running) -> None:
    run.hands.key("Ctrl+A")
    run.hands.key("Del")
    assert len(run.workspace.suggestions) == 3
    press_eye(run, 0)
    assert listed(run) == ["coin"]
    summary = run.hands.desk.filters._summary.text()
    assert summary.startswith("1 shown")
    run.hands.key("Shift+Return")
    assert [one.category_id for one in run.workspace.annotations.values()] == [run.workspace.categories[1].id]
