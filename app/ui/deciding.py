"""The one place where decisions are executed, and where it is said what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from app.model.selection import concerned, unlocked
from app.model.storage import StoreError
from app.ui import box_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.commands import Command
    from app.model.workspace import Workspace

T = TypeVar("T")


class Deciding(QObject):
    """Executes what gestures decide on one workspace.

    `said` brings lines for the status bar, `failed` why a decision could not be kept; `saved` comes with the next one
    that was.
    """

    said = Signal(str)
    failed = Signal(str)
    saved = Signal()

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self.workspace: Workspace = workspace

    def attempt(self, work: Callable[[], T]) -> T | None:
        """Return what `work` returns; None, with the sentence in `failed`, where the store could not do it."""
        try:
            return work()
        except StoreError as error:
            self.failed.emit(str(error))
            return None

    def perform(self, gesture: Callable[[Workspace], Command | None]) -> Command | None:
        """Let a gesture decide, and say what was decided; return its command, None where nothing was."""
        locked = self._locked_count
        command = self.attempt(lambda: gesture(self.workspace))
        if command is not None:
            self.said.emit(box_words.done(command, locked))
            self.saved.emit()
        return command

    def change(self, gesture: Callable[[Workspace], Command | None]) -> Command | None:
        """Perform a gesture on the selected boxes, and say so where it does nothing because all are locked."""
        command = self.perform(gesture)
        if command is None:
            self.say_locked()
        return command

    def say_locked(self) -> bool:
        """Say that everything selected is locked, where that is so; return whether it is."""
        locked = self._locked_count
        is_so = locked > 0 and locked == len(concerned(self.workspace))
        if is_so:
            self.said.emit(box_words.all_locked(locked))
        return is_so

    def execute(self, command: Command) -> bool:
        """Execute a command that a view built; return whether it was kept."""

        def give(workspace: Workspace) -> Command:
            workspace.execute(command)
            return command

        return self.perform(give) is not None

    @property
    def _locked_count(self) -> int:
        several = concerned(self.workspace)
        return len(several) - len(unlocked(several))
