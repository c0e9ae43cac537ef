"""Annotations of other programs in and out of the real window, shown before they change anything."""

from __future__ import annotations

import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDialog, QPushButton
from whole_application import running

from app.store.formats.foreign import Images
from app.ui import dialogs
from app.ui.dialogs import ReportDialog
from app.ui.export_dialog import ExportChoice, ExportDialog
from app.ui.import_preview import ImportPreview

VOC = (
    "<annotation><filename>{}.png</filename><object><name>{}</name><bndbox>"
    "<xmin>10</xmin><ymin>20</ymin><xmax>40</xmax><ymax>60</ymax></bndbox></object></annotation>"
)


@pytest.fixture
def drawn(tmp_path):
    """A folder with two plain images."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (640, 480), "gray").save(folder / name)
    return folder


@pytest.fixture
def voc(tmp_path):
    """Annotations of both images, and of one that is not there."""
    folder = tmp_path / "voc"
    folder.mkdir()
    for name in ("a", "b", "gone"):
        (folder / f"{name}.xml").write_text(VOC.format(name, "bolt"))
    return folder


def press(dialog, words):
    (button,) = (one for one in dialog.findChildren(QPushButton) if one.text() == words)
    button.click()


def preview_of(run, path, monkeypatch):
    """The preview of what the person chooses in the File menu."""
    monkeypatch.setattr(dialogs, "choose_folder", lambda *_args: path)
    run.window.menus.actions["import-folder"].trigger()
    run.hands.wait(lambda: run.window.findChild(ImportPreview) is not None, "the person is asked")
    return run.window.findChild(ImportPreview)


def test_that_a_folder_is_shown_before_it_is_imported_and_undo_takes_it_back(drawn, voc, tmp_path, monkeypatch):
    with running(tmp_path) as run:
        run.open(drawn)
        preview = preview_of(run, voc, monkeypatch)
        said = " ".join(label.text() for label in preview.findChildren(dialogs.QLabel))
        assert "voc, Pascal VOC XML" in said
        assert "2 in this project, 1 not in it, or not usable" in said
        assert "2 new" in said
        assert "1: bolt" in said
        assert not run.workspace.categories
        preview.findChild(QCheckBox).setChecked(True)
        press(preview, "Import the rest")
        assert len(run.workspace.annotations) == 1
        assert run.workspace.reviewed_count == 2
        assert [image.size for image in run.workspace.images] == [(480, 640)] * 2
        run.hands.wait(lambda: QApplication.activeWindow() is run.window, "the window is active again")
        run.hands.key("Ctrl+Z")
        assert (run.workspace.categories, run.workspace.reviewed_count) == ((), 0)


def test_that_an_import_of_what_is_there_already_does_not_say_that_it_was_imported(drawn, voc, tmp_path, monkeypatch):
    (voc / "gone.xml").unlink()
    with running(tmp_path) as run:
        run.open(drawn)
        press(preview_of(run, voc, monkeypatch), "Import")
        assert run.window.status.currentMessage() == "Imported voc: 2 annotations on 2 images."
        run.hands.wait(lambda: run.window.findChild(ImportPreview) is None, "the preview is gone")
        press(preview_of(run, voc, monkeypatch), "Import")
        assert run.window.status.currentMessage() == "Nothing was imported: the project has all of it already."


def test_that_giving_up_in_the_preview_changes_nothing(drawn, voc, tmp_path, monkeypatch):
    with running(tmp_path) as run:
        run.open(drawn)
        press(preview_of(run, voc, monkeypatch), "Cancel")
        assert run.workspace.history.length == 0


def test_that_what_is_no_annotation_is_said_and_nothing_asked(drawn, tmp_path, monkeypatch):
    notes = tmp_path / "notes.json"
    notes.write_text("{}")
    monkeypatch.setattr(dialogs, "choose_file", lambda *_args: notes)
    with running(tmp_path) as run:
        run.open(drawn)
        run.window.menus.actions["import"].trigger()
        run.hands.wait(lambda: run.window.findChild(ReportDialog) is not None, "the reason is shown")
        assert run.window.findChild(ImportPreview) is None
        run.window.findChild(QDialog).close()


def test_that_a_project_closed_while_it_is_read_is_left_alone(drawn, voc, tmp_path):
    with running(tmp_path) as run:
        run.open(drawn)
        ended = []
        run.window.exchange.imported.connect(lambda: ended.append(True))
        run.window.exchange.bring_in(run.window.desk, voc, asks=False)
        run.application.close_project()
        run.window.exchange.wait()
        run.open(drawn)
        assert (run.workspace.history.length, ended) == (0, [])


def test_that_annotations_beside_the_images_are_offered_as_a_folder(drawn, voc, tmp_path):
    (voc / "gone.xml").unlink()
    voc.rename(drawn.parent / "Annotations")
    with running(tmp_path) as run:
        run.open(drawn)
        (offer,) = run.window.banner.findChildren(QPushButton)
        assert offer.text() == "Import Annotations…"
        offer.click()
        run.hands.wait(lambda: run.window.findChild(ImportPreview) is not None, "what would come is shown")
        assert not run.workspace.annotations
        press(run.window.findChild(ImportPreview), "Import")
        run.hands.wait(lambda: len(run.workspace.annotations) == 1, "the folder is imported")


def test_that_the_chosen_format_is_exported_and_chosen_again_next_time(drawn, tmp_path, monkeypatch):
    target = tmp_path / "out"
    monkeypatch.setattr(dialogs, "choose_folder", lambda *_args: target)
    with running(tmp_path) as run:
        run.open(drawn)
        run.hands.key("Shift+Return")
        run.hands.key("Space")
        run.window.menus.actions["export"].trigger()
        dialog = run.window.findChild(ExportDialog)
        formats, images = dialog.findChildren(QComboBox)
        assert not images.isEnabled(), "one file takes no images along"
        formats.setCurrentIndex(formats.findData("yolo"))
        images.setCurrentIndex(images.findData(Images.COPY))
        reports = []
        run.window.exchange.exported.connect(reports.append)
        press(dialog, "Choose where to…")
        run.hands.wait(lambda: bool(reports), "the export is written")
        assert len((target / "labels" / "a.txt").read_text().splitlines()) == 3
        assert (target / "images" / "a.png").read_bytes() == (drawn / "a.png").read_bytes()
        run.window.findChild(ReportDialog).close()
        run.window.menus.actions["export"].trigger()
        again = [one for one in run.window.findChildren(ExportDialog) if one.isVisible()]
        assert again[-1].choice == ExportChoice(dialog_format("yolo"), images=Images.COPY)
        again[-1].close()


def dialog_format(key):
    from app.store.formats.table import format_of

    return format_of(key)
