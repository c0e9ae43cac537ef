"""A labeler who never tires: goes through the images of the open project with real keys, drags and wheels.

What is right is known (`truth`): suggestions that fit are accepted, others rejected, what was missed is drawn and
named. Between these come the habits of a long day: sliders, zooms, undo, dialogs, panels, colours, exports.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QDialog

from app.hands import Hands
from app.model.annotations import Suggestion
from app.model.geometry import as_boxes, iou
from app.model.shown_boxes import shown_suggestions
from app.ui.category_finder import CategoryFinder
from app.ui.theme import ColorMode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from app.application import Application
    from app.model.annotations import Box

    Truth = Mapping[str, list[tuple[Box, str]]]
    """The boxes and the names of what each image shows, by the path of the image."""

FITS = 0.5
SKIMMED_SHARE = 0.7
"""So many images are only looked at, as by somebody who searches: the folder is longer than the day."""
REVIEWED_SHARE = 0.6
DRAWN_AT_MOST = 2
HABITS_OF_AN_IMAGE = 4
NOTCH = 120


class Labeler:
    """Works at the window of an application that has a project open. `exports` is a file to export to at times."""

    def __init__(self, application: Application, truth: Truth, exports: Path, seed: int = 0) -> None:
        self._application = application
        self._hands = Hands(application)
        self._truth = truth
        self._exports = exports
        self._draw = random.Random(seed)  # noqa: S311 - whims are no secret
        self._habits: tuple[Callable[[], Iterator[str]], ...] = (
            self._slide,
            self._zoom,
            self._nudge,
            self._look_around,
            self._open_dialogs,
            self._turn_pages,
            self._find,
            self._change_colors,
            self._export,
        )
        # The small things come often, the large ones at times.
        self._weights = (12, 12, 16, 12, 6, 3, 3, 1, 1)

    def gestures(self) -> Iterator[str]:
        """Yield the name of each gesture once it is done; without an end."""
        while True:
            self._hands.wait_for_image()
            if self._draw.random() < SKIMMED_SHARE:
                yield self._key("A" if self._draw.random() < 0.1 else "D")
                continue
            yield from self._decide()
            yield from self._draw_missed()
            for habit in self._draw.choices(self._habits, self._weights, k=self._draw.randrange(HABITS_OF_AN_IMAGE)):
                yield from habit()
            yield self._key("Space" if self._draw.random() < REVIEWED_SHARE else "D")

    def _decide(self) -> Iterator[str]:
        workspace = self._hands.workspace
        truth = as_boxes([box for box, _ in self._here()])
        for _ in range(len(shown_suggestions(workspace))):
            yield self._key("Tab")
            selected = workspace.selected
            if isinstance(selected, Suggestion):
                fits = iou([selected.box], truth).max(initial=0.0) >= FITS
                yield self._key("Return" if fits else "Esc")

    def _draw_missed(self) -> Iterator[str]:
        workspace, hands = self._hands.workspace, self._hands
        has = as_boxes([one.box for one in workspace.annotations.values()])
        missed = [one for one in self._here() if iou([one[0]], has).max(initial=0.0) < FITS]
        for box, name in missed[:DRAWN_AT_MOST]:
            yield self._key("F")
            yield self._key("W")
            hands.drag(box[:2], box[2:])
            self._come_back()
            yield "drag"
            if not isinstance(QApplication.activeModalWidget(), CategoryFinder):  # asks by itself for the very first
                yield self._key("C")
            hands.name_category(name)
            self._come_back()
            yield "name"

    def _here(self) -> list[tuple[Box, str]]:
        record = self._hands.workspace.current_image
        return [] if record is None else self._truth[record.path]

    def _slide(self) -> Iterator[str]:
        keys = self._draw.choice((("PgDown", "PgUp"), ("Shift+PgUp", "Shift+PgDown")))
        for key in keys:
            yield self._key(key)

    def _zoom(self) -> Iterator[str]:
        canvas = self._hands.desk.canvas
        at = QPointF(canvas.width() * self._draw.random(), canvas.height() * self._draw.random())
        for notches in (1, 1, -1):
            turned = QPoint(0, NOTCH * notches)
            wheel = QWheelEvent(
                at,
                canvas.mapToGlobal(at),
                QPoint(),
                turned,
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.ControlModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,  # inverted
            )
            QApplication.sendEvent(canvas, wheel)
            yield "wheel"
        yield self._key("F")

    def _nudge(self) -> Iterator[str]:
        yield self._key("Tab")
        for key in self._draw.choices(("Left", "Right", "Up", "Down", "Shift+D", "L", "Ctrl+D"), k=2):
            yield self._key(key)
            yield self._key("Ctrl+Z")

    def _look_around(self) -> Iterator[str]:
        key = self._draw.choice("XPTH")
        yield self._key(key)
        yield self._key("Tab")
        yield self._key(key)

    def _open_dialogs(self) -> Iterator[str]:
        key = self._draw.choice(("F1", "Ctrl+K", "Ctrl+Comma", "C", "M"))
        yield self._key(key)
        yield self._close_dialog()

    def _turn_pages(self) -> Iterator[str]:
        for _ in range(2):
            yield self._key("F4")

    def _find(self) -> Iterator[str]:
        for text in ("state:unreviewed", "score:0.3..0.6", ""):
            self._hands.desk.image_list.set_filter(text)
            yield "filter"
        self._hands.desk.canvas.setFocus()

    def _change_colors(self) -> Iterator[str]:
        for mode in (ColorMode.DARK, ColorMode.LIGHT):
            self._application.window.set_color_mode(mode)
            yield "colours"

    def _export(self) -> Iterator[str]:
        session, exchange = self._application.session, self._application.window.exchange
        assert session is not None
        done: list[object] = []

        def note(outcome: object) -> None:
            done.append(outcome)

        exchange.finished.connect(note)
        exchange.write_out(session, self._exports)
        self._hands.wait(lambda: bool(done), "the export is written")
        exchange.finished.disconnect(note)
        yield "export"
        yield self._close_dialog()

    def _close_dialog(self) -> str:
        for _ in range(3):  # a question may lie over another
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QDialog):
                break
            dialog.reject()
            turn()
        self._come_back()
        return "close"

    def _come_back(self) -> None:
        """Give the window the focus: offscreen there is nobody else who does when a dialog has closed."""
        window = self._application.window
        turn()
        if not window.isActiveWindow() and QApplication.activeModalWidget() is None:
            window.activateWindow()
            self._hands.wait(window.isActiveWindow, "the window has the focus again")
        self._hands.desk.canvas.setFocus()

    def _key(self, keys: str) -> str:
        self._hands.key(keys)
        return keys


def turn() -> None:
    """Let the event loop run once: what was told to delete itself goes only there."""
    loop = QEventLoop()
    QTimer.singleShot(0, loop.quit)
    loop.exec()
