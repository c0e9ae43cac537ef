"""In German the panels, the fields beside them and the labels on the canvas write numbers alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from panel_project import prediction, project
from PySide6.QtCore import Qt, QTranslator
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox

from app import translation
from app.model import box_gestures, gestures
from app.model import words as model_words
from app.model.annotations import Annotation
from app.model.commands import Command, Edit
from app.ui import training_words
from app.ui.annotation_rows import SCORE
from app.ui.annotation_table import AnnotationTable
from app.ui.categories_panel import CategoriesPanel
from app.ui.category_threshold import CategoryThreshold
from app.ui.filter_panel import FilterPanel
from app.ui.layers import Layers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from app.model.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says
BOXES = 1400


@pytest.fixture(autouse=True)
def german(qapp: QApplication) -> Iterator[None]:
    assert translation.install(qapp, "de") == "de"
    yield
    for installed in qapp.findChildren(QTranslator):
        qapp.removeTranslator(installed)
        installed.setParent(None)
    model_words.speak(None)


@pytest.fixture
def workspace() -> Workspace:
    """A project whose first image has 1,400 boxes, and suggestions that score 0.9 and 0.6."""
    made, store = project(2)
    made.set_prediction(1, prediction())
    gestures.accept_all(made, "bolt")
    box_gestures.draw(made, (100, 100, 150, 220))
    drawn = max(store.rows[Annotation].values(), key=lambda row: row.id)
    copies = range(drawn.id + 1, drawn.id + 1 + BOXES - len(made.annotations))
    made.execute(Command("many", 1, tuple(Edit(None, replace(drawn, id=number)) for number in copies)))
    return made


def test_that_a_panel_groups_the_digits_as_in_german(qtbot: QtBot, workspace: Workspace) -> None:
    table = AnnotationTable(workspace)
    qtbot.addWidget(table)
    assert table._counts.text() == "1.400 Boxen · 1 offen"
    assert training_words.boxes(BOXES) == "1.400 Boxen"


def test_that_a_score_is_the_same_in_table_label_and_field(qtbot: QtBot, workspace: Workspace) -> None:
    table, filters = AnnotationTable(workspace), FilterPanel(workspace)
    qtbot.addWidget(table)
    qtbot.addWidget(filters)
    (last,) = (row for row in range(table._rows.rowCount()) if table._rows.index(row, SCORE).data() == "0,60")
    assert last == BOXES
    assert Layers(workspace).suggestions.texts == ("nut 0,60",)
    assert filters._score._number.text() == "0,50"


def test_that_a_category_says_its_score_as_its_field_does(qtbot: QtBot, workspace: Workspace) -> None:
    panel = CategoriesPanel(workspace)
    panel.commanded.connect(workspace.execute)
    qtbot.addWidget(panel)
    panel.show()
    panel.ask_threshold(workspace.categories[1])
    popup = panel.findChild(CategoryThreshold)
    as_others = popup.findChild(QCheckBox)
    assert as_others.text() == "Wie die übrigen: 0,50"
    as_others.click()
    assert popup.findChild(QDoubleSpinBox).text() == "0,50"
    popup.close()
    said = panel._rows.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.endswith(", Vorschläge mit Konfidenz über 0,50")


@pytest.mark.parametrize("typed", ["0,625", "0.625", ",625", ".625"])
def test_that_a_point_is_taken_for_a_comma_in_a_field(qtbot: QtBot, workspace: Workspace, typed: str) -> None:
    filters = FilterPanel(workspace)
    qtbot.addWidget(filters)
    filters.show()
    number = filters._score._number
    number.selectAll()
    qtbot.keyClicks(number, typed)
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert (workspace.view.thresholds.score_thresh, number.text()) == (0.625, "0,625")
