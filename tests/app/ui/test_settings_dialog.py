"""The settings: what is changed holds at once in the whole window, and is there again at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QTreeWidget,
    QWidget,
)
from whole_application import Running, running

from app.ui.key_capture import KeyCapture
from app.ui.keymap import KEYMAP
from app.ui.settings_dialog import SettingsDialog
from app.ui.theme import ColorMode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS_PAGE = 1


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as opened:
        opened.open(folder)
        yield opened
        opened.application.preferences.set_font_percent(100)
    KEYMAP.reset()


def dialog(run: Running) -> SettingsDialog:
    run.window.menus.actions["settings"].trigger()
    found = run.window.findChild(SettingsDialog)
    assert found is not None
    run.hands.wait(found.isVisible, "the settings are shown")
    return found


def button(parent: QWidget, text: str) -> QPushButton:
    return next(one for one in parent.findChildren(QPushButton) if one.text() == text)


def press(settings: SettingsDialog, name: str, key: Qt.Key) -> None:
    """Let an action have one more key, as a person does."""
    settings.choose(KEYS_PAGE)
    settings.keys.choose(name)
    capture = settings.findChild(KeyCapture)
    QTest.mouseClick(capture, Qt.MouseButton.LeftButton)
    QTest.keyClick(capture, key)


def said(settings: SettingsDialog) -> str:
    return "\n".join(label.text() for label in settings.keys.findChildren(QLabel) if label.isVisible())


def test_that_a_new_key_works_at_once_and_is_named_everywhere(run: Running) -> None:
    settings = dialog(run)
    press(settings, "draw", Qt.Key.Key_B)
    button(settings.keys, "W").click()
    button(settings.keys, "R").click()
    settings.close()
    run.hands.key("W")
    assert not run.hands.desk.canvas.drawing
    run.hands.key("B")
    assert run.hands.desk.canvas.drawing
    assert run.window.menus.actions["draw"].toolTip() == "Draw a box (B)"
    run.hands.key("Esc")
    run.hands.key("Shift+Return")
    run.hands.key("Esc")
    assert run.window.status.hint.startswith("B draws a box")
    assert run.application.settings.keys == {"draw": ("B",)}


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_that_keys_which_dialogs_keep_for_themselves_can_be_captured(run: Running, key: Qt.Key) -> None:
    settings = dialog(run)
    press(settings, "draw", key)
    assert settings.isVisible()
    assert "take it away there first, or swap" in said(settings)


def test_that_a_clash_changes_nothing_until_it_is_settled(run: Running) -> None:
    settings = dialog(run)
    press(settings, "draw", Qt.Key.Key_D)
    assert "D is “Next image”: take it away there first, or swap." in said(settings)
    assert KEYMAP.chosen == {}
    button(settings, "Swap").click()
    assert (KEYMAP.keys("draw"), KEYMAP.keys("next")) == (("D", "R"), ("W",))
    press(settings, "draw", Qt.Key.Key_A)
    button(settings, "Take it away there").click()
    assert (KEYMAP.keys("draw"), KEYMAP.keys("previous")) == (("D", "R", "A"), ())
    button(settings.keys, "Reset").click()
    assert KEYMAP.keys("draw") == ("W", "R")
    button(settings, "Reset all").click()
    assert KEYMAP.chosen == {}
    button(settings, "Take back").click()
    assert KEYMAP.keys("previous") == ()


def test_that_a_second_click_leaves_all_as_it_is(run: Running) -> None:
    settings = dialog(run)
    settings.choose(KEYS_PAGE)
    capture = settings.findChild(KeyCapture)
    for _ in range(2):
        QTest.mouseClick(capture, Qt.MouseButton.LeftButton)
    QTest.keyClick(capture, Qt.Key.Key_B)
    assert KEYMAP.chosen == {}


def test_that_the_search_finds_actions_by_name_group_and_key(run: Running) -> None:
    settings = dialog(run)
    settings.choose(KEYS_PAGE)
    table = settings.findChild(QTreeWidget)

    def shown() -> list[str]:
        groups = [table.topLevelItem(place) for place in range(table.topLevelItemCount())]
        rows = [group.child(row) for group in groups if not group.isHidden() for row in range(group.childCount())]
        return [row.text(0) for row in rows if not row.isHidden()]

    field = settings.keys.findChild(QLineEdit)
    QTest.keyClicks(field, "unreviewed ctrl+shift+d")
    assert shown() == ["Next unreviewed image"]
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert settings.isVisible()
    field.setText("edit undo")
    assert shown() == ["Undo"]
    field.setText("no such action")
    assert shown() == []


def test_that_a_preset_can_be_taken_back_and_says_what_gave_up_a_key(run: Running) -> None:
    settings = dialog(run)
    settings.choose(KEYS_PAGE)
    settings.keys.apply_preset("CVAT")
    assert KEYMAP.keys("next") == ("F",)
    assert "F is Next image now, and no longer Fit the image" not in said(settings)  # the preset gives that another one
    button(settings, "Take back").click()
    assert KEYMAP.chosen == {}


def test_that_rebound_bare_keys_do_nothing_while_somebody_types(run: Running) -> None:
    KEYMAP.give("reviewed", ["J"])
    KEYMAP.give("accept-all", ["Shift+J"])
    run.hands.key("Ctrl+G")
    field = QApplication.focusWidget()
    QTest.keyClicks(field, "jJ")
    assert field.text() == "jJ"
    assert run.workspace.history.length == 0
    QTest.keyClick(field, Qt.Key.Key_Escape)
    run.hands.key("J")
    assert run.workspace.reviewed_count == 1


def test_that_space_does_what_it_is_chosen_for_when_it_is_released(run: Running) -> None:
    KEYMAP.give("next", ["Space"])
    run.hands.key("Space")
    assert run.workspace.current_image == run.workspace.images[1]
    assert run.workspace.reviewed_count == 0
    KEYMAP.give("next", ["D"])
    run.hands.key("Space")
    assert run.workspace.current_image == run.workspace.images[1]


def test_that_the_number_pad_means_its_digit_unless_it_has_an_action_of_its_own(run: Running) -> None:
    run.hands.key("Shift+Return")
    QTest.keyClick(run.hands.desk.canvas, Qt.Key.Key_2, Qt.KeyboardModifier.KeypadModifier)
    assert run.workspace.current_category == run.workspace.categories[1]
    KEYMAP.give("next", ["Num+2"])
    QTest.keyClick(run.hands.desk.canvas, Qt.Key.Key_2, Qt.KeyboardModifier.KeypadModifier)
    assert run.workspace.current_image == run.workspace.images[1]


def test_that_keys_are_there_at_the_next_start_and_what_is_wrong_is_said_once(folder: Path, tmp_path: Path) -> None:
    with running(tmp_path) as first:
        KEYMAP.give("draw", ["B"])
        first.application.settings.keys = {"draw": ["B"], "unsure": ["B"], "gone": ["X"]}
    with running(tmp_path) as second:
        assert KEYMAP.keys("draw") == ("B",)
        assert "B is Draw a box already" in second.window.banner.text
        assert "“gone”" in second.window.banner.text
    with running(tmp_path) as third:
        assert third.window.banner.text == ""
        assert KEYMAP.keys("draw") == ("B",)
        KEYMAP.reset()


def test_that_colours_and_text_follow_and_are_kept(run: Running) -> None:
    settings = dialog(run)
    colors = next(box for box in settings.findChildren(QComboBox) if box.accessibleName() == "Colours")
    colors.setCurrentIndex(colors.findData(ColorMode.DARK))
    colors.activated.emit(colors.currentIndex())
    assert run.window.theme.is_dark
    assert run.window.menus.actions["colors-dark"].isChecked()
    before = run.window.fontMetrics().height()
    size = settings.findChild(QSlider)
    size.setValue(size.maximum())
    assert run.window.fontMetrics().height() > 1.8 * before
    assert (run.application.settings.color_mode, run.application.settings.font_percent) == (ColorMode.DARK, 200)
    next(one for one in settings.findChildren(QPushButton) if one.toolTip().startswith("Make text as large")).click()
    assert run.window.fontMetrics().height() == before


def test_that_the_precision_loads_the_model_anew(run: Running) -> None:
    generation = run.application.service.status.generation
    settings = dialog(run)
    settings.choose(2)
    precision = next(box for box in settings.findChildren(QComboBox) if box.findData("exact") >= 0)
    precision.setCurrentIndex(precision.findData("exact"))
    precision.activated.emit(precision.currentIndex())
    assert run.application.settings.precision == "exact"
    service = run.application.service
    run.hands.wait(lambda: service.status.generation > generation and service.status.device != "", "it is loaded anew")
    assert run.workspace.prediction is not None


def test_that_the_last_project_is_opened_at_the_start_if_a_person_says_so(folder: Path, tmp_path: Path) -> None:
    with running(tmp_path) as first:
        first.open(folder)
        settings = dialog(first)
        settings.choose(3)
        reopens = next(box for box in settings.findChildren(QCheckBox) if box.text().startswith("Open the last"))
        reopens.click()
    with running(tmp_path) as second:
        second.hands.wait(lambda: second.window.session is not None, "the project is open")
        assert second.window.session.folder == folder


def test_that_a_new_project_keeps_the_zoom_if_a_person_says_so(folder: Path, tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.application.settings.keeps_zoom = True
        run.open(folder)
        assert run.workspace.view.keep_zoom
        run.window.menus.actions["keep-zoom"].trigger()
        run.hands.key("Shift+Return")
        run.application.close_project()
        run.open(folder)
        assert not run.workspace.view.keep_zoom


@pytest.mark.parametrize(("text", "percent"), [("150", 150), ("9", 80), ("1000", 200), ("-5", 100), ("large", 100)])
def test_that_a_size_that_is_not_right_reads_as_one_that_is(run: Running, text: str, percent: int) -> None:
    run.application.settings._values.setValue("font_percent", text)
    assert run.application.settings.font_percent == percent
