"""What people decided, one command after the other, and where undo and redo stand in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.model.commands import Command

if TYPE_CHECKING:
    from app.model.history import History
    from app.model.storage import Store

Rebase = Callable[[Command], Command]
"""Gives a command of the journal to the rows as they are now: see `Present.rebased`."""


class Journal:
    """The journal of an open project. Every method raises StoreError where it fails, and nothing has changed then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: Command | None = None
        self.history = store.history()

    @property
    def undo_text(self) -> str:
        """What undo would take back, such as "accept 3 suggestions"; empty for nothing."""
        return self._store.journal_text(self.history.position) if self.history.can_undo else ""

    @property
    def redo_text(self) -> str:
        """What redo would do again; empty for nothing."""
        return self._store.journal_text(self.history.position + 1) if self.history.can_redo else ""

    def write(self, command: Command, *, repeat: bool = False) -> None:
        """Do a command and keep it; with `repeat` as one with the last command where it continues that."""
        merged = command.merge_with(self._last) if repeat and self._last is not None else None
        history = self.history.recorded() if merged is None else self.history.merged()
        self._store.write(command.edits, history, merged or command)
        self._last, self.history = merged or command, history

    def take_back(self, rebased: Rebase) -> tuple[Command, Command] | None:
        """Undo the last command; return it, and the command that undid it, as `rebased` had it. None for nothing."""
        if not self.history.can_undo:
            return None
        command = self._store.journal_entry(self.history.position)
        return self._go_to(self.history.undone(), command, rebased(command.inverse()))

    def do_again(self, rebased: Rebase) -> tuple[Command, Command] | None:
        """Redo what was undone last; return it, and what was done, as `rebased` had it. None for nothing."""
        if not self.history.can_redo:
            return None
        command = self._store.journal_entry(self.history.position + 1)
        return self._go_to(self.history.redone(), command, rebased(command))

    def _go_to(self, history: History, command: Command, done: Command) -> tuple[Command, Command]:
        self._store.write(done.edits, history)
        self._last, self.history = None, history
        return command, done
