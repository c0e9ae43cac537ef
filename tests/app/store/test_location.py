from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.model.storage import StoreError
from app.store.location import can_write, find, locate
from app.store.project_store import ProjectStore

if TYPE_CHECKING:
    from pathlib import Path


def test_that_a_project_lives_in_its_image_folder(image_folder: Path, tmp_path: Path) -> None:
    location = locate(image_folder, data_folder=tmp_path / "data")
    assert (location.folder, location.elsewhere) == (image_folder / ".boxwright", False)
    assert location.folder.is_dir()
    assert location.heads.parent == location.folder
    assert location.features.parent == location.cache


def test_that_the_project_of_a_folder_that_cannot_be_written_is_elsewhere(image_folder: Path, tmp_path: Path) -> None:
    (image_folder / ".boxwright").write_text("a file where the folder would be")
    location = locate(image_folder, data_folder=tmp_path / "data")
    assert location.elsewhere
    assert location.folder.parent == tmp_path / "data" / "projects"
    assert location.folder.name.startswith("images-")


def test_that_two_folders_of_one_name_do_not_share_a_project(tmp_path: Path) -> None:
    folders = [tmp_path / "a" / "images", tmp_path / "b" / "images"]
    for folder in folders:
        folder.mkdir(parents=True)
    found = {locate(folder, data_folder=tmp_path, writable=lambda at: "projects" in at.parts) for folder in folders}
    assert len({location.folder for location in found}) == 2


def test_that_work_done_elsewhere_stays_there(image_folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    store = ProjectStore.open(image_folder, data_folder=data, writable=lambda at: data in at.parents and can_write(at))
    store.close()
    assert locate(image_folder, data_folder=data) == store.location
    assert not (image_folder / ".boxwright").exists()


def test_that_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no folder"):
        locate(tmp_path / "nowhere")


def test_that_no_place_at_all_is_refused_with_both_names(image_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"Neither .*\.boxwright nor .*projects.* can be written"):
        locate(image_folder, data_folder=tmp_path, writable=lambda _: False)


def test_that_work_in_a_folder_that_became_read_only_is_not_hidden(image_folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    ProjectStore.open(image_folder, data_folder=data).close()
    with pytest.raises(StoreError, match=r"\.boxwright, cannot be written now\. Make it writable"):
        locate(image_folder, data_folder=data, writable=lambda at: data in at.parents and can_write(at))
    assert not data.exists()


def test_that_a_project_behind_a_link_is_not_taken_for_none(image_folder: Path, tmp_path: Path) -> None:
    (image_folder / ".boxwright").symlink_to(image_folder / ".boxwright")
    with pytest.raises(StoreError, match=r"\.boxwright is a link to another place"):
        locate(image_folder, data_folder=tmp_path / "data")


def test_that_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(StoreError, match=r"loop"):
        locate(tmp_path / "loop")


def test_that_a_project_is_found_where_it_was_made(image_folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    ProjectStore.open(image_folder, data_folder=data, writable=lambda at: data in at.parents and can_write(at)).close()
    elsewhere = find(image_folder, data_folder=data)
    assert elsewhere == locate(image_folder, data_folder=data)
    assert elsewhere is not None
    assert elsewhere.elsewhere
    ProjectStore.open(image_folder, data_folder=tmp_path / "other").close()
    inside = find(image_folder, data_folder=data)
    assert inside == locate(image_folder, data_folder=data)
    assert inside is not None
    assert not inside.elsewhere
    assert find(image_folder, data_folder=data, writable=lambda _: False) == elsewhere


def test_that_looking_for_a_project_makes_nothing(image_folder: Path, tmp_path: Path) -> None:
    assert find(image_folder, data_folder=tmp_path / "data") is None
    assert not (image_folder / ".boxwright").exists()
    assert not (tmp_path / "data").exists()
    (image_folder / ".boxwright").mkdir()
    assert find(image_folder, data_folder=tmp_path / "data") is None
    with pytest.raises(StoreError, match="There is no folder"):
        find(tmp_path / "nowhere")
