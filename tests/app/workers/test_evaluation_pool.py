from __future__ import annotations

import threading

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
