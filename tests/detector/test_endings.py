"""Signals that end a verb: as Ctrl+C does, and where nobody else has taken them."""

from __future__ import annotations

import signal
import sys
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from detector.endings import as_interrupts

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
NUMBERS = (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))


@pytest.fixture(autouse=True)
def as_in_a_terminal() -> Iterator[None]:
    """Let no signal be ignored, as SIGHUP is where nohup began these tests."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_that_a_signal_interrupts_and_is_given_back(number: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), as_interrupts():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_that_a_second_signal_does_not_break_off_the_cleaning_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("detector.endings.time.monotonic", lambda: now)
    with as_interrupts():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGHUP)
        for now in (0.01, 9.0):  # noqa: B007 - the clock above reads it
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)


def test_that_whoever_is_stuck_can_be_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("detector.endings.time.monotonic", lambda: now)
    with as_interrupts():
        for now in (0.0, 11.0, 22.0):  # noqa: B007 - the clock above reads it
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)


def test_that_what_is_ignored_or_taken_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    before = [signal.signal(signal.SIGTERM, _told(told)), signal.signal(signal.SIGHUP, signal.SIG_IGN)]
    try:
        with as_interrupts():
            for number in NUMBERS:
                signal.raise_signal(number)
        assert told == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, "as under nohup"
    finally:
        for number, handler in zip(NUMBERS, before, strict=True):
            signal.signal(number, handler)


def _told(told: list[int]):
    return lambda number, _frame: told.append(number)


def test_that_processes_of_torchrun_and_other_threads_have_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look() -> None:
        with as_interrupts():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = Thread(target=look)
    thread.start()
    thread.join()
    for name, value in (("TORCHELASTIC_RUN_ID", "1"), ("RANK", "0"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    look()
    assert seen == [signal.getsignal(signal.SIGTERM)] * 2
