from __future__ import annotations

import gc
import threading
import weakref

import pytest

from app.workers.boundary import Failure
from app.workers.evaluation_pool import EvaluationPool
from detector.types import DetectorError


@pytest.fixture
def pool(qtbot):
    made = EvaluationPool()
    yield made
    made.stop()


def test_that_work_is_done_elsewhere_and_handed_over_here(qtbot, pool):
    heard = []
    pool.finished.connect(lambda result: heard.append((result, threading.get_ident())))
    pool.start(threading.get_ident, "Working")
    qtbot.waitUntil(lambda: heard != [])
    ((worker, listener),) = heard
    assert worker != threading.get_ident()
    assert listener == threading.get_ident()


def test_that_only_the_newest_work_is_heard_of(qtbot, pool):
    heard, gate = [], threading.Event()
    pool.finished.connect(heard.append)
    pool.start(lambda: gate.wait(30) and "old", "Working")
    pool.start(lambda: "new", "Working")
    gate.set()
    qtbot.waitUntil(lambda: heard != [])
    assert heard == ["new"]


def test_that_what_goes_wrong_is_handed_over_too(qtbot, pool):
    def fail() -> None:
        raise DetectorError("The disk is gone.")

    with qtbot.waitSignal(pool.finished) as finished:
        pool.start(fail, "Working")
    assert finished.args == [Failure("The disk is gone.")]


def test_that_stopping_waits_for_the_work_and_nobody_hears_of_it(qtbot, pool):
    heard, begun, ended = [], threading.Event(), []

    def work() -> None:
        begun.set()
        ended.append(True)

    pool.finished.connect(heard.append)
    pool.start(work, "Working")
    assert begun.wait(30)
    pool.stop()
    assert ended == [True]
    qtbot.wait(0)
    assert heard == []


class Work:
    """Work that is through at once."""

    def __call__(self) -> str:
        return "done"


def test_that_no_work_is_held_once_it_is_through_or_forgotten(pool):
    held = [weakref.ref(work) for work in (Work() for _ in range(200)) if pool.start(work, "Working") is None]
    pool.stop()
    gc.collect()
    assert [one for one in held if one() is not None] == []


def test_that_forgotten_work_is_not_begun(pool):
    begun, gate, done = threading.Event(), threading.Event(), []

    def wait() -> None:
        begun.set()
        gate.wait(30)

    pool.start(wait, "Working")
    assert begun.wait(30)
    pool.start(lambda: done.append(True), "Working")
    pool.forget()
    gate.set()
    pool.stop()
    assert done == []
