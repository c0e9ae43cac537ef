from __future__ import annotations

from pathlib import Path

import pytest

from app.workers.folder_run import FolderRun
from app.workers.messages import FolderProgress


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def path_of(image_id: int) -> Path:
    return Path(f"{image_id}.png")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_that_the_first_report_comes_at_once(clock: Clock) -> None:
    assert FolderRun([1, 2], path_of, clock).report() == FolderProgress(0, 2, 0, 0.0)


def test_that_reports_come_ten_times_a_second_at_most(clock: Clock) -> None:
    run = FolderRun(range(1000), path_of, clock)
    reports = 0
    for image_id in range(999):
        clock.now += 0.01
        run.settle(image_id, failed=False)
        reports += run.report() is not None
    assert 90 <= reports <= 100


def test_that_the_last_report_is_never_swallowed(clock: Clock) -> None:
    run = FolderRun([1, 2], path_of, clock)
    run.report()
    clock.now += 0.01
    run.settle(1, failed=False)
    assert run.report() is None
    run.settle(2, failed=True)
    last = run.report()
    assert last is not None
    assert (last.done, last.total, last.failed, last.finished) == (2, 2, 1, True)
    assert last.images_per_second == pytest.approx(200)


def test_that_an_image_is_settled_once_and_a_strange_one_is_ignored(clock: Clock) -> None:
    run = FolderRun([1, 2], path_of, clock)
    for image_id in (1, 1, 7):
        run.settle(image_id, failed=True)
    assert run.progress() == FolderProgress(1, 2, 1, 0.0)


def test_that_images_left_out_make_the_run_smaller(clock: Clock) -> None:
    run = FolderRun([1, 2, 3], path_of, clock)
    run.settle(1, failed=False)
    run.leave_out([1, 2, 9])
    assert run.progress() == FolderProgress(1, 2, 0, 0.0)


def test_that_an_image_given_twice_counts_once(clock: Clock) -> None:
    assert FolderRun([1, 1], path_of, clock).progress().total == 1


def test_that_an_empty_run_is_finished_at_once(clock: Clock) -> None:
    report = FolderRun([], path_of, clock).report()
    assert report is not None
    assert report.finished


def test_that_a_cancelled_run_is_finished_before_its_end(clock: Clock) -> None:
    progress = FolderRun([1], path_of, clock).progress(cancelled=True)
    assert progress.finished
    assert progress.done == 0


def test_that_each_image_comes_once_in_order_unless_it_is_settled(clock: Clock) -> None:
    run = FolderRun([3, 1, 3, 2], path_of, clock)
    assert run.following() == (3, Path("3.png"))
    run.settle(1, failed=False)
    assert run.following() == (2, Path("2.png"))
    assert run.following() is None
    assert run.waits_for(3)
    assert not run.waits_for(1)


def test_that_the_share_in_which_the_network_worked_is_told(clock: Clock) -> None:
    run = FolderRun([1, 2], path_of, clock)
    clock.now += 4
    run.settle(1, failed=False, seconds=1.0)
    run.settle(9, failed=False, seconds=1.0)  # on screen meanwhile
    assert run.progress().busy == pytest.approx(0.5)
    run.pause(paused=True)
    clock.now += 100
    assert run.progress().busy == pytest.approx(0.5)
    run.pause(paused=False)
    run.settle(2, failed=False, seconds=5.0)
    assert run.progress().busy == 1.0
