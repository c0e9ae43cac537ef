"""The rows as they are now, against which a command is held before it is written.

Memory puts the whole row `after` where the store writes only what differs from `before`. They stay the same only while
`before` is the row that is there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from app.model.annotations import Annotation, Category, ImageMark, Rejection
from app.model.commands import Command, Edit
from app.model.storage import StoreError
from app.model.words import tr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.model.commands import Row
    from app.model.images import ImageList
    from app.model.open_image import OpenImage


@dataclass(frozen=True, slots=True)
class Present:
    """The rows that are in memory: the decisions on the image on screen, all categories, and the marks of all images.

    Rows of other images are nobody's to be late with: who changes them has just read them, and so will the next reader.
    """

    image: OpenImage | None
    categories: Sequence[Category]
    images: ImageList

    def require(self, command: Command) -> None:
        """Raise StoreError where a command was made of rows that are others by now, or gone."""
        if next(self._late(command), None) is not None:
            raise StoreError(tr("What this was about has changed in the meantime. Nothing was done: do it once more."))

    def rebased(self, command: Command) -> Command:
        """Return what a command of the journal changes, for the rows as they are: as a rule the command itself.

        Journals of before `require` may have commands that were made of other rows than were there.
        """
        late = dict(self._late(command))
        if not late:
            return command
        return replace(command, edits=tuple(late.get(place, edit) for place, edit in enumerate(command.edits)))

    def _late(self, command: Command) -> Iterator[tuple[int, Edit]]:
        """Yield place and, for the row that is there, edit of each whose `before` is not that row."""
        categories = {one.id: one for one in self.categories}
        changed: dict[tuple[type, int], Row | None] = {}  # by this command itself: it may change a row twice
        for place, edit in enumerate(command.edits):
            row = edit.row
            if not self._has(row):
                continue
            key = type(row), row.id
            now = changed[key] if key in changed else self._row(row, categories)
            changed[key] = edit.after
            if now != edit.before:
                based = _onto(now, edit)
                changed[key] = based.after
                yield place, based

    def _has(self, row: Row) -> bool:
        if isinstance(row, Annotation | Rejection):
            return self.image is not None and row.image_id == self.image.id
        return isinstance(row, Category | ImageMark)

    def _row(self, row: Row, categories: Mapping[int, Category]) -> Row | None:
        """Return the row of this kind and id that is in memory, None where there is none."""
        match row:
            case Annotation() if self.image is not None:
                return self.image.annotations.get(row.id)
            case Rejection() if self.image is not None:
                return self.image.rejections.get(row.id)
            case ImageMark() if self.images.has(row.id):
                return self.images.by_id(row.id).mark
            case Category():
                return categories.get(row.id)
        return None


def _onto(now: Row | None, edit: Edit) -> Edit:
    """Return the edit with the same changes to another row. One to a row that is gone stays: the store refuses it."""
    if now is None or edit.before is None:
        return edit
    if edit.after is None:
        return Edit(now, None)
    names = [one.name for one in fields(edit.after)]
    pairs = {name: (getattr(edit.before, name), getattr(edit.after, name)) for name in names}
    changes: dict[str, Any] = {name: after for name, (before, after) in pairs.items() if after != before}
    return Edit(now, replace(now, **changes))
