"""Which keys actions have, what happens where two want one, and sentences that name keys."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.settings import Settings
from app.ui.actions import all_actions
from app.ui.key_capture import spelled
from app.ui.key_presets import PRESETS
from app.ui.keymap import KEYMAP, KeyTip, with_keys
from app.ui.menus import key_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

Key, Held = Qt.Key, Qt.KeyboardModifier
IDS = [action.id for action in all_actions()]


@pytest.fixture(autouse=True)
def usual_keys(qapp: object) -> Iterator[None]:
    KEYMAP.reset()
    yield
    KEYMAP.reset()


def twice() -> list[str]:
    counted = Counter(key for name in IDS for key in KEYMAP.keys(name))
    return [key for key, count in counted.items() if count > 1]


def test_that_actions_have_the_keys_of_the_table_until_somebody_chooses() -> None:
    assert KEYMAP.chosen == {}
    assert KEYMAP.keys("draw") == ("W", "R")
    assert KEYMAP.owner("d").id == "next"
    assert KEYMAP.owner("Ctrl+Alt+9") is None


def test_that_only_what_differs_is_chosen_and_survives_the_settings_file(tmp_path: Path) -> None:
    KEYMAP.give("draw", ["B"])
    assert KEYMAP.chosen == {"draw": ("B",)}
    Settings(tmp_path / "settings.ini").keys = KEYMAP.chosen
    KEYMAP.reset()
    assert KEYMAP.take(Settings(tmp_path / "settings.ini").keys) == []
    assert KEYMAP.keys("draw") == ("B",)
    KEYMAP.give("draw", ["W", "R"])
    assert KEYMAP.chosen == {}


def test_that_a_key_given_to_one_action_is_taken_from_the_other() -> None:
    KEYMAP.give("draw", ["D"])
    assert KEYMAP.keys("next") == ()
    assert twice() == []
    KEYMAP.reset("next")
    assert (KEYMAP.keys("next"), KEYMAP.keys("draw")) == (("D",), ())


def test_that_two_actions_swap_a_key() -> None:
    KEYMAP.swap("D", "draw")
    assert KEYMAP.keys("draw") == ("D", "R")
    assert KEYMAP.keys("next") == ("W",)


def test_that_both_enter_keys_go_together() -> None:
    KEYMAP.swap("Return", "draw")
    assert KEYMAP.keys("draw") == ("Return", "Enter", "R")
    assert KEYMAP.keys("accept") == ("W",)
    KEYMAP.swap("W", "draw")
    assert KEYMAP.keys("draw") == ("W", "R")
    assert set(KEYMAP.keys("accept")) == {"Enter", "Return"}


def test_that_what_is_wrong_in_a_file_is_said_and_left_out() -> None:
    wanted = {"draw": ["B", "hocus pocus"], "unsure": ["B", "Ctrl+K, Ctrl+L"], "fly": ["Y"]}
    said = KEYMAP.take(wanted)
    assert KEYMAP.chosen == {"draw": ("B",), "unsure": ()}
    assert said == [
        "“hocus pocus” is no key that Draw a box could have.",
        "B is Draw a box already, and cannot be Flag as unsure too.",
        "“Ctrl+K, Ctrl+L” is no key that Flag as unsure could have.",
        "There is no action “fly” to have keys.",
    ]


def test_that_a_wanted_key_is_given_up_by_the_action_that_has_it_in_the_table() -> None:
    assert KEYMAP.take({"draw": ["D"]}) == ["D is Draw a box now, and no longer Next image."]
    assert KEYMAP.keys("next") == ()
    chosen = KEYMAP.chosen
    assert KEYMAP.take(chosen) == []  # what is kept says nothing at the next start
    assert KEYMAP.chosen == chosen


@pytest.mark.parametrize("text", ["", "{", "[]", '{"draw": "W"}', '{"draw": 3}', "null"])
def test_that_keys_that_are_no_keys_read_as_none(tmp_path: Path, text: str) -> None:
    settings = Settings(tmp_path / "settings.ini")
    settings._values.setValue("keys", text)
    assert settings.keys == {}


@pytest.mark.parametrize("program", PRESETS)
def test_that_a_preset_names_known_actions_and_no_key_twice(program: str) -> None:
    assert set(PRESETS[program]) <= set(IDS)
    KEYMAP.take(PRESETS[program])
    assert twice() == []
    for name, keys in PRESETS[program].items():
        assert set(keys) <= set(KEYMAP.keys(name)), name
    needed = ("next", "previous", "draw", "accept", "reject", "reviewed", "delete", "undo", "keys", "settings")
    assert [name for name in needed if not KEYMAP.keys(name)] == []


def test_that_sentences_and_tool_tips_name_the_keys_of_now(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    KeyTip(widget, "Draw", "draw")
    assert widget.toolTip() == "Draw (W, R)"
    KEYMAP.give("draw", ["Ctrl+J"])
    assert widget.toolTip() == "Draw (Ctrl+J)"
    assert with_keys("{} has none. {draw} draws.", "It") == "It has none. Ctrl+J draws."
    KEYMAP.give("draw", [])
    assert widget.toolTip() == "Draw"
    assert with_keys("{draw} draws.") == "“Draw a box” draws."


def test_that_the_key_sheet_shows_the_keys_of_now() -> None:
    rows = {row.text: row.shortcut for row in key_rows()}
    assert rows["Move the box by 1 pixel"] == "arrow"
    KEYMAP.give("move-left", ["J"])
    KEYMAP.give("draw", ["K"])
    KEYMAP.give("unsure", [])
    rows = {row.text: row.shortcut for row in key_rows()}
    assert rows["Draw a box"] == "K"
    assert rows["Move the box by 1 pixel"] == "J, Right, Up, Down"
    assert "Flag as unsure" not in rows


@pytest.mark.parametrize(
    ("key", "held", "text", "wanted"),
    [
        (Key.Key_D, Held.NoModifier, "d", "D"),
        (Key.Key_D, Held.ShiftModifier, "D", "Shift+D"),
        (Key.Key_Backtab, Held.ShiftModifier, "\t", "Shift+Tab"),
        (Key.Key_Return, Held.ControlModifier, "\r", "Ctrl+Return"),
        (Key.Key_Enter, Held.KeypadModifier, "\r", "Enter"),
        (Key.Key_Escape, Held.NoModifier, "\x1b", "Esc"),
        (Key.Key_Space, Held.ShiftModifier, " ", "Shift+Space"),
        (Key.Key_Exclam, Held.ShiftModifier, "!", "!"),
        (Key.Key_4, Held.KeypadModifier, "4", "Num+4"),
        (Key.Key_Left, Held.KeypadModifier, "", "Left"),
        (Key.Key_Shift, Held.ShiftModifier, "", ""),
        (Key.Key_unknown, Held.NoModifier, "", ""),
    ],
)
def test_that_a_pressed_key_is_spelled_as_the_table_spells_it(
    key: Qt.Key, held: Qt.KeyboardModifier, text: str, wanted: str
) -> None:
    assert spelled(QKeyEvent(QEvent.Type.KeyPress, key, held, text)) == wanted
