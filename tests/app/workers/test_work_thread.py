from __future__ import annotations

import gc
import threading
import weakref

import pytest

from app.workers.boundary import Failure
from app.workers.work_thread import WorkThread
from detector.types import DetectorError


@pytest.fixture
def thread(qtbot):
    made = WorkThread()
    yield made
    made.stop()


def test_that_work_is_done_elsewhere_and_handed_over_here(qtbot, thread):
    heard = []
    thread.finished.connect(lambda result: heard.append((result, threading.get_ident())))
    thread.start(threading.get_ident, "Working")
    qtbot.waitUntil(lambda: heard != [])
    ((worker, listener),) = heard
    assert worker != threading.get_ident()
    assert listener == threading.get_ident()


def test_that_only_the_newest_work_is_heard_of(qtbot, thread):
    heard, gate = [], threading.Event()
    thread.finished.connect(heard.append)
    thread.start(lambda: gate.wait(30) and "old", "Working")
    thread.start(lambda: "new", "Working")
    gate.set()
    qtbot.waitUntil(lambda: heard != [])
    assert heard == ["new"]


def test_that_what_goes_wrong_is_handed_over_too(qtbot, thread):
    def fail() -> None:
        raise DetectorError("The disk is gone.")

    with qtbot.waitSignal(thread.finished) as finished:
        thread.start(fail, "Working")
    assert finished.args == [Failure("The disk is gone.")]


def test_that_stopping_waits_for_the_work_and_nobody_hears_of_it(qtbot, thread, monkeypatch):
    heard, begun, stopping, ended = [], threading.Event(), threading.Event(), []

    def forget() -> None:
        WorkThread.forget(thread)
        stopping.set()

    def work() -> None:
        begun.set()
        assert stopping.wait(30)
        ended.append(True)

    monkeypatch.setattr(thread, "forget", forget)
    thread.finished.connect(heard.append)
    thread.start(work, "Working")
    assert begun.wait(30)
    thread.stop()
    assert ended == [True]
    qtbot.wait(0)
    assert heard == []


class Work:
    """Work that is through at once."""

    def __call__(self) -> str:
        return "done"


def test_that_no_work_is_held_once_it_is_through_or_forgotten(thread):
    held = [weakref.ref(work) for work in (Work() for _ in range(200)) if thread.start(work, "Working") is None]
    thread.stop()
    gc.collect()
    assert [one for one in held if one() is not None] == []


def test_that_forgotten_work_is_not_begun(thread):
    begun, gate, done = threading.Event(), threading.Event(), []

    def wait() -> None:
        begun.set()
        gate.wait(30)

    thread.start(wait, "Working")
    assert begun.wait(30)
    thread.start(lambda: done.append(True), "Working")
    thread.forget()
    gate.set()
    thread.stop()
    assert done == []
