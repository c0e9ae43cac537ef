from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PIL import Image
from whole_application import running

from app import backing_up
from app.store.backups import backups_in


@pytest.fixture
def run(tmp_path, monkeypatch):
    images = tmp_path / "images"
    images.mkdir()
    Image.new("RGB", (640, 480), (90, 120, 90)).save(images / "0.png")
    monkeypatch.setattr(backing_up, "SOON_MS", 1)
    monkeypatch.setattr(backing_up, "EVERY_MS", 1)
    monkeypatch.setattr(backing_up, "_PATIENCE", 0)
    with running(tmp_path) as opened:
        opened.open(images)
        yield opened


def copies(run):
    return backups_in(run.application.session.store.location.backups, datetime.now(UTC))


def test_that_a_project_is_backed_up_after_it_is_opened_and_as_it_changes(run, qtbot):
    qtbot.waitUntil(lambda: len(copies(run)) == 1)
    with qtbot.waitSignal(run.application.session.backing_up.made) as made:
        run.hands.key("Shift+Return")
    assert made.args[0] == copies(run)[0].path


def test_that_a_backup_that_fails_is_said(run, qtbot):
    session = run.application.session
    qtbot.waitUntil(lambda: len(copies(run)) == 1)
    session.backing_up.close()
    for copy in copies(run):
        copy.path.unlink()
    session.store.location.backups.rmdir()
    session.store.location.backups.write_text("in the way")
    with qtbot.waitSignal(session.backing_up.noticed) as noticed:
        session.backing_up.start()
    assert noticed.args[0].startswith("No backup of the project could be made")
