from __future__ import annotations

from types import SimpleNamespace

import pytest
from made_up_statistics import NOTHING, MadeUpActivity, MadeUpCounting, figures
from panel_project import project

from app.model import edits
from app.ui import statistics_words as words
from app.ui.status_bar import StatusBar

WIDE, NARROW = 3000, 200


@pytest.fixture
def desk():
    workspace, _ = project()
    return SimpleNamespace(workspace=workspace, counting=MadeUpCounting(), activity=MadeUpActivity())


@pytest.fixture
def strip(qtbot, desk):
    made = StatusBar()
    qtbot.addWidget(made)
    made.resize(WIDE, 30)
    made.show()
    made.work.follow(desk)
    return made


def test_that_it_says_how_the_work_goes(qtbot, strip, desk):
    desk.counting.give(figures())
    full = "0 of 3 reviewed · 0.5 corrections per image this round · 1 h 12 min active"
    qtbot.waitUntil(lambda: strip.work.text() == full)
    assert "This round, with Version 1: 2 images reviewed; 0 boxes added, 1 suggestions" in strip.work.toolTip()
    assert "Active time, today 1 h 12 min" in strip.work.toolTip()


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
        strip.resize(width, 30)
        seen.add(strip.work.text() if strip.work.isVisible() else "")
        assert strip.minimumSizeHint().width() <= width or strip.work.isHidden()
    assert seen == {
        "0 of 3 reviewed · 0.5 corrections per image this round · 1 h 12 min active",
        "0 of 3 reviewed · 0.5 per image · 1 h 12 min",
        "0 of 3 reviewed",
        "",
    }
    strip.resize(WIDE, 30)
    qtbot.waitUntil(strip.work.isVisible)


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
