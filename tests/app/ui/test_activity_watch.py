from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMainWindow

from app.ui.activity_watch import ActivityWatch


class NotingActivity:
    def __init__(self) -> None:
        self.noted: list[str] = []

    def act(self) -> None:
        self.noted.append("act")

    def pause(self) -> None:
        self.noted.append("pause")


@pytest.fixture
def activity() -> NotingActivity:
    return NotingActivity()


@pytest.fixture
def window(qtbot):
    made = QMainWindow()
    made.setCentralWidget(QLineEdit())
    qtbot.addWidget(made)
    return made


@pytest.fixture
def watch(qtbot, window, activity):
    made = ActivityWatch(window, activity)  # before the window is shown, as for a folder on the command line
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    activity.noted.clear()
    yield made
    made.close()


def test_that_keys_and_the_pointer_are_work(watch, window, activity):
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_A)
    assert "act" in activity.noted
    activity.noted.clear()
    QTest.mouseMove(window.windowHandle(), QPoint(20, 20))
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, pos=QPoint(30, 30))
    assert "act" in activity.noted


def test_that_a_shortcut_is_work(watch, window, activity):
    pressed = []
    action = QAction(window)
    action.setShortcut(QKeySequence("Ctrl+J"))
    action.triggered.connect(lambda: pressed.append(True))
    window.addAction(action)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert pressed
    assert "act" in activity.noted


def test_that_losing_the_focus_is_a_pause(qtbot, watch, window, activity):
    other = QMainWindow()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: "pause" in activity.noted)
    activity.noted.clear()
    QTest.mouseMove(window.windowHandle(), QPoint(25, 25))
    assert activity.noted == []


def test_that_a_watch_that_was_closed_notes_nothing(watch, window, activity):
    watch.close()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_A)
    assert activity.noted == []
