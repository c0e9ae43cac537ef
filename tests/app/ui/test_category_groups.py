"""Supercategories in the panel: headings, digits, drags between groups, and the question for a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from panel_project import project
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QMenu

from app.model import category_edits
from app.ui.categories_panel import CategoriesPanel
from app.ui.category_delegate import HEADING_HEIGHT, ROW_HEIGHT, body_rect, swatch_rect
from app.ui.category_rows import ENTRY_ROLE, CategoryEntry
from app.ui.color_picker import ColorPicker

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.model.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says

Made = tuple[CategoriesPanel, "Workspace"]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def shown(qtbot: QtBot) -> Made:
    """The panel of a project with cat and cow, bus and car, in turns, and sky; the first four are in two groups."""
    workspace, _ = project(2, names=("cat", "bus", "cow", "car", "sky"))
    for place, name in enumerate(("animal", "vehicle", "animal", "vehicle")):
        workspace.execute(category_edits.set_supercategory(workspace.categories[place], name))
    panel = CategoriesPanel(workspace)
    panel.commanded.connect(workspace.execute)
    qtbot.addWidget(panel)
    panel.resize(260, 500)
    panel.show()
    return panel, workspace


def entries(panel: CategoriesPanel) -> list[CategoryEntry]:
    return [panel._rows.index(row).data(ENTRY_ROLE) for row in range(panel._rows.rowCount())]


def names(panel: CategoriesPanel) -> list[str]:
    return [entry.category.name for entry in entries(panel)]


def body(panel: CategoriesPanel, row: int) -> QPoint:
    return body_rect(panel._view.visualRect(panel._rows.index(row))).center()


def drag(qtbot: QtBot, panel: CategoriesPanel, row: int, to: QPoint) -> None:
    area, start = panel._view.viewport(), body(panel, row)
    qtbot.mousePress(area, LEFT, pos=start)
    for point in (start + QPoint(0, QApplication.startDragDistance() + 1), to):
        qtbot.mouseMove(area, point)
    qtbot.mouseRelease(area, LEFT, pos=to)


def test_that_rows_come_by_group_with_a_heading_each_and_keep_their_digits(shown: Made) -> None:
    panel, _ = shown
    assert names(panel) == ["cat", "cow", "bus", "car", "sky"]
    assert [entry.heading for entry in entries(panel)] == ["animal", "", "vehicle", "", "No supercategory"]
    assert [entry.key for entry in entries(panel)] == ["1", "3", "2", "4", "5"]
    heights = [panel._view.visualRect(panel._rows.index(row)).height() for row in range(5)]
    assert heights == [ROW_HEIGHT + HEADING_HEIGHT * bool(entry.heading) for entry in entries(panel)]
    assert panel._rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "cat: 0 boxes, key 1, in animal"


def test_that_without_any_supercategory_there_is_no_heading(qtbot: QtBot) -> None:
    workspace, _ = project(1)
    panel = CategoriesPanel(workspace)
    qtbot.addWidget(panel)
    assert [entry.heading for entry in entries(panel)] == ["", ""]


def test_that_the_swatch_of_a_row_with_a_heading_is_pressed_where_it_is_painted(shown: Made, qtbot: QtBot) -> None:
    panel, _ = shown
    row = panel._view.visualRect(panel._rows.index(2))
    assert body_rect(row).contains(swatch_rect(row))
    qtbot.mouseClick(panel._view.viewport(), LEFT, pos=swatch_rect(row).center())
    picker = panel.findChild(ColorPicker)
    assert picker is not None
    picker.close()


def test_that_a_click_chooses_by_row_and_not_by_position(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    qtbot.mouseClick(panel._view.viewport(), LEFT, pos=body(panel, 1))
    assert workspace.current_category.name == "cow"
    assert panel._view.currentIndex().row() == 1


def test_that_a_row_dragged_into_another_group_joins_it(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    drag(qtbot, panel, 4, body(panel, 2) - QPoint(0, 10))
    assert names(panel) == ["cat", "cow", "sky", "bus", "car"]
    assert entries(panel)[2].category.supercategory == "vehicle"
    drag(qtbot, panel, 2, body(panel, 1) + QPoint(0, 10))
    assert names(panel) == ["cat", "cow", "sky", "bus", "car"]
    assert entries(panel)[2].category.supercategory == "animal"
    workspace.undo()
    workspace.undo()
    assert entries(panel)[4].category.supercategory == ""


def test_that_moves_by_step_stay_in_the_group_and_say_so_at_its_end(shown: Made) -> None:
    panel, workspace = shown
    panel.move_current(1)
    assert names(panel) == ["cow", "cat", "bus", "car", "sky"]
    history = workspace.history
    panel.move_current(1)
    assert "“cat” is at the end of its group" in panel._message.text()
    assert workspace.history == history


def test_that_a_group_moves_by_its_menu(shown: Made) -> None:
    panel, _ = shown
    panel._open_menu(body(panel, 3))
    menu = panel.findChild(QMenu)
    next(action for action in menu.actions() if action.text() == "Move the group up").trigger()
    menu.close()
    assert names(panel) == ["bus", "car", "cat", "cow", "sky"]
    assert [entry.key for entry in entries(panel)] == ["1", "2", "3", "4", "5"]


def test_that_a_supercategory_is_chosen_of_those_there_are_or_typed(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    panel.ask_supercategory(workspace.categories[4])
    asked = panel.findChild(QInputDialog)
    assert asked.comboBoxItems() == ["animal", "vehicle"]
    assert asked.textValue() == ""
    asked.setTextValue("background")
    asked.accept()
    assert workspace.categories[4].supercategory == "background"
    assert workspace.undo_text == "put sky into background"
    qtbot.waitUntil(lambda: panel.findChild(QInputDialog) is None)
    panel.ask_supercategory()
    asked = panel.findChild(QInputDialog)
    assert asked.textValue() == "animal", "of the category of the next drawn box"
    asked.reject()
    assert workspace.categories[0].supercategory == "animal"


def test_that_renaming_a_row_renames_its_category(shown: Made) -> None:
    panel, workspace = shown
    panel._rows.setData(panel._rows.index(1), "calf")
    assert workspace.categories[2].name == "calf"
