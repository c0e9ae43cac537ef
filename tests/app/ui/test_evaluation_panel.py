from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up_evaluating import MadeUpEvaluating, measured
from made_up_tuning import result, version
from panel_project import project
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QProgressBar, QVBoxLayout, QWidget
from shown_words import buttons, press, texts

from app.model.annotations import ImageMark
from app.model.commands import Command, Edit
from app.ui import theme
from app.ui.elided_label import ElidedLabel
from app.ui.evaluation_panel import EvaluationPanel
from app.ui.evaluation_result import EvaluationFigures
from app.ui.evaluation_tables import CategoryTable, WorstTable
from app.workers.evaluation_values import EvaluationStage


@pytest.fixture
def workspace():
    opened, _ = project(names=("die", "coin"))
    return opened


@pytest.fixture
def evaluating():
    return MadeUpEvaluating()


@pytest.fixture
def panel(qtbot, evaluating, workspace):
    made = EvaluationPanel(evaluating, workspace)
    qtbot.addWidget(made)
    made.resize(360, 900)
    made.show()
    return made


def cells(table):
    return [list(row) for row in table.model().rows]


def categories(panel):
    return cells(panel.findChild(CategoryTable))


def worst(panel):
    return cells(panel.findChild(WorstTable))


def set_score(qtbot, panel, workspace, score):
    view = workspace.view
    workspace.change_view(replace(view, thresholds=replace(view.thresholds, score_thresh=score)))
    qtbot.waitUntil(lambda: not panel._count.isActive())


def test_that_it_says_how_many_images_there_are_to_measure_on(panel, workspace):
    assert "No image is reviewed yet." in texts(panel)
    record = workspace.images[0]
    workspace.execute(Command("mark", record.id, (Edit(record.mark, ImageMark(record.id, reviewed=True)),)))
    assert "1 image is reviewed." in texts(panel)


def test_that_it_shows_how_far_it_is_and_can_be_cancelled(qtbot, panel, evaluating):
    press(panel, "Measure")
    assert panel.is_running
    bar = panel.findChild(QProgressBar)
    assert bar.maximum() == 0
    evaluating.progress(EvaluationStage.DETECTING, 12, 40, 21.0)
    assert {"Looking at the images", "12 of 40 · about 20 s left"} <= set(texts(panel))
    assert (bar.value(), bar.maximum()) == (12, 40)
    with qtbot.waitSignal(panel.said) as said:
        press(panel, "Cancel")
    assert said.args == ["The evaluation was cancelled."]
    assert evaluating.asked == ["start", "cancel"]
    assert "Measure" in buttons(panel)


def test_that_a_second_start_is_only_a_sentence(qtbot, panel, evaluating):
    panel.start()
    with qtbot.waitSignal(panel.said) as said:
        panel.start()
    assert said.args == ["The detector is being measured already."]
    assert evaluating.asked == ["start"]


def test_that_a_refusal_is_a_sentence_until_the_next_start(panel, evaluating):
    evaluating.refusal = "No image is reviewed yet. Mark one as reviewed."
    press(panel, "Measure")
    assert evaluating.refusal in texts(panel)
    assert not panel.is_running
    refusal, evaluating.refusal = evaluating.refusal, ""
    press(panel, "Measure")
    assert refusal not in texts(panel)


def test_that_a_refusal_goes_when_an_image_is_reviewed(panel, evaluating, workspace):
    evaluating.refusal = "No image is reviewed yet. Mark one as reviewed."
    press(panel, "Measure")
    assert "No image is reviewed yet." not in texts(panel)  # it is said once
    record = workspace.images[0]
    workspace.execute(Command("mark", record.id, (Edit(record.mark, ImageMark(record.id, reviewed=True)),)))
    assert evaluating.refusal not in texts(panel)
    assert "1 image is reviewed." in texts(panel)


def test_that_a_failure_leaves_the_figures_before(panel, evaluating):
    evaluating.end(measured())
    panel.start()
    evaluating.fail("The detector could look at none of the reviewed images.")
    assert "The detector could look at none of the reviewed images." in texts(panel)
    assert "0.76" in texts(panel)


def test_that_the_figures_are_shown_under_their_names(panel, evaluating):
    evaluating.end(measured())
    shown = texts(panel)
    assert {"AP", "AP50", "AP75", "AR@100", "VOC07", "0.51", "0.76", "0.47", "0.67", "0.73"} <= set(shown)
    assert "Embedded · 3 images, 3 boxes · NMS IoU 0.50" in shown
    assert "Measure" not in buttons(panel)


def test_that_a_figure_that_is_not_there_is_a_dash(panel, evaluating):
    evaluation = replace(measured().evaluation, ap=None, ap50=None, ap75=None, ar100=None, voc07=None)
    evaluating.end(measured(evaluation=evaluation))
    assert texts(panel).count("–") == 5


def test_that_the_table_has_a_row_for_all_and_one_for_each_category(panel, evaluating):
    evaluating.end(measured())
    assert categories(panel) == [
        ["All", "3", "0.76", "0.51", "0.50", "0.67"],
        ["die", "2", "0.75", "0.50", "0.33", "0.50"],
        ["coin", "1", "0.75", "0.50", "1.00", "1.00"],
    ]


def test_that_one_category_needs_no_row_for_all(panel, evaluating):
    evaluating.end(measured(("die",)))
    assert [row[0] for row in categories(panel)] == ["die"]


def test_that_precision_recall_and_mistakes_follow_the_slider(qtbot, panel, evaluating, workspace):
    evaluating.end(measured())
    assert worst(panel) == [["a.jpg", "1", "1"], ["c.jpg", "0", "1"]]
    set_score(qtbot, panel, workspace, 0.65)
    assert categories(panel)[1][-2:] == ["0.50", "0.50"]
    assert worst(panel) == [["a.jpg", "1", "0"], ["c.jpg", "0", "1"]]
    set_score(qtbot, panel, workspace, 0.95)
    assert categories(panel)[1][-2:] == ["–", "0.00"]
    assert worst(panel) == [["a.jpg", "2", "0"], ["b.jpg", "1", "0"]]
    assert evaluating.asked == []


def test_that_a_click_on_a_row_opens_its_image_and_leaves_the_keys_where_they_were(qtbot, panel, evaluating):
    evaluating.end(measured())
    table = panel.findChild(WorstTable)
    place = table.visualRect(table.model().index(1, 0)).center()
    with qtbot.waitSignal(panel.image_wanted) as wanted:
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert wanted.args == [3]
    assert not table.hasFocus()


def test_that_enter_on_a_row_opens_its_image(qtbot, panel, evaluating):
    evaluating.end(measured())
    table = panel.findChild(WorstTable)
    table.setFocus(Qt.FocusReason.TabFocusReason)
    table.setCurrentIndex(table.model().index(0, 0))
    with qtbot.waitSignal(panel.image_wanted) as wanted:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert wanted.args == [1]


def test_that_nothing_wrong_is_a_sentence_instead_of_a_table(panel, evaluating):
    found = measured()
    perfect = replace(found.tallies, hits=found.tallies.hits | True, mistakes=found.tallies.mistakes & False)
    perfect = replace(perfect, boxes=np.add(found.tallies.boxes, [[0, 0], [0, 0], [1, 0]]))
    evaluating.end(measured(tallies=perfect))
    assert any(text.startswith("None: ") for text in texts(panel))
    assert not panel.findChild(WorstTable).isVisible()


def test_that_stale_figures_say_why_and_can_be_measured_again(panel, evaluating):
    evaluating.end(measured())
    evaluating.grow_stale("Another model is in use now.")
    assert "Another model is in use now. The figures are those of before." in texts(panel)
    press(panel, "Measure again")
    assert evaluating.asked == ["start"]
    assert "Measure again" not in buttons(panel)
    evaluating.end(measured())
    assert "Measure again" not in buttons(panel)


def test_that_it_is_honest_about_a_version_that_was_trained_here(panel, evaluating):
    evaluating.version = version(2, result(0.4, 0.6))
    evaluating.end(measured())
    assert any("it looks better than it is" in text for text in texts(panel))


def test_that_images_left_out_are_said_with_the_reason(panel, evaluating):
    evaluating.unreadable = {9: "d.jpg is no image."}
    evaluating.end(measured(unseen=(9,)))
    assert "Left out: 1 image. d.jpg is no image." in texts(panel)


def test_that_choosing_a_category_shows_its_curves(qtbot, panel, evaluating):
    evaluating.end(measured())
    curves = panel._result.curves
    assert curves.drawn() == [("IoU 0.50", "#e69f00"), ("IoU 0.50", "#56b4e9")]
    assert curves.dots() == [(0.5, pytest.approx(1 / 3)), (1.0, 1.0)]
    panel.findChild(CategoryTable).selectRow(1)
    assert [title for title, _ in curves.drawn()] == [line.title for line in measured().evaluation.curves[0].lines]
    panel.findChild(CategoryTable).selectRow(0)
    assert len(curves.drawn()) == 2
    qtbot.waitUntil(lambda: curves.is_drawn)
    assert len(curves._lines) == 2


def test_that_the_chosen_category_stays_chosen_whatever_comes(qtbot, panel, evaluating, workspace):
    evaluating.end(measured())
    table, curves = panel.findChild(CategoryTable), panel._result.curves
    table.selectRow(2)
    assert curves.dots() == [(1.0, 1.0)]
    evaluating.end(measured())
    set_score(qtbot, panel, workspace, 0.95)
    assert table.currentIndex().row() == 2
    assert [title for title, _ in curves.drawn()] == [line.title for line in measured().evaluation.curves[1].lines]
    assert curves.dots() == []  # nothing is suggested, so there is no precision
    evaluating.end(measured(("die",)))
    assert table.currentIndex().row() == 0
    assert len(curves.drawn()) == 3
    qtbot.waitUntil(lambda: curves.is_drawn)


def test_that_only_the_lines_of_the_largest_categories_are_drawn(qtbot, panel, evaluating):
    found = measured()
    rows = [replace(found.evaluation.categories[0], name=f"c{place}", boxes=place + 1) for place in range(30)]
    curves = [replace(found.evaluation.curves[0], name=row.name) for row in rows]
    evaluation = replace(found.evaluation, categories=tuple(rows), curves=tuple(curves))
    evaluating.end(measured(evaluation=evaluation))
    shown = panel._result.curves
    assert len(shown.drawn()) == 20
    assert any("20 categories with most boxes" in text for text in texts(panel))
    panel.findChild(CategoryTable).selectRow(30)  # the smallest, which can still be looked at alone
    assert len(shown.drawn()) == 3
    qtbot.waitUntil(lambda: shown.is_drawn)


def test_that_a_colour_that_the_ground_hides_is_mixed_with_that_of_the_text(qtbot, panel, evaluating, workspace):
    evaluating.end(measured())
    curves = panel._result.curves
    chosen = theme.colors(curves.palette())
    curves.show_curves(measured().evaluation.curves, {"die": chosen.base, "coin": chosen.text})
    assert theme.contrast(curves.drawn()[0][1], chosen.base) > 1.7
    assert curves.drawn()[1][1] == chosen.text
    qtbot.waitUntil(lambda: curves.is_drawn)


def test_that_what_is_hidden_gives_the_focus_up(qtbot, evaluating, workspace):
    window = QWidget()
    qtbot.addWidget(window)
    panel, field = EvaluationPanel(evaluating, workspace), QLineEdit()
    column = QVBoxLayout(window)
    column.addWidget(panel)
    column.addWidget(field)
    window.show()
    qtbot.waitUntil(window.isActiveWindow)
    measure = buttons(panel)["Measure"]
    measure.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(measure, Qt.Key.Key_Space)
    focused = QApplication.focusWidget()
    assert focused is None or not panel.isAncestorOf(focused)


def test_that_a_narrow_panel_shows_figures_in_two_rows_and_names_to_tell_apart(qtbot, panel, evaluating):
    names = ("playing card of hearts", "playing card of spades")
    evaluating.start()
    evaluating.end(measured(names))
    figures, table = panel.findChild(EvaluationFigures), panel.findChild(CategoryTable)
    places = []
    for width in (420, 240, 420):
        panel.resize(width, 900)
        qtbot.waitUntil(lambda: panel.width() == width, timeout=1000)  # noqa: B023 - called before the next width
        QApplication.processEvents()
        places.append(len({number.mapTo(figures, number.rect().topLeft()).y() for number in figures._numbers}))
        assert table.columnWidth(0) >= theme.scaled(80)
        assert figures.width() >= figures.minimumSizeHint().width()
    assert places == [1, 2, 1]


def test_that_no_title_makes_a_panel_wider(panel):
    (title,) = (one for one in panel.findChildren(ElidedLabel) if one.property("heading"))
    before = panel.minimumSizeHint().width()
    title.show_text("How good is the detector? " * 20)
    QApplication.processEvents()
    assert panel.minimumSizeHint().width() == before
