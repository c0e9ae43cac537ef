from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from damaged_project import BOXES, IMAGES, PAGE, count, everything, make_project, pages_of, wipe
from without_room import FULL, READ_ONLY, error_of, fill, refuse

from app.model import edits
from app.model.annotations import Annotation
from app.model.commands import Command, Edit
from app.model.storage import DamagedError, PassingError, StoreError
from app.model.workspace import Workspace
from app.store.backups import back_up
from app.store.location import locate
from app.store.project_store import ProjectStore
from app.store.recovery import TableTally
from app.store.repair import examine, repair
from app.store.salvage import findings

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.location import Location

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MANY = 1_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Location:
    return make_project(tmp_path_factory.mktemp("made") / "photos")


@pytest.fixture
def location(made: Location, tmp_path: Path) -> Location:
    """A copy of that project of its own."""
    shutil.copytree(made.image_folder, tmp_path / "photos")
    return locate(tmp_path / "photos")


def opens(location: Location) -> None:
    """The project opens, and every image in it."""
    with closing(ProjectStore(location)) as store:
        workspace = Workspace(store)
        for record in workspace.images:
            workspace.go_to(record.id)


def many_images(folder: Path) -> Location:
    """A project of several pages of images, with a box on each, that an import brought as one step."""
    folder.mkdir()
    with closing(ProjectStore.open(folder)) as store:
        store.list_images([folder / f"image-{number:04}.png" for number in range(1, MANY + 1)])
        workspace = Workspace(store)
        bolt = edits.new_category("bolt", workspace.categories, workspace.next_ids().category)
        workspace.execute(edits.add_category(bolt))
        boxes = [Annotation(number, number, bolt.id, (1.0, 2.0, 30.0, 40.0)) for number in range(1, MANY + 1)]
        workspace.execute(Command("Import", None, tuple(Edit(None, box) for box in boxes)))
        return store.location


def test_that_nothing_is_wrong_with_a_good_project_and_nothing_is_done(location: Location) -> None:
    before = location.database.read_bytes()
    assert examine(location) == ()
    report = repair(location, NOW)
    assert (report.wrong, report.aside) == ((), None)
    assert location.database.read_bytes() == before
    assert not list(location.folder.glob("damaged-*"))


@pytest.mark.parametrize("code", [FULL, READ_ONLY])
def test_that_a_disk_that_cannot_be_read_is_no_damage(
    location: Location, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    with closing(ProjectStore(location)):  # whoever has it open: it cannot be read another way
        refuse(monkeypatch, location.database, code)
        with pytest.raises(PassingError, match=r"Nobody can say now whether .* is damaged: the disk"):
            examine(location)


def test_that_a_disk_that_fails_while_it_is_looked_at_is_no_damage() -> None:
    class Failing(sqlite3.Connection):
        def execute(self, *_args: object) -> sqlite3.Cursor:
            raise error_of(sqlite3.SQLITE_IOERR)

    with closing(sqlite3.connect(":memory:", factory=Failing)) as connection, pytest.raises(sqlite3.OperationalError):
        findings(connection)


def test_that_a_good_project_is_called_good_on_a_full_disk(location: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(monkeypatch)
    refuse(monkeypatch, location.database, FULL)
    assert examine(location) == ()


def test_that_rows_of_lost_pages_come_back_from_the_journal(location: Location) -> None:
    before = everything(location)
    damaged = pages_of(location.database, "annotations")[3:6]
    wipe(location.database, damaged)
    broken = location.database.read_bytes()
    with pytest.raises(DamagedError, match="boxwright repair"):
        ProjectStore(location)
    report = repair(location, NOW)
    assert report.wrong
    assert report.tallies["annotations"].journal > 0
    assert report.lost == 0
    assert everything(location) == before
    assert report.aside is not None
    assert (report.aside / "project.db").read_bytes() == broken
    opens(location)


def test_that_a_lost_table_comes_back_whole(location: Location) -> None:
    before = everything(location)
    wipe(location.database, pages_of(location.database, "annotations", leaves=False))
    report = repair(location, NOW)
    assert report.tallies["annotations"].journal == IMAGES * BOXES
    assert everything(location) == before


def test_that_boxes_outlive_the_journal(location: Location) -> None:
    before = everything(location)
    pages = pages_of(location.database, "journal")
    wipe(location.database, pages[2:5])
    report = repair(location, NOW)
    after = everything(location)
    assert {name: after[name] for name in ("images", "categories", "annotations", "history")} == {
        name: before[name] for name in ("images", "categories", "annotations", "history")
    }
    lost = report.tallies["journal"].lost
    assert 0 < lost < 200
    assert [row[1] for row in after["journal"]].count("something that was lost") == lost
    store = ProjectStore(location)
    workspace = Workspace(store)
    assert workspace.undo() is not None
    store.close()


def test_that_what_journal_and_table_both_lost_comes_from_the_backup(location: Location) -> None:
    before = everything(location)
    assert back_up(location, NOW) is not None
    for table in ("annotations", "journal", "images"):
        wipe(location.database, pages_of(location.database, table)[-1:])
    report = repair(location, NOW)
    assert report.source is None
    assert report.tallies["annotations"].backup > 0
    assert report.tallies["images"].backup == IMAGES
    assert everything(location)["annotations"] == before["annotations"]
    assert everything(location)["images"] == before["images"]


def test_that_a_journal_with_gaps_brings_back_what_it_knows(location: Location) -> None:
    before = everything(location)
    wipe(location.database, pages_of(location.database, "annotations")[1:2])
    wipe(location.database, pages_of(location.database, "journal")[-2:])
    report = repair(location, NOW)
    assert report.tallies["annotations"].journal > 0
    assert everything(location)["annotations"] == before["annotations"]


def states(location: Location) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(location.database)) as connection:
        return connection.execute("SELECT id, path, position, reviewed FROM images ORDER BY id").fetchall()


@pytest.mark.parametrize("journal_is_whole", [True, False])
def test_that_images_come_back_from_their_indexes_with_all_their_boxes(
    location: Location, journal_is_whole: bool
) -> None:
    before, marks = everything(location), states(location)
    wipe(location.database, pages_of(location.database, "images"), 0)
    if not journal_is_whole:
        wipe(location.database, pages_of(location.database, "journal")[2:5])
    report = repair(location, NOW)
    assert report.tallies["images"] == TableTally(index=IMAGES)
    assert report.tallies["annotations"].lost == 0
    assert everything(location)["annotations"] == before["annotations"]
    assert states(location) == marks
    opens(location)


def test_that_the_unsure_mark_of_an_image_from_an_index_is_that_of_the_journal(location: Location) -> None:
    with closing(ProjectStore(location)) as store:
        workspace = Workspace(store)
        unsure = edits.set_unsure(workspace.images[3].mark)
        assert unsure is not None
        workspace.execute(unsure)
    wipe(location.database, pages_of(location.database, "images"), 0)
    repair(location, NOW)
    with closing(ProjectStore(location)) as store:
        assert [record.id for record in store.images() if record.unsure] == [4]


def test_that_only_the_images_of_lost_pages_come_from_the_index(tmp_path: Path) -> None:
    location = many_images(tmp_path / "photos")
    before = states(location)
    damaged = pages_of(location.database, "images")
    wipe(location.database, damaged[1:3], 0)
    report = repair(location, NOW)
    tally = report.tallies["images"]
    assert 0 < tally.index < MANY
    assert (tally.read + tally.index, tally.lost, report.lost) == (MANY, 0, 0)
    assert states(location) == before
    assert count(location.database, "annotations") == MANY


def test_that_images_that_the_damaged_index_lacks_too_are_counted_as_lost(tmp_path: Path) -> None:
    location = many_images(tmp_path / "photos")
    wipe(location.database, pages_of(location.database, "images"), 0)
    index = pages_of(location.database, "sqlite_autoindex_images_1")
    wipe(location.database, index[len(index) // 2 : len(index) // 2 + 1], 0)
    report = repair(location, NOW)
    tally, left = report.tallies["images"], count(location.database, "images")
    assert MANY // 2 < left < MANY
    assert tally.index == left
    assert count(location.database, "annotations") == left
    assert report.tallies["annotations"].lost == MANY - left
    opens(location)


def test_that_a_backup_has_more_of_an_image_than_an_index(location: Location) -> None:
    before = everything(location)
    assert back_up(location, NOW) is not None
    with closing(ProjectStore(location)) as store:
        store.list_images(
            [*(location.image_folder / row[1] for row in before["images"]), location.image_folder / "a.png"]
        )
    wipe(location.database, pages_of(location.database, "images"), 0)
    tally = repair(location, NOW).tallies["images"]
    assert (tally.backup, tally.index) == (IMAGES, 1)
    assert everything(location)["images"][:-1] == before["images"]


def test_that_a_path_that_leads_out_of_the_folder_is_not_taken_from_an_index(location: Location) -> None:
    wipe(location.database, pages_of(location.database, "images"), 0)
    content = location.database.read_bytes()
    (page,) = pages_of(location.database, "sqlite_autoindex_images_1")
    index = content[(page - 1) * PAGE : page * PAGE]
    spoiled = index.replace(b"02.png", b"../../")
    assert spoiled != index
    location.database.write_bytes(content.replace(index, spoiled))
    assert repair(location, NOW).tallies["images"].index == IMAGES - 1
    opens(location)


def test_that_what_nobody_has_any_more_is_counted(location: Location) -> None:
    wipe(location.database, pages_of(location.database, "annotations")[1:2])
    wipe(location.database, pages_of(location.database, "journal")[1:9])
    report = repair(location, NOW)
    left = count(location.database, "annotations")
    assert 0 < IMAGES * BOXES - left == report.tallies["annotations"].lost
    assert examine(location) == ()
    opens(location)


@pytest.mark.parametrize("start", [16, 100, PAGE])
def test_that_a_file_whose_beginning_is_gone_is_read(location: Location, start: int) -> None:
    before = everything(location)
    content = bytearray(location.database.read_bytes())
    content[:start] = b"\x00" * start
    location.database.write_bytes(content)
    repair(location, NOW)
    assert everything(location) == before


def test_that_a_truncated_file_gives_what_it_has(location: Location) -> None:
    content = location.database.read_bytes()
    location.database.write_bytes(content[: len(content) * 2 // 3])
    report = repair(location, NOW)
    assert report.tallies["images"].read == IMAGES
    assert count(location.database, "images") == IMAGES
    opens(location)


@pytest.mark.parametrize("content", [b"", b"nothing of a database" * 1000])
def test_that_a_file_with_nothing_in_it_is_replaced_by_the_backup(location: Location, content: bytes) -> None:
    before = everything(location)
    backup = back_up(location, NOW)
    location.database.write_bytes(content)
    report = repair(location, NOW)
    assert report.source == backup
    assert everything(location) == before


def test_that_without_a_backup_nothing_is_left_to_be_done_and_nothing_is(location: Location) -> None:
    location.database.write_bytes(b"nothing of a database" * 1000)
    with pytest.raises(StoreError, match="Nothing can be read"):
        repair(location, NOW)
    assert location.database.read_bytes() == b"nothing of a database" * 1000
    assert not list(location.folder.glob("damaged-*"))


def test_that_a_bad_backup_is_passed_over(location: Location) -> None:
    good = back_up(location, NOW - timedelta(days=2))
    assert good is not None
    (location.backups / "project-20260303T000000Z.db").write_bytes(b"nothing" * 1000)
    location.database.write_bytes(b"nothing of a database" * 1000)
    assert repair(location, NOW).source == good


def test_that_a_backup_of_the_future_is_not_taken_for_the_newest(location: Location) -> None:
    back_up(location, NOW + timedelta(days=365))
    with closing(ProjectStore(location)) as store:
        Workspace(store).undo()
    newest = back_up(location, NOW)
    assert newest is not None
    location.database.write_bytes(b"nothing of a database" * 1000)
    assert repair(location, NOW).source == newest


def test_that_a_person_may_go_back_to_a_copy(location: Location, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup = back_up(location, NOW)
    assert backup is not None
    shutil.copy(backup, copy)
    with closing(ProjectStore(location)) as store:
        while Workspace(store).undo():
            pass
    assert count(location.database, "annotations") == 0
    report = repair(location, NOW, copy)
    assert (report.source, report.wrong) == (copy, ())
    assert count(location.database, "annotations") == IMAGES * BOXES
    assert copy.read_bytes() == backup.read_bytes()


def test_that_ids_are_not_given_again(location: Location) -> None:
    with closing(ProjectStore(location)) as store:
        workspace = Workspace(store)
        expected = workspace.next_ids()
    wipe(location.database, pages_of(location.database, "annotations")[-1:])
    wipe(location.database, pages_of(location.database, "sqlite_sequence"))
    repair(location, NOW)
    with closing(ProjectStore(location)) as store:
        assert Workspace(store).next_ids() == expected


def test_that_a_project_somebody_works_on_is_refused(location: Location) -> None:
    with closing(ProjectStore(location)), pytest.raises(StoreError, match="open in another Boxwright"):
        repair(location, NOW)


def test_that_a_newer_project_is_refused(location: Location) -> None:
    with closing(sqlite3.connect(location.database)) as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="newer Boxwright"):
        repair(location, NOW)


def test_that_files_of_models_that_are_not_known_any_more_are_kept(location: Location) -> None:
    location.heads.mkdir(exist_ok=True)
    (location.heads / "head-0123abcd.safetensors").write_bytes(b"model")
    wipe(location.database, pages_of(location.database, "annotations")[:1])
    report = repair(location, NOW)
    assert report.heads == ("head-0123abcd.safetensors",)
    assert report.aside is not None
    assert (report.aside / "heads" / "head-0123abcd.safetensors").read_bytes() == b"model"


@pytest.mark.parametrize("seed", range(24))
def test_that_any_damage_ends_in_a_good_project_or_a_refusal(location: Location, seed: int) -> None:
    pick = random.Random(seed)
    content = bytearray(location.database.read_bytes())
    for _ in range(pick.choice((1, 20, 400))):
        content[pick.randrange(len(content))] = pick.randrange(256)
    for _ in range(pick.choice((0, 1, 8))):
        page = pick.randrange(len(content) // PAGE)
        content[page * PAGE : (page + 1) * PAGE] = pick.randbytes(PAGE)
    location.database.write_bytes(content)
    broken = bytes(content)
    try:
        report = repair(location, NOW)
    except StoreError:
        assert location.database.read_bytes() == broken
        return
    if report.aside is None:
        assert location.database.read_bytes() == broken
    else:
        assert (report.aside / "project.db").read_bytes() == broken
    assert examine(location) == ()
    ProjectStore(location).close()
