from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta

import pytest
from made_up_statistics import FIRST_DAY, NOTHING, MadeUpActivity, MadeUpCounting, figures
from panel_project import project
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget
from shown_words import texts

from app.model import edits
from app.model.statistics import Day, Tally
from app.ui import dialogs, theme
from app.ui.statistics_charts import MOST_CATEGORIES, MOST_LINES, AcceptanceChart, BoxesChart, DaysChart, RoundsChart
from app.ui.statistics_panel import StatisticsPanel
from app.ui.statistics_tables import BoxesTable, VersionsTable


@pytest.fixture
def workspace():
    opened, _ = project()
    return opened


@pytest.fixture
def counting():
    return MadeUpCounting()


@pytest.fixture
def panel(qtbot, counting, workspace, tmp_path):
    made = StatisticsPanel(counting, MadeUpActivity(), workspace, tmp_path)
    qtbot.addWidget(made)
    made.resize(350, 900)
    made.show()
    return made


@pytest.fixture
def drawn(qtbot, panel, counting):
    """Return a function: the panel shows figures, and its plots are there."""

    def show(statistics):
        counting.give(statistics)
        charts = panel.findChildren(RoundsChart)
        qtbot.waitUntil(lambda: all(chart.plot is not None for chart in charts))
        return panel

    return show


def rows(panel, kind):
    return [list(row) for row in panel.findChild(kind).model().rows]


def bars(chart):
    items = chart.plot.getPlotItem().items
    return [item.opts for item in items if type(item).__name__ == "BarGraphItem"]


def test_that_an_empty_project_says_what_will_be_here(panel, counting):
    counting.give(NOTHING)
    assert any(text.startswith("Nobody has decided anything yet.") for text in texts(panel))
    assert "0 of 3 reviewed" in texts(panel)
    assert [one for one in panel.findChildren(QPushButton) if one.isVisible()] == []
    assert not panel.findChild(BoxesTable).isVisible()


def test_that_it_says_that_it_counts_until_there_is_something(panel):
    assert "Counting…" in texts(panel)


def test_that_progress_follows_the_work_at_once(panel, counting, workspace):
    counting.give(figures())
    workspace.execute(edits.mark_reviewed(workspace.images[0].mark))
    assert "1 of 3 reviewed" in texts(panel)
    bar = panel.findChild(QProgressBar)
    assert (bar.value(), bar.maximum()) == (1, 3)


def test_that_it_shows_categories_and_models(panel, counting):
    counting.give(figures())
    assert rows(panel, BoxesTable) == [
        ["All", "39", "10", "75 %"],
        ["bolt", "20", "5", "75 %"],
        ["nut", "19", "5", "–"],
    ]
    assert rows(panel, VersionsTable) == [["Base", "10", "60 %", "6"], ["Version 1", "10", "90 %", "1"]]
    assert "39 boxes · 1 begun" in texts(panel)
    assert "Active 1 h 12 min today, 1 h 12 min in all" in texts(panel)
    assert not any(text.startswith("Nobody") for text in texts(panel))


def test_that_one_category_has_no_row_for_all(panel, counting):
    counting.give(figures(names=("bolt",)))
    assert [row[0] for row in rows(panel, BoxesTable)] == ["bolt"]


def test_that_days_between_are_left_free(drawn):
    panel = drawn(figures())
    reviewed, active = panel.findChildren(DaysChart)
    (only,) = bars(reviewed)
    assert (only["x"], only["height"]) == ([0, 2], [2.0, 0.0])
    assert "Active hours each day" in texts(panel)
    assert active.values() == [1.2, 30 / 3600]


def test_that_short_days_are_shown_in_minutes(panel, counting):
    counting.give(replace(figures(), days=(Day(FIRST_DAY, 1, Tally(drawn=1), 90.0),)))
    _, active = panel.findChildren(DaysChart)
    assert active.values() == [1.5]
    assert "Active minutes each day" in texts(panel)


def test_that_corrections_are_shown_in_four_kinds_for_each_round(drawn):
    panel = drawn(figures())
    chart = panel.findChild(RoundsChart)
    assert chart.bars() == [(5.0, 1.0, 2.0, 1.0), (0.0, 0.5, 0.0, 0.0)]
    floors = [one["y0"] for one in bars(chart)]
    assert floors == [[0.0, 0.0], [5.0, 0.0], [6.0, 0.5], [8.0, 0.5]]
    assert any("added" in text and "other&nbsp;category" in text for text in texts(panel))


def test_that_right_suggestions_are_shown_from_version_to_version(drawn):
    lines = drawn(figures()).findChild(AcceptanceChart).lines()
    assert [(line.category, line.rates) for line in lines] == [("bolt", [0.6, 0.9]), ("", [0.6, 0.9])]


def test_that_a_single_version_is_a_dot(drawn):
    chart = drawn(figures(rounds=1)).findChild(AcceptanceChart)
    (curve, *_) = chart.plot.getPlotItem().listDataItems()
    assert len(curve.getData()[0]) == 1
    assert curve.opts["symbol"] == "o"


def test_that_ninety_categories_are_a_dozen_bars_and_a_few_lines(drawn):
    names = [f"kind {number}" for number in range(90)]
    panel = drawn(figures(names=names))
    assert len(rows(panel, BoxesTable)) == 91
    assert len(bars(panel.findChild(BoxesChart))) == MOST_CATEGORIES
    assert len(panel.findChild(AcceptanceChart).lines()) <= MOST_LINES + 1
    assert f"The {MOST_CATEGORIES} categories with most boxes" in texts(panel)


def test_that_a_name_is_no_markup(drawn):
    panel = drawn(figures(names=("<b>bolt</b>", "nut")))
    assert any("&lt;b&gt;bolt" in text for text in texts(panel))


def test_that_charts_follow_theme_and_font(drawn, qapp):
    panel = drawn(figures())
    chart = panel.findChild(BoxesChart)
    before = chart.plot.height()
    try:
        theme.Theme(qapp, theme.ColorMode.DARK)
        assert chart.plot.backgroundBrush().color().name() == theme.DARK.base
        font = QFont(panel.font())
        font.setPointSizeF(font.pointSizeF() * 2)
        chart.setFont(font)
        assert chart.plot.height() > before
    finally:
        theme.Theme(qapp, theme.ColorMode.LIGHT)


def test_that_as_many_days_are_named_as_there_is_room_for(drawn):
    days = tuple(Day(FIRST_DAY + timedelta(days=number), 1, Tally(drawn=1), 60.0) for number in range(200))
    panel = drawn(replace(figures(), days=days))
    chart, named = panel.findChildren(DaysChart)[0], []
    for width in (260, 500):
        panel.resize(width, 900)
        QApplication.processEvents()
        (ticks,) = chart.plot.getAxis("bottom")._tickLevels
        widest = max(chart.fontMetrics().horizontalAdvance(name) for _, name in ticks)
        assert widest * len(ticks) < chart.width()
        named.append(len(ticks))
    assert 1 < named[0] < named[1]


def test_that_nothing_is_drawn_out_of_sight_and_all_when_it_is_opened(panel, counting):
    panel.hide()
    counting.give(figures())
    assert rows(panel, BoxesTable) == []
    asked = counting.asked
    panel.show()
    assert rows(panel, BoxesTable) != []
    assert counting.asked == asked + 1


def test_that_what_could_not_be_counted_is_said(panel, counting):
    counting.failed.emit("The project could not be read.")
    assert "The project could not be read." in texts(panel)


def test_that_the_figures_are_saved_where_the_person_says(qtbot, panel, counting, tmp_path, monkeypatch):
    counting.give(figures())
    asked = []
    target = tmp_path / "mine"
    monkeypatch.setattr(dialogs, "choose_save_file", lambda *given: asked.append(given[3]) or target)
    (save,) = (one for one in panel.findChildren(QPushButton) if one.isVisible())
    with qtbot.waitSignal(panel.said) as said:
        QTest.mouseClick(save, Qt.MouseButton.LeftButton)
    assert asked == [tmp_path / "statistics.csv"]
    assert said.args == [f"The statistics were saved to {tmp_path / 'mine.csv'}."]
    with (tmp_path / "mine.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["metric"] for row in csv.DictReader(file)} > {"boxes", "acceptance_rate", "corrections_per_image"}


def test_that_a_place_that_cannot_be_written_is_a_sentence(qtbot, panel, counting, tmp_path):
    counting.give(figures())
    with qtbot.waitSignal(panel.failed) as failed:
        panel.save(tmp_path / "none" / "here.csv")
    assert "could not be written" in failed.args[0]


def test_that_nothing_takes_the_focus(qtbot, counting, workspace, tmp_path):
    around, working = QWidget(), QLineEdit()
    column = QVBoxLayout(around)
    column.addWidget(working)
    column.addWidget(StatisticsPanel(counting, MadeUpActivity(), workspace, tmp_path))
    qtbot.addWidget(around)
    around.show()
    around.activateWindow()
    working.setFocus()
    qtbot.waitUntil(working.hasFocus)
    counting.give(figures())
    counting.give(NOTHING)
    assert working.hasFocus()
