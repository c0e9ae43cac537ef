"""An export to train, validate and test on, chosen in the real window."""

from __future__ import annotations

import json

import pytest
from PIL import Image
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPushButton
from whole_application import running

from app.store.formats.foreign import Images
from app.store.formats.table import format_of
from app.ui import dialogs
from app.ui.dialogs import ReportDialog
from app.ui.export_dialog import ExportChoice, ExportDialog


@pytest.fixture
def dialog(qtbot):
    """The dialog, to export CVAT as the last time."""
    opened = ExportDialog(ExportChoice(format_of("cvat")), 3)
    qtbot.addWidget(opened)
    return opened


def parts_of(dialog: ExportDialog) -> QCheckBox:
    return next(box for box in dialog.findChildren(QCheckBox) if "train" in box.text())


def go_on(dialog: ExportDialog) -> QPushButton:
    return next(button for button in dialog.findChildren(QPushButton) if button.isDefault())


def test_that_parts_make_a_folder_of_any_format(dialog):
    assert (dialog.choice.shares, dialog.choice.suffix) == ((), ".xml")
    shares = dialog.findChild(QLineEdit)
    assert not shares.isEnabled()
    parts_of(dialog).setChecked(True)
    assert (dialog.choice.shares, dialog.choice.suffix) == ((80, 10, 10), "")
    shares.setText("75/25")
    assert dialog.choice.shares == (75, 25, 0)


def test_that_percentages_that_mean_nothing_are_not_exported(dialog):
    parts_of(dialog).setChecked(True)
    dialog.findChild(QLineEdit).setText("80/30")
    assert not go_on(dialog).isEnabled()
    assert any("add up to 100" in label.text() for label in dialog.findChildren(dialogs.QLabel))
    parts_of(dialog).setChecked(False)
    assert go_on(dialog).isEnabled()


def test_that_the_last_choice_is_there_again(qtbot):
    choice = ExportChoice(format_of("yolo"), images=Images.LINK, shares=(70, 20, 10))
    again = ExportDialog(choice, 0)
    qtbot.addWidget(again)
    assert again.choice == choice


def test_that_parts_are_exported_from_the_window(tmp_path, monkeypatch):
    folder, target = tmp_path / "images", tmp_path / "out"
    folder.mkdir()
    for shade in range(4):
        Image.new("RGB", (64, 48), (shade * 60, 0, 0)).save(folder / f"{'abcd'[shade]}.png")
    monkeypatch.setattr(dialogs, "choose_folder", lambda *_args: target)
    with running(tmp_path) as run:
        run.open(folder)
        run.window.menus.actions["export"].trigger()
        opened = run.window.findChild(ExportDialog)
        opened.findChild(QComboBox).setCurrentIndex(0)
        parts_of(opened).setChecked(True)
        opened.findChild(QLineEdit).setText("50/50")
        next(box for box in opened.findChildren(QCheckBox) if "not reviewed" in box.text()).setChecked(True)
        reports = []
        run.window.exchange.exported.connect(reports.append)
        go_on(opened).click()
        run.hands.wait(lambda: bool(reports), "the export is written")
        found = {file.stem: len(json.loads(file.read_text())["images"]) for file in target.glob("*.json")}
        assert found == {"train": 2, "val": 2}
        assert reports[0].parts[0].endswith("train 2, val 2.")
        run.window.findChild(ReportDialog).close()
