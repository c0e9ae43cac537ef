"""What people decided, one command after the other, and where undo and redo stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.model.commands import Command
    from app.model.storage import Store


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

    def take_back(self) -> Command | None:
        """Undo the last command and return it; None for nothing."""
        if not self.history.can_undo:
            return None
        command, history = self._store.journal_entry(self.history.position), self.history.undone()
        self._store.write(command.inverse().edits, history)
        self._last, self.history = None, history
        return command

    def do_again(self) -> Command | None:
        """Redo what was undone last and return it; None for nothing."""
        if not self.history.can_redo:
            return None
        command, history = self._store.journal_entry(self.history.position + 1), self.history.redone()
        self._store.write(command.edits, history)
        self._last, self.history = None, history
        return command
