"""What a widget shows in words, and a press of one of its buttons as a person does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


def texts(widget: QWidget) -> list[str]:
    """The text of each label that is shown."""
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


def buttons(widget: QWidget) -> dict[str, QPushButton]:
    """Text -> button, of those that are shown."""
    return {one.text(): one for one in widget.findChildren(QPushButton) if one.isVisible()}


def press(widget: QWidget, words: str) -> None:
    """Click a button; what it closes is gone then."""
    QTest.mouseClick(buttons(widget)[words], Qt.MouseButton.LeftButton)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
