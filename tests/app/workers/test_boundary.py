from __future__ import annotations

from functools import partial

import pytest

from app.model.storage import StoreError
from app.workers.boundary import CrashReports, Failure, attempt
from detector.types import DetectorError, NoMemoryError


def fail_on(value: int) -> int:
    raise LookupError(f"no {value}")


def test_that_what_the_work_returns_passes_through() -> None:
    assert attempt(lambda: 7, "Counting") == 7


@pytest.mark.parametrize("kind", [DetectorError, NoMemoryError, StoreError])
def test_that_a_foreseen_error_is_its_own_sentence(kind: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        raise kind("The file is empty; copy it again.")

    assert attempt(work, "Reading") == Failure("The file is empty; copy it again.")
    assert caplog.records == []


def test_that_an_unforeseen_error_is_logged_and_keeps_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    failure = attempt(lambda: fail_on(1), "Counting")
    assert isinstance(failure, Failure)
    assert failure.sentence == "Counting failed because of a fault in Boxwright (LookupError); the log has the details."
    assert "LookupError: no 1" in failure.traceback
    assert "LookupError: no 1" in caplog.text


def test_that_an_order_to_leave_is_not_swallowed() -> None:
    def work() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(work, "Counting")


def test_that_the_same_fault_is_reported_once_whatever_data_it_met() -> None:
    reports = CrashReports()
    first, second = (attempt(partial(fail_on, value), f"Image {value}") for value in (1, 2))
    other = attempt(lambda: int("seven"), "Counting")
    assert isinstance(first, Failure)
    assert isinstance(second, Failure)
    assert isinstance(other, Failure)
    crash = reports.first(first)
    assert crash is not None
    assert (crash.sentence, crash.traceback) == (first.sentence, first.traceback)
    assert reports.first(second) is None
    assert reports.first(other) is not None


def test_that_a_foreseen_error_is_no_crash() -> None:
    assert CrashReports().first(Failure("The file is empty; copy it again.")) is None
