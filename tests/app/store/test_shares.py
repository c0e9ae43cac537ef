"""A project split for several people: what each is given, and what is refused."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.model.annotations import Annotation, Category, ImageMark, Origin, Rejection
from app.model.commands import Command, Edit
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.formats.foreign import Images
from app.store.location import find
from app.store.project_store import ProjectStore
from app.store.shares import GIVEN, MANIFEST, Share, check_names, default_names, read_share, split_project
from detector.image_files import list_images

if TYPE_CHECKING:
    from app.store.location import Location

NAMES = ("ann", "ben", "cem")
SCENES = ("ash", "bay", "cay", "dip", "elm", "fen", "gum", "hut", "ice", "jet", "kit", "log")
ORIGIN = Origin((1.0, 2.0, 30.0, 40.0), "bolt", 0.75, "v1")


@pytest.fixture
def whole(tmp_path: Path) -> Location:
    """Twelve scenes, each photographed once and saved again as a copy; a box and a rejection on each, and a history."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    pick = np.random.default_rng(1)
    for number, name in enumerate(SCENES):
        scene = Image.fromarray(pick.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize((64, 48))
        place = folder / "sub" if number % 2 else folder
        scene.save(place / f"{name}.png")
        scene.save(place / f"{name} (1).png")
    with closing(ProjectStore.open(folder)) as store:
        store.list_images(list_images(folder))
        rows = [Category(1, "bolt", "#e69f00"), Category(2, "nut", "#56b4e9", position=1)]
        edits = [Edit(None, row) for row in rows]
        for record in store.images():
            box = Annotation(record.id, record.id, 1 + record.id % 2, (1.0, 2.0, 30.0, 40.0))
            edits += [Edit(None, box), Edit(None, Rejection(record.id, record.id, ORIGIN))]
        edits.append(Edit(ImageMark(1), ImageMark(1, reviewed=True, extra='{"licence": 3}')))
        Workspace(store).execute(Command("begin", None, tuple(edits)))
        store.remember("current_image", "3")
        return store.location


def opened(folder: Path) -> ProjectStore:
    return ProjectStore.open(folder)


def paths(folder: Path) -> set[str]:
    with closing(opened(folder)) as store:
        return {record.path for record in store.images()}


def test_that_each_image_is_in_one_share_with_all_that_is_known_of_it(whole: Location, tmp_path: Path) -> None:
    dealt = split_project(whole, tmp_path / "shares", NAMES)
    assert [(one.share.name, one.share.part, one.share.parts, one.images, one.twice) for one in dealt] == [
        (name, part, 3, 8, 0) for part, name in enumerate(NAMES, 1)
    ]
    assert [one.folder for one in dealt] == [tmp_path / "shares" / name for name in NAMES]
    with closing(opened(whole.image_folder)) as store:
        known = {one.path: (one, store.annotations_of(one.id), store.rejections_of(one.id)) for one in store.images()}
    seen: list[str] = []
    for one in dealt:
        files = {path.relative_to(one.folder).as_posix() for path in one.folder.rglob("*.png")}
        with closing(opened(one.folder)) as store:
            for record in store.images():
                found = (record, store.annotations_of(record.id), store.rejections_of(record.id))
                assert found == known[record.path]
                assert (one.folder / record.path).read_bytes() == (whole.image_folder / record.path).read_bytes()
            assert files == {record.path for record in store.images()}
            assert [category.name for category in store.categories()] == ["bolt", "nut"]
            assert (store.history().length, store.recall("current_image")) == (0, None)
        seen += files
    assert sorted(seen) == sorted(known)


def test_that_near_copies_stay_together_and_each_share_has_its_part_of_every_category(
    whole: Location, tmp_path: Path
) -> None:
    for one in split_project(whole, tmp_path / "shares", NAMES[:2]):
        mine = paths(one.folder)
        assert all(path.replace(".png", " (1).png") in mine for path in mine if "(1)" not in path)
        with closing(opened(one.folder)) as store:
            assert set(store.annotation_counts()) == {1, 2}


@pytest.mark.parametrize(("overlap", "twice"), [(0.0, 0), (0.25, 6), (1.0, 24)])
def test_that_so_many_images_go_to_two_people_and_never_three(
    overlap: float, twice: int, whole: Location, tmp_path: Path
) -> None:
    dealt = split_project(whole, tmp_path / "shares", NAMES, overlap=overlap)
    owners = [path for one in dealt for path in paths(one.folder)]
    assert sum(owners.count(path) == 2 for path in set(owners)) == twice
    assert len(set(owners)) == 24
    assert len(owners) == 24 + twice
    assert sum(one.twice for one in dealt) == 2 * twice


def test_that_the_seed_alone_decides(whole: Location, tmp_path: Path) -> None:
    dealt = [
        [paths(one.folder) for one in split_project(whole, tmp_path / str(number), NAMES, overlap=0.3, seed=seed)]
        for number, seed in enumerate((0, 0, 1))
    ]
    assert dealt[0] == dealt[1]
    assert dealt[0] != dealt[2]


def test_that_a_share_says_whose_it_is_and_what_it_was_given(whole: Location, tmp_path: Path) -> None:
    first, second = split_project(whole, tmp_path / "shares", NAMES[:2])
    location = find(first.folder)
    assert location is not None
    assert read_share(location) == first.share == Share("ann", 1, 2, second.share.split)
    with closing(sqlite3.connect(location.folder / GIVEN)) as given:
        assert given.execute("SELECT count(*) FROM annotations").fetchone() == (12,)
        assert given.execute("PRAGMA quick_check").fetchone() == ("ok",)


def test_that_the_project_stays_as_it_is_and_its_writer_at_work(whole: Location, tmp_path: Path) -> None:
    with closing(opened(whole.image_folder)) as store:
        before = whole.database.read_bytes()
        split_project(whole, tmp_path / "shares", NAMES)
        assert whole.database.read_bytes() == before
        assert store.history().length == 1


def test_that_links_are_made_on_demand_and_missing_images_stay_behind(whole: Location, tmp_path: Path) -> None:
    (whole.image_folder / "ash.png").unlink()
    with closing(opened(whole.image_folder)) as store:
        store.list_images(list_images(whole.image_folder))
    dealt = split_project(whole, tmp_path / "shares", NAMES[:2], images=Images.LINK)
    assert sum(one.images for one in dealt) == 23
    assert [path.is_symlink() for one in dealt for path in one.folder.rglob("*.png")] == [True] * 23


def test_that_the_active_model_version_goes_along_and_no_other(whole: Location, tmp_path: Path) -> None:
    whole.heads.mkdir()
    for number in (1, 2):
        (whole.heads / f"head-{number:08}.safetensors").write_bytes(bytes([number]))
    with closing(sqlite3.connect(whole.database)) as connection:
        connection.executemany(
            "INSERT INTO model_versions VALUES (?, ?, ?, '', '[]', '{}', '2026-01-01T00:00:00.000Z')",
            [(number, f"v{number}", f"head-{number:08}.safetensors") for number in (1, 2)],
        )
        connection.execute("UPDATE active_version SET version_id = 2")
        connection.commit()
    for one in split_project(whole, tmp_path / "shares", NAMES[:2]):
        location = find(one.folder)
        assert location is not None
        assert [path.read_bytes() for path in location.heads.iterdir()] == [b"\2"]
        with closing(sqlite3.connect(location.database)) as connection:
            assert connection.execute("SELECT version FROM model_versions").fetchall() == [("v2",)]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["ann"], "2 to 1000"),
        (["ann", ""], "cannot be called"),
        (["ann", "../ben"], "cannot be called"),
        (["ann", ".boxwright"], "cannot be called"),
        (["ann", "b" * 101], "cannot be called"),
        (["ann", "be\nn"], "cannot be called"),
        (["ann", "be\udcffn"], "cannot be called"),
        (["ann", "be\x1bn"], "cannot be called"),
        (["ann", "be\x9bn"], "cannot be called"),
        (["ann", "NUL"], "cannot be called"),
        (["ann", "con.txt"], "cannot be called"),
        (["ann", "Ann"], "the same name"),
        (["änn", "a\u0308nn"], "the same name"),
        (list(map(str, range(25))), "too few"),
    ],
)
def test_that_names_that_are_no_folders_are_refused_and_nothing_is_made(
    names: list[str], words: str, whole: Location, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=words):
        split_project(whole, tmp_path / "shares", names)
    assert not (tmp_path / "shares").exists()


def test_that_numbered_names_sort_as_they_count() -> None:
    check_names(default_names(12))
    assert default_names(12)[::11] == ["part-01", "part-12"]
    assert default_names(2) == ["part-1", "part-2"]


def test_that_nothing_is_written_into_a_folder_that_is_in_use(whole: Location, tmp_path: Path) -> None:
    (tmp_path / "shares").mkdir()
    split_project(whole, tmp_path / "shares", NAMES)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match="not empty"):
        split_project(whole, tmp_path / "shares", NAMES)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("place", ["photos", "photos/shares", "photos/.boxwright/shares"])
def test_that_shares_inside_the_project_are_refused(place: str, whole: Location, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match="cannot be in the folder"):
        split_project(whole, tmp_path / place, NAMES)
    assert sorted(tmp_path.rglob("*")) == before


def test_that_the_folder_one_is_in_can_be_the_place_and_a_file_cannot(
    whole: Location, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert len(split_project(whole, Path(), NAMES)) == 3
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="is not a folder"):
        split_project(whole, tmp_path / "file", NAMES)


def test_that_files_that_went_since_the_last_listing_are_not_dealt(whole: Location, tmp_path: Path) -> None:
    (whole.image_folder / "ash.png").unlink()
    dealt = split_project(whole, tmp_path / "shares", NAMES)
    assert sum(one.images for one in dealt) == sum(len(list(one.folder.rglob("*.png"))) for one in dealt) == 23


@pytest.mark.parametrize("path", [".boxwright/project.db", ".Boxwright/given.db"])
def test_that_no_file_of_a_project_goes_out_as_an_image(path: str, whole: Location, tmp_path: Path) -> None:
    with closing(sqlite3.connect(whole.database)) as connection:
        connection.execute("UPDATE images SET path = ? WHERE id = 1", (path,))
        connection.commit()
    before = whole.database.read_bytes()
    with pytest.raises(StoreError, match="a file of the project"):
        split_project(whole, tmp_path / "shares", NAMES, images=Images.LINK)
    assert whole.database.read_bytes() == before
    assert not (tmp_path / "shares").exists()


def test_that_two_people_get_no_more_than_asked_for_but_one_image_at_least(whole: Location, tmp_path: Path) -> None:
    with closing(opened(whole.image_folder)) as store:
        counts = [len(store.images())]
    for number, (overlap, twice) in enumerate([(0.1, 2), (0.01, 2)]):  # of groups of two
        dealt = split_project(whole, tmp_path / str(number), NAMES, overlap=overlap)
        counts.append(sum(one.images for one in dealt) - counts[0])
        assert counts[-1] == twice


def test_that_a_disk_that_is_full_leaves_nothing(
    whole: Location, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("app.store.shares.shutil.copyfile", full)
    with pytest.raises(StoreError, match="the disk is full"):
        split_project(whole, tmp_path / "shares", NAMES)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({"name": "ann", "part": 1, "parts": 2, "split": "../../evil"}),
        json.dumps({"name": "ann", "part": "1", "parts": 2, "split": "0" * 32}),
        json.dumps({"name": "ann", "part": 1, "parts": 10**9, "split": "0" * 32}),
        json.dumps({"name": "\x1b]0;owned", "part": 1, "parts": 2, "split": "0" * 32}),
        json.dumps({"name": 7, "part": 1, "parts": 2, "split": "0" * 32}),
        json.dumps({"name": "ann", "part": 1, "parts": 2, "split": 7}),
        json.dumps({"name": "ann", "part": 1, "parts": 2, "split": "0" * 32, "more": 1}),
    ],
)
def test_that_what_says_nothing_right_of_itself_is_no_share(said: str, whole: Location) -> None:
    (whole.folder / MANIFEST).write_text(said)
    with pytest.raises(StoreError, match="is no share of a project"):
        read_share(whole)


def test_that_a_project_of_its_own_is_no_share(whole: Location) -> None:
    with pytest.raises(StoreError, match="is no share of a project"):
        read_share(replace(whole))
