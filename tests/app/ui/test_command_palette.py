"""Finding actions, categories and images by typing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListWidget
from whole_application import Running, running

from app.ui.command_palette import CommandPalette
from app.ui.commands import Command, matching

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("bolt", "nut", "washer"):
        Image.new("RGB", (640, 480), (90, 120, 90)).save(folder / f"{name}.png")
    with running(tmp_path) as opened:
        opened.open(folder)
        yield opened


def palette(run: Running) -> CommandPalette:
    run.hands.wait(run.hands.desk.canvas.hasFocus, "the canvas has the focus")
    run.hands.key("Ctrl+K")
    found = run.window.findChild(CommandPalette)
    assert found is not None
    run.hands.wait(found.isVisible, "the palette is shown")
    return found


def enter(opened: CommandPalette, wanted: str) -> None:
    field = opened.findChild(QLineEdit)
    QTest.keyClicks(field, wanted)
    QTest.keyClick(field, Qt.Key.Key_Return)


def listed(opened: CommandPalette) -> list[str]:
    rows = opened.findChild(QListWidget)
    return [rows.item(row).text() for row in range(rows.count())]


def test_that_an_action_is_found_and_run_and_the_canvas_has_the_focus(run: Running) -> None:
    enter(palette(run), "prop")
    assert run.workspace.view.show_proposals
    run.hands.wait(run.hands.desk.canvas.hasFocus, "the canvas has the focus")


def test_that_escape_runs_nothing_and_gives_the_focus_back(run: Running) -> None:
    opened = palette(run)
    QTest.keyClick(opened.findChild(QLineEdit), Qt.Key.Key_Escape)
    assert not run.workspace.rejections
    run.hands.wait(run.hands.desk.canvas.hasFocus, "the canvas has the focus")


def test_that_what_cannot_be_run_says_why_and_stays(run: Running) -> None:
    opened = palette(run)
    enter(opened, "duplicate box")
    assert opened.isVisible()
    spoken = opened.findChild(QListWidget).item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Duplicate box, Edit, Ctrl+D, no annotation is selected"
    opened.reject()


def test_that_what_was_run_latest_comes_first(run: Running) -> None:
    enter(palette(run), "zoom in")
    enter(palette(run), "fit the")
    opened = palette(run)
    assert listed(opened)[:2] == ["Fit the image", "Zoom in"]
    opened.reject()


def test_that_categories_and_images_are_found_by_name(run: Running) -> None:
    run.hands.key("Shift+Return")
    assert run.workspace.current_category.name == "die"
    enter(palette(run), "category coin")
    assert run.workspace.current_category.name == "coin"
    enter(palette(run), "washer")
    assert run.workspace.current_image.path == "washer.png"


def test_that_the_arrows_mark_another_row(run: Running) -> None:
    opened = palette(run)
    field = opened.findChild(QLineEdit)
    QTest.keyClicks(field, "show ")
    second = listed(opened)[1]
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert opened.findChild(QListWidget).currentItem().text() == second
    opened.reject()


def test_that_the_welcome_page_has_a_palette_that_says_that_no_project_is_open(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.window.menus.actions["palette"].trigger()
        opened = run.window.findChild(CommandPalette)
        QTest.keyClicks(opened.findChild(QLineEdit), "next image")
        row = opened.findChild(QListWidget).item(0)
        assert row.data(Qt.ItemDataRole.AccessibleTextRole).endswith("no project is open")
        opened.findChild(QLineEdit).setText("there is nothing like it")
        assert listed(opened) == ["Nothing matches."]
        opened.reject()


def test_that_the_best_match_comes_first_and_letters_in_order_match_last() -> None:
    def command(text: str, *, rare: bool = False, why_not: str = "") -> Command:
        return Command(text, text, "", "", lambda: None, why_not, rare=rare)

    found = [
        command("Mark reviewed"),
        command("Redo"),
        command("red.png", rare=True),
        command("Show red boxes"),
        command("Ignored"),
    ]
    assert [one.text for one in matching(found, "red")] == ["Redo", "red.png", "Show red boxes", "Ignored"]
    assert [one.text for one in matching(found, "mrev")] == ["Mark reviewed"]
    assert [one.text for one in matching(found, "")] == ["Mark reviewed", "Redo", "Show red boxes", "Ignored"]
    assert matching(found, "xyz") == []
    cannot = [command("Undo", why_not="nothing"), command("Undo all")]
    assert [one.text for one in matching(cannot, "undo")] == ["Undo all", "Undo"]
