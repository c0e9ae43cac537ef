"""Image files that are deleted, replaced, turned or added while their project is open, in the real window."""

from __future__ import annotations

import shutil

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from whole_application import MadeUpDetector

from app.model.annotations import ImageRecord
from app.model.storage import StoreError
from app.store.location import Location
from app.ui.banner import Tone
from app.workers.folder_watch import compare


def at(run):
    """Return the record of the image on screen, and its path."""
    record = run.workspace.current_image
    return record, run.application.session.path(record)


def refocus(run):
    run.application._look_at_disk(Qt.ApplicationState.ApplicationActive)


def accept_one(run):
    run.hands.key("Tab")
    run.hands.key("Return")


def test_that_an_image_deleted_on_screen_is_missing_keeps_its_boxes_and_comes_back_with_its_file(at_work, tmp_path):
    accept_one(at_work)
    record, path = at(at_work)
    kept = path.rename(tmp_path / "elsewhere.jpg")
    at_work.hands.wait(lambda: at_work.workspace.current_image.missing, "the image is missing")
    assert at_work.window.banner.text.startswith(f"{path.name} is no longer in the folder.")
    assert at_work.window.banner.tone is Tone.WARNING
    assert len(at_work.workspace.annotations) == 1
    assert at_work.hands.desk.shown_image == record.id  # nobody's work is pulled from under them
    said = []
    at_work.application.session.noticed.connect(said.append)
    shutil.move(kept, path)
    at_work.hands.wait(lambda: not at_work.workspace.current_image.missing, "the image is back")
    at_work.hands.wait(lambda: at_work.workspace.prediction is not None, "it has its suggestions again")
    assert f"{path.name} is in the folder again." in said
    assert len(at_work.workspace.annotations) == 1


def test_that_images_deleted_elsewhere_are_marked_in_one_go_and_stay_so(at_work, dice):
    others = [record for record in at_work.workspace.images if record.id != at_work.workspace.current_image.id][-3:]
    for record in others:
        (dice / record.path).unlink()
    gone = {record.id for record in others}
    at_work.hands.wait(
        lambda: {one.id for one in at_work.workspace.images if one.missing} == gone, "three images are missing"
    )
    assert at_work.window.banner.text.startswith("3 images are no longer in the folder.")
    at_work.application.close_project()
    at_work.open(dice)
    assert {one.id for one in at_work.workspace.images if one.missing} == gone


def test_that_an_image_replaced_on_screen_is_read_and_detected_again_and_its_boxes_stay(at_work):
    accept_one(at_work)
    _, path = at(at_work)
    (box,) = (one.box for one in at_work.workspace.annotations.values())
    at_work.hands.wait(at_work.settled, "all is detected")
    calls = at_work.detector.calls
    Image.new("RGB", (60, 40)).save(path)
    at_work.hands.wait(lambda: at_work.workspace.current_image.size == (40, 60), "the new file is shown")
    at_work.hands.wait(at_work.settled, "the new file is detected")
    assert at_work.detector.calls == calls + 1
    assert at_work.workspace.prediction.image_size == (40, 60)
    assert [one.box for one in at_work.workspace.annotations.values()] == [box]
    assert "is 60 × 40 now: check its boxes. 1 box lies outside the image." in at_work.window.banner.text


def test_that_the_thumbnail_of_a_replaced_image_is_made_anew(at_work):
    record, path = at(at_work)
    loader = at_work.application.session.loader
    at_work.hands.wait(lambda: loader.thumbnail(record.id) is not None, "the thumbnail is there")
    Image.new("RGB", (64, 64), (200, 10, 10)).save(path, quality=95)
    at_work.hands.wait(
        lambda: (new := loader.thumbnail(record.id)) is not None and new[0, 0, 0] > 150 > new[0, 0, 1], "it is red"
    )


def test_that_a_turned_image_says_so_when_it_is_shown_again(at_work):
    accept_one(at_work)
    record, path = at(at_work)
    height, width = record.size
    at_work.hands.key("D")
    at_work.hands.wait_for_image()
    with Image.open(path) as image:
        image.crop((0, 0, width, height - 100)).transpose(Image.Transpose.ROTATE_90).save(path)
    at_work.hands.key("A")
    at_work.hands.wait(lambda: at_work.workspace.current_image.size == (width, height - 100), "it is shown turned")
    assert f"was {width} × {height} pixels and is {height - 100} × {width} now" in at_work.window.banner.text


def test_that_boxes_are_to_be_checked_where_an_image_changed_without_changing_its_size(at_work):
    accept_one(at_work)
    _, path = at(at_work)
    with Image.open(path) as image:
        image.transpose(Image.Transpose.ROTATE_180).save(path)
    at_work.hands.wait(lambda: bool(at_work.window.banner.text), "it is said")
    assert at_work.window.banner.text == f"{path.name} has changed on disk and is read again: check its boxes."


def test_that_a_replaced_image_without_another_size_keeps_the_zoom_and_asks_for_nothing(at_work):
    _, path = at(at_work)
    at_work.hands.desk.canvas.zoom_by(4)
    zoom = at_work.hands.desk.canvas.zoom
    with Image.open(path) as image:
        size = image.size
    said = []
    at_work.application.session.noticed.connect(said.append)
    Image.new("RGB", size, "white").save(path)
    at_work.hands.wait(lambda: bool(said), "it is said")
    at_work.hands.wait(at_work.settled, "the new file is detected")
    assert said == [f"{path.name} has changed on disk and is read again."]
    assert at_work.hands.desk.canvas.zoom == pytest.approx(zoom)
    assert not at_work.window.banner.text


def test_that_new_files_are_told_and_wait_until_they_are_wanted(at_work, dice):
    record, path = at(at_work)
    count = len(at_work.workspace.images)
    said = []
    at_work.hands.desk.said.connect(said.append)
    shutil.copy(path, dice / "zz-new.jpg")
    at_work.hands.wait(lambda: bool(said), "the new file is told")
    assert said == ["There is 1 new image in the folder: F5 lists it."]
    assert len(at_work.workspace.images) == count
    at_work.hands.key("F5")
    at_work.hands.wait(lambda: len(at_work.workspace.images) == count + 1, "the new file is listed")
    assert at_work.workspace.current_image.id == record.id
    assert said[-1] == "1 new image."
    at_work.hands.wait_for_image()


def test_that_looking_again_where_nothing_changed_says_so(at_work):
    said = []
    at_work.application.session.noticed.connect(said.append)
    at_work.hands.key("F5")
    at_work.hands.wait(lambda: bool(said), "there is an answer")
    assert said == ["Nothing has changed in the folder."]


def test_that_a_change_is_noticed_with_the_focus_where_the_system_watches_nothing(at_work, dice):
    watch = at_work.application.session.disk._watch
    watch._watcher.removePaths([*watch._watcher.files(), *watch._watcher.directories()])
    _, path = at(at_work)
    path.unlink()
    (dice / at_work.workspace.images[-1].path).unlink()
    refocus(at_work)
    at_work.hands.wait(lambda: sum(one.missing for one in at_work.workspace.images) == 2, "both are missing")
    assert at_work.workspace.current_image.missing


def test_that_a_folder_that_is_gone_makes_no_image_missing_by_its_listing(at_work, dice, tmp_path):
    at_work.hands.wait(at_work.settled, "all is detected")
    warned = []
    at_work.application.session.warned.connect(warned.append)
    dice.rename(tmp_path / "pulled out")
    at_work.hands.key("F5")
    at_work.hands.wait(lambda: any("cannot be read" in one for one in warned), "the reason is told")
    assert sum(one.missing for one in at_work.workspace.images) <= 1
    (tmp_path / "pulled out").rename(dice)


def test_that_an_empty_folder_in_place_of_a_drive_makes_no_image_missing_by_its_listing(at_work, dice, tmp_path):
    warned = []
    at_work.application.session.warned.connect(warned.append)
    dice.rename(tmp_path / "pulled out")
    dice.mkdir()
    at_work.hands.key("F5")
    at_work.hands.wait(lambda: any("is the drive connected?" in one for one in warned), "the reason is told")
    assert sum(one.missing for one in at_work.workspace.images) <= 1
    assert list(dice.iterdir()) == []
    dice.rmdir()
    (tmp_path / "pulled out").rename(dice)
    at_work.hands.key("F5")
    at_work.hands.wait(lambda: not any(one.missing for one in at_work.workspace.images), "all are back")


@pytest.mark.parametrize("elsewhere", [True, False])
def test_that_an_empty_folder_means_a_drive_only_where_the_project_would_outlive_it(elsewhere, tmp_path):
    location = Location(tmp_path / "photos", tmp_path / "project", elsewhere)
    location.image_folder.mkdir()
    location.folder.mkdir()
    location.database.touch()
    images = [ImageRecord(1, "a.png"), ImageRecord(2, "b.png")]
    if elsewhere:
        with pytest.raises(StoreError, match="is the drive connected"):
            compare(location, images)
        (location.image_folder / "a.png").touch()
        assert compare(location, images).gone == (2,)
    else:
        assert compare(location, images).gone == (1, 2)


def test_that_a_missing_image_is_not_asked_of_the_detector(at_work, dice):
    at_work.hands.wait(at_work.settled, "all is detected")
    far = at_work.workspace.images[-1]
    (dice / far.path).unlink()
    at_work.hands.wait(lambda: at_work.workspace.images[-1].missing, "it is missing")
    progress = []
    at_work.application.service.progressed.connect(progress.append)
    at_work.hands.key("Ctrl+B")
    at_work.hands.wait(lambda: bool(progress) and progress[-1].finished, "the folder is detected")
    assert progress[-1].failed == 0
    assert isinstance(at_work.detector, MadeUpDetector)
