"""Trying again to save what the disk did not take: after a while, and again after a longer one, until it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.model.view import Change

if TYPE_CHECKING:
    from pathlib import Path

    from app.model.workspace import Workspace
    from app.store.patient_store import PatientStore

FIRST_MS, LONGEST_MS = 2_000, 60_000
"""The first pause, which doubles, and the longest."""


class Saving(QObject):
    """Watches over one open project, in the GUI thread.

    `changed()` comes when more or less is unsaved than before, or for another reason. Once all is saved, whoever reads
    the file itself is told what has changed there.
    """

    changed = Signal()

    def __init__(self, store: PatientStore, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._workspace = workspace
        self._known: tuple[int, str] = (0, "")
        self._images: frozenset[int] = frozenset()
        self._timer = QTimer(self, singleShot=True, interval=FIRST_MS)
        self._timer.timeout.connect(self.try_again)
        self._unsubscribe = workspace.subscribe(self._follow)

    @property
    def unsaved(self) -> int:
        """The number of changes that are on the screen and not on the disk."""
        return self._store.unsaved

    @property
    def reason(self) -> str:
        """Why they are not, as the end of a sentence; empty where all is saved."""
        return self._store.reason

    @Slot()
    def try_again(self) -> bool:
        """Try to save; return whether all is saved."""
        is_saved = self._store.save()
        if not is_saved:
            self._timer.setInterval(min(2 * self._timer.interval(), LONGEST_MS))
        self._look()
        return is_saved

    def save_copy(self, target: Path) -> None:
        """Write the project with all that is unsaved to another place. Raises StoreError."""
        self._store.save_copy(target)

    def give_up(self) -> None:
        """Lose what is unsaved."""
        self._store.forget_unsaved()
        self._look()

    def close(self) -> None:
        """Try a last time, and watch no more."""
        self._unsubscribe()
        self._timer.stop()
        self._store.save()

    def _follow(self, change: Change) -> None:
        if self._store.unsaved or self._known[0]:
            self._images |= change.decided | change.image_ids
            self._look()

    def _look(self) -> None:
        now = (self._store.unsaved, self._store.reason)
        before, self._known = self._known, now
        if not now[0]:
            self._timer.stop()
            self._timer.setInterval(FIRST_MS)
        elif not self._timer.isActive():
            self._timer.start()
        if before != now:
            self.changed.emit()
        if before[0] and not now[0]:
            images, self._images = self._images, frozenset()
            self._workspace.tell(Change(image_ids=images, decided=images, images=bool(images), history=True))
