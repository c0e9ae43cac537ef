from __future__ import annotations

import gc
import sys
import threading
import weakref
from typing import TYPE_CHECKING

import pytest
import shiboken6
from PySide6.QtCore import QObject, QThreadPool

from app.process import CyclicGarbage, FreedMemory
from detector import heap

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_that_freed_memory_is_given_back_beside_the_window_again_and_again(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    monkeypatch.setattr(heap, "trim", lambda: threads.append(threading.get_ident()))
    owner = QObject()
    FreedMemory(owner, every_ms=1)
    qtbot.waitUntil(lambda: len(threads) >= 2)
    owner.deleteLater()
    QThreadPool.globalInstance().waitForDone()
    assert threading.get_ident() not in threads


class Project(QObject):
    """In a cycle with a value that can be watched, as an open project is with its images."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.images = Images(self)


class Images:
    def __init__(self, project: Project) -> None:
        self.project = project


@pytest.mark.parametrize("closes", [True, False])
def test_that_what_was_open_during_an_import_is_freed_once_it_is_closed(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, closes: bool
) -> None:
    gc.unfreeze()
    freeze, freezes = gc.freeze, list[None]()  # counted: what is frozen may become less when something of it goes
    monkeypatch.setattr(gc, "freeze", lambda: freezes.append(freeze()))
    owner = QObject()
    garbage = CyclicGarbage(owner, every_ms=1)
    qtbot.waitUntil(lambda: len(freezes) > 0)
    project = Project(owner)
    garbage.follow(project)
    before, left = len(freezes), weakref.ref(project.images)
    monkeypatch.setitem(sys.modules, "imported_while_it_was_open", sys)
    qtbot.waitUntil(lambda: len(freezes) > before)
    if closes:
        project.deleteLater()
        del project
        qtbot.waitUntil(lambda: left() is None)
        assert gc.get_freeze_count() > 10_000, "what is left is not looked at again"
    else:
        del project
        gc.collect()
        assert left() is not None
    shiboken6.delete(owner)


def test_that_a_project_without_an_import_takes_no_look_at_what_libraries_brought(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = QObject()
    gc.unfreeze()
    garbage = CyclicGarbage(owner, every_ms=1)
    qtbot.waitUntil(lambda: gc.get_freeze_count() > 0)
    project = Project(owner)
    garbage.follow(project)
    left, unfrozen = weakref.ref(project.images), []
    monkeypatch.setattr(gc, "unfreeze", lambda: unfrozen.append(True))
    project.deleteLater()
    del project
    qtbot.waitUntil(lambda: left() is None)
    assert unfrozen == []
    monkeypatch.undo()
    shiboken6.delete(owner)


def test_that_nothing_is_looked_at_without_an_event_loop() -> None:
    owner, project = QObject(), QObject()
    garbage = CyclicGarbage(owner)
    garbage.follow(project)
    gc.unfreeze()
    shiboken6.delete(project)
    assert gc.get_freeze_count() == 0
    shiboken6.delete(owner)


class Told:
    """In a cycle with itself; says in which thread it was found."""

    def __init__(self, threads: list[int]) -> None:
        self.itself, self.threads = self, threads

    def __del__(self) -> None:
        self.threads.append(threading.get_ident())


@pytest.mark.usefixtures("collecting")
def test_that_garbage_is_looked_for_in_the_thread_of_the_window_alone(qtbot: QtBot) -> None:
    threads: list[int] = []
    kept: list[list[int]] = []

    def make() -> None:
        Told(threads)
        kept.extend([] for _ in range(100 * gc.get_threshold()[0]))  # after so many objects Python would look for it

    gc.unfreeze()
    owner = QObject()
    CyclicGarbage(owner, every_ms=1)
    qtbot.waitUntil(lambda: gc.get_freeze_count() > 0)
    worker = threading.Thread(target=make)
    worker.start()
    worker.join()
    assert threads == []
    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [threading.get_ident()]
    shiboken6.delete(owner)
    assert gc.isenabled()


def test_that_what_was_imported_is_not_looked_at(qtbot: QtBot) -> None:
    owner = QObject()
    gc.unfreeze()
    CyclicGarbage(owner, every_ms=1)
    qtbot.waitUntil(lambda: gc.get_freeze_count() > 10_000)
    shiboken6.delete(owner)
