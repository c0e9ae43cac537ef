"""Where undo and redo stand. The commands themselves are in the store's journal, so that they outlive a crash."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class History:
    """`position` of `length` journal entries are in force; entries are numbered from 1.

    Undo inverts entry `position`; redo applies entry `position + 1`; a new command drops the entries after it.
    """

    position: int = 0
    length: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.position <= self.length:
            raise ValueError(f"position {self.position} does not lie in a journal of {self.length}")

    @property
    def can_undo(self) -> bool:
        """Return whether a command is in force."""
        return self.position > 0

    @property
    def can_redo(self) -> bool:
        """Return whether a command was taken back and nothing else was done since."""
        return self.position < self.length

    def recorded(self) -> History:
        """Return the history after a new command."""
        return History(self.position + 1, self.position + 1)

    def merged(self) -> History:
        """Return the history after a command that became part of the last one."""
        return History(self.position, self.position)

    def undone(self) -> History:
        """Return the history after one undo; raises ValueError where nothing can be undone."""
        return History(self.position - 1, self.length)

    def redone(self) -> History:
        """Return the history after one redo; raises ValueError where nothing can be redone."""
        return History(self.position + 1, self.length)
