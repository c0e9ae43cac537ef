"""The sliders: set at once, exact, and never where they have no effect."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from panel_project import prediction, project
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QScrollArea

from app.ui import filter_panel
from app.ui.filter_panel import FilterPanel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.model.view import Change
    from app.model.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says

Made = tuple[FilterPanel, "Workspace"]


@pytest.fixture
def shown(qtbot: QtBot) -> Made:
    """The panel of an image with suggestions that score 0.9 and 0.6, one hidden at 0.3, and fifty proposals."""
    workspace, _ = project(2)
    workspace.set_prediction(1, prediction())
    panel = FilterPanel(workspace)
    qtbot.addWidget(panel)
    return panel, workspace


def test_that_every_step_of_the_score_slider_is_set_at_once(shown: Made) -> None:
    panel, workspace = shown
    seen = []
    workspace.subscribe(lambda _change: seen.append(workspace.view.thresholds.score_thresh))
    for step in (51, 52, 80):
        panel._score._slider.setValue(step)
    assert seen == [0.51, 0.52, 0.8]
    assert [suggestion.name for suggestion in workspace.suggestions] == ["bolt"]
    assert panel._summary.text() == "1 shown · 2 hidden by score"


def test_that_the_nms_slider_sets_the_nms_threshold(shown: Made) -> None:
    panel, workspace = shown
    panel._nms._slider.setValue(70)
    assert workspace.view.thresholds.nms_thresh == 0.7
    assert workspace.view.thresholds.score_thresh == 0.5


def test_that_a_number_can_be_typed_to_three_decimals(shown: Made, qtbot: QtBot) -> None:
    panel, workspace = shown
    panel.show()
    number = panel._score._number
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, f"0{number.locale().decimalPoint()}625")
    assert workspace.view.thresholds.score_thresh == 0.5, "not before the number is whole"
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert workspace.view.thresholds.score_thresh == 0.625
    assert panel._score._slider.value() in (62, 63)


def test_that_keys_move_the_sliders_through_the_workspace(shown: Made) -> None:
    panel, workspace = shown
    thresholds = replace(workspace.view.thresholds, score_thresh=0.25, nms_thresh=0.4)
    workspace.change_view(replace(workspace.view, thresholds=thresholds))
    assert (panel._score._slider.value(), panel._nms._slider.value()) == (25, 40)
    assert panel._score._number.value() == 0.25


def test_that_showing_a_value_sets_nothing(shown: Made) -> None:
    _panel, workspace = shown
    changes: list[Change] = []
    thresholds = replace(workspace.view.thresholds, score_thresh=0.333)
    workspace.subscribe(changes.append)
    workspace.change_view(replace(workspace.view, thresholds=thresholds))
    assert workspace.view.thresholds.score_thresh == 0.333
    assert len(changes) == 1


def test_that_the_score_slider_stops_at_the_floor_and_says_so(shown: Made) -> None:
    panel, workspace = shown
    panel._score._slider.setValue(0)
    assert panel._score._slider.value() == 5
    assert workspace.view.thresholds.score_thresh == 0.05
    assert "nothing below 0.05" in panel._score._slider.toolTip()
    workspace.go_to(2)
    assert panel._score._slider.minimum() == 0
    assert "nothing below" not in panel._score._slider.toolTip()


def test_that_a_threshold_below_the_floor_is_kept(shown: Made) -> None:
    panel, workspace = shown
    thresholds = replace(workspace.view.thresholds, score_thresh=0.01)
    workspace.change_view(replace(workspace.view, thresholds=thresholds))
    assert panel._score._slider.value() == 5
    assert workspace.view.thresholds.score_thresh == 0.01


def test_that_an_image_the_detector_has_not_seen_says_so(shown: Made) -> None:
    panel, workspace = shown
    workspace.go_to(2)
    assert panel._summary.text() == "The detector has not looked at this image yet."


@pytest.mark.parametrize("layer", ["annotations", "suggestions", "proposals"])
def test_that_layers_go_both_ways(shown: Made, layer: str) -> None:
    panel, workspace = shown
    box, field = getattr(panel, f"_{layer}"), f"show_{layer}"
    before = getattr(workspace.view, field)
    box.click()
    assert getattr(workspace.view, field) is not before
    workspace.change_view(replace(workspace.view, **{field: before}))
    assert box.isChecked() is before


def test_that_the_proposal_slider_works_only_where_proposals_are_shown(shown: Made) -> None:
    panel, workspace = shown
    assert not panel._top_n.isEnabled()
    panel._proposals.click()
    assert panel._top_n.isEnabled()
    assert panel._top_n._slider.maximum() == 50
    assert panel._proposals_there.text() == "50 of 50 proposals shown"
    panel._top_n._slider.setValue(12)
    assert workspace.view.proposal_top_n == 12
    assert panel._top_n._number.value() == 12
    assert panel._proposals_there.text() == "12 of 50 proposals shown"


def test_that_a_prediction_without_proposals_disables_their_slider(shown: Made) -> None:
    panel, workspace = shown
    panel._proposals.click()
    empty = prediction(())
    workspace.set_prediction(1, replace(empty, proposals=type(empty.proposals)((), ())))
    assert not panel._top_n.isEnabled()
    assert panel._summary.text() == "0 shown"


def test_that_more_proposals_than_there_are_stay_wished_for(shown: Made) -> None:
    panel, workspace = shown
    assert workspace.view.proposal_top_n == 100
    assert panel._top_n._slider.value() == 50
    workspace.go_to(2)
    assert panel._top_n._slider.value() == 100


def test_that_a_click_on_a_slider_leaves_the_focus_alone(shown: Made) -> None:
    panel, _ = shown
    for slider in (panel._score._slider, panel._nms._slider, panel._top_n._slider):
        assert slider.focusPolicy() is Qt.FocusPolicy.TabFocus


def test_that_a_destroyed_panel_no_longer_listens(qtbot: QtBot) -> None:
    workspace, _ = project(1)
    FilterPanel(workspace).deleteLater()
    qtbot.waitUntil(lambda: not workspace._subscribers)


def test_that_on_a_small_screen_it_scrolls_instead_of_making_the_window_taller(
    shown: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, _ = shown
    panel.show()
    panel.resize(360, 300)
    whole = panel.minimumHeight()
    assert panel.findChild(QScrollArea).verticalScrollBar().maximum() == 0
    screen = SimpleNamespace(availableGeometry=lambda: QRect(0, 0, 911, 512))  # 1366 × 768 at 150 %
    monkeypatch.setattr(panel, "screen", lambda: screen)
    panel.resize(panel.width() - 1, panel.height())
    assert panel.minimumHeight() < whole
    assert panel.minimumHeight() + filter_panel._REST_OF_WINDOW <= 512
    panel.resize(panel.width(), panel.minimumHeight())
    bar = panel.findChild(QScrollArea).verticalScrollBar()
    assert bar.maximum() > 0
