"""A command is a frozen value: which rows it changes, from what to what. Its inverse is a command too.

Applying, undoing, redoing and importing are one mechanism: the store and the workspace put `after` where `before` was.
The builders of the commands that people give are in `edits.py`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from app.model.annotations import Annotation, Category, DatasetNotes, ImageMark, Origin, Provenance, Rejection

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = Annotation | Rejection | Category | ImageMark | DatasetNotes

_KINDS: dict[str, type[Row]] = {
    "annotation": Annotation,
    "rejection": Rejection,
    "category": Category,
    "image": ImageMark,
    "dataset": DatasetNotes,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Edit:
    """One row before and after. None before: the row is new. None after: it is gone. Both have the same kind and id."""

    before: Row | None
    after: Row | None

    def __post_init__(self) -> None:
        if self.before is None and self.after is None:
            raise ValueError("an edit has a row before or after it")
        both = self.before is not None and self.after is not None
        if both and (type(self.before), self.before.id) != (type(self.after), self.after.id):  # type: ignore[union-attr]
            raise ValueError(f"an edit keeps the row's kind and id: {self.before} became {self.after}")

    @property
    def row(self) -> Row:
        """Return the row after the edit, or the one that was removed."""
        row = self.after if self.after is not None else self.before
        assert row is not None
        return row

    def inverse(self) -> Edit:
        """Return the edit that takes this one back."""
        return Edit(self.after, self.before)


@dataclass(frozen=True, slots=True)
class Command:
    """One gesture. `text` completes "Undo ..."; `image_id` is the image to show it on, None where it has none."""

    text: str
    image_id: int | None
    edits: tuple[Edit, ...]

    def inverse(self) -> Command:
        """Return the command that takes this one back: the edits inverted, last first."""
        return replace(self, edits=tuple(edit.inverse() for edit in reversed(self.edits)))

    def merge_with(self, previous: Command) -> Command | None:
        """Return `previous` and this command as one, for the bursts of a held key; None where they do not continue.

        They continue when both say the same and change the same rows of the same image, and change nothing else.
        """
        if (self.text, self.image_id, len(self.edits)) != (previous.text, previous.image_id, len(previous.edits)):
            return None
        pairs = list(zip(previous.edits, self.edits, strict=True))
        if any(first.before is None or first.after is None or first.after != then.before for first, then in pairs):
            return None
        if any(then.after is None for _, then in pairs):
            return None
        return replace(self, edits=tuple(Edit(first.before, then.after) for first, then in pairs))

    def rows_added(self) -> Iterator[Row]:
        """Yield the rows that are new with this command."""
        return (edit.after for edit in self.edits if edit.before is None and edit.after is not None)

    def images_decided(self) -> frozenset[int]:
        """Return the images whose boxes or rejections it changes."""
        return frozenset(edit.row.image_id for edit in self.edits if isinstance(edit.row, Annotation | Rejection))

    def categories_after(self, categories: tuple[Category, ...]) -> tuple[Category, ...]:
        """Return all categories by position once it is executed; `categories` itself where it changes none."""
        after = {category.id: category for category in categories}
        for edit in self.edits:
            if isinstance(edit.after, Category):
                after[edit.after.id] = edit.after
            elif isinstance(edit.before, Category):
                del after[edit.before.id]
        if not any(isinstance(edit.row, Category) for edit in self.edits):
            return categories
        return tuple(sorted(after.values(), key=lambda category: (category.position, category.id)))

    def to_json(self) -> str:
        """Return the journal's text of this command; floats keep every bit."""
        edits = [[_row_to_json(edit.before), _row_to_json(edit.after)] for edit in self.edits]
        document = {"text": self.text, "image_id": self.image_id, "edits": edits}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Command:
        """Read what `to_json` wrote. Raises ValueError (or its KeyError/TypeError kin) on anything else."""
        document = json.loads(text)
        edits = tuple(Edit(_row_from_json(before), _row_from_json(after)) for before, after in document["edits"])
        return cls(document["text"], document["image_id"], edits)


def _row_to_json(row: Row | None) -> dict[str, Any] | None:
    return None if row is None else {"kind": _NAMES[type(row)], **asdict(row)}


def _row_from_json(values: dict[str, Any] | None) -> Row | None:
    if values is None:
        return None
    fields = dict(values)
    kind = _KINDS[fields.pop("kind")]
    if fields.get("origin") is not None:
        origin = fields["origin"]
        fields["origin"] = Origin(**{**origin, "box": tuple(origin["box"])})
    if kind is Annotation:
        fields["box"] = tuple(fields["box"])
        fields["provenance"] = Provenance(fields["provenance"])
    return kind(**fields)
