"""Selecting several boxes with the pointer: on the canvas and in the table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from panel_project import MARGIN, prediction, project, show
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.model import edits
from app.model.review import AnnotationRef, SuggestionRef
from app.model.selection import select_all, select_annotations, selected_annotations
from app.ui.annotation_rows import SCORE
from app.ui.annotation_table import AnnotationTable
from app.ui.canvas import Canvas

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.model.annotations import Box
    from app.model.commands import Command

PLAIN, CTRL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
LARGE, SMALL, FAR = (50.0, 50.0, 250.0, 250.0), (100.0, 100.0, 140.0, 140.0), (400.0, 300.0, 440.0, 340.0)


class Desk:
    """A canvas with the boxes 1 (large), 2 (small, inside it) and 3 (far off), and a hand in image pixels."""

    def __init__(self, qtbot: QtBot) -> None:
        self.workspace, self.store = project()
        self.canvas = Canvas(self.workspace)
        show(qtbot, self.canvas)
        self.commands: list[Command] = []
        self.canvas.commanded.connect(self._execute)
        for box in (LARGE, SMALL, FAR):
            ids = self.workspace.next_ids()
            self.workspace.execute(edits.draw(box, 1, self.workspace.categories[0], ids))

    def _execute(self, command: Command) -> None:
        self.commands.append(command)
        self.workspace.execute(command)

    def mouse(self, kind: QEvent.Type, x: float, y: float, keys: Qt.KeyboardModifier) -> None:
        at = QPointF(x + MARGIN, y + MARGIN)
        buttons = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, at, at, Qt.MouseButton.LeftButton, buttons, keys)
        QApplication.sendEvent(self.canvas, event)

    def click(self, x: float, y: float, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self.mouse(QEvent.Type.MouseButtonPress, x, y, keys)
        self.mouse(QEvent.Type.MouseButtonRelease, x, y, keys)

    def drag(self, x1: float, y1: float, x2: float, y2: float, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self.mouse(QEvent.Type.MouseButtonPress, x1, y1, keys)
        self.mouse(QEvent.Type.MouseMove, (x1 + x2) / 2, (y1 + y2) / 2, keys)
        self.mouse(QEvent.Type.MouseMove, x2, y2, keys)
        self.mouse(QEvent.Type.MouseButtonRelease, x2, y2, keys)

    @property
    def ids(self) -> list[int]:
        return [one.id for one in selected_annotations(self.workspace)]

    @property
    def boxes(self) -> list[Box]:
        return [one.box for one in self.workspace.annotations.values()]


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


@pytest.mark.parametrize("keys", [CTRL, SHIFT])
def test_that_a_click_with_a_key_adds_and_takes_out(desk: Desk, keys: Qt.KeyboardModifier) -> None:
    desk.click(420, 320)
    desk.click(120, 120, keys)
    assert desk.ids == [2, 3], "the smallest box under the pointer"
    desk.click(70, 70, keys)
    assert desk.ids == [1, 2, 3]
    desk.click(120, 120, keys)
    assert desk.ids == [1, 3]
    desk.click(600, 50, keys)
    assert desk.ids == [1, 3], "a miss beside all boxes loses nothing"


def test_that_a_drag_of_one_moves_all_selected_in_one_step(desk: Desk) -> None:
    select_annotations(desk.workspace, (1, 3), 1)
    desk.drag(420, 320, 430, 325)
    assert desk.boxes == [(60, 55, 260, 255), SMALL, (410, 305, 450, 345)]
    assert [command.text for command in desk.commands] == ["move 2 boxes"]
    assert desk.ids == [1, 3]
    desk.workspace.undo()
    assert desk.boxes == [LARGE, SMALL, FAR]


def test_that_a_drag_at_a_corner_of_one_of_several_resizes_nothing(desk: Desk) -> None:
    select_annotations(desk.workspace, (2, 3))
    desk.drag(440, 340, 450, 350)
    assert desk.boxes == [LARGE, (110, 110, 150, 150), (410, 310, 450, 350)]


def test_that_all_stop_where_one_of_them_meets_the_border(desk: Desk) -> None:
    select_annotations(desk.workspace, (1, 3))
    desk.drag(70, 70, 70 + 500, 70)
    assert desk.boxes == [(250, 50, 450, 250), SMALL, (600, 300, 640, 340)]


def test_that_a_click_on_one_of_several_selects_it_alone(desk: Desk) -> None:
    select_all(desk.workspace)
    desk.click(420, 320)
    assert (desk.workspace.view.selected, desk.ids) == (AnnotationRef(3), [3])


def test_that_a_click_beside_all_boxes_deselects(desk: Desk) -> None:
    select_all(desk.workspace)
    desk.click(600, 50)
    assert desk.workspace.view.selected is None


def test_that_a_drag_beside_all_boxes_selects_those_in_its_band(desk: Desk) -> None:
    desk.drag(300, 20, 90, 200)
    assert desk.ids == [1, 2]
    desk.drag(380, 280, 460, 360)
    assert desk.ids == [3]
    assert desk.commands == []


@pytest.mark.parametrize("keys", [CTRL, SHIFT])
def test_that_a_drag_with_a_key_adds_even_where_it_begins_on_a_box(desk: Desk, keys: Qt.KeyboardModifier) -> None:
    desk.click(420, 320)
    desk.drag(95, 95, 145, 145, keys)
    assert desk.ids == [2, 3]
    assert desk.boxes == [LARGE, SMALL, FAR]


def test_that_a_cancelled_band_selects_nothing(desk: Desk) -> None:
    desk.mouse(QEvent.Type.MouseButtonPress, 300, 20, PLAIN)
    desk.mouse(QEvent.Type.MouseMove, 90, 200, PLAIN)
    assert desk.canvas.cancel()
    desk.mouse(QEvent.Type.MouseButtonRelease, 90, 200, PLAIN)
    assert desk.ids == []


def test_that_clicks_go_from_suggestions_to_annotations_below_them(desk: Desk) -> None:
    desk.workspace.set_prediction(1, prediction((0.9,)))  # at (0, 10, 30, 50)
    ids = desk.workspace.next_ids()
    desk.workspace.execute(edits.draw((0, 0, 300, 300), 1, desk.workspace.categories[1], ids))
    desk.workspace.execute(edits.draw((12, 28, 20, 34), 1, desk.workspace.categories[1], desk.workspace.next_ids()))
    picked = []
    for _ in range(4):
        desk.click(15, 30)
        picked.append(desk.workspace.view.selected)
    assert picked == [AnnotationRef(5), SuggestionRef(0), AnnotationRef(4), AnnotationRef(5)]


def test_that_each_selected_box_stands_out_and_none_has_handles(desk: Desk) -> None:
    def colours(x: int, y: int) -> int:
        picture = desk.canvas.grab().toImage()
        return picture.pixel(x + MARGIN, y + MARGIN)

    plain = colours(420, 310), colours(120, 110)
    select_annotations(desk.workspace, (2, 3))
    assert colours(420, 310) != plain[0], "tinted"
    assert colours(120, 110) != plain[1]
    corner = colours(442, 342)  # outside the box, where a handle would lie
    desk.workspace.change_view(replace(desk.workspace.view, selected=AnnotationRef(3), several=()))
    assert colours(442, 342) != corner


def test_that_rows_of_the_table_select_several(desk: Desk, qtbot: QtBot) -> None:
    desk.workspace.set_prediction(1, prediction((0.9,)))
    panel = AnnotationTable(desk.workspace)
    qtbot.addWidget(panel)
    panel.resize(440, 300)
    panel.show()

    def press(row: int, keys: Qt.KeyboardModifier) -> None:
        place = panel._table.visualRect(panel._rows.index(row, SCORE)).center()
        qtbot.mouseClick(panel._table.viewport(), Qt.MouseButton.LeftButton, keys, place)

    def rows() -> list[int]:
        return sorted(index.row() for index in panel._table.selectionModel().selectedRows())

    press(0, PLAIN)
    press(2, CTRL)
    assert (desk.ids, rows()) == ([1, 3], [0, 2])
    press(0, CTRL)
    assert (desk.ids, rows()) == ([3], [2])
    press(1, PLAIN)
    press(3, SHIFT)
    assert (desk.ids, rows()) == ([2, 3], [1, 2]), "the suggestion in row 3 is left out"
    press(3, PLAIN)
    assert (desk.workspace.view.selected, rows()) == (SuggestionRef(0), [3])
    press(3, CTRL)
    assert desk.workspace.view.selected is None


def test_that_the_table_shows_what_the_canvas_selects(desk: Desk, qtbot: QtBot) -> None:
    panel = AnnotationTable(desk.workspace)
    qtbot.addWidget(panel)
    desk.click(420, 320)
    desk.click(120, 120, CTRL)
    assert sorted(index.row() for index in panel._table.selectionModel().selectedRows()) == [1, 2]
    desk.click(600, 50)
    assert panel._table.selectionModel().selectedRows() == []
