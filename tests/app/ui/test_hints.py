"""The line that names the keys of the moment, in the whole window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from whole_application import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "images"
    folder.mkdir()
    for place in range(2):
        Image.new("RGB", (640, 480), (90, 120, 90 + place)).save(folder / f"{place}.png")
    with running(tmp_path) as opened:
        opened.open(folder)
        yield opened


def hint(run: Running) -> str:
    return run.window.status.hint


def test_that_the_hint_says_what_dashed_boxes_are_while_some_are_undecided(run: Running) -> None:
    assert hint(run).startswith("Dashed boxes are suggestions · Tab goes through · Shift+Enter accepts all")
    run.hands.key("T")
    assert hint(run).startswith("W draws a box")


def test_that_the_hint_follows_the_selection(run: Running) -> None:
    run.hands.key("Tab")
    assert hint(run).startswith("Suggestion: Enter accepts")
    run.hands.key("Return")
    run.hands.key("Shift+Return")
    run.hands.key("Tab")
    assert hint(run).startswith("Arrows move")
    run.hands.key("Esc")
    assert hint(run) == "W draws a box · P shows proposals · Space: reviewed, go on · F1 all keys"


def test_that_a_suggestion_without_category_says_that_accepting_adds_it(run: Running) -> None:
    run.hands.key("Tab")
    assert run.workspace.selected.category_id is None
    assert "adds its category" in hint(run)


def test_that_the_hint_follows_tool_and_layers(run: Running) -> None:
    run.hands.key("Shift+W")
    assert hint(run).startswith("Click the topmost")
    drawing = [name for name in ("select", "draw") if run.window.menus.actions[name].isChecked()]
    assert drawing == ["draw"], "the toolbar, which has no other way to draw, shows that the next press does"
    run.hands.key("Esc")
    run.hands.key("P")
    assert hint(run).startswith("Click an object")
    run.hands.key("W")
    assert hint(run) == "Click two opposite corners, or drag · Esc cancels"
    run.hands.key("Esc")
    assert hint(run).startswith("Click an object")


def test_that_the_welcome_page_has_no_hint(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        assert hint(run) == ""


def test_that_a_long_hint_makes_no_window_wider(run: Running) -> None:
    before = run.window.minimumSizeHint().width()
    run.window.status.show_hint("keys " * 500)
    assert run.window.minimumSizeHint().width() == before
    assert run.window.status._hint.toolTip() == "keys " * 500


def test_that_several_selected_boxes_have_a_line_of_their_own(run: Running) -> None:
    run.hands.key("Shift+Return")
    count = len(run.workspace.annotations)
    run.hands.key("Ctrl+A")
    assert hint(run).startswith(f"{count} boxes selected · Arrows and drags move all")
    run.hands.key("Esc")
    assert run.workspace.view.selected is None
