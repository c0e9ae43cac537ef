"""The categories: adding, renaming, recolouring, choosing, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from panel_project import prediction, project
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QMenu, QToolButton

from app.model import box_gestures, gestures
from app.model.annotations import CATEGORY_COLORS
from app.model.storage import StoreError
from app.ui.categories_panel import CategoriesPanel
from app.ui.category_delegate import swatch_rect
from app.ui.category_rows import ENTRY_ROLE, CategoryEntry
from app.ui.color_picker import ColorPicker
from app.ui.keymap import KEYMAP

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.model.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says

Made = tuple[CategoriesPanel, "Workspace"]


@pytest.fixture
def shown(qtbot: QtBot) -> Made:
    """The panel of a project with bolt and nut, whose commands are executed."""
    workspace, _ = project(3)
    panel = CategoriesPanel(workspace)
    panel.commanded.connect(workspace.execute)
    qtbot.addWidget(panel)
    panel.resize(260, 400)
    panel.show()
    return panel, workspace


def entries(panel: CategoriesPanel) -> list[CategoryEntry]:
    return [panel._rows.index(row).data(ENTRY_ROLE) for row in range(panel._rows.rowCount())]


def names(panel: CategoriesPanel) -> list[str]:
    return [entry.category.name for entry in entries(panel)]


def add(qtbot: QtBot, panel: CategoriesPanel, name: str) -> None:
    panel.focus_new()
    panel._new.setText(name)
    qtbot.keyClick(panel._new, Qt.Key.Key_Return)


def type_name(qtbot: QtBot, panel: CategoriesPanel, row: int, name: str) -> QLineEdit:
    panel._view.setCurrentIndex(panel._rows.index(row))
    panel._view.setFocus()
    qtbot.keyClick(panel._view, Qt.Key.Key_F2)
    editor = panel._view.viewport().findChild(QLineEdit)
    editor.setText(name)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    return editor


def rename(qtbot: QtBot, panel: CategoriesPanel, row: int, name: str) -> None:
    type_name(qtbot, panel, row, name)
    qtbot.waitUntil(lambda: not panel._view.viewport().findChildren(QLineEdit))


def test_that_a_row_shows_the_key_that_chooses_its_category_now(shown: Made, qtbot: QtBot) -> None:
    panel, _ = shown
    assert [entry.key for entry in entries(panel)] == ["1", "2"]
    try:
        with qtbot.waitSignal(panel._rows.dataChanged):
            KEYMAP.give("category-2", ["Ctrl+J", "J"])
        KEYMAP.give("category-1", [])
        assert [entry.key for entry in entries(panel)] == ["", "J"]
        said = [panel._rows.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(2)]
        assert said == ["bolt: 0 boxes", "nut: 0 boxes, key J"]
    finally:
        KEYMAP.reset()


def test_that_a_typed_name_becomes_a_category(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    add(qtbot, panel, "  washer ")
    assert names(panel) == ["bolt", "nut", "washer"]
    assert panel._new.text() == ""
    assert workspace.undo_text == "add category washer"


@pytest.mark.parametrize(("name", "word"), [("", "needs a name"), ("   ", "needs a name"), ("nut", "“nut” already")])
def test_that_an_empty_or_taken_name_is_refused_in_a_sentence(shown: Made, qtbot: QtBot, name: str, word: str) -> None:
    panel, workspace = shown
    add(qtbot, panel, name)
    assert word in panel._message.text()
    assert panel._message.isVisible()
    assert panel._new.text() == name
    assert len(workspace.categories) == 2


def test_that_the_sentence_goes_when_somebody_types(shown: Made, qtbot: QtBot) -> None:
    panel, _ = shown
    add(qtbot, panel, "nut")
    qtbot.keyClicks(panel._new, "s")
    assert not panel._message.isVisible()


def test_that_a_refused_name_goes_with_the_sentence_when_the_field_is_left(shown: Made, qtbot: QtBot) -> None:
    panel, _ = shown
    panel.activateWindow()
    panel.focus_new()
    qtbot.waitUntil(panel._new.hasFocus)
    add(qtbot, panel, "nut")
    assert panel._message.isVisible()
    for reason in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
        QApplication.sendEvent(panel._new, QFocusEvent(QEvent.Type.FocusOut, reason))
        assert panel._new.text() == "nut", "whoever opens a menu or looks something up comes back"
    qtbot.keyClick(panel._new, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not panel._message.isVisible())
    assert panel._new.text() == ""


def test_that_a_store_that_fails_says_so_here(shown: Made, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    panel, workspace = shown

    def fail() -> None:
        raise StoreError("The disk is full; free some space.")

    monkeypatch.setattr(workspace, "next_ids", fail)
    add(qtbot, panel, "washer")
    assert panel._message.text() == "The disk is full; free some space."


def test_that_the_category_of_the_next_box_is_renamed_from_the_menu(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    nut = workspace.categories[1]
    workspace.change_view(replace(workspace.view, category_id=nut.id))
    panel.rename_current()
    editor = panel._view.viewport().findChild(QLineEdit)
    assert editor.text() == "nut"
    editor.setText("hex nut")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [one.name for one in workspace.categories] == ["bolt", "hex nut"])


def test_that_f2_renames(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    rename(qtbot, panel, 1, "hex nut")
    assert names(panel) == ["bolt", "hex nut"]
    assert workspace.categories[1].id == 2


def test_that_a_taken_name_is_refused_when_renaming(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    editor = type_name(qtbot, panel, 1, "bolt")
    qtbot.waitUntil(lambda: "“bolt” already" in panel._message.text())
    assert names(panel) == ["bolt", "nut"]
    assert not workspace.history.can_undo
    assert panel._view.viewport().findChildren(QLineEdit) == [editor]
    assert editor.selectedText() == "bolt"
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not panel._view.viewport().findChildren(QLineEdit))
    assert names(panel) == ["bolt", "nut"]


def test_that_the_same_name_is_no_command(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    rename(qtbot, panel, 1, "nut")
    assert not workspace.history.can_undo
    assert not panel._message.isVisible()


def test_that_a_press_on_the_swatch_recolours_and_chooses_nothing(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    swatch = swatch_rect(panel._view.visualRect(panel._rows.index(1)))
    qtbot.mouseClick(panel._view.viewport(), Qt.MouseButton.LeftButton, pos=swatch.center())
    picker = panel.findChild(ColorPicker)
    button = next(one for one in picker.findChildren(QToolButton) if one.accessibleName() == CATEGORY_COLORS[11])
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert workspace.categories[1].color == CATEGORY_COLORS[11]
    assert workspace.current_category.name == "bolt"
    qtbot.waitUntil(lambda: panel.findChild(ColorPicker) is None)


def test_that_a_click_makes_the_category_the_next_drawn_one_and_touches_no_box(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    box_gestures.draw(workspace, (10, 10, 50, 50))
    point = panel._view.visualRect(panel._rows.index(1)).center()
    qtbot.mouseClick(panel._view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert workspace.current_category.name == "nut"
    assert workspace.annotations[1].category_id == 1
    assert [entry.is_current for entry in entries(panel)] == [False, True]


def test_that_the_menu_gives_the_selected_box_a_category(shown: Made, qtbot: QtBot) -> None:
    panel, _ = shown
    panel._open_menu(panel._view.visualRect(panel._rows.index(1)).center())
    menu = panel.findChild(QMenu)
    with qtbot.waitSignal(panel.chosen) as blocker:
        menu.actions()[0].trigger()
    assert blocker.args[0].name == "nut"
    menu.close()


def test_that_the_tenth_key_is_zero_and_the_eleventh_has_none(qtbot: QtBot) -> None:
    workspace, _ = project(1, names=[f"kind {number}" for number in range(11)])
    panel = CategoriesPanel(workspace)
    qtbot.addWidget(panel)
    assert "".join(entry.key for entry in entries(panel)) == "1234567890"
    assert entries(panel)[10].key == ""


def test_that_counts_are_those_of_the_project(shown: Made) -> None:
    panel, workspace = shown
    counts = lambda: [entry.count for entry in entries(panel)]  # noqa: E731 - read again after each step
    box_gestures.draw(workspace, (10, 10, 50, 50))
    assert counts() == [1, 0]
    workspace.go_to(2)
    assert counts() == [1, 0]
    workspace.set_prediction(2, prediction())
    gestures.accept_all(workspace)
    assert counts() == [2, 1]
    workspace.go_to(3)
    workspace.undo()
    assert counts() == [1, 0], "undone on an image that was not on screen"
    workspace.undo()
    assert counts() == [0, 0]
    workspace.redo()
    assert counts() == [1, 0]


def test_that_keys_of_typing_reach_no_action_of_the_window(qtbot: QtBot) -> None:
    workspace, _ = project(1)
    panel = CategoriesPanel(workspace)
    panel.commanded.connect(workspace.execute)
    window = QMainWindow()
    window.setCentralWidget(panel)
    qtbot.addWidget(window)
    fired: list[str] = []
    for key in ("Return", "Esc", "Delete", "3", "W", "Space"):
        action = QAction(key, window)
        action.setShortcut(key)
        action.triggered.connect(lambda _checked=False, key=key: fired.append(key))
        window.addAction(action)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(panel._view, Qt.Key.Key_W)
    assert fired == ["W"], "outside the field it is an action"
    panel.focus_new()
    for key in (Qt.Key.Key_W, Qt.Key.Key_3, Qt.Key.Key_Space, Qt.Key.Key_W, Qt.Key.Key_Delete, Qt.Key.Key_Return):
        qtbot.keyClick(panel._new, key)
    assert names(panel) == ["bolt", "nut", "w3 w"]
    qtbot.keyClick(panel._new, Qt.Key.Key_Escape)
    assert fired == ["W"]
    assert not panel._new.hasFocus()


def test_that_enter_while_renaming_is_claimed_too(shown: Made, qtbot: QtBot) -> None:
    panel, _ = shown
    panel._view.edit(panel._rows.index(0))
    editor = panel._view.viewport().findChild(QLineEdit)
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(editor, event)
    assert event.isAccepted()


def test_that_a_project_without_categories_can_be_shown(qtbot: QtBot) -> None:
    workspace, _ = project(0, names=())
    panel = CategoriesPanel(workspace)
    panel.commanded.connect(workspace.execute)
    qtbot.addWidget(panel)
    assert entries(panel) == []
    add(qtbot, panel, "bolt")
    assert [entry.is_current for entry in entries(panel)] == [True]


def test_that_a_destroyed_panel_no_longer_listens(qtbot: QtBot) -> None:
    workspace, _ = project(1)
    CategoriesPanel(workspace).deleteLater()
    qtbot.waitUntil(lambda: not workspace._subscribers)
