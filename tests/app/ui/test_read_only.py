from __future__ import annotations

import pytest
from damaged_project import make_project, pages_of, wipe
from PIL import Image
from whole_application import running

from app.store.repair import examine


@pytest.fixture
def location(tmp_path):
    made = make_project(tmp_path / "photos", boxes=20)
    for number in range(1, 21):
        Image.new("RGB", (640, 480), (90, 120, 90 + number)).save(made.image_folder / f"{number:02}.png")
    wipe(made.database, pages_of(made.database, "annotations")[1:2])
    return made


@pytest.fixture
def run(location, tmp_path):
    with running(tmp_path) as opened:
        opened.open(location.image_folder)
        yield opened


def test_that_a_damaged_project_is_shown_and_said_to_be_for_reading(run):
    assert len(run.workspace.annotations) == 20
    assert run.window.standing.text.startswith("This project is damaged. It is shown as far as it can be read")
    assert run.window.status._saved.text() == "Read-only"
    run.application.close_project()
    assert run.window.standing.text == ""


def test_that_each_gesture_gives_one_sentence_and_changes_nothing(run, location):
    before = location.database.read_bytes()
    for key in ("Shift+Return", "Ctrl+Z", "Space"):
        run.hands.key(key)
        assert run.window.status.currentMessage().startswith("Nothing can be changed here")
        assert run.window.banner.text == ""
    assert len(run.workspace.annotations) == 20
    assert location.database.read_bytes() == before
    assert examine(location)


def test_that_a_read_only_project_is_neither_trained_on_nor_backed_up(run, location):
    said = []
    run.application.session.tuning.trouble.connect(said.append)
    assert not run.application.session.tuning.start()
    assert said[0].startswith("This project is damaged")
    assert not run.application.session.backing_up._timer.isActive()
    assert not location.backups.exists()
