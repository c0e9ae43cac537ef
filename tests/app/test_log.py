"""The log file: what is kept in it, how it turns over, and what of it others may see."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, QUrl, Slot, qInstallMessageHandler, qWarning
from PySide6.QtGui import QDesktopServices
from whole_application import running

import main
from app import log
from app.process import log_qt_messages

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = logging.getLogger("app.somewhere")


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Take every handler away again, and the levels that came with it."""
    root = logging.getLogger()
    handlers, levels = list(root.handlers), [logging.getLogger(name).level for name in log.OWN]
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    for name, level in zip(log.OWN, levels, strict=True):
        logging.getLogger(name).setLevel(level)


def text(folder: Path) -> str:
    return (folder / "boxwright.log").read_text(encoding="utf-8")


def test_that_news_of_our_own_and_warnings_of_others_are_kept(tmp_path: Path) -> None:
    log.write_log(tmp_path)
    OWN.debug("a trifle")
    OWN.info("news")
    logging.getLogger("another.library").info("its trifle")
    logging.getLogger("another.library").warning("its warning")
    kept = text(tmp_path)
    assert "INFO app.somewhere: news" in kept
    assert "its warning" in kept
    assert "trifle" not in kept


def test_that_the_file_turns_over_and_few_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LOG_BYTES", 2_000)
    log.write_log(tmp_path)
    for number in range(500):
        OWN.warning("number %d", number)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["boxwright.log", *(f"boxwright.log.{number}" for number in range(1, log.LOGS_KEPT + 1))]
    assert all(path.stat().st_size <= 2_000 for path in tmp_path.iterdir())


def test_that_a_name_that_is_no_text_does_not_end_the_log(tmp_path: Path) -> None:
    log.write_log(tmp_path)
    OWN.warning("cannot read %s", "bad-\udcff.jpg")
    assert "bad-" in text(tmp_path)


def test_that_without_a_file_the_program_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert log.write_log(tmp_path / "taken") is None
    assert "There is no log file" in caplog.text


def test_that_the_end_of_the_log_names_nobody_s_home(tmp_path: Path) -> None:
    log.write_log(tmp_path)
    for number in range(9):
        OWN.warning("%d %s", number, Path.home() / "cat.jpg")
    end = log.tail(2, tmp_path)
    assert [line.split()[-2] for line in end.splitlines()] == ["7", "8"]
    assert str(Path.home()) not in end
    assert log.tail(2, tmp_path / "none") == ""


def test_that_verbose_says_everything_and_is_no_path(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(main, "open_window", lambda arguments: seen.append(list(arguments)) or 0)
    assert main.main(["--demo", "--verbose", "--", "--verbose"]) == 0
    assert seen == [["--demo", "--", "--verbose"]]
    OWN.debug("a trifle")
    assert "DEBUG app.somewhere: a trifle" in capsys.readouterr().err


@pytest.mark.qt_no_exception_capture
def test_that_what_qt_says_is_logged(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    before = qInstallMessageHandler(None)
    try:
        log_qt_messages()
        qWarning("a pixmap is null")
    finally:
        qInstallMessageHandler(before)
    assert [(one.name, one.levelno, one.message) for one in caplog.records] == [
        ("qt", logging.WARNING, "a pixmap is null")
    ]
    assert "a pixmap is null" in capsys.readouterr().err


class FileBrowser(QObject):
    """Stands for the system's program for folders."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def show(self, url: QUrl) -> None:
        self.opened.append(url.toLocalFile())


def test_that_the_help_menu_opens_the_folder_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = FileBrowser()
    monkeypatch.setattr(log, "folder", lambda: tmp_path / "state" / "log")
    QDesktopServices.setUrlHandler("file", browser, "show")
    try:
        with running(tmp_path) as run:
            run.window.menus.actions["open-log"].trigger()
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert browser.opened == [str(tmp_path / "state" / "log")]
    assert (tmp_path / "state" / "log").is_dir()
