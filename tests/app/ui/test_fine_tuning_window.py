from __future__ import annotations

import subprocess
import sys

import pytest
from made_up_tuning import MadeUpTuning, example, result
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QSlider, QTableWidget
from whole_application import SHOWN, running

from app.ui.theme import ColorMode
from app.workers.messages import TrainingOutcome
from detector.fine_tune_values import SecondStage, Stage


@pytest.fixture
def run(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("app.session.Tuning", lambda *args: MadeUpTuning(args[-1]))
    with running(tmp_path) as opened:
        opened.open(folder)
        opened.hands.key("Shift+Space")  # without a reviewed image there is nothing to fine-tune on
        yield opened


def tuning(run):
    return run.application.session.tuning


def panel(run):
    return run.window.desk.training


def strip(run):
    line = run.window.status.tuning
    return line.text().strip() if line.isVisible() else ""


def test_that_ctrl_t_starts_a_fine_tune_and_shows_it_in_place_of_filters_and_boxes(run):
    run.hands.key("Ctrl+T")
    assert ("start", SecondStage.AUTO) in tuning(run).asked
    desk = run.window.desk
    assert panel(run).isVisible()
    assert desk.categories.isVisible()
    assert not desk.filters.isVisible()
    assert not desk.annotations.isVisible()
    run.hands.key("Ctrl+T")
    assert tuning(run).asked.count(("start", SecondStage.AUTO)) == 1
    assert "under way already" in run.window.status.currentMessage()


def test_that_the_next_enter_goes_to_a_box_whatever_the_panel_does(run, folder):
    canvas = run.window.desk.canvas
    run.hands.key("Tab")
    run.hands.key("Ctrl+T")
    assert QApplication.focusWidget() is canvas
    tuning(run).step(Stage.HEAD, loss=1.0, ap50=0.3)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert len(run.workspace.annotations) == 1
    tuning(run).train(result(0.4, 0.6), example(folder / "0.png"))
    tuning(run).end()
    assert QApplication.focusWidget() is canvas
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert len(run.workspace.annotations) == 2


def test_that_the_keys_stay_with_the_boxes_when_what_had_them_is_put_away(run):
    slider = run.window.desk.filters.findChild(QSlider)
    slider.setFocus()
    run.hands.key("Ctrl+T", slider)
    assert QApplication.focusWidget() is run.window.desk.canvas
    tuning(run).step(Stage.HEAD)
    cancel = next(one for one in panel(run).findChildren(QPushButton) if one.text() == "Cancel")
    cancel.setFocus(Qt.FocusReason.TabFocusReason)
    assert cancel.hasFocus()
    QTest.keyClick(cancel, Qt.Key.Key_Space)
    assert tuning(run).asked[-1] == "cancel"
    tuning(run).end(TrainingOutcome.CANCELLED)
    run.hands.wait(run.window.desk.canvas.hasFocus, "the canvas has the focus")


def test_that_a_click_in_the_panel_leaves_the_keys_to_the_boxes(run):
    run.window.menus.actions["training"].trigger()
    clicked = [panel(run).findChild(QTableWidget).viewport()]
    clicked += [one for one in panel(run).findChildren(QPushButton) if one.isVisible() and one.isEnabled()]
    for part in clicked:
        QTest.mouseClick(part, Qt.MouseButton.LeftButton)
        assert QApplication.focusWidget() is run.window.desk.canvas, part
    assert ("start", SecondStage.AUTO) in tuning(run).asked


def test_that_the_panel_can_be_put_away_while_a_run_goes_on_and_the_strip_opens_it_again(run):
    run.hands.key("Ctrl+T")
    tuning(run).step(Stage.HEAD, 40, 100)
    assert strip(run) == "Fine-tuning: head, 40 %"
    run.window.menus.actions["training"].trigger()
    assert not panel(run).isVisible()
    assert run.window.desk.filters.isVisible()
    assert run.window.desk.annotations.isVisible()
    tuning(run).step(Stage.HEAD, 50, 100)
    assert strip(run) == "Fine-tuning: head, 50 %"
    QTest.mouseClick(run.window.status.tuning, Qt.MouseButton.LeftButton)
    assert panel(run).isVisible()
    assert QApplication.focusWidget() is run.window.desk.canvas


def test_that_the_right_side_is_as_it_was_when_the_panel_is_put_away(run):
    desk = run.window.desk
    before = [part.height() for part in (desk.categories, desk.filters, desk.annotations)]
    for _ in range(2):
        run.window.menus.actions["training"].trigger()
        QApplication.processEvents()
    after = [part.height() for part in (desk.categories, desk.filters, desk.annotations)]
    assert after == pytest.approx(before, abs=2)


def test_that_the_strip_suggests_a_fine_tune_after_a_review_and_starts_none(run):
    assert strip(run) == ""
    tuning(run).worth_it = "24 images were corrected: a fine-tune would probably help."
    run.hands.key("Space")
    assert strip(run) == "A fine-tune would help: Ctrl+T"
    assert run.window.status.tuning.toolTip() == tuning(run).worth_it
    assert not [one for one in tuning(run).asked if one[0] == "start"]
    QTest.mouseClick(run.window.status.tuning, Qt.MouseButton.LeftButton)
    assert not [one for one in tuning(run).asked if one[0] == "start"]
    run.application.close_project()
    assert strip(run) == ""


def test_that_the_menu_ends_a_run_only_while_there_is_one(run):
    actions = run.window.menus.actions
    assert not actions["cancel-fine-tune"].isEnabled()
    run.hands.key("Ctrl+T")
    assert actions["cancel-fine-tune"].isEnabled()
    actions["finish-fine-tune"].trigger()
    actions["cancel-fine-tune"].trigger()
    assert tuning(run).asked[-2:] == ["finish", "cancel"]
    tuning(run).end(TrainingOutcome.CANCELLED)
    assert not actions["cancel-fine-tune"].isEnabled()
    assert run.window.status.currentMessage() == "The fine-tune was cancelled."


def test_that_ctrl_shift_t_goes_back_or_says_that_there_is_nothing_to_go_back_to(run):
    run.hands.key("Ctrl+Shift+T")
    assert run.window.status.currentMessage() == "There is no version to go back from."
    tuning(run).train(result(0.4, 0.6))
    run.hands.key("Ctrl+Shift+T")
    assert tuning(run).active is None


def test_that_a_failure_is_said_in_the_window_until_the_next_run_and_the_work_goes_on(run):
    run.hands.key("Ctrl+T")
    tuning(run).end(TrainingOutcome.FAILED, "The detector ran out of memory.")
    assert run.window.banner.text == "The detector ran out of memory."
    run.hands.key("Shift+Return")
    assert len(run.workspace.annotations) == SHOWN
    assert run.window.banner.text == "The detector ran out of memory."
    run.hands.key("Ctrl+T")
    assert run.window.banner.text == ""


def test_that_the_curves_follow_the_theme(run):
    run.hands.key("Ctrl+T")
    tuning(run).step(Stage.HEAD, 1, loss=1.0)
    curves = panel(run)._run.curves
    run.hands.wait(lambda: curves.is_drawn, "the curves are drawn")
    seen = []
    for mode in (ColorMode.LIGHT, ColorMode.DARK):
        run.window.theme.set_mode(mode)
        QApplication.processEvents()
        seen.append(curves._plots[0][0].backgroundBrush().color().lightness())
    assert seen[0] > 200
    assert seen[1] < 60


def test_that_a_window_without_a_training_page_is_restored_to_one_with_it(run):
    # What an earlier version of the program remembered knows nothing of the page.
    state = run.window.saveState()
    run.window.restore(
        run.window.saveGeometry(), state.replace("training".encode("utf-16-be"), "tr41ning".encode("utf-16-be"))
    )
    assert not panel(run).isVisible()
    run.hands.key("Ctrl+T")
    assert panel(run).isVisible()
    assert panel(run).height() > 200


def test_that_the_window_does_not_wait_for_the_library_of_the_curves():
    code = "import sys, app.ui.main_window; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
