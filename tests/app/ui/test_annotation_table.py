"""The table of boxes: its rows, its order, and a selection that goes both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from panel_project import prediction, project
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from app.model import box_gestures, gestures
from app.model.commands import Command, Edit
from app.model.review import AnnotationRef, SuggestionRef
from app.ui.annotation_rows import CATEGORY, ORIGIN, SCORE, SIZE, STATE
from app.ui.annotation_table import AnnotationTable

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.model.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says

Made = tuple[AnnotationTable, "Workspace"]


@pytest.fixture
def shown(qtbot: QtBot) -> Made:
    """The table of an image with suggestions bolt 0.9 and nut 0.6, and one more below the threshold."""
    workspace, _ = project(3)
    workspace.set_prediction(1, prediction())
    panel = AnnotationTable(workspace)
    qtbot.addWidget(panel)
    panel.resize(440, 300)
    panel.show()
    return panel, workspace


def column(panel: AnnotationTable, number: int) -> list[str]:
    return [panel._rows.index(row, number).data() for row in range(panel._rows.rowCount())]


def selected_rows(panel: AnnotationTable) -> list[int]:
    return [index.row() for index in panel._table.selectionModel().selectedRows()]


def test_that_annotations_come_before_suggestions(shown: Made) -> None:
    panel, workspace = shown
    gestures.accept_all(workspace, "nut")
    box_gestures.draw(workspace, (100, 100, 150, 220))
    assert column(panel, CATEGORY) == ["nut", "bolt", "bolt"]
    assert column(panel, SCORE) == ["0.60", "–", "0.90"]
    assert column(panel, SIZE) == ["30 × 40", "50 × 120", "30 × 40"]
    assert column(panel, ORIGIN) == ["accepted", "drawn", "suggested"]
    assert panel._counts.text() == "2 boxes · 1 undecided"


def test_that_a_box_says_whose_share_it_came_from(shown: Made) -> None:
    panel, workspace = shown
    box_gestures.draw(workspace, (100, 100, 150, 220))
    drawn = next(iter(workspace.annotations.values()))
    workspace.execute(Command("merge", 1, (Edit(drawn, replace(drawn, author="Ann")),)))
    assert column(panel, ORIGIN)[0] == "drawn · Ann"
    assert panel._rows.index(0, STATE).data(Qt.ItemDataRole.ToolTipRole) == "Annotation: drawn · Ann"


def test_that_sliders_and_layers_change_the_rows(shown: Made) -> None:
    panel, workspace = shown
    view = workspace.view
    workspace.change_view(replace(view, thresholds=replace(view.thresholds, score_thresh=0.2)))
    assert column(panel, SCORE) == ["0.90", "0.60", "0.30"]
    workspace.change_view(replace(workspace.view, show_suggestions=False))
    assert column(panel, SCORE) == []


def test_that_a_click_selects_in_the_workspace(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    rect = panel._table.visualRect(panel._rows.index(1, SCORE))
    qtbot.mouseClick(panel._table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert workspace.view.selected == SuggestionRef(1)


def test_that_the_workspace_selects_in_the_table(shown: Made) -> None:
    panel, workspace = shown
    workspace.change_view(replace(workspace.view, selected=SuggestionRef(1)))
    assert selected_rows(panel) == [1]
    workspace.change_view(replace(workspace.view, selected=None))
    assert selected_rows(panel) == []


def test_that_the_selection_stays_on_its_box_when_rows_move(shown: Made) -> None:
    panel, workspace = shown
    workspace.change_view(replace(workspace.view, selected=SuggestionRef(0)))
    gestures.accept_selected(workspace)
    assert workspace.view.selected == SuggestionRef(1)
    assert selected_rows(panel) == [1]
    panel._table.sortByColumn(SCORE, Qt.SortOrder.AscendingOrder)
    assert selected_rows(panel) == [0]
    assert workspace.view.selected == SuggestionRef(1)


def test_that_a_box_that_is_drawn_is_selected_here_too(shown: Made) -> None:
    panel, workspace = shown
    box_gestures.draw(workspace, (100, 100, 150, 220))
    assert workspace.view.selected == AnnotationRef(1)
    assert selected_rows(panel) == [0]


@pytest.mark.parametrize(
    ("number", "names"), [(CATEGORY, ["bolt", "nut"]), (SCORE, ["nut", "bolt"]), (STATE, ["bolt", "nut"])]
)
def test_that_every_column_sorts(shown: Made, number: int, names: list[str]) -> None:
    panel, _ = shown
    panel._table.sortByColumn(number, Qt.SortOrder.AscendingOrder)
    assert column(panel, CATEGORY) == names


def test_that_another_image_has_its_own_rows(shown: Made) -> None:
    panel, workspace = shown
    workspace.go_to(2)
    assert panel._rows.rowCount() == 0
    assert panel._counts.text() == "0 boxes"


def test_that_a_suggestion_of_an_unknown_category_is_listed(qtbot: QtBot) -> None:
    workspace, _ = project(1, names=())
    workspace.set_prediction(1, prediction((0.9,)))
    panel = AnnotationTable(workspace)
    qtbot.addWidget(panel)
    assert column(panel, ORIGIN) == ["suggested, new category"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_3, Qt.Key.Key_W])
def test_that_keys_of_the_window_stay_with_the_window(qtbot: QtBot, key: Qt.Key) -> None:
    workspace, _ = project(1)
    workspace.set_prediction(1, prediction())
    workspace.change_view(replace(workspace.view, selected=SuggestionRef(0)))
    panel, window = AnnotationTable(workspace), QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(panel)
    action = QAction(window)
    action.setShortcut(key)
    window.addAction(action)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    panel._table.setFocus()
    with qtbot.waitSignal(action.triggered):
        qtbot.keyClick(panel._table, key)
    assert workspace.view.selected == SuggestionRef(0)


def test_that_a_destroyed_table_no_longer_listens(qtbot: QtBot) -> None:
    workspace, _ = project(1)
    panel = AnnotationTable(workspace)
    panel.deleteLater()
    qtbot.waitUntil(lambda: not workspace._subscribers)


def many(workspace: Workspace, count: int) -> None:
    for place in range(count):
        box_gestures.draw(workspace, (place, place, place + 20, place + 20))


def test_that_a_box_that_is_drawn_is_scrolled_to(shown: Made) -> None:
    panel, workspace = shown
    panel._table.sortByColumn(SIZE, Qt.SortOrder.AscendingOrder)  # the largest is the last
    many(workspace, 30)
    workspace.change_view(replace(workspace.view, selected=None))
    QCoreApplication.processEvents()  # so that the table has its size before the last one
    box_gestures.draw(workspace, (0, 0, 400, 400))
    (row,) = selected_rows(panel)
    assert panel._table.viewport().rect().contains(panel._table.visualRect(panel._rows.index(row, CATEGORY)))


def test_that_another_image_begins_at_the_top(shown: Made) -> None:
    panel, workspace = shown
    many(workspace, 30)
    panel._table.verticalScrollBar().setValue(200)
    workspace.go_to(2)
    many(workspace, 30)
    workspace.change_view(replace(workspace.view, selected=None))
    workspace.go_to(1)
    assert panel._table.verticalScrollBar().value() == 0
