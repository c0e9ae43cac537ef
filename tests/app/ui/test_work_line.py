from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest
from made_up_statistics import NOTHING, MadeUpActivity, MadeUpCounting, figures
from panel_project import project
from PySide6.QtWidgets import QMainWindow, QWidget

from app.model import edits
from app.ui import statistics_words as words
from app.ui.status_bar import StatusBar
from app.workers.messages import FolderProgress

WIDE, NARROW = 3000, 200


@pytest.fixture
def desk():
    workspace, _ = project()
    return SimpleNamespace(workspace=workspace, counting=MadeUpCounting(), activity=MadeUpActivity())


@pytest.fixture
def strip(qtbot, desk):
    window, made = QMainWindow(), StatusBar()
    qtbot.addWidget(window)
    window.setStatusBar(made)
    window.resize(WIDE, 60)
    window.show()
    made.work.follow(desk)
    yield made
    window.close()


def test_that_it_says_how_the_work_goes(qtbot, strip, desk):
    desk.counting.give(figures())
    full = "0 of 3 reviewed · 0.5 corrections per image this round · 1 h 12 min active"
    qtbot.waitUntil(lambda: strip.work.text() == full)
    assert "This round, with Version 1: 2 images reviewed; 0 boxes added, 1 suggestion rejected" in strip.work.toolTip()
    assert "Active time, today 1 h 12 min" in strip.work.toolTip()


def test_that_it_needs_no_more_height_before_it_says_anything(strip, desk):
    full = strip.work.sizeHint().height()
    strip.work.follow(None)
    assert strip.work.text() == ""
    assert strip.work.sizeHint().height() == full


def test_that_it_leaves_out_what_there_is_not_yet(qtbot, strip, desk):
    desk.activity.seconds_today = 59.0
    desk.counting.give(NOTHING)
    qtbot.waitUntil(lambda: strip.work.text() == "0 of 3 reviewed")


def test_that_reviewed_images_count_at_once(qtbot, strip, desk):
    desk.workspace.execute(edits.mark_reviewed(desk.workspace.images[0].mark))
    qtbot.waitUntil(lambda: strip.work.text().startswith("1 of 3 reviewed"))


def test_that_active_time_goes_on(qtbot, strip, desk):
    desk.activity.seconds_today = 7260.0
    desk.activity.counted.emit()
    qtbot.waitUntil(lambda: strip.work.text().endswith("2 h 1 min active"))


def test_that_it_gives_way_where_the_window_is_narrow(qtbot, strip, desk):
    desk.counting.give(figures())
    seen = set()
    for width in range(WIDE, NARROW, -40):
        strip.window().resize(width, 60)
        qtbot.waitUntil(partial(has_width, strip, width))
        seen.add(strip.work.text() if strip.work.isVisible() else "")
    assert seen == {
        "0 of 3 reviewed · 0.5 corrections per image this round · 1 h 12 min active",
        "0 of 3 reviewed · 0.5 corrections per image · 1 h 12 min",
        "0 of 3 reviewed",
        "",
    }
    strip.window().resize(WIDE, 60)
    qtbot.waitUntil(strip.work.isVisible)


def test_that_the_end_of_a_hint_gives_way_to_the_work(qtbot, strip, desk):
    desk.counting.give(figures())
    strip.show_hint("Dashed boxes are suggestions: " * 3)
    most = 50 * strip.fontMetrics().averageCharWidth()
    without = []
    for width in range(WIDE, NARROW, -40):
        strip.window().resize(width, 60)
        qtbot.waitUntil(partial(has_width, strip, width))
        if not strip.work.text():
            without.append(strip._hint.width())
    assert without
    assert max(without) <= most


def has_width(strip, width):
    return strip.width() == width


def test_that_what_is_said_never_makes_the_window_wider(qtbot, strip, desk):
    desk.counting.give(figures())
    strip.window().resize(700, 60)
    strip.tuning.show_words("Fine-tuning: whole detector, 14 %")
    strip.show_order("Most useful: 6 doubtful boxes", "as the detector doubts")
    strip.show_progress(FolderProgress(1200, 2000, 0, 12.34, busy=0.871))
    strip.show_hint("Dashed boxes are suggestions: " * 5)
    for sentence in ("All images are reviewed.", "Nothing was exported, because " * 8):
        strip.say(sentence)
        qtbot.wait(1)  # Qt lays out anew
        assert strip.window().minimumSizeHint().width() < 100
        assert strip.window().width() == strip.width() == 700
        assert strip.currentMessage() == strip._hint.text() == sentence
        shown = [one for one in strip.children() if isinstance(one, QWidget) and one.isVisible() and one.width() > 1]
        assert max(one.geometry().right() for one in shown) < 700


def test_that_a_sentence_comes_before_what_is_under_way(qtbot, strip, desk):
    desk.counting.give(figures())
    strip.tuning.show_words("Fine-tuning: whole detector, 14 %")
    strip.show_progress(FolderProgress(1200, 2000, 0, 12.34, busy=0.871))
    strip.show_hint("Dashed boxes are suggestions: " * 5)
    strip.window().resize(1000, 60)
    qtbot.waitUntil(lambda: strip.tuning.width() > 100)
    strip.say(
        "Nothing was exported, because one thing is wrong: an image of the folder cannot be read any more, ask for it."
    )
    qtbot.waitUntil(lambda: strip._hint.width() >= strip.fontMetrics().horizontalAdvance(strip.currentMessage()))
    strip.clearMessage()
    qtbot.waitUntil(lambda: strip.tuning.width() > 100)
    assert strip._hint.text().startswith("Dashed boxes")


def test_that_without_a_project_there_is_nothing(strip, desk):
    desk.counting.give(figures())
    strip.work.follow(None)
    assert not strip.work.isVisible()
    desk.workspace.execute(edits.mark_reviewed(desk.workspace.images[0].mark))
    assert not strip.work.isVisible()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 min"), (59.9, "0 min"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (4320, "1 h 12 min")],
)
def test_that_a_time_is_said_in_whole_minutes(seconds, said):
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("title", "short"), [("Version 12", "V12"), ("Base", "Base"), ("12", "12"), ("Version one", "Version one")]
)
def test_that_a_version_is_short_below_a_chart(title, short):
    assert words.short_title(title) == short
