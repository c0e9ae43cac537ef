from __future__ import annotations

import gc
import threading
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
