from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Signal

from app import counting
from app.counting import Counting
from app.model import edits
from app.model.annotations import Category
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.project_store import ProjectStore

if TYPE_CHECKING:
    from pathlib import Path


class MadeUpSession(QObject):
    model_changed = Signal()

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.store = ProjectStore.open(folder)
        self.store.list_images([folder / "1.png", folder / "2.png"])
        self.workspace = Workspace(self.store)


class MadeUpActivity(QObject):
    counted = Signal()


@pytest.fixture
def session(qapp, tmp_path):
    made = MadeUpSession(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def activity():
    return MadeUpActivity()


PATIENCE = counting._PATIENCE


@pytest.fixture
def counts(session, activity, monkeypatch):
    monkeypatch.setattr(counting, "_PATIENCE", 0)  # else a count that took long holds up the next
    made = Counting(session, activity)
    yield made
    made.close()


def test_that_it_counts_when_a_project_is_opened_and_after_a_decision(qtbot, session, counts):
    with qtbot.waitSignal(counts.counted) as counted:
        pass
    assert counted.args[0].images.untouched == 2
    with qtbot.waitSignal(counts.counted):
        session.workspace.execute(edits.mark_reviewed(session.workspace.images[0].mark))
    assert counts.latest.images.reviewed == 1


def test_that_a_burst_of_decisions_is_counted_once(qtbot, session, counts, monkeypatch):
    with qtbot.waitSignal(counts.counted):
        pass
    calls = []
    monkeypatch.setattr(counting, "read_statistics", lambda location: calls.append(location) or counts.latest)
    for number in range(20):
        session.workspace.execute(edits.add_category(Category(number + 1, f"kind {number}", "#112233")))
    with qtbot.waitSignal(counts.counted):
        pass
    assert len(calls) == 1
    assert not counts._timer.isActive()


def test_that_what_changes_while_it_counts_is_counted_next(qtbot, session, counts, monkeypatch):
    with qtbot.waitSignal(counts.counted):
        pass
    begun, go_on, seen = threading.Event(), threading.Event(), []
    read = counting.read_statistics

    def slowly(location):
        found = read(location)
        begun.set()
        go_on.wait(10)
        seen.append(found.images.reviewed)
        return found

    monkeypatch.setattr(counting, "read_statistics", slowly)
    counts.want()
    qtbot.waitUntil(begun.is_set)
    session.workspace.execute(edits.mark_reviewed(session.workspace.images[0].mark))
    go_on.set()
    qtbot.waitUntil(lambda: counts.latest.images.reviewed == 1)
    assert seen == [0, 1]


@pytest.mark.parametrize("signal", ["model", "activity"])
def test_that_another_model_and_active_time_are_counted(qtbot, session, activity, counts, signal):
    with qtbot.waitSignal(counts.counted):
        pass
    with qtbot.waitSignal(counts.counted):
        (session.model_changed if signal == "model" else activity.counted).emit()


def test_that_looking_around_counts_nothing(qtbot, session, counts):
    with qtbot.waitSignal(counts.counted):
        pass
    session.workspace.go_to(2)
    assert not counts._timer.isActive()


def test_that_a_huge_project_is_not_counted_all_the_time(qtbot, counts, monkeypatch):
    with qtbot.waitSignal(counts.counted):
        pass
    monkeypatch.setattr(counting, "_PATIENCE", PATIENCE)
    counts._took = 2.0
    counts.want()
    assert counts._timer.interval() > 19_000
    assert counts._timer.isActive()


def test_that_what_cannot_be_read_is_a_sentence(qtbot, counts, monkeypatch):
    def fail(location):
        raise StoreError("The project could not be read: no disk.")

    monkeypatch.setattr(counting, "read_statistics", fail)
    with qtbot.waitSignal(counts.failed) as failed:
        counts.want()
    assert failed.args == ["The project could not be read: no disk."]


def test_that_nobody_hears_of_it_after_it_was_closed(qapp, session, activity):
    closed, heard = Counting(session, activity), []
    closed.counted.connect(heard.append)
    closed._start()
    closed.close()
    session.workspace.execute(edits.mark_reviewed(session.workspace.images[0].mark))
    activity.counted.emit()
    session.model_changed.emit()
    qapp.processEvents()
    assert heard == []
    assert not closed._timer.isActive()
