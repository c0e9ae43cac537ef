"""How the work goes, in the status strip: images reviewed, corrections per image this round, active time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QToolButton, QWidget

from app.ui import statistics_words as words
from app.ui.keymap import KEYMAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.view import Change
    from app.ui.desk import Desk


class WorkLine(QToolButton):
    """Says as much as there is room for; hidden without a project, and where there is no room. A press shows more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setProperty("strip", True)
        # Without a text it would be as high as an icon, and with it the strip, hidden or not: the canvas moved later.
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._desk: Desk | None = None
        self._leave: Callable[[], None] | None = None
        self._forms: tuple[str, ...] = ()
        self._room = 0
        KEYMAP.changed.connect(self._show)
        self.hide()

    def follow(self, desk: Desk | None) -> None:
        """Say how the work of this desk goes from now on; without one, nothing."""
        if desk is self._desk:
            return
        if self._leave is not None:
            self._leave()
        self._desk, self._leave = desk, None
        if desk is not None:
            self._leave = desk.workspace.subscribe(self._take_change)
            desk.counting.counted.connect(self._show)
            desk.activity.counted.connect(self._show)
        self._show()

    def fit(self, room: int) -> None:
        """Take the longest form that is no wider than `room`."""
        self._room = room
        around = self.sizeHint().width() - self.fontMetrics().horizontalAdvance(self.text())
        fitting = (one for one in self._forms if self.fontMetrics().horizontalAdvance(one) + around <= room)
        text = next(fitting, "")
        if text != self.text():
            self.setText(text)
        self.setVisible(bool(text))

    def _take_change(self, change: Change) -> None:
        if change.images:
            self._show()

    @Slot()
    def _show(self) -> None:
        desk, self._forms = self._desk, ()
        if desk is not None and desk.workspace.images:
            workspace, seconds = desk.workspace, desk.activity.seconds_today
            found = desk.counting.latest
            self._forms = words.strip_words(workspace.reviewed_count, len(workspace.images), found, seconds)
            self.setToolTip(words.strip_details(found, seconds))
            self.setAccessibleName(self._forms[0])
        self.fit(self._room)
