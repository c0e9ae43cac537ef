from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from app.ui.action import Group
from app.ui.actions import ACTIONS, CONTEXT_MENU, all_actions
from app.ui.icons import ICON_NAMES
from app.ui.menus import key_rows

# `labelers.md`, part 3: what a labeler's fingers know already.
CONVENTION = {
    "next": ["D"],
    "previous": ["A"],
    "reviewed": ["Space", "Ctrl+Return"],
    "next-unreviewed": ["Ctrl+Shift+D"],
    "previous-unreviewed": ["Ctrl+Shift+A"],
    "toggle-reviewed": ["Shift+Space"],
    "draw": ["W", "R"],
    "select": ["V"],
    "next-box": ["Tab"],
    "previous-box": ["Shift+Tab"],
    "accept": ["Return", "Enter"],
    "reject": ["Esc"],
    "accept-all": ["Shift+Return"],
    "reject-all": ["Shift+Esc"],
    "category-1": ["1"],
    "category-9": ["9"],
    "category-10": ["0"],
    "find-category": ["C"],
    "delete": ["Del", "Backspace"],
    "undo": ["Ctrl+Z"],
    "redo": ["Ctrl+Shift+Z", "Ctrl+Y"],
    "copy": ["Ctrl+C"],
    "paste": ["Ctrl+V"],
    "duplicate": ["Ctrl+D"],
    "copy-previous": ["Ctrl+Shift+V"],
    "unsure": ["U"],
    "move-left": ["Left"],
    "jump-up": ["Shift+Up"],
    "push-right": ["Ctrl+Right"],
    "pull-down": ["Ctrl+Shift+Down"],
    "fit": ["F", "Ctrl+F"],
    "actual-size": ["Ctrl+0"],
    "zoom-to-box": ["Z"],
    "hide": ["H", "Ctrl+H"],
    "proposals": ["P"],
    "suggestions": ["T"],
    "score-up": ["PgUp"],
    "score-down": ["PgDown"],
    "iou-up": ["Shift+PgUp"],
    "iou-down": ["Shift+PgDown"],
    "detect": ["I"],
    "detect-all": ["Ctrl+B"],
    "open-folder": ["Ctrl+O"],
    "save": ["Ctrl+S"],
    "export": ["Ctrl+Shift+E"],
    "fine-tune": ["Ctrl+T"],
    "roll-back": ["Ctrl+Shift+T"],
    "keys": ["F1"],
    "quit": ["Ctrl+Q"],
}


def test_that_no_key_means_two_things(qapp):
    spelled = [QKeySequence(key).toString() for action in all_actions() for key in action.keys]
    assert [key for key, count in Counter(spelled).items() if count > 1] == []


def test_that_qt_can_read_every_key(qapp):
    unread = [key for action in all_actions() for key in action.keys if not QKeySequence(key).toString()]
    assert unread == []


def test_that_no_id_names_two_actions():
    counted = Counter(action.id for action in all_actions())
    assert [name for name, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("name", CONVENTION)
def test_that_the_keys_are_those_of_the_convention(name):
    action = next(action for action in all_actions() if action.id == name)
    assert set(CONVENTION[name]) <= set(action.keys)


def test_that_what_decides_ignores_a_held_key_and_what_only_moves_allows_it():
    held = {action.id: action.held for action in all_actions()}
    assert not any(held[name] for name in ("reviewed", "accept", "accept-all", "reject", "reject-all", "delete"))
    assert all(held[name] for name in ("next", "previous", "move-left", "pull-up", "undo", "next-box"))


def test_that_every_icon_is_there():
    assert {action.icon for action in all_actions() if action.icon} <= ICON_NAMES


def test_that_every_group_has_actions_and_the_context_menu_names_known_ones():
    assert list(ACTIONS) == list(Group)
    assert all(ACTIONS.values())
    assert set(CONTEXT_MENU) <= {action.id for action in all_actions()}


def test_that_the_toolbar_shows_only_what_has_an_icon_in_places_of_its_own():
    shown = [action for action in all_actions() if action.toolbar]
    assert all(action.icon for action in shown)
    assert len({action.toolbar for action in shown}) == len(shown)


def test_that_the_key_sheet_has_every_key_once(qapp):
    rows = key_rows()
    shown = [key for row in rows for key in row.shortcut.split(", ")]
    assert len(shown) == len(set(shown))
    native = {
        QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText).replace("Return", "Enter")
        for action in all_actions()
        if action.line is None or not action.line.keys
        for key in action.keys
    }
    assert native <= set(shown)
    mouse = {"click", "drag", "right button", "wheel", "Ctrl+wheel", "Alt+wheel", "middle button", "Space+drag"}
    mouse |= {"Ctrl+click", "Shift+click", "Ctrl+drag", "Shift+drag"}
    assert set(shown) - native == mouse | {"1 … 9", "0", "arrow", "Shift+arrow", "Ctrl+arrow", "Ctrl+Shift+arrow"}
