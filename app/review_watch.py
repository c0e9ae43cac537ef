"""Notices when a decision changes what the detector is measured on: boxes of reviewed images, marks, categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model.annotations import Annotation, Category, ImageMark
from app.model.storage import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.commands import Edit
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.store.project_store import ProjectStore


class ReviewWatch:
    """Calls `changed` once after each `arm`, at the first decision that matters, however it came about.

    The journal is asked: only it knows what an undo or an import did to images that are not on screen.
    """

    def __init__(self, store: ProjectStore, workspace: Workspace, changed: Callable[[], None]) -> None:
        self._store = store
        self._workspace = workspace
        self._changed = changed
        self._is_armed = False
        self._position = workspace.history.position
        self.close = workspace.subscribe(self._follow)

    def arm(self) -> None:
        """Watch from now on."""
        self._is_armed = True

    def _follow(self, change: Change) -> None:
        before, self._position = self._position, self._workspace.history.position
        if not self._is_armed:
            return
        is_reloaded = change.images and not change.image_ids
        if is_reloaded or (change.history and self._matters(undone=self._position < before)):
            self._is_armed = False
            self._changed()

    def _matters(self, *, undone: bool) -> bool:
        """Return whether the decision that was just taken, or taken back, is about what is measured."""
        try:
            command = self._store.journal_entry(self._position + undone)
        except StoreError:
            return True  # nobody knows
        reviewed = {record.id for record in self._workspace.images if record.reviewed}
        return any(_matters(edit, reviewed) for edit in command.edits)


def _matters(edit: Edit, reviewed: set[int]) -> bool:
    if isinstance(edit.row, Annotation):
        return edit.row.image_id in reviewed
    if isinstance(edit.row, ImageMark):
        before, after = (isinstance(one, ImageMark) and one.reviewed for one in (edit.before, edit.after))
        return before != after
    if isinstance(edit.row, Category):
        was, became = (one.name if isinstance(one, Category) else "" for one in (edit.before, edit.after))
        return was != became
    return False
