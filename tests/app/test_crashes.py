"""Errors that nobody foresaw: wherever they come from there is one dialog, and the application lives on."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton
from whole_application import MadeUpDetector, Running, running

from app.crashes import report_text
from app.log import without_home
from app.process import report_uncaught
from app.ui import dialogs
from app.ui.crash_dialog import CrashDialog
from app.workers.messages import Crash

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.qt_no_exception_capture


class Clumsy(QObject):
    """Fails in a slot."""

    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.pressed.connect(self._fail)

    @Slot()
    def _fail(self) -> None:
        raise ZeroDivisionError("of the slot")


class Falling(QRunnable):
    """Fails in the thread pool."""

    def run(self) -> None:
        raise LookupError("of the pool")


class BlindDetector(MadeUpDetector):
    """Fails in the detector's thread, in a way that nobody foresaw."""

    def predict(self, _image, _key=None):
        raise RuntimeError("of the network")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    with running(tmp_path) as opened:
        report_uncaught(opened.window, opened.application.crashes.report)
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = tmp_path / "images"
    images.mkdir()
    Image.new("RGB", (64, 48)).save(images / "a.png")
    return images


def shown(run: Running) -> CrashDialog:
    run.hands.wait(lambda: bool(run.window.findChildren(CrashDialog)), "a crash is shown")
    (dialog,) = run.window.findChildren(CrashDialog)
    return dialog


def words(dialog: CrashDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if not label.isHidden())


def report(dialog: CrashDialog) -> str:
    return dialog.findChild(QPlainTextEdit).toPlainText()


def press(dialog: CrashDialog, words: str) -> None:
    next(one for one in dialog.findChildren(QPushButton) if one.text().replace("&", "") == words).click()


def test_that_an_error_in_a_slot_is_shown_and_the_work_goes_on(run: Running, folder: Path) -> None:
    run.open(folder)
    clumsy = Clumsy()
    clumsy.pressed.emit()
    dialog = shown(run)
    assert "ZeroDivisionError" in words(dialog)
    assert "Your work is saved" in words(dialog)
    assert "ZeroDivisionError: of the slot" in report(dialog)
    press(dialog, "Close")
    run.hands.wait(run.window.isActiveWindow, "the window has the keys again")
    run.hands.key("Shift+Return")
    assert len(run.workspace.annotations) > 0


def test_that_an_error_in_the_thread_pool_is_shown(run: Running) -> None:
    QThreadPool.globalInstance().start(Falling())
    assert "LookupError: of the pool" in report(shown(run))


def test_that_an_error_of_the_detector_is_shown(tmp_path: Path, folder: Path) -> None:
    with running(tmp_path, BlindDetector()) as run:
        run.application.open(folder)
        assert "RuntimeError: of the network" in report(shown(run))


def test_that_further_errors_are_counted_in_the_one_dialog(run: Running) -> None:
    clumsy = Clumsy()
    clumsy.pressed.emit()
    dialog = shown(run)
    clumsy.pressed.emit()
    run.hands.wait(lambda: "One more error has come since." in words(dialog), "it is counted")
    run.application.crashes.report(Crash("Another one.", "Traceback: other"))
    assert shown(run) is dialog
    assert "2 more errors have come since." in words(dialog)
    assert report(dialog).count("ZeroDivisionError: of the slot") == 1
    assert "Traceback: other" in report(dialog)
    press(dialog, "Close")
    run.application.crashes.report(Crash("A new one.", "Traceback: new"))
    run.hands.wait(lambda: len(run.window.findChildren(CrashDialog)) == 1, "the first dialog is gone")
    assert "other" not in report(shown(run))
    assert "more errors" not in words(shown(run))


def test_that_a_dialog_that_cannot_be_shown_does_not_call_for_another(run: Running, monkeypatch) -> None:
    asked = []

    def refuse(*_args: object) -> None:
        asked.append(1)
        raise RuntimeError("no dialog")

    monkeypatch.setattr("app.crashes.CrashDialog", refuse)
    clumsy = Clumsy()
    clumsy.pressed.emit()
    run.hands.wait(lambda: asked != [], "it was tried")
    run.application.crashes.report(Crash("Another one.", ""))
    assert asked == [1]


def test_that_the_report_can_be_copied_and_kept(run: Running, tmp_path: Path, monkeypatch) -> None:
    run.application.crashes.report(Crash("It failed.", "Traceback: boom"))
    dialog = shown(run)
    press(dialog, "Copy")
    assert QGuiApplication.clipboard().text() == report(dialog)
    target = tmp_path / "report.txt"
    monkeypatch.setattr(dialogs, "choose_save_file", lambda *_args: target)
    press(dialog, "Save…")
    assert target.read_text(encoding="utf-8") == report(dialog)
    assert str(target) in words(dialog)
    monkeypatch.setattr(dialogs, "choose_save_file", lambda *_args: tmp_path / "gone" / "report.txt")
    press(dialog, "Save…")
    assert "cannot be written: No such file or directory." in words(dialog)
    monkeypatch.setattr(dialogs, "choose_save_file", lambda *_args: None)
    press(dialog, "Save…")


def test_that_the_report_names_versions_and_device_but_nobody_s_home(qapp: object) -> None:
    where = Path.home() / "photos of mine" / "a.py"
    text = report_text("1.2.3", "CPU", (Crash("It failed.", f'File "{where}", line 1\nboom'),), 1)
    assert text.startswith("Boxwright 1.2.3\nPython 3.")
    for word in ("PySide6 ", "Qt 6.", "detector on CPU", "It failed.", "boom"):
        assert word in text
    assert str(Path.home()) not in text
    assert '"~' in text


@pytest.mark.parametrize(
    ("home", "text", "wanted"),
    [
        ("/home/anna", 'File "/home/anna/x.py"', 'File "~/x.py"'),
        ("/", 'File "/usr/x.py"', 'File "/usr/x.py"'),
        ("/home/anna", "nothing of hers", "nothing of hers"),
    ],
)
def test_that_a_home_becomes_a_tilde(home: str, text: str, wanted: str) -> None:
    assert without_home(text, Path(home)) == wanted
