"""A short day of the long run, with a made-up detector: nothing may be left of it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest
from fake_training import FakeTraining, progress, result
from PySide6.QtWidgets import QApplication
from whole_application import MadeUpDetector

from app.application import Application
from bench.long_run import LongRun, settled, verdict
from bench.vital_signs import VitalSigns, middle_and_end, take

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def alone(tmp_path, monkeypatch) -> Path:
    """A folder of our own for temporary files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return tmp_path


def day(folder: Path, *, gestures: int, fine_tunes: int = 0) -> LongRun:
    qt = QApplication.instance()
    tuner = FakeTraining(progress(1), result()).tuner(lambda _path: MadeUpDetector())
    return LongRun(
        folder,
        12,
        lambda settings: Application(qt, MadeUpDetector, settings, tuner),
        gestures=gestures,
        fine_tunes=fine_tunes,
    )


def test_that_nothing_is_left_of_two_hundred_gestures_four_openings_and_a_fine_tune(qapp, alone) -> None:
    *_, before = day(alone / "first", gestures=40).work()
    run = day(alone / "day", gestures=200, fine_tunes=1)
    signs = list(run.work())
    closed = settled(signs[-1], before, run.temporary)
    assert sum(run.done.values()) == 200
    assert run.outcomes == ["done"]
    assert closed.threads <= before.threads
    assert closed.handles <= before.handles
    assert closed.temporary == 0
    assert closed.widgets <= before.widgets
    open_again = [one.widgets for one in signs if 60 <= one.gestures < 200]
    assert min(open_again[len(open_again) // 2 :]) <= min(open_again[: len(open_again) // 2])


def signs(gestures: int, megabytes: float, threads: int = 4) -> VitalSigns:
    return VitalSigns(gestures, 0.0, megabytes, threads, 9, 0, 400, 600)


def test_that_a_leak_of_memory_and_a_thread_that_is_left_are_missed() -> None:
    before = signs(60, 500)
    flat = [signs(count, 1000) for count in range(0, 1001, 10)]
    growing = [signs(count, 1000 + count) for count in range(0, 1001, 10)]
    assert all(held for _, held in verdict(before, [*flat, signs(1000, 900)]))
    assert [held for _, held in verdict(before, [*growing, signs(1000, 900, threads=5)])] == [
        *(False, True, True),
        *(False, True, True),
    ]


def test_that_the_middle_and_the_end_are_medians_around_them() -> None:
    day = [signs(count, float(count)) for count in range(0, 1001, 10)]
    assert middle_and_end(day, lambda one: one.megabytes) == (500.0, 950.0)


def test_that_temporary_files_and_threads_are_counted(qapp, tmp_path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").touch()
    found = take(0, 0.0, tmp_path)
    assert found.temporary == 2
    assert found.threads >= 1
    assert found.megabytes > 10
