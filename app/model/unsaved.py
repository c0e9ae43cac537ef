"""What the disk has not taken yet, in the order in which it was decided, and how a project reads with it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from app.model.annotations import Annotation, Category, DatasetNotes, ImageMark, Rejection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.model.annotations import ImageRecord
    from app.model.commands import Command, Edit, Row
    from app.model.history import History

R = TypeVar("R", Annotation, Rejection, Category, DatasetNotes)


@dataclass(frozen=True, slots=True)
class Write:
    """What one call of `Store.write` asks for; the contract is there."""

    edits: Sequence[Edit]
    history: History
    entry: Command | None = None


class Unsaved:
    """Writes that wait. The readers take what the store says and return what it would say if it had them."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self._entries: dict[int, Command] = {}
        # Of each row that waits: as the disk has it, as it is, and the rows of each image among them.
        self._rows: defaultdict[type[Row], dict[int, tuple[Row | None, Row | None]]] = defaultdict(dict)
        self._of_image: defaultdict[tuple[type[Row], int], set[int]] = defaultdict(set)

    @property
    def history(self) -> History | None:
        """Where undo and redo stand; None where nothing waits."""
        return self.writes[-1].history if self.writes else None

    def add(self, write: Write) -> None:
        """Let one more wait."""
        self.writes.append(write)
        for edit in write.edits:
            row = edit.row
            rows = self._rows[type(row)]
            stored, _ = rows.get(row.id, (edit.before, None))
            rows[row.id] = (stored, edit.after)
            if isinstance(row, Annotation | Rejection):
                self._of_image[type(row), row.image_id].add(row.id)
        if write.entry is not None:
            position = write.history.position
            self._entries = {place: entry for place, entry in self._entries.items() if place < position}
            self._entries[position] = write.entry

    def after(self, count: int) -> Unsaved:
        """Return what still waits once the disk has the first `count`."""
        waiting = Unsaved()
        for write in self.writes[count:]:
            waiting.add(write)
        return waiting

    def entry(self, position: int) -> Command | None:
        """Return journal entry `position`, None where the store has it."""
        return self._entries.get(position)

    def of_image(self, kind: type[R], image_id: int, stored: Iterable[R]) -> list[R]:
        """Return the rows of one image by id."""
        return self._merged(kind, stored, self._of_image.get((kind, image_id), ()))

    def all_of(self, kind: type[R], stored: Iterable[R]) -> list[R]:
        """Return all rows of a kind by id."""
        return self._merged(kind, stored, self._rows[kind])

    def images(self, stored: Iterable[ImageRecord]) -> list[ImageRecord]:
        """Return the images with their marks, in the order given."""
        marks = self._rows[ImageMark]
        return [one.marked(cast("ImageMark", marks[one.id][1])) if one.id in marks else one for one in stored]

    def counts(self, stored: dict[int, int]) -> dict[int, int]:
        """Return the number of annotations of each category id that has any."""
        counts = defaultdict[int, int](int, stored)
        for rows in self._rows[Annotation].values():
            for row, step in zip(rows, (-1, 1), strict=True):
                if isinstance(row, Annotation):
                    counts[row.category_id] += step
        return {category_id: count for category_id, count in counts.items() if count}

    def _merged(self, kind: type[R], stored: Iterable[R], ids: Iterable[int]) -> list[R]:
        merged = {row.id: row for row in stored}
        for row_id in ids:
            _, after = self._rows[kind][row_id]
            if after is None:
                merged.pop(row_id, None)
            else:
                merged[row_id] = cast("R", after)
        return [merged[row_id] for row_id in sorted(merged)]
