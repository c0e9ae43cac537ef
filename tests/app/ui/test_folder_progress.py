from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.ui.status_bar import StatusBar
from app.workers.messages import FolderProgress

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def bar(qtbot: QtBot) -> StatusBar:
    bar = StatusBar()
    qtbot.addWidget(bar)
    return bar


def test_that_a_folder_run_shows_how_busy_the_network_is(bar: StatusBar) -> None:
    bar.show_progress(FolderProgress(1200, 2000, 0, 12.34, busy=0.871))
    assert bar._activity.text() == "1,200 of 2,000, 12.3/s, network busy 87 %"
    assert "the rest goes into reading the files" in bar._activity.toolTip()
    bar.show_progress(FolderProgress(2000, 2000, 1, 12.34, busy=0.871))
    said = "The detector has looked at 2,000 images. 1 could not be read. The network was at work for 87 % of the time."
    assert bar.currentMessage() == said
    bar.show_progress(FolderProgress(1, 1, 0, 12.34))
    assert bar.currentMessage() == "The detector has looked at 1 image."
    assert bar._activity.toolTip() == ""


def test_that_nothing_is_said_of_the_network_before_it_has_worked(bar: StatusBar) -> None:
    bar.show_progress(FolderProgress(0, 2000, 0, 0.0))
    assert bar._activity.text() == "0 of 2,000, 0.0/s"
    assert bar._activity.toolTip() == bar._activity.text()
