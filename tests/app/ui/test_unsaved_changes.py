from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager

import pytest
from PySide6.QtWidgets import QPushButton
from whole_application import SHOWN, running

from app.store import patient_store
from app.store.database import open_read_only
from app.ui import dialogs
from app.ui.unsaved_changes import UnsavedQuestion


@pytest.fixture
def run(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(patient_store, "PATIENCE_MS", 1)
    monkeypatch.setattr(patient_store, "_AGAIN_MS", 1)
    monkeypatch.setattr("app.counting._PATIENCE", 0)  # else a count that took long holds up the next
    with running(tmp_path) as opened:
        opened.open(folder)
        yield opened


@contextmanager
def locked(run):
    with closing(sqlite3.connect(run.application.session.store.location.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def on_disk(run):
    with closing(open_read_only(run.application.session.store.location.database)) as connection:
        return connection.execute("SELECT count(*) FROM annotations").fetchone()[0]


def state(run):
    return run.window.status._saved.text()


def press(parent, text):
    next(button for button in parent.findChildren(QPushButton) if button.text() == text).click()


def question(run):
    return run.window.findChild(UnsavedQuestion)


def test_that_what_is_not_saved_stays_on_screen_and_is_said_until_it_is(run, qtbot):
    with locked(run):
        run.hands.key("Shift+Return")
        assert len(run.workspace.annotations) == SHOWN
        assert state(run) == "1 unsaved"
        assert run.window.standing.text.startswith("One change is not saved yet: another program has locked it")
        run.hands.key("Ctrl+S")
        assert state(run) == "1 unsaved"
        run.hands.key("D")
        run.hands.wait_for_image()
        assert run.window.standing.text.startswith("One change")
        assert run.window.banner.text == ""
    press(run.window.standing, "Try again")
    assert (state(run), run.window.standing.text, on_disk(run)) == ("All saved", "", SHOWN)


def test_that_it_is_tried_again_after_a_while_without_being_asked(run, qtbot, monkeypatch):
    saving = run.application.session.saving
    saving._timer.setInterval(1)
    with locked(run):
        run.hands.key("Shift+Return")
        qtbot.waitUntil(lambda: saving._timer.interval() > 2)
        assert state(run) == "1 unsaved"
    qtbot.waitUntil(lambda: state(run) == "All saved")
    assert on_disk(run) == SHOWN
    assert not saving._timer.isActive()


def test_that_whoever_reads_the_file_is_told_once_it_is_there(run, qtbot):
    counting = run.hands.desk.counting
    with locked(run):
        run.hands.key("Shift+Return")
        qtbot.waitUntil(lambda: counting.latest is not None)
    before = counting.latest
    press(run.window.standing, "Try again")
    qtbot.waitUntil(lambda: counting.latest is not before and counting.latest != before)


def test_that_closing_asks_and_goes_on_if_a_person_wants_that(run):
    with locked(run):
        run.hands.key("Shift+Return")
        run.window.close()
        assert run.window.isVisible()
        press(question(run), "Try to save again")
        assert question(run).isVisible()
        press(question(run), "Go on working")
        assert run.window.isVisible()
    run.window.unsaved.try_again()
    assert state(run) == "All saved"
    assert run.window.isVisible()
    run.window.close()
    assert not run.window.isVisible()


def test_that_closing_goes_on_once_the_disk_takes_it(run):
    with locked(run):
        run.hands.key("Shift+Return")
        run.window.close()
    press(question(run), "Try to save again")
    assert not run.window.isVisible()
    assert on_disk(run) == SHOWN


def test_that_a_person_may_lose_it(run):
    with locked(run):
        run.hands.key("Shift+Return")
        run.window.close()
        press(question(run), "Close and lose one change")
        assert not run.window.isVisible()
    assert on_disk(run) == 0


def test_that_a_copy_has_it_before_the_window_closes(run, tmp_path, monkeypatch):
    target = tmp_path / "copy.db"
    monkeypatch.setattr(dialogs, "choose_save_file", lambda *_args: target)
    with locked(run):
        run.hands.key("Shift+Return")
        run.window.close()
        press(question(run), "Save a copy of the project elsewhere, and close")
        assert not run.window.isVisible()
    with closing(open_read_only(target)) as copy:
        assert copy.execute("SELECT count(*) FROM annotations").fetchone() == (SHOWN,)


def test_that_a_copy_that_fails_closes_nothing(run, tmp_path, monkeypatch):
    monkeypatch.setattr(dialogs, "choose_save_file", lambda *_args: tmp_path / "nowhere" / "copy.db")
    with locked(run):
        run.hands.key("Shift+Return")
        run.window.close()
        press(question(run), "Save a copy of the project elsewhere, and close")
        assert run.window.isVisible()
        assert "could not be written" in run.window.banner.text
        assert state(run) == "1 unsaved"


def test_that_another_project_waits_for_the_answer(run, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    with locked(run):
        run.hands.key("Shift+Return")
        run.window.open_wanted.emit(other)
        assert run.application.session.folder.name == "images"
        press(question(run), "Close and lose one change")
        assert run.application.session.folder == other


def test_that_leaving_for_the_welcome_page_waits_too(run):
    with locked(run):
        run.hands.key("Shift+Return")
        run.window.menus.actions["close"].trigger()
        assert run.application.session is not None
    press(question(run), "Try to save again")
    assert run.application.session is None


def test_that_an_export_waits_for_what_is_not_saved(run, tmp_path):
    with locked(run):
        run.hands.key("Shift+Return")
        run.window.exchange.write_out(run.application.session, tmp_path / "out.json")
        assert "without what is not saved yet (one change)" in run.window.banner.text
    assert not (tmp_path / "out.json").exists()
