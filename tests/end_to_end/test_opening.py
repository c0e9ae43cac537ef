"""The ways into a project, and what the window says where there is none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton
from whole_application import SHOWN, running

from app.store.project_store import ProjectStore
from app.ui import dialogs
from app.ui.image_entry import ImageState
from app.ui.import_preview import ImportPreview
from app.workers.large_image import size_of
from app.workers.messages import DetectorState
from detector.types import DetectorError

ROOT = Path(__file__).resolve().parents[2]
FIRST_PAINT = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from app import application, process
from app.settings import Settings
qt = process.qt_application()
opened = application.Application(qt, application.detector_factory(None, None), Settings(Path({settings!r})))
def painted():
    print("torch" in sys.modules, opened.window.isVisible(), flush=True)
    qt.quit()
opened.window.painted.connect(painted)
opened.show()
opened.window.painted.disconnect(opened._await_first_image)
qt.exec()
opened.shut_down()
"""


def write_coco(path, names, size=(640, 480)):
    document = {
        "images": [
            {"id": place, "file_name": name, "width": size[0], "height": size[1]} for place, name in enumerate(names, 1)
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 4, "bbox": [10, 20, 30, 40], "area": 1200, "iscrowd": 0}
        ],
        "categories": [{"id": 4, "name": "bolt"}],
    }
    path.write_text(json.dumps(document))


def answer(run, words):
    """Press a button of the preview of an import."""
    (button,) = (one for one in run.window.findChild(ImportPreview).findChildren(QPushButton) if one.text() == words)
    button.click()


@pytest.fixture
def drawn(tmp_path):
    """A folder with two plain images."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (640, 480), "gray").save(folder / name)
    return folder


def test_that_the_first_window_is_painted_before_torch_is_imported(tmp_path):
    source = FIRST_PAINT.format(root=str(ROOT), settings=str(tmp_path / "settings.ini"))
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=110, check=True)
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_that_the_welcome_page_opens_a_folder(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(dialogs, "choose_folder", lambda *_args: drawn)
    with running(tmp_path) as run:
        assert run.window.desk is None
        run.window.welcome.open_folder.emit()
        run.hands.wait_for_image()
        assert len(run.workspace.suggestions) == SHOWN
        assert run.window.windowTitle() == "a.png — images — Boxwright"
        run.window.menus.actions["close"].trigger()
        assert run.window.desk is None
        assert run.window.windowTitle() == "Boxwright"
        assert run.application.settings.recent == (drawn,)


def test_that_giving_up_the_choice_of_a_folder_changes_nothing(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(dialogs, "choose_folder", lambda *_args: None)
    with running(tmp_path) as run:
        run.open(drawn)
        desk = run.window.desk
        run.hands.key("Ctrl+O")
        assert run.window.desk is desk


def test_that_a_dropped_folder_opens(drawn, tmp_path):
    with running(tmp_path) as run:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(drawn))])
        drop = QDropEvent(
            QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
        run.window.dropEvent(drop)
        run.hands.wait_for_image()


def test_that_coco_json_opens_with_the_images_beside_it(drawn, tmp_path):
    file = tmp_path / "labels.json"
    write_coco(file, ["a.png", "b.png"])
    with running(tmp_path) as run:
        run.application.open(file)
        run.hands.wait_for_image()
        run.hands.wait(lambda: bool(run.workspace.annotations), "the file is imported")
        (annotation,) = run.workspace.annotations.values()
        assert annotation.box == (10, 20, 40, 60)
        assert [category.name for category in run.workspace.categories] == ["bolt"]
        run.hands.key("Ctrl+Z")
        assert not run.workspace.annotations


def test_that_bad_coco_json_is_reported_and_imports_nothing_until_the_rest_is_asked_for(drawn, tmp_path):
    file = tmp_path / "labels.json"
    write_coco(file, ["a.png", "gone.png"])
    with running(tmp_path) as run:
        run.application.open(file)
        run.hands.wait_for_image()
        run.hands.wait(lambda: run.window.findChild(ImportPreview) is not None, "the person is asked")
        assert not run.workspace.annotations
        assert run.workspace.history.length == 0
        answer(run, "Import the rest")
        assert len(run.workspace.annotations) == 1


def test_that_annotations_beside_the_images_are_offered_once(drawn, tmp_path):
    write_coco(drawn / "instances.json", ["a.png", "b.png"])
    (drawn / "notes.json").write_text("[1, 2]")
    with running(tmp_path) as run:
        run.open(drawn)
        (offer,) = run.window.banner.findChildren(QPushButton)
        assert "instances.json" in offer.text()
        offer.click()
        run.hands.wait(lambda: run.window.findChild(ImportPreview) is not None, "what would come is shown")
        run.window.findChild(ImportPreview).accept()
        run.hands.wait(lambda: len(run.workspace.annotations) == 1, "the file is imported")
        assert run.window.banner.text == ""
        run.open(drawn)
        assert run.window.banner.text == ""


def test_that_an_image_opens_its_folder_at_that_image(drawn, tmp_path):
    with running(tmp_path) as run:
        run.application.open(drawn / "b.png")
        run.hands.wait_for_image()
        assert run.workspace.current_image.path == "b.png"


def test_that_a_second_writer_is_refused_with_the_name_of_the_first(drawn, tmp_path):
    holder = ProjectStore.open(drawn)
    try:
        with running(tmp_path) as run:
            run.application.open(drawn)
            assert run.window.desk is None
            assert "another Boxwright" in run.window.banner.text
    finally:
        holder.close()


def test_that_a_read_only_folder_gets_its_project_elsewhere_and_the_window_says_where(drawn, tmp_path):
    (drawn / ".boxwright").write_text("a file where the project's folder would be")
    with running(tmp_path) as run:
        run.open(drawn)
        location = run.application.session.store.location
        assert location.elsewhere
        label = run.window.status._location
        assert label.isVisible()
        assert str(location.folder) in label.toolTip()


def test_that_a_folder_without_images_is_open_and_empty(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    with running(tmp_path) as run:
        run.application.open(folder)
        assert run.workspace.current_image is None
        run.hands.key("D")
        run.hands.key("Space")
        assert run.window.windowTitle() == "empty — Boxwright"


def test_that_a_detector_that_does_not_load_is_said_and_the_work_goes_on(drawn, tmp_path):
    def fail():
        raise DetectorError("The file of the model is damaged; download it again.")

    with running(tmp_path, factory=fail) as run:
        while run.application.service.status.state is not DetectorState.FAILED:
            QApplication.processEvents()
        assert "download it again" in run.window.banner.text
        run.application.open(drawn)
        desk = run.window.desk
        while desk.shown_image is None:
            QApplication.processEvents()
        run.hands.key("W")
        run.hands.drag((100, 100), (200, 200))
        run.hands.name_category("bolt")
        assert len(run.workspace.annotations) == 1


def test_that_every_odd_image_is_shown_or_listed_with_a_reason_and_none_stops_the_folder(shared_data, tmp_path):
    folder = tmp_path / "odd"
    shutil.copytree(shared_data / "odd-images", folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)
    with running(tmp_path) as run:
        run.application.open(folder)
        shown, failed = [], []
        session = run.application.session
        session.image_shown.connect(lambda image: shown.append(size_of(image)))
        session.image_failed.connect(failed.append)
        images = list(run.workspace.images)
        assert len(images) > 30
        for record in images:
            before = len(shown) + len(failed)
            run.workspace.go_to(record.id)
            if record != images[0]:
                run.hands.wait(
                    lambda before=before: len(shown) + len(failed) > before, f"{record.path} is shown or refused"
                )
        assert len(shown) > 20
        assert failed
        assert all(sentence and "\n" not in sentence for sentence in failed)
        rows = run.hands.desk.image_list._rows
        unreadable = [
            row for row in range(rows.rowCount()) if rows._entry(rows.record(row)).state is ImageState.UNREADABLE
        ]
        assert len(unreadable) >= len(failed)
