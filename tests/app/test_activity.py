from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.activity import IDLE_AFTER, SAVE_MS, Activity
from app.model.workspace import Workspace
from app.store.project_store import ProjectStore

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """Time that passes when a test says so, from noon of the person's own day."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.start = datetime(2026, 3, 27, 12).astimezone(UTC)

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds - 1000.0)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path):
    opened = ProjectStore.open(tmp_path)
    opened.list_images([tmp_path / f"{number}.png" for number in range(3)])
    yield opened
    opened.close()


@pytest.fixture
def workspace(store: ProjectStore) -> Workspace:
    return Workspace(store)


@pytest.fixture
def activity(qapp, store: ProjectStore, workspace: Workspace, clock: Clock) -> Activity:
    return Activity(store.activity, workspace, clock=clock, now=clock.now)


def kept(store: ProjectStore) -> list[tuple[int, str, float]]:
    rows = store._connection.execute("SELECT image_id, began_at, seconds FROM activity ORDER BY id").fetchall()
    return [(image_id, began_at, round(seconds, 6)) for image_id, began_at, seconds in rows]


def test_that_a_break_counts_half_a_minute(activity: Activity, clock: Clock, store: ProjectStore) -> None:
    activity.act()
    clock.wait(20)
    activity.act()
    clock.wait(3600)
    activity.act()
    clock.wait(5)
    activity.pause()
    activity.save()
    assert [seconds for _, _, seconds in kept(store)] == [20 + IDLE_AFTER, 5.0]


def test_that_time_counts_only_while_the_window_has_the_focus(activity: Activity, clock: Clock) -> None:
    activity.act()
    clock.wait(4)
    activity.pause()
    clock.wait(10)
    assert activity.seconds_today == 4.0
    activity.act()
    clock.wait(2)
    assert activity.seconds_today == 6.0


def test_that_looking_without_doing_anything_yet_is_no_work(activity: Activity, clock: Clock) -> None:
    clock.wait(100)
    assert activity.seconds_today == 0.0


def test_that_each_image_gets_its_own(
    activity: Activity, workspace: Workspace, clock: Clock, store: ProjectStore
) -> None:
    activity.act()
    clock.wait(10)
    workspace.go_to(2)
    clock.wait(7.25)
    activity.act()
    workspace.go_to(3)
    clock.wait(100)
    workspace.go_to(1)
    clock.wait(100)
    activity.close()
    start = f"{clock.start:%Y-%m-%dT%H}"
    assert kept(store) == [
        (1, f"{start}:00:00.000Z", 10.0),
        (2, f"{start}:00:10.000Z", 7.25),
        (3, f"{start}:00:17.250Z", IDLE_AFTER),
    ]


def test_that_flipping_through_images_writes_nothing_until_the_minute_is_over(
    activity: Activity, workspace: Workspace, clock: Clock, store: ProjectStore
) -> None:
    statements: list[str] = []
    store._connection.set_trace_callback(statements.append)
    for number in range(300):
        activity.act()
        workspace.go_to(1 + number % 3)
        clock.wait(0.1)
    assert not any("activity" in statement for statement in statements)
    assert activity.seconds_today == pytest.approx(30.0)
    activity.save()
    assert sum("COMMIT" in statement for statement in statements) == 1
    store._connection.set_trace_callback(None)


def test_that_work_that_goes_on_is_kept_each_minute(activity: Activity, clock: Clock, store: ProjectStore) -> None:
    for _ in range(12):
        activity.act()
        clock.wait(10)
    assert SAVE_MS == 60_000
    assert activity._timer.isActive()
    assert activity._timer.interval() == SAVE_MS
    activity.save()
    clock.wait(10)
    assert sum(seconds for _, _, seconds in kept(store)) == 120.0
    assert activity.seconds_today == 130.0
    activity.save()
    assert sum(seconds for _, _, seconds in kept(store)) == 130.0


def test_that_nothing_wakes_up_while_nobody_works(activity: Activity, clock: Clock) -> None:
    activity.act()
    clock.wait(60)
    activity.save()
    assert not activity._timer.isActive()


def test_that_a_failed_write_is_made_good_later(activity: Activity, clock: Clock, store: ProjectStore) -> None:
    activity.act()
    clock.wait(10)
    store._connection.execute("PRAGMA query_only = ON")
    activity.save()
    assert kept(store) == []
    store._connection.execute("PRAGMA query_only = OFF")
    clock.wait(10)
    activity.save()
    assert [seconds for _, _, seconds in kept(store)] == [10.0, 10.0]
    assert activity.seconds_today == 20.0


def test_that_today_begins_at_midnight(activity: Activity, clock: Clock, store: ProjectStore) -> None:
    activity.act()
    clock.wait(10)
    activity.pause()
    activity.save()
    assert activity.seconds_today == 10.0
    clock.wait(24 * 3600)
    assert activity.seconds_today == 0.0
    activity.act()
    clock.wait(3)
    assert activity.seconds_today == 3.0


def test_that_what_was_done_earlier_today_is_counted_with_it(
    activity: Activity, workspace: Workspace, clock: Clock, store: ProjectStore
) -> None:
    activity.act()
    clock.wait(10)
    activity.close()
    clock.wait(60)
    again = Activity(store.activity, workspace, clock=clock, now=clock.now)
    assert again.seconds_today == 10.0


def test_that_a_stretch_of_no_time_is_refused_by_the_store(store: ProjectStore) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store._connection.execute("INSERT INTO activity (image_id, began_at, seconds) VALUES (1, '', 0)")


STEPS = st.lists(st.tuples(st.sampled_from(("act", "pause", "save", "go 1", "go 2")), st.integers(0, 50)), max_size=60)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_that_each_second_is_counted_as_asking_each_second_would(
    qapp, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("seconds")
    store, clock = ProjectStore.open(folder), Clock()
    store.list_images([folder / "1.png", folder / "2.png"])
    workspace = Workspace(store)
    activity = Activity(store.activity, workspace, clock=clock, now=clock.now)
    expected, last, image = {1: 0, 2: 0}, None, 1
    for step, wait in steps:
        if step == "act":
            last = clock.seconds
            activity.act()
        elif step == "pause":
            last = None
            activity.pause()
        elif step == "save":
            activity.save()
        else:
            image = int(step[-1])
            workspace.go_to(image)
        for _ in range(wait):
            expected[image] += last is not None and clock.seconds < last + IDLE_AFTER
            clock.wait(1)
    assert activity.seconds_today == sum(expected.values())
    activity.close()
    found = {1: 0.0, 2: 0.0}
    for image_id, _, seconds in kept(store):
        found[image_id] += seconds
    assert found == expected
    store.close()
