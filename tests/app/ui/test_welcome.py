"""The welcome page: three ways to start, recent folders, and a folder that is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton

from app.ui.welcome import WelcomePage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says


def page(qtbot: QtBot, recent: Sequence[Path] = ()) -> WelcomePage:
    made = WelcomePage(recent)
    qtbot.addWidget(made)
    return made


def rows(made: WelcomePage) -> list[str]:
    return [button.toolTip() for button in made.findChildren(QAbstractButton) if button.accessibleName()]


def mime(*paths: Path) -> QMimeData:
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return dropped


def enters(made: WelcomePage, dropped: QMimeData) -> bool:
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDragEnterEvent(QPointF(5, 5).toPoint(), Qt.DropAction.CopyAction, dropped, buttons, keys)
    event.ignore()
    made.dragEnterEvent(event)
    return event.isAccepted()


@pytest.mark.parametrize(
    ("words", "signal"),
    [("Open a folder", "open_folder"), ("Open COCO JSON", "open_coco"), ("Try the demo", "open_demo")],
)
@pytest.mark.parametrize("by_key", [False, True])
def test_that_each_choice_emits_its_signal(qtbot: QtBot, words: str, signal: str, by_key: bool) -> None:
    made = page(qtbot)
    made.show()
    card = next(button for button in made.findChildren(QAbstractButton) if button.text() == words)
    with qtbot.waitSignal(getattr(made, signal)):
        if by_key:
            qtbot.keyClick(card, Qt.Key.Key_Space)
        else:
            qtbot.mouseClick(card, Qt.MouseButton.LeftButton)


def test_that_recent_folders_open(qtbot: QtBot, tmp_path: Path) -> None:
    made = page(qtbot, [tmp_path])
    row = next(button for button in made.findChildren(QAbstractButton) if button.toolTip() == str(tmp_path))
    with qtbot.waitSignal(made.open_recent) as blocker:
        row.click()
    assert blocker.args == [tmp_path]


def test_that_folders_that_are_gone_are_left_out_and_the_list_is_short(qtbot: QtBot, tmp_path: Path) -> None:
    folders = [tmp_path / f"set {number}" for number in range(8)]
    for folder in folders[1:]:
        folder.mkdir()
    made = page(qtbot, folders)
    assert rows(made) == [str(folder) for folder in folders[1:6]]
    made.set_recent([folders[7]])
    qtbot.waitUntil(lambda: rows(made) == [str(folders[7])])


def test_that_a_dropped_folder_is_opened(qtbot: QtBot, tmp_path: Path) -> None:
    made = page(qtbot)
    assert enters(made, mime(tmp_path))
    keys = Qt.KeyboardModifier.NoModifier
    dropped = mime(tmp_path)
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, dropped, Qt.MouseButton.LeftButton, keys)
    with qtbot.waitSignal(made.open_recent) as blocker:
        made.dropEvent(event)
    assert blocker.args == [tmp_path]


def test_that_anything_else_is_not_welcome(qtbot: QtBot, tmp_path: Path) -> None:
    made = page(qtbot)
    file = tmp_path / "notes.txt"
    file.write_text("bolt")
    assert not enters(made, mime(file))
    assert not enters(made, mime(tmp_path, tmp_path / "other"))
    assert not enters(made, QMimeData())


def test_that_the_page_fits_a_small_window(qtbot: QtBot, tmp_path: Path) -> None:
    long = tmp_path / ("a very long name of a folder " * 5)
    long.mkdir()
    made = page(qtbot, [long])
    assert made.minimumSizeHint().width() <= 760
    made.resize(760, 520)
    made.show()
    assert not made.grab().isNull()
