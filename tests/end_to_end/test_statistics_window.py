"""The statistics at the real window: what somebody does with the keys is what they say a moment later."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from whole_application import SHOWN

from app.store.statistics import read_statistics
from app.ui.docks import Page
from app.ui.statistics_charts import RoundsChart
from app.ui.statistics_tables import VersionsTable


def version_rows(run):
    return [list(row) for row in run.window.desk.statistics.findChild(VersionsTable).model().rows]


def test_that_the_work_of_the_keys_is_shown_and_taken_back_with_it(at_work):
    hands, desk = at_work.hands, at_work.window.desk
    at_work.window.menus.actions["statistics"].trigger()
    assert desk.page is Page.STATISTICS
    assert desk.canvas.hasFocus()
    hands.wait(lambda: desk.counting.latest is not None, "it is counted")
    assert desk.counting.latest.is_empty
    hands.key("Shift+Return")
    hands.key("Space")
    hands.wait(lambda: version_rows(at_work) == [["Base", f"{SHOWN}", "100 %", "0"]], "the suggestions are counted")
    hands.wait(lambda: desk.statistics.findChild(RoundsChart).plot is not None, "the charts are drawn")
    hands.wait(lambda: at_work.window.status.work.text().startswith("1 of 5 reviewed"), "the strip says it")
    hands.key("Ctrl+Z")
    hands.key("Ctrl+Z")
    hands.wait(lambda: desk.counting.latest.is_empty, "what was undone is not counted")
    at_work.window.menus.actions["statistics"].trigger()
    assert desk.page is Page.BOXES


def test_that_pressing_the_strip_opens_them(at_work):
    desk, work = at_work.window.desk, at_work.window.status.work
    at_work.hands.wait(work.isVisible, "the strip says how the work goes")
    QTest.mouseClick(work, Qt.MouseButton.LeftButton)
    assert desk.page is Page.STATISTICS


def test_that_active_time_is_kept_when_the_project_is_closed(at_work):
    location, clock = at_work.window.session.store.location, at_work.window.desk.activity
    for place in range(20, 60, 5):
        QTest.mouseMove(at_work.window.windowHandle(), QPoint(place, place))
    at_work.hands.wait(lambda: clock.seconds_today > 0, "somebody is active")
    at_work.application.close_project()
    (today,) = read_statistics(location).days
    assert today.seconds > 0
    assert not at_work.window.status.work.isVisible()
