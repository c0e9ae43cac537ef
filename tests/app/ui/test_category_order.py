"""The order of the categories: dragged rows, moves by key, and the keyboard's way through the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from panel_project import project
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from app.ui.categories_panel import CategoriesPanel
from app.ui.category_rows import ENTRY_ROLE

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.model.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says

Made = tuple[CategoriesPanel, "Workspace"]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def shown(qtbot: QtBot) -> Made:
    """The panel of a project with four categories, whose commands are executed."""
    workspace, _ = project(2, names=("bolt", "nut", "washer", "screw"))
    panel = CategoriesPanel(workspace)
    panel.commanded.connect(workspace.execute)
    qtbot.addWidget(panel)
    panel.resize(260, 400)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    return panel, workspace


def names(panel: CategoriesPanel) -> list[str]:
    return [panel._rows.index(row).data(ENTRY_ROLE).category.name for row in range(panel._rows.rowCount())]


def middle(panel: CategoriesPanel, row: int) -> QPoint:
    return panel._view.visualRect(panel._rows.index(row)).center()


def begin_drag(qtbot: QtBot, panel: CategoriesPanel, row: int, to: QPoint) -> None:
    area, start = panel._view.viewport(), middle(panel, row)
    qtbot.mousePress(area, LEFT, pos=start)
    for point in (start + QPoint(0, QApplication.startDragDistance() + 1), to):
        qtbot.mouseMove(area, point)


def drag(qtbot: QtBot, panel: CategoriesPanel, row: int, to: QPoint) -> None:
    begin_drag(qtbot, panel, row, to)
    qtbot.mouseRelease(panel._view.viewport(), LEFT, pos=to)


def test_that_a_row_dropped_on_an_upper_half_goes_above_it_and_on_a_lower_half_below(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    drag(qtbot, panel, 3, middle(panel, 1) - QPoint(0, 8))
    assert names(panel) == ["bolt", "screw", "nut", "washer"]
    drag(qtbot, panel, 0, middle(panel, 2) + QPoint(0, 8))
    assert names(panel) == ["screw", "nut", "bolt", "washer"]
    assert [panel._rows.index(row).data(ENTRY_ROLE).key for row in range(4)] == ["1", "2", "3", "4"]
    workspace.undo()
    assert names(panel) == ["bolt", "screw", "nut", "washer"]


def test_that_a_row_dropped_below_the_last_one_becomes_the_last(shown: Made, qtbot: QtBot) -> None:
    panel, _ = shown
    drag(qtbot, panel, 0, middle(panel, 3) + QPoint(0, 150))
    assert names(panel) == ["nut", "washer", "screw", "bolt"]


def test_that_a_drag_chooses_no_category_and_a_short_one_is_a_click(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    workspace_before = workspace.view.category_id
    drag(qtbot, panel, 2, middle(panel, 0) - QPoint(0, 8))
    assert workspace.view.category_id == workspace_before
    qtbot.mousePress(panel._view.viewport(), LEFT, pos=middle(panel, 0))
    qtbot.mouseMove(panel._view.viewport(), middle(panel, 0) + QPoint(0, 2))
    qtbot.mouseRelease(panel._view.viewport(), LEFT, pos=middle(panel, 0) + QPoint(0, 2))
    assert workspace.current_category.name == "washer"
    assert names(panel) == ["washer", "bolt", "nut", "screw"]


def test_that_esc_ends_a_drag_and_nothing_moves(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    begin_drag(qtbot, panel, 3, middle(panel, 0))
    qtbot.keyClick(panel._view, Qt.Key.Key_Escape)
    qtbot.mouseRelease(panel._view.viewport(), LEFT, pos=middle(panel, 0))
    assert names(panel) == ["bolt", "nut", "washer", "screw"]
    assert not workspace.history.can_undo


def test_that_a_drag_past_the_edge_scrolls(qtbot: QtBot) -> None:
    workspace, _ = project(1, names=[f"kind {number}" for number in range(60)])
    panel = CategoriesPanel(workspace)
    panel.commanded.connect(workspace.execute)
    qtbot.addWidget(panel)
    panel.resize(260, 300)
    panel.show()
    area, bar = panel._view.viewport(), panel._view.verticalScrollBar()
    low = QPoint(80, area.height() + 150)
    begin_drag(qtbot, panel, 0, low)
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    qtbot.mouseRelease(area, LEFT, pos=low)
    assert workspace.categories[-1].name == "kind 0"


def test_that_moves_by_step_follow_the_category_and_end_at_the_ends(shown: Made) -> None:
    panel, workspace = shown
    panel.move_current(-1)
    assert not workspace.history.can_undo, "it was the first already"
    panel.move_current(1)
    panel.move_current(1)
    assert names(panel) == ["nut", "washer", "bolt", "screw"]
    assert workspace.current_category.name == "bolt"
    assert panel._view.currentIndex().row() == 2


def test_that_arrows_in_the_list_choose_and_esc_leaves_it(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    panel.focus_list()
    qtbot.keyClick(panel._view, Qt.Key.Key_Down)
    qtbot.keyClick(panel._view, Qt.Key.Key_Down)
    assert workspace.current_category.name == "washer"
    assert panel._view.hasFocus()
    qtbot.keyClick(panel._view, Qt.Key.Key_Escape)
    assert not panel._view.hasFocus()


def test_that_the_menu_key_opens_the_menu_of_the_chosen_row(shown: Made, qtbot: QtBot) -> None:
    panel, _ = shown
    panel.focus_list()
    qtbot.keyClick(panel._view, Qt.Key.Key_Down)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint(), Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(panel._view, event)
    menu = panel.findChild(QMenu)
    next(action for action in menu.actions() if action.text() == "Move down").trigger()
    assert names(panel) == ["bolt", "washer", "nut", "screw"]
    menu.close()
