"""What people need who see little, use a screen reader, or have no pointer: names, tips, and keys that reach all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollBar,
    QSlider,
    QToolBar,
    QToolButton,
    QWidget,
)
from whole_application import Running, running

from app.ui import theme
from app.ui.category_finder import CategoryFinder
from app.ui.category_threshold import CategoryThreshold
from app.ui.command_palette import CommandPalette
from app.ui.crash_dialog import CrashDialog
from app.ui.dialogs import AboutDialog, ReportDialog, ReportLine, Severity
from app.ui.guide_pages import CONTENTS
from app.ui.guide_window import GuideWindow
from app.ui.keymap import KEYMAP, native
from app.ui.settings_dialog import SettingsDialog
from app.workers.messages import Crash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
)
OF_QT = (QHeaderView, QScrollBar)
DIALOGS = ("settings", "palette", "keys", "about", "choose-model", "find-category")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "images"
    folder.mkdir()
    for place in range(2):
        Image.new("RGB", (640, 480), (90, 120, 90 + place)).save(folder / f"{place}.png")
    with running(tmp_path) as opened:
        opened.open(folder)
        opened.hands.key("Shift+Return")
        yield opened
        opened.application.preferences.set_font_percent(100)


def controls(root: QWidget) -> list[QWidget]:
    """Return what a person may work in `root`, without the parts that Qt makes controls of and other windows."""
    found = [one for one in root.findChildren(QWidget) if isinstance(one, CONTROLS) and not isinstance(one, OF_QT)]
    return [one for one in found if one.isVisibleTo(root) and one.window() is root.window() and not is_part(one)]


def is_part(widget: QWidget) -> bool:
    return (
        widget.objectName().startswith("qt_")
        or isinstance(widget.parent(), (QComboBox, QAbstractSpinBox, QLineEdit, QDockWidget))
        or type(widget.parent()).__name__ == "QComboBoxPrivateContainer"
    )


def has_name(widget: QWidget) -> bool:
    buddies = {label.buddy() for label in widget.window().findChildren(QLabel)}
    own = widget.text() if isinstance(widget, QAbstractButton) else ""
    return bool(widget.accessibleName() or own.strip()) or widget in buddies


def has_tip(widget: QWidget) -> bool:
    """Whether pointing at the widget says something: its text, or a tool tip of its own or of the row it is in."""
    if isinstance(widget, QAbstractButton) and widget.text() and not isinstance(widget.parent(), QToolBar):
        return True
    parent = widget.parentWidget()
    return bool(widget.toolTip() or (parent is not None and parent.toolTip()))


def lacking(root: QWidget) -> list[str]:
    fields = (QAbstractItemView, QPlainTextEdit)
    found = controls(root)
    names = [f"no name: {one}" for one in found if not has_name(one)]
    return names + [f"no tip: {one}" for one in found if not isinstance(one, fields) and not has_tip(one)]


@pytest.mark.parametrize("page", ["", "training", "evaluation"])
def test_that_every_control_of_the_window_has_a_name_and_a_tip(run: Running, page: str) -> None:
    if page:
        run.window.menus.actions[page].trigger()
    run.window.hint.say("A hint.", answers=(("Yes", lambda: None),))
    assert len(controls(run.window)) > 20
    assert lacking(run.window) == []


def test_that_every_control_of_the_welcome_page_has_a_name_and_a_tip(run: Running) -> None:
    run.application.close_project()
    assert len(controls(run.window)) >= 4  # three ways to start, and the project that was open
    assert lacking(run.window) == []


@pytest.mark.parametrize("action", DIALOGS)
def test_that_every_control_of_a_dialog_has_a_name_and_a_tip(run: Running, action: str) -> None:
    run.window.menus.actions[action].trigger()
    opened = run.dialog()
    pages = range(4) if isinstance(opened, SettingsDialog) else (None,)
    for page in pages:
        if page is not None:
            opened.choose(page)
        assert controls(opened) != []
        assert lacking(opened) == []
    opened.reject()


def test_that_every_control_of_the_guide_has_a_name_and_a_tip_and_is_reached_by_tab(run: Running) -> None:
    run.window.guide_wanted.emit(CONTENTS)
    guide = next(one for one in QApplication.topLevelWidgets() if isinstance(one, GuideWindow))
    guide.finding.start()
    assert lacking(guide) == []
    wanted = {one for one in controls(guide) if one.isEnabled()}
    met = set()
    for _ in range(2 * len(wanted) + 4):
        guide.focusNextChild()
        met.add(guide.focusWidget())
    assert [one.accessibleName() for one in wanted - met] == []
    assert len(wanted) > 6


def test_that_every_control_of_what_is_reported_has_a_name_and_a_tip(run: Running) -> None:
    run.application.crashes.report(Crash("It failed.", "Traceback"))
    crash = run.dialog()
    assert isinstance(crash, CrashDialog)
    assert lacking(crash) == []
    crash.reject()
    report = ReportDialog("Import", "Done.", [ReportLine(Severity.INFO, "One.")], run.window)
    report.show()
    assert lacking(report) == []
    report.reject()


def test_that_a_tool_tip_of_the_toolbar_names_the_keys(run: Running) -> None:
    actions = [button.defaultAction() for button in run.window.menus.toolbar.findChildren(QToolButton)]
    tips = {one.objectName(): one.toolTip() for one in actions if one is not None}
    assert {"open-folder", "export", "accept", "draw"} <= set(tips)
    for name, said in tips.items():
        assert all(native(key) in said for key in KEYMAP.keys(name)[:1]), said


def test_that_f6_goes_round_all_parts_and_comes_back_to_the_canvas(run: Running) -> None:
    canvas = run.hands.desk.canvas
    run.window.hint.say("A hint.")
    parts = [run.window.hint, *(panel for panel in run.hands.desk.panels if panel.isVisible())]
    met = []
    for _ in range(len(parts) + 1):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        met.append(QApplication.focusWidget())
    assert met[-1] is canvas
    assert [next(part for part in parts if part.isAncestorOf(widget)) for widget in met[:-1]] == parts
    QTest.keyClick(canvas, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert parts[-1].isAncestorOf(QApplication.focusWidget())


def test_that_escape_in_a_panel_goes_back_to_the_canvas_and_decides_nothing(run: Running) -> None:
    run.hands.key("D")
    run.hands.wait_for_image()
    run.hands.key("Tab")
    decided, canvas = run.workspace.history.length, run.hands.desk.canvas
    desk = run.hands.desk
    places = [
        desk.image_list.findChild(QAbstractItemView),
        desk.annotations.findChild(QAbstractItemView),
        desk.filters.findChild(QSlider),
        desk.filters.findChild(QAbstractSpinBox),
    ]
    for place in places:
        place.setFocus()
        QTest.keyClick(place, Qt.Key.Key_Escape)
        assert canvas.hasFocus(), place
    assert run.workspace.history.length == decided
    run.hands.key("Esc")
    assert len(run.workspace.rejections) == 1


def test_that_tab_reaches_every_control_of_the_settings(run: Running) -> None:
    run.window.menus.actions["settings"].trigger()
    settings = run.dialog()
    assert isinstance(settings, SettingsDialog)
    for page in range(4):
        settings.choose(page)
        wanted = {one for one in controls(settings) if one.isEnabled() and not isinstance(one.parent(), QScrollBar)}
        met = set()
        for _ in range(2 * len(wanted) + 4):
            settings.focusNextChild()
            met.add(settings.focusWidget())
        missed = [(type(one).__name__, one.accessibleName(), page) for one in wanted if one not in met]
        assert missed == []
    settings.reject()


@pytest.mark.parametrize("percent", [100, 150, 200])
@pytest.mark.parametrize("action", ["settings", "keys", "about", "find-category"])
def test_that_no_word_of_a_button_or_line_is_cut_off(run: Running, action: str, percent: int) -> None:
    run.application.preferences.set_font_percent(percent)
    run.window.menus.actions[action].trigger()
    opened = run.dialog()
    QApplication.processEvents()
    for widget in (*opened.findChildren(QPushButton), *opened.findChildren(QLabel)):
        if widget.isVisible() and not (isinstance(widget, QLabel) and widget.wordWrap()):
            assert widget.width() >= widget.minimumSizeHint().width(), widget.text()
            assert widget.height() >= widget.minimumSizeHint().height(), widget.text()
    opened.reject()


@pytest.fixture
def large_text(run: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The whole system has large text."""
    large = QFont()
    large.setPointSizeF(20 * 96 / run.window.logicalDpiY())
    monkeypatch.setattr(theme, "_system_font", lambda: QFont(large))
    run.window.theme.set_font_percent(100)
    yield
    monkeypatch.undo()


@pytest.mark.usefixtures("large_text")
@pytest.mark.parametrize("action", ["about", "note"])
def test_that_no_sentence_is_cut_off_where_the_whole_system_has_large_text(run: Running, action: str) -> None:
    run.hands.key("Tab")
    run.window.menus.actions[action].trigger()
    opened = run.dialog()
    QApplication.processEvents()
    for label in opened.findChildren(QLabel):
        if label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
    opened.reject()


@pytest.mark.usefixtures("large_text")
def test_that_the_threshold_of_a_category_can_be_slid_where_the_whole_system_has_large_text(run: Running) -> None:
    run.window.menus.actions["category-threshold"].trigger()
    (opened,) = run.window.findChildren(CategoryThreshold)
    QApplication.processEvents()
    assert opened.findChild(QSlider).width() >= opened.width() // 4
    opened.close()


@pytest.mark.parametrize("percent", [150, 200])
def test_that_the_panels_have_room_for_larger_text(run: Running, percent: int) -> None:
    filters, text = run.hands.desk.filters, run.window.fontMetrics().height()
    run.application.preferences.set_font_percent(percent)

    def fits() -> bool:
        shown = [one for one in filters.findChildren(QWidget) if one.isVisible() and not isinstance(one, QSlider)]
        return all(one.height() >= one.minimumSizeHint().height() for one in shown)

    run.hands.wait(fits, "every part of the panel has the height that it needs")
    assert filters.fontMetrics().height() > 1.4 * text
    assert run.hands.desk.canvas.width() > run.window.width() // 3
    run.application.preferences.set_font_percent(100)


def test_that_the_palette_and_the_finder_say_what_is_typed_into_them(run: Running) -> None:
    for action, kind in (("palette", CommandPalette), ("find-category", CategoryFinder)):
        run.window.menus.actions[action].trigger()
        opened = run.window.findChild(kind)
        assert opened.findChild(QLineEdit).accessibleName() != ""
        for glass in opened.findChild(QLineEdit).findChildren(QAbstractButton):
            assert glass.toolTip() or glass.accessibleName() or glass.text(), "a screen reader has something to say"
        opened.reject()
        assert isinstance(opened, QDialog)


def test_that_about_can_be_closed_by_keys(run: Running) -> None:
    run.window.menus.actions["about"].trigger()
    about = run.dialog()
    assert isinstance(about, AboutDialog)
    QTest.keyClick(about, Qt.Key.Key_Escape)
    assert not about.isVisible()
