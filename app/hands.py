"""Hands and eyes for a tour without a labeler: real key and pointer events for the real window, waits, pictures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from app.ui.category_finder import CategoryFinder
from app.workers.messages import DetectorState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.application import Application
    from app.model.annotations import Annotation
    from app.model.workspace import Workspace
    from app.ui.desk import Desk

_MODIFIERS = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
    "Alt": Qt.KeyboardModifier.AltModifier,
}
_KEYS = {
    "Esc": Qt.Key.Key_Escape,
    "Del": Qt.Key.Key_Delete,
    "PgUp": Qt.Key.Key_PageUp,
    "PgDown": Qt.Key.Key_PageDown,
}
_PATIENCE = 120.0
_TURN_MS = 10
_DRAG_STEPS = 8


class HandsError(Exception):
    """What was expected and did not happen, in a sentence."""


class Hands:
    """Work at the window of an application that is shown and has a project open, until `is_interrupted` is set."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._window = application.window
        self.is_interrupted = False

    @property
    def desk(self) -> Desk:
        """The desk of the open project."""
        assert self._window.desk is not None
        return self._window.desk

    @property
    def workspace(self) -> Workspace:
        """The workspace of the open project."""
        return self.desk.workspace

    def key(self, keys: str, widget: QWidget | None = None) -> None:
        """Press keys as they are spelled in the table of actions, with the canvas focused unless `widget` is given."""
        self._heed()
        *modifiers, key = keys.split("+")
        held = Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            held |= _MODIFIERS[modifier]
        QTest.keyClick(widget or self.desk.canvas, _KEYS.get(key) or Qt.Key[f"Key_{key}"], held)
        QApplication.processEvents()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag the left button between two points of the image, with moves between."""
        canvas = self.desk.canvas
        places = [
            QPoint(*map(round, canvas.viewport.to_screen(*_between(start, end, step / _DRAG_STEPS))))
            for step in range(_DRAG_STEPS + 1)
        ]
        QTest.mouseMove(canvas, places[0])
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[0])
        for place in places[1:]:
            QTest.mouseMove(canvas, place)
            QApplication.processEvents()
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[-1])
        QApplication.processEvents()

    def click(self, point: tuple[float, float]) -> None:
        """Click a point of the image."""
        place = QPoint(*map(round, self.desk.canvas.viewport.to_screen(*point)))
        QTest.mouseClick(self.desk.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        QApplication.processEvents()

    def name_category(self, name: str) -> None:
        """Type a name into the category finder that is open."""
        finder = self._window.findChild(CategoryFinder)
        field = None if finder is None else finder.findChild(QLineEdit)
        if field is None:
            raise HandsError("expected that a category is asked for.")
        QTest.keyClicks(field, name)
        self.key("Return", field)

    def walk_to(self, annotation: Annotation) -> None:
        """Come to an annotation with Tab."""
        for _ in range(len(self.workspace.annotations) + len(self.workspace.suggestions)):
            self.key("Tab")
            if self.workspace.selected == annotation:
                return
        raise HandsError("expected that Tab comes to every box.")

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Let the event loop run until a fact is there. Raises HandsError where it does not come."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            self._heed()
            status = self._application.service.status
            if status.state is DetectorState.FAILED:
                raise HandsError(f"the detector does not start: {status.message}")
            if time.monotonic() > deadline:
                raise HandsError(f"waited {_PATIENCE:.0f} s in vain until {what}.")
            # Not QTest.qWait, which keeps the interpreter lock while it waits: the detector's thread would hardly run.
            turn = QEventLoop()
            QTimer.singleShot(_TURN_MS, turn.quit)
            turn.exec()

    def wait_for_image(self) -> None:
        """Wait until the current image and what the detector says about it are shown."""
        self.wait(self._image_is_shown, "the image is shown")
        self.wait(lambda: self.workspace.prediction is not None, "the detector has looked at the image")

    def picture(self, path: Path, widget: QWidget | None = None) -> None:
        """Keep what the window looks like, or one of its dialogs."""
        QApplication.processEvents()
        (widget or self._window).grab().save(str(path))

    def _heed(self) -> None:
        """Stop where somebody wants that. Raises HandsError."""
        if self.is_interrupted:
            raise HandsError("it was interrupted.")

    def _image_is_shown(self) -> bool:
        record = self.workspace.current_image
        return record is not None and record.size is not None and self.desk.shown_image == record.id


def expect(happened: bool, what: str) -> None:
    """Raise HandsError unless it happened."""
    if not happened:
        raise HandsError(f"expected that {what}.")


def _between(start: tuple[float, float], end: tuple[float, float], share: float) -> tuple[float, float]:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
