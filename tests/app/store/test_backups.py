from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from app.model import box_gestures
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store import backups
from app.store.backups import back_up, backups_in, open_copy, thin

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.project_store import ProjectStore

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
BOX = (1.0, 2.0, 30.0, 40.0)


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def workspace(store: ProjectStore) -> Workspace:
    made = Workspace(store)
    made.set_image_sizes({1: (48, 64)})
    return made


def boxes(path: Path) -> int:
    with closing(open_copy(path)) as copy:
        return int(copy.execute("SELECT count(*) FROM annotations").fetchone()[0])


def test_that_a_backup_has_what_was_decided_beside_the_writer(store: ProjectStore, workspace: Workspace) -> None:
    box_gestures.draw(workspace, BOX)
    made = back_up(store.location, NOON)
    assert made is not None
    assert made.name == "project-20260304T120000Z.db"
    box_gestures.draw(workspace, BOX)
    assert boxes(made) == 1
    assert [path.name for path in store.location.backups.iterdir()] == [made.name]


def test_that_there_is_one_only_where_something_changed(store: ProjectStore, workspace: Workspace) -> None:
    box_gestures.draw(workspace, BOX)
    assert back_up(store.location, NOON) is not None
    workspace.remember()
    assert back_up(store.location, NOON + timedelta(hours=1)) is None
    workspace.undo()
    assert back_up(store.location, NOON + timedelta(hours=1)) is not None


def test_that_once_a_day_is_enough_where_that_is_asked(store: ProjectStore, workspace: Workspace) -> None:
    back_up(store.location, NOON)
    box_gestures.draw(workspace, BOX)
    day = timedelta(days=1)
    assert back_up(store.location, NOON + timedelta(hours=23), spare=day) is None
    assert back_up(store.location, NOON + day, spare=day) is not None


def test_that_an_unreadable_backup_is_no_reason_to_make_none(store: ProjectStore) -> None:
    first = back_up(store.location, NOON)
    assert first is not None
    first.write_bytes(b"nothing")
    assert back_up(store.location, NOON + timedelta(hours=1)) is not None


def test_that_a_full_disk_is_not_filled_further(store: ProjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 10**9, 1_000))
    with pytest.raises(StoreError, match="too little room"):
        back_up(store.location, NOON)
    assert backups_in(store.location.backups, NOON) == []


def test_that_a_bad_copy_is_not_kept(store: ProjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    good = back_up(store.location, NOON)
    store.set_image_sizes({1: (1, 1)})
    store.list_images(["another.png"])

    def tear(source: object, target: Path) -> None:
        assert good is not None
        whole = good.read_bytes()
        target.write_bytes(whole[: len(whole) // 2])

    monkeypatch.setattr(backups, "copy_database", tear)
    with pytest.raises(StoreError, match="No backup of the project could be made"):
        back_up(store.location, NOON + timedelta(hours=1))
    assert [path.name for path in store.location.backups.iterdir()] == [good.name if good else ""]


def test_that_the_last_ones_and_those_of_days_and_weeks_are_kept(tmp_path: Path) -> None:
    hours = [NOON - timedelta(hours=3 * number) for number in range(8 * 100)]
    for moment in hours:
        (tmp_path / f"project-{moment:%Y%m%dT%H%M%SZ}.db").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("mine")
    thin(tmp_path, NOON)
    kept = [one.made_at for one in backups_in(tmp_path, NOON)]
    assert kept[:3] == hours[:3]
    assert len({moment.date() for moment in kept}) >= backups.DAYS
    assert len({moment.isocalendar()[:2] for moment in kept}) == backups.WEEKS
    assert len(kept) <= backups.NEWEST + backups.DAYS + backups.WEEKS
    assert (tmp_path / "notes.txt").exists()
    thin(tmp_path, NOON)
    assert [one.made_at for one in backups_in(tmp_path, NOON)] == kept


def test_that_backups_take_no_more_room_than_they_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "MOST_BYTES", 250)
    for number in range(5):
        (tmp_path / f"project-{NOON - timedelta(days=number):%Y%m%dT%H%M%SZ}.db").write_bytes(b"x" * 100)
    thin(tmp_path, NOON)
    assert [one.made_at for one in backups_in(tmp_path, NOON)] == [NOON, NOON - timedelta(days=1)]
    monkeypatch.setattr(backups, "MOST_BYTES", 10)
    thin(tmp_path, NOON)
    assert [one.made_at for one in backups_in(tmp_path, NOON)] == [NOON]


def stamped(folder: Path, *moments: datetime) -> None:
    for moment in moments:
        (folder / f"project-{moment:%Y%m%dT%H%M%SZ}.db").write_bytes(b"x")


def test_that_a_copy_of_the_future_keeps_none_from_being_made(store: ProjectStore, workspace: Workspace) -> None:
    day = timedelta(days=1)
    bogus = back_up(store.location, NOON + 365 * day)
    for number in range(30):
        box_gestures.draw(workspace, BOX)
        made = back_up(store.location, NOON + number * day, spare=day)
        assert made is not None
        assert boxes(made) == number + 1
        assert backups_in(store.location.backups, NOON + number * day)[0].path == made
    kept = [one.path for one in backups_in(store.location.backups, NOON + 29 * day)]
    assert len(kept) > backups.DAYS
    assert kept[-1] == bogus


def test_that_nothing_new_needs_no_second_copy_beside_one_of_the_future(
    store: ProjectStore, workspace: Workspace
) -> None:
    box_gestures.draw(workspace, BOX)
    assert back_up(store.location, NOON + timedelta(days=365)) is not None
    assert back_up(store.location, NOON) is None


def test_that_copies_of_a_clock_that_was_ahead_push_none_out(tmp_path: Path) -> None:
    real = [NOON - timedelta(days=number) for number in range(6)]
    ahead = [NOON + timedelta(days=365, hours=number) for number in range(20)]
    stamped(tmp_path, *real, *ahead)
    thin(tmp_path, NOON)
    kept = [one.made_at for one in backups_in(tmp_path, NOON)]
    assert kept[:6] == real
    assert kept[6:9] == ahead[:-4:-1]
    assert len(kept) <= 6 + backups.NEWEST + 2


def test_that_a_clock_that_is_behind_loses_no_earlier_copy(tmp_path: Path) -> None:
    earlier = [NOON - timedelta(days=number) for number in range(6)]
    behind = NOON - timedelta(days=2000)
    stamped(tmp_path, *earlier, *(behind + timedelta(minutes=10 * number) for number in range(20)))
    thin(tmp_path, behind + timedelta(hours=4))
    assert {one.made_at for one in backups_in(tmp_path, NOON)} >= set(earlier)


def test_that_copies_of_the_future_go_first_where_room_ends_and_never_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "MOST_BYTES", 2)
    ahead = NOON + timedelta(days=365)
    stamped(tmp_path, ahead, NOON, NOON - timedelta(days=1))
    thin(tmp_path, NOON)
    assert [one.made_at for one in backups_in(tmp_path, NOON)] == [NOON, NOON - timedelta(days=1)]
    (tmp_path / "alone").mkdir()
    stamped(tmp_path / "alone", ahead)
    monkeypatch.setattr(backups, "MOST_BYTES", 0)
    thin(tmp_path / "alone", NOON)
    assert [one.made_at for one in backups_in(tmp_path / "alone", NOON)] == [ahead]
