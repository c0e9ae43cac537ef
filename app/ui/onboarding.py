"""Hints for beginners, each at the moment when it first matters, and each once ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication, QObject, Qt, Slot
from PySide6.QtGui import QGuiApplication

from app.model.model_versions import FEW
from app.model.words import worded
from app.ui.banner import Tone
from app.ui.keymap import with_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.settings import Settings
    from app.ui.desk import Desk
    from app.ui.main_window import MainWindow

SUGGESTIONS, FINE_TUNE = "suggestions", "fine-tune"
_GOES_AFTER = 5
"""A hint that nobody closes goes after so many decisions."""


class Hint(NamedTuple):
    """What is said when `is_due`, asked of the workspace and whether a box was drawn; the settings keep the name."""

    name: str
    is_due: Callable[[Workspace, bool], bool]
    sentence: str


# Keys are named by their action, as in `hints`.
HINTS = (
    Hint(
        FINE_TUNE,
        lambda workspace, _drawn: workspace.reviewed_count >= FEW,
        worded(
            "You have reviewed enough images for the detector to learn from: {fine-tune} teaches it while you go on."
        ),
    ),
    Hint(
        "reviewed",
        lambda workspace, _drawn: workspace.reviewed_count > 0,
        worded(
            "A reviewed image is complete: the detector will learn that there is nothing else in it. {previous} "
            "goes back, and {toggle-reviewed} takes the mark away."
        ),
    ),
    Hint(
        "drawn",
        lambda _workspace, drawn: drawn,
        worded(
            "Your first box. {move} move it and {push} push its sides, and so does the pointer; {undo} takes "
            "back anything, at any time."
        ),
    ),
    Hint(
        SUGGESTIONS,
        lambda workspace, _drawn: bool(workspace.suggestions) and workspace.view.show_suggestions,
        worded(
            "Dashed boxes are what the detector suggests. {next-box} goes to the one that it is least sure of, "
            "{accept} accepts it, {reject} rejects it; nothing counts until you decide."
        ),
    ),
)
"""The rarer moment first: where two are due, the other one still comes."""


class Onboarding(QObject):
    """Shows hints in the window's line above the image, one at a time; none takes the focus or covers a box."""

    def __init__(self, window: MainWindow, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._workspace: Workspace | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._has_drawn = False
        self._shown: Hint | None = None
        self._shown_at = 0

    def follow(self, desk: Desk) -> None:
        """Watch this desk until `leave`."""
        self._workspace = desk.workspace
        self._unsubscribe = desk.workspace.subscribe(self._follow)
        desk.canvas.drawn.connect(self._take_drawn)
        desk.session.tuning.progressed.connect(self._take_start)
        self._show_what_is_due()

    def leave(self) -> None:
        """Watch nothing any more."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._workspace = self._unsubscribe = self._shown = None
        self._has_drawn = False

    def take_as_seen(self, name: str) -> None:
        """Say this no more: it was said in other words."""
        self._settings.seen_hints = self._settings.seen_hints | {name}

    @Slot()
    def _take_drawn(self) -> None:
        self._has_drawn = True
        self._show_what_is_due()

    @Slot()
    def _take_start(self) -> None:
        """Say no more how a fine-tune is begun."""
        if self._shown is not None and self._shown.name == FINE_TUNE:
            self._put_away()

    def _follow(self, _change: Change) -> None:
        if self._workspace is not None and self._workspace.history.position >= self._shown_at + _GOES_AFTER:
            self._put_away()  # nobody closes it
        self._show_what_is_due()

    def _put_away(self) -> None:
        if self._shown is not None:
            self._window.hint.clear()
            self._shown = None

    def _show_what_is_due(self) -> None:
        workspace, settings = self._workspace, self._settings
        is_free = not self._window.hint.text or self._shown is not None
        # The line moves the image: never under a pointer that drags.
        is_quiet = QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton
        if workspace is None or not (settings.hints and is_free and is_quiet):
            return
        due = (
            hint for hint in HINTS if hint.name not in settings.seen_hints and hint.is_due(workspace, self._has_drawn)
        )
        hint = next(due, None)
        if hint is not None:
            self.take_as_seen(hint.name)
            self._shown, self._shown_at = hint, workspace.history.position
            words = QCoreApplication.translate("onboarding", hint.sentence)
            answer = (self.tr("Show no hints"), self._turn_off)
            self._window.hint.say(with_keys(words), Tone.INFO, (answer,))

    def _turn_off(self) -> None:
        self._settings.hints = False
        self._shown = None
        self._window.status.say(self.tr("No more hints. The settings can turn them on again."))
