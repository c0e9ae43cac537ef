from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import pytest
from fake_training import FakeTraining, QuickDetector, progress, result
from PIL import Image
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QApplication
from whole_application import running

from app import coco_projects
from app.process import report_uncaught
from app.settings import Settings
from app.ui.crash_dialog import CrashDialog
from app.ui.theme import ColorMode
from app.workers.messages import Crash, TrainingOutcome
from detector.types import Thresholds

ROOT = Path(__file__).resolve().parents[2]

INTERRUPTED = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from app import application
from app.workers.messages import DetectorState
application.detector_factory = lambda model, device, precision, exports: lambda: None
shown = application.Application.show
def show(self, path, *, demo):
    self.window.painted.connect(lambda: print("painted", flush=True))
    shown(self, path, demo=demo)
application.Application.show = show
sys.exit(application.run(Path({folder!r})))
"""


@pytest.fixture
def folder(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    Image.new("RGB", (64, 48)).save(images / "a.png")
    return images


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a child")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_a_signal_ends_it_orderly(folder, tmp_path, monkeypatch, number):
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    source = INTERRUPTED.format(root=str(ROOT), folder=str(folder))
    with subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "painted\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert not (folder / ".boxwright" / "lock.holder").exists()


def test_that_an_error_nobody_caught_is_shown_once_and_the_application_lives_on(folder, tmp_path, monkeypatch):
    with running(tmp_path) as run:
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)
        monkeypatch.setattr(threading, "excepthook", threading.excepthook)
        report_uncaught(run.window, run.application.crashes.report)
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        run.hands.wait(lambda: bool(run.window.findChildren(CrashDialog)), "the crash is shown")
        run.application.crashes.report(Crash("Another one.", "Traceback ..."))
        (dialog,) = run.window.findChildren(CrashDialog)
        dialog.close()
        run.open(folder)
        assert run.workspace.current_image is not None


def test_that_shutting_down_twice_is_harmless(folder, tmp_path):
    with running(tmp_path) as run:
        run.open(folder)
        run.application.shut_down()
        run.application.shut_down()
        assert run.window.desk is None


def test_that_opening_another_folder_closes_the_first(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (32, 32)).save(other / "b.png")
    with running(tmp_path) as run:
        run.open(folder)
        first = run.application.session
        run.open(other)
        assert run.application.session is not first
        assert not (folder / ".boxwright" / "lock.holder").exists()
        assert run.workspace.current_image.path == "b.png"
        assert run.workspace.prediction.image_size == (32, 32)


def test_that_a_closed_project_is_freed_although_something_was_imported_while_it_was_open(
    folder, tmp_path, monkeypatch, qtbot
):
    with running(tmp_path) as run:
        run.open(folder)
        loader = weakref.ref(run.application.session.loader)
        monkeypatch.setitem(sys.modules, "imported_while_it_was_open", sys)
        before = gc.get_freeze_count()
        qtbot.waitUntil(lambda: gc.get_freeze_count() != before)
        assert loader() is not None
        run.application.close_project()
        qtbot.waitUntil(lambda: loader() is None)


def test_that_a_late_detection_of_a_closed_project_is_not_shown_in_the_next(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (32, 32)).save(other / "b.png")
    with running(tmp_path) as run:
        run.application.open(folder)
        run.application.open(other)  # both have an image of id 1
        run.hands.wait_for_image()
        assert run.workspace.prediction.image_size == (32, 32)


@pytest.mark.parametrize("closes_window", [True, False])
def test_that_closing_while_training_ends_it_and_keeps_the_work(folder, tmp_path, closes_window):
    training = FakeTraining(progress(1), result(), progress(2), gated=True)
    with running(tmp_path, tuner=training.tuner(QuickDetector)) as run:
        run.open(folder)
        ends = []
        run.application.service.training.ended.connect(lambda ended: ends.append(ended.outcome))
        assert run.application.session.tuning.start()
        run.hands.wait(lambda: training.begun == 1, "the training runs")
        later = training.allow_once_cancelled(training.requests[0])
        (run.application.shut_down if closes_window else run.application.close_project)()
        run.hands.wait(lambda: ends == [TrainingOutcome.CANCELLED], "the training has ended")
        later.join()
        assert len(training.closed_in) == 1
        assert run.window.desk is None
    assert not (folder / ".boxwright" / "lock.holder").exists()


def test_that_a_version_that_cannot_be_opened_is_no_lack_of_a_detector(folder, tmp_path, qtbot):
    training = FakeTraining(result())
    with running(tmp_path, tuner=training.tuner(QuickDetector)) as run:
        run.open(folder)
        tuning, service = run.application.session.tuning, run.application.service
        assert tuning.start()
        run.hands.wait(lambda: tuning.active is not None and not tuning.is_running, "the version is trained")
        tuning.use(None)
        training.damaged.add(training.saved[0].name)
        said = []
        tuning.trouble.connect(said.append)
        tuning.use(tuning.versions[0])
        # Not with the hands: they give up as soon as a detector does not start.
        qtbot.waitUntil(lambda: service.status.model_version == "made-up-1" and said != [])
        assert len(said) == 1
        assert "no detector" not in run.window.banner.text


def test_that_trouble_of_the_tuning_is_said_in_its_panel_and_loses_nothing(folder, tmp_path):
    with running(tmp_path) as run:
        run.open(folder)
        run.application.session.tuning.roll_back()
        assert "nothing to go back to" in run.window.desk.training._message.text()
        assert run.window.banner.text == ""
        assert run.window.status._saved.text() == "All saved"


def test_that_a_folder_that_is_gone_is_said(tmp_path):
    with running(tmp_path) as run:
        run.application.open(tmp_path / "gone")
        assert "gone" in run.window.banner.text
        assert run.window.desk is None


def test_that_settings_come_back_and_nonsense_reads_as_the_default(tmp_path, folder):
    path = tmp_path / "settings.ini"
    settings = Settings(path)
    settings.color_mode = ColorMode.DARK
    settings.thresholds = Thresholds(0.3, 0.6)
    settings.geometry = QByteArray(b"abc")
    settings.add_recent(tmp_path)
    settings.add_recent(folder)
    settings.add_recent(tmp_path / "gone")
    del settings
    again = Settings(path)
    assert again.color_mode is ColorMode.DARK
    assert again.thresholds == Thresholds(0.3, 0.6)
    assert again.geometry == QByteArray(b"abc")
    assert again.recent == (folder, tmp_path)
    path.write_text("[General]\ncolor_mode=pink\nthresholds=[7, 1]\nrecent=12\ngeometry=5\n")
    nonsense = Settings(path)
    QApplication.processEvents()
    assert (nonsense.color_mode, nonsense.thresholds, nonsense.recent) == (ColorMode.SYSTEM, Thresholds(), ())
    assert nonsense.geometry.isEmpty()


def test_that_coco_files_are_known_by_their_first_bytes(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    (tmp_path / "train.json").write_text('{"info": {}, "images": []}')
    (images / "val.json").write_text('\ufeff{"categories": []}', encoding="utf-8")
    (images / "other.json").write_text("[]")
    (images / "empty.json").write_text("")
    assert coco_projects.annotations_beside(images) == [images / "val.json", tmp_path / "train.json"]


def test_that_annotations_in_many_files_are_known_by_the_folder_that_they_are_in(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "1.jpg")
    assert coco_projects.annotations_beside(folder) == []
    (folder / "1.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    (folder / "classes.txt").write_text("cat\n")
    assert coco_projects.annotations_beside(folder) == [folder]


def test_that_a_recent_folder_that_cannot_be_looked_at_is_left_out(tmp_path, folder):
    settings = Settings(tmp_path / "settings.ini")
    settings.add_recent(tmp_path / ("x" * 5000))
    settings.add_recent(folder)
    assert settings.recent == (folder,)


def test_that_the_images_of_a_coco_file_are_looked_for_without_reading_it_to_its_end(folder, tmp_path):
    file = tmp_path / "labels.json"
    file.write_text('{"images": [{"file_name": "' + "x" * 5000 + '"}, {"file_name": "a.png"}], and so on')
    assert coco_projects.image_folder_of(file) == folder


def test_that_the_images_of_a_coco_file_are_found_beside_it_or_not_guessed(folder, tmp_path):
    file = tmp_path / "labels.json"
    file.write_text('{"images": [{"id": 1, "file_name": "a.png"}]}')
    assert coco_projects.image_folder_of(file) == folder
    file.write_text('{"images": [{"id": 1, "file_name": "elsewhere.png"}]}')
    assert coco_projects.image_folder_of(file) is None
    file.write_text("{broken")
    assert coco_projects.image_folder_of(file) is None
