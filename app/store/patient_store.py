"""A project store that waits for its disk: what cannot be written now is kept in memory, and written later."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Self

from app.model.annotations import Annotation, Category, DatasetNotes, Rejection
from app.model.storage import PassingError, StoreError
from app.model.unsaved import Unsaved, Write
from app.model.words import counted, tr
from app.store import rows
from app.store.database import copy_database, open_again, transaction
from app.store.project_store import ProjectStore
from app.store.schema import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from app.model.annotations import ImageRecord
    from app.model.commands import Command, Edit, Row
    from app.model.history import History
    from app.store.category_use import CategoryUse
    from app.store.location import Location

PATIENCE_MS = 1_000
"""So long the window stands still for a lock of another program, the first time."""
_AGAIN_MS = 100
_SLOW = 0.25
"""A try that took so many seconds is not made at each gesture."""
_SEEN = """SELECT position, (SELECT max(position) FROM journal),
    (SELECT made_at FROM journal ORDER BY position DESC LIMIT 1) FROM history"""


class PatientStore(ProjectStore):
    """Its `write`, `remember` and `set_image_sizes` raise no PassingError: what they were given waits, in order.

    Everything that a workspace asks is answered with what waits; whatever reads the file itself does not see it, so
    what is about the whole project begins with `require_saved`.
    """

    def __init__(self, location: Location) -> None:
        super().__init__(location)
        self._unsaved = Unsaved()
        self._reason = ""
        self._sizes: dict[int, tuple[int, int]] = {}
        self._remembered: dict[str, str] = {}
        self._is_away = self._is_slow = self._is_in_doubt = False
        try:
            # From here on counted in memory: a box can be drawn while nothing can be read.
            self._next = {kind: super(PatientStore, self).next_id(kind) for kind in (Annotation, Category, Rejection)}
            self._seen = self._look()
            self._wait_for_locks(PATIENCE_MS)
        except BaseException:
            self.close()
            raise

    @property
    def unsaved(self) -> int:
        """The number of changes that are not on the disk."""
        return len(self._unsaved.writes)

    @property
    def reason(self) -> str:
        """Why they are not, as the end of a sentence; empty where all is saved."""
        return self._reason

    @property
    def refusal(self) -> str:
        """Why nothing can be changed at all; empty where it can."""
        return ""

    def save(self) -> bool:
        """Try to write what waits, in order, one after the other; return whether nothing waits any more."""
        began, done = time.monotonic(), 0
        try:
            if self._is_away:
                self._open_again()
            self._wait_for_locks(_AGAIN_MS)
            for write in self._unsaved.writes:
                if done or not self._has(write):
                    super().write(write.edits, write.history, write.entry)
                done += 1
            self._keep_facts()
            self._wait_for_locks(PATIENCE_MS)
        except StoreError as error:
            self._note(error)
        if done:
            self._unsaved = self._unsaved.after(done)
            self._seen, self._is_in_doubt = self._look(), False
        self._is_slow = time.monotonic() - began > _SLOW
        if not self._unsaved.writes:
            self._reason = ""
        return not self._unsaved.writes

    def require_saved(self) -> Self:
        """Return the store itself; raise StoreError where changes wait for the disk even now."""
        if self._unsaved.writes and not self.save():
            changes = counted(self.unsaved, tr("one change"), tr("{} changes"))
            sentence = tr("This would be done without what is not saved yet ({}): {}")
            raise StoreError(sentence.format(changes, self._reason))
        return self

    def forget_unsaved(self) -> None:
        """Lose what waits: the person wants it so."""
        self._unsaved, self._reason = Unsaved(), ""

    def save_copy(self, target: Path) -> None:
        """Write the database with all that waits to `target`, all or nothing. Raises StoreError."""
        # It comes with a parser of XML, which the window does not need at its start.
        from app.store.formats.targets import new_file  # noqa: PLC0415

        with new_file(target) as part:
            copy_database(self._connection, part)
            with closing(sqlite3.connect(part, isolation_level=None)) as copy, transaction(copy):
                for write in self._unsaved.writes:
                    rows.apply_write(copy, write)

    # What a workspace asks.

    def write(self, edits: Sequence[Edit], history: History, entry: Command | None = None) -> None:
        """Apply `edits` now or, in their turn, once the disk takes them. Raises StoreError where it never will."""
        if self._unsaved.writes and not self._is_slow:
            self.save()
        if self._unsaved.writes:
            self._unsaved.add(Write(edits, history, entry))
        else:
            try:
                super().write(edits, history, entry)
                self._seen = self._look()
            except PassingError as error:
                self._note(error)
                self._unsaved.add(Write(edits, history, entry))
        for edit in edits:
            kind = type(edit.row)
            if edit.before is None and kind in self._next:
                self._next[kind] = max(self._next[kind], edit.row.id + 1)

    def images(self) -> list[ImageRecord]:
        """Return all images in the order of the last listing."""
        return self._unsaved.images(super().images())

    def categories(self) -> list[Category]:
        """Return all categories by position, then id."""
        found = self._unsaved.all_of(Category, super().categories())
        return sorted(found, key=lambda category: (category.position, category.id))

    def annotations_of(self, image_id: int) -> list[Annotation]:
        """Return the annotations of one image by id."""
        return self._unsaved.of_image(Annotation, image_id, super().annotations_of(image_id))

    def annotations_in(self, category_id: int) -> list[Annotation]:
        """Return the annotations of one category, on all images, by id. Raises StoreError where changes wait."""
        self.require_saved()
        return super().annotations_in(category_id)

    def rejections_of(self, image_id: int) -> list[Rejection]:
        """Return the rejections of one image by id."""
        return self._unsaved.of_image(Rejection, image_id, super().rejections_of(image_id))

    def dataset_notes(self) -> DatasetNotes:
        """Return what imported files say about the dataset as a whole."""
        (notes,) = self._unsaved.all_of(DatasetNotes, [super().dataset_notes()])
        return notes

    def annotation_counts(self) -> dict[int, int]:
        """Return the number of annotations of each category id that has any."""
        return self._unsaved.counts(super().annotation_counts())

    def category_use(self, category: Category) -> CategoryUse:
        """Return what would change if a category went. Raises StoreError, also where changes wait."""
        self.require_saved()
        return super().category_use(category)

    def next_id(self, kind: type[Row]) -> int:
        """Return an id that no row of `kind` has or ever had; all greater ones are free too."""
        return self._next[kind] if kind in self._next else super().next_id(kind)

    def history(self) -> History:
        """Return where undo and redo stand."""
        return self._unsaved.history or super().history()

    def journal_entry(self, position: int) -> Command:
        """Return journal entry `position`, from 1."""
        return self._unsaved.entry(position) or super().journal_entry(position)

    def journal_text(self, position: int) -> str:
        """Return the text of journal entry `position`, from 1, without reading its edits."""
        waiting = self._unsaved.entry(position)
        return super().journal_text(position) if waiting is None else waiting.text

    def set_image_sizes(self, sizes: Mapping[int, tuple[int, int]]) -> None:
        """Keep by id the (height, width) that somebody read from the file of an image."""
        try:
            super().set_image_sizes(sizes)
            for image_id in sizes:
                self._sizes.pop(image_id, None)
        except PassingError:
            self._sizes |= sizes

    def set_missing(self, missing: Mapping[int, bool]) -> None:
        """Keep by id whether the file of an image is gone; what cannot be kept now is found out again."""
        with suppress(PassingError):
            super().set_missing(missing)

    def recall(self, key: str) -> str | None:
        """Return the text remembered under `key`, None where there is none."""
        return self._remembered[key] if key in self._remembered else super().recall(key)

    def remember(self, key: str, text: str) -> None:
        """Keep a text that may be lost in a power cut; so it need not wait for the disk."""
        try:
            super().remember(key, text)
            self._remembered.pop(key, None)
        except PassingError:
            self._remembered[key] = text

    def _keep_facts(self) -> None:
        """Write what waits beside the changes; nobody decided it, so nobody counts it."""
        if self._sizes:
            super().set_image_sizes(self._sizes)
            self._sizes.clear()
        while self._remembered:
            key, text = next(iter(self._remembered.items()))
            super().remember(key, text)
            del self._remembered[key]

    def _note(self, error: StoreError) -> None:
        self._wait_for_locks(_AGAIN_MS)
        self._reason = error.reason if isinstance(error, PassingError) else str(error)
        self._is_away = self._is_away or (isinstance(error, PassingError) and error.is_away)

    def _open_again(self) -> None:
        """Go on with the file that is there now, if it is the one that was there before. Raises StoreError."""
        if not self.location.database.exists():
            reason = tr("{} is not there now.").format(self.location.database)
            raise PassingError(reason, reason, is_away=True)
        self._lock.renew()
        before, self._connection = self._connection, open_again(self.location.database, MIGRATIONS)
        self._is_in_doubt = True
        if self._look() != self._seen and not (self._unsaved.writes and self._has(self._unsaved.writes[0])):
            self._connection.close()
            self._connection = before
            raise StoreError(tr("the project on the disk is not the one that was open: somebody changed it."))
        for part in (self.versions, self.mappings, self.activity):
            part.reconnect(self._connection)
        with suppress(sqlite3.Error):
            before.close()
        self._is_away = False

    def _has(self, write: Write) -> bool:
        """Return whether the disk has kept what it said it could not, as it may turn out once it is opened again."""
        with suppress(StoreError):
            position = write.history.position
            is_there = self._is_in_doubt and super().history().position == position
            return is_there and (write.entry is None or super().journal_entry(position) == write.entry)
        return False

    def _look(self) -> tuple[object, ...] | None:
        """Return what tells the project from one that somebody else changed; None where it cannot be read now."""
        with suppress(sqlite3.Error):
            return tuple(self._connection.execute(_SEEN).fetchone())
        return None

    def _wait_for_locks(self, milliseconds: int) -> None:
        self._connection.execute(f"PRAGMA busy_timeout = {milliseconds}")
