"""The dialogs: what they show, what they copy, and what they give back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QListWidget, QPushButton

from app.ui.crash_dialog import CrashDialog
from app.ui.dialogs import (
    AboutDialog,
    ReportDialog,
    ReportLine,
    Severity,
    choose_file,
    choose_folder,
    choose_save_file,
)
from app.ui.key_sheet import KeyRow, KeySheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says

ROWS = (
    KeyRow("Images", "Next image", "D"),
    KeyRow("Images", "Mark reviewed and go on", "Space, Ctrl+Enter"),
    KeyRow("Boxes", "Accept the suggestion", "Enter"),
)


def words(dialog: QDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def button(dialog: QDialog, text: str) -> QPushButton:
    return next(one for one in dialog.findChildren(QPushButton) if one.text().replace("&", "") == text)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("", 3), ("image", 2), ("ENTER", 2), ("accept enter", 1), ("boxes", 1), ("zebra", 0)],
)
def test_that_the_key_sheet_finds_by_group_text_and_key(qtbot: QtBot, wanted: str, found: int) -> None:
    sheet = KeySheet(ROWS)
    qtbot.addWidget(sheet)
    sheet.show()
    qtbot.keyClicks(sheet._search, wanted)
    assert len(sheet.shown_rows) == found
    assert ("No action matches." in words(sheet)) is (found == 0)
    for row in sheet.shown_rows:
        assert row.text in words(sheet)


def test_that_the_key_sheet_opens_with_the_cursor_in_the_search(qtbot: QtBot) -> None:
    sheet = KeySheet(ROWS)
    qtbot.addWidget(sheet)
    with qtbot.waitExposed(sheet):
        sheet.show()
    qtbot.waitUntil(sheet._search.hasFocus)


def test_that_the_key_sheet_of_nothing_can_be_shown(qtbot: QtBot) -> None:
    sheet = KeySheet(())
    qtbot.addWidget(sheet)
    assert "No action matches." in words(sheet)


def test_that_a_report_lists_the_worst_first(qtbot: QtBot) -> None:
    lines = [
        ReportLine(Severity.INFO, "turned"),
        ReportLine(Severity.ERROR, "missing"),
        ReportLine(Severity.WARNING, "tiny"),
        ReportLine(Severity.ERROR, "broken"),
    ]
    dialog = ReportDialog("Import", "3 boxes came in.", lines)
    qtbot.addWidget(dialog)
    listed = dialog.findChild(QListWidget)
    assert [listed.item(row).text() for row in range(listed.count())] == ["missing", "broken", "tiny", "turned"]
    button(dialog, "Copy list").click()
    assert QGuiApplication.clipboard().text() == "missing\nbroken\ntiny\nturned"


def test_that_a_report_without_lines_is_its_summary(qtbot: QtBot) -> None:
    dialog = ReportDialog("Export", "250 images are in the file.", [])
    qtbot.addWidget(dialog)
    assert "250 images are in the file." in words(dialog)
    assert dialog.findChild(QListWidget) is None


def test_that_about_says_the_version(qtbot: QtBot) -> None:
    dialog = AboutDialog("1.2.3")
    qtbot.addWidget(dialog)
    assert "Boxwright 1.2.3" in words(dialog)


@pytest.mark.parametrize("kind", [CrashDialog, ReportDialog, AboutDialog, KeySheet])
def test_that_every_dialog_closes_by_escape(qtbot: QtBot, kind: type[QDialog]) -> None:
    made = {
        CrashDialog: lambda: CrashDialog("a", "b"),
        ReportDialog: lambda: ReportDialog("a", "b", []),
        AboutDialog: lambda: AboutDialog("1"),
        KeySheet: lambda: KeySheet(ROWS),
    }[kind]()
    qtbot.addWidget(made)
    made.show()
    qtbot.keyClick(made, "\x1b")
    assert not made.isVisible()


def in_file_dialog(act: Callable[[QFileDialog], None]) -> None:
    """Act on the next file dialog as soon as it is open."""

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QFileDialog):
            act(dialog)
        else:
            QTimer.singleShot(5, look)

    QTimer.singleShot(0, look)


def test_that_giving_up_chooses_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    for choose in (
        lambda: choose_folder(None, "Open a folder", tmp_path),
        lambda: choose_file(None, "Open", "COCO JSON (*.json)", tmp_path),
        lambda: choose_save_file(None, "Export", "COCO JSON (*.json)", tmp_path),
    ):
        in_file_dialog(lambda dialog: dialog.reject())
        assert choose() is None


def test_that_a_chosen_folder_comes_back_as_a_path(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()

    def pick(dialog: QFileDialog) -> None:
        dialog.selectFile(str(tmp_path / "images"))
        dialog.accept()

    in_file_dialog(pick)
    assert choose_folder(None, "Open a folder", tmp_path) == tmp_path / "images"
