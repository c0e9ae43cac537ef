"""The score threshold of one category: the popup, what the row and the filters say, and one step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from panel_project import prediction, project
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QSlider

from app.model import category_edits
from app.ui.categories_panel import CategoriesPanel
from app.ui.category_threshold import CategoryThreshold
from app.ui.filter_panel import FilterPanel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.model.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says

Made = tuple[CategoriesPanel, "Workspace"]


@pytest.fixture
def shown(qtbot: QtBot) -> Made:
    """The panel of a project with bolt and nut, a prediction (bolt 0.9, nut 0.6, bolt 0.3), commands executed."""
    workspace, _ = project(2)
    workspace.set_prediction(1, prediction())
    panel = CategoriesPanel(workspace)
    panel.commanded.connect(workspace.execute)
    panel.continued.connect(lambda command: workspace.execute(command, repeat=True))
    qtbot.addWidget(panel)
    panel.resize(260, 400)
    panel.show()
    return panel, workspace


def asked(panel: CategoriesPanel) -> tuple[CategoryThreshold, QCheckBox, QSlider]:
    popup = panel.findChild(CategoryThreshold)
    return popup, popup.findChild(QCheckBox), popup.findChild(QSlider)


def test_that_a_threshold_is_had_as_the_others_until_somebody_says_so(shown: Made) -> None:
    panel, workspace = shown
    panel.ask_threshold()
    popup, as_others, slider = asked(panel)
    assert as_others.isChecked()
    assert as_others.text() == "As the others: 0.50"
    assert not slider.isEnabled()
    as_others.click()
    assert slider.isEnabled()
    assert workspace.categories[0].score_thresh == 0.5
    as_others.click()
    assert workspace.categories[0].score_thresh is None
    popup.close()


def test_that_suggestions_follow_the_slider_at_once_and_one_popup_is_one_step_of_undo(shown: Made) -> None:
    panel, workspace = shown
    panel.ask_threshold()
    popup, as_others, slider = asked(panel)
    as_others.click()
    for score in (40, 30, 20):
        slider.setValue(score)
    assert [round(one.score, 1) for one in workspace.suggestions] == [0.9, 0.6, 0.3]
    slider.setValue(95)
    assert [one.name for one in workspace.suggestions] == ["nut"]
    popup.close()
    assert (workspace.history.position, workspace.undo_text) == (1, "set the score threshold of bolt")
    workspace.undo()
    assert workspace.categories[0].score_thresh is None
    assert [one.name for one in workspace.suggestions] == ["bolt", "nut"]


def test_that_another_popup_is_another_step_of_undo(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    for score in (40, 70):
        panel.ask_threshold(workspace.categories[1])
        popup, as_others, slider = asked(panel)
        if as_others.isChecked():
            as_others.click()
        slider.setValue(score)
        popup.close()
        qtbot.waitUntil(lambda: panel.findChild(CategoryThreshold) is None)
    workspace.undo()
    assert workspace.categories[1].score_thresh == 0.4


def test_that_a_number_can_be_typed_and_the_keyboard_is_enough(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    panel.ask_threshold()
    popup, as_others, _ = asked(panel)
    qtbot.keyClick(as_others, Qt.Key.Key_Space)
    number = popup.findChild(QDoubleSpinBox)
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "0.125")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert workspace.categories[0].score_thresh == 0.125
    assert "“bolt”" in number.accessibleName()
    popup.close()


def test_that_the_row_says_it_to_a_screen_reader_and_the_filters_count_it(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    filters = FilterPanel(workspace)
    qtbot.addWidget(filters)
    panel.ask_threshold()
    popup, as_others, _ = asked(panel)
    as_others.click()
    popup.close()
    said = panel._rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "bolt: 0 boxes, key 1, suggestions that score more than 0.50"
    assert filters._summary.text() == "2 shown · 1 hidden by score · own score: 1"
    assert filters._summary.toolTip() == "Categories with a score threshold of their own: bolt"


def test_that_a_category_that_went_meanwhile_gets_no_threshold(shown: Made) -> None:
    panel, workspace = shown
    panel.ask_threshold()
    popup, as_others, _ = asked(panel)
    workspace.execute(category_edits.delete(workspace.categories[0], ()))
    history = workspace.history
    as_others.click()
    assert workspace.history == history
    popup.close()
