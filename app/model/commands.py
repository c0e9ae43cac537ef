"""A command is a frozen value: which rows it changes, from what to what. Its inverse is a command too.

Applying, undoing, redoing and importing are one mechanism: the store and the workspace put `after` where `before` was.
The builders of the commands that people give are in `edits.py`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from app.model.annotations import Annotation, Category, DatasetNotes, ImageMark, Origin, Provenance, Rejection
from app.model.garbage import uncollected

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
_ORIGIN_FIELDS = tuple(one.name for one in fields(Origin))
_FIELDS = {kind: tuple(one.name for one in fields(kind)) for kind in _NAMES}
_DEFAULTS = {kind: tuple(one.default for one in fields(kind)) for kind in _NAMES}
_NUMBER = (float, int)
_RIGHT: dict[type[Row | Origin], tuple[tuple[type, ...], ...]] = {
    Annotation: (
        *((int,), (int,), (int,), (tuple,), (Provenance,), (Origin, type(None)), (bool,), (str,)),
        *((bool,), (bool,), (bool,), (bool,), (str,), (str,)),
    ),
    Rejection: ((int,), (int,), (Origin,)),
    Category: ((int,), (str,), (str,), (str,), (int,), (str,), (*_NUMBER, type(None)), (tuple,)),
    ImageMark: ((int,), (bool,), (bool,), (str,)),
    DatasetNotes: ((int,), (str,)),
    Origin: ((tuple,), (str,), _NUMBER, (str,)),
}
"""The types that the fields of a row may have, in their order; those of what a tuple holds are looked at by name."""
_USUAL: set[tuple[type, ...]] = set()
"""What was found to be right: of a million rows three or four."""
_VALUES: dict[type[Row | Origin], attrgetter[tuple[Any, ...]]] = {
    **{kind: attrgetter(*names) for kind, names in _FIELDS.items()},
    Origin: attrgetter(*_ORIGIN_FIELDS),
}


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

    @uncollected()
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

    @uncollected()
    def to_json(self) -> str:
        """Return the journal's text of this command; floats keep every bit.

        A command may be about every box of a project, so the text says nothing twice: a row is written without the
        fields that have their default (which therefore never changes), and after a change with what is new alone.
        """
        edits = [_edit_to_json(edit) for edit in self.edits]
        document = {"text": self.text, "image_id": self.image_id, "edits": edits}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_origin_to_json)

    @classmethod
    @uncollected()
    def from_json(cls, text: str) -> Command:
        """Read what `to_json` wrote, of older programs too, which wrote every row as a whole.

        Raises ValueError (or its LookupError/TypeError/RecursionError kin) on anything else.
        """
        document = json.loads(text)
        edits = tuple(_edit_from_json(before, after) for before, after in document["edits"])
        said, image_id = document["text"], document["image_id"]
        if not isinstance(said, str) or type(image_id) not in (int, type(None)):
            raise TypeError(f"{said!r} on image {image_id!r} is no command")
        return cls(said, image_id, edits)


def _edit_to_json(edit: Edit) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    before, after = edit.before, edit.after
    if before is None or after is None:
        return _row_to_json(before), _row_to_json(after)
    kind = type(after)
    changes = zip(_FIELDS[kind], _VALUES[kind](before), _VALUES[kind](after), strict=True)
    return _row_to_json(before), {name: value for name, was, value in changes if value is not was and value != was}


def _edit_from_json(before: dict[str, Any] | None, after: dict[str, Any] | None) -> Edit:
    if before is None or after is None or "kind" in after:
        return Edit(_row_from_json(before), _row_from_json(after))
    return Edit(_row_from_json(before), _row_from_json({**before, **after}))


def _row_to_json(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    kind = type(row)
    values = zip(_FIELDS[kind], _VALUES[kind](row), _DEFAULTS[kind], strict=True)
    said = {name: value for name, value, usual in values if value is not usual and value != usual}
    return {"kind": _NAMES[kind], **said}


def _origin_to_json(origin: Origin) -> dict[str, Any]:
    return {name: getattr(origin, name) for name in _ORIGIN_FIELDS}


def _row_from_json(values: dict[str, Any] | None) -> Row | None:
    if values is None:
        return None
    given = dict(values)
    kind = _KINDS[given.pop("kind")]
    # JSON knows no tuples and no values of ours.
    if given.get("origin") is not None:
        origin = given["origin"]
        given["origin"] = Origin(**{**origin, "box": tuple(origin["box"])})
    if "merged" in given:
        given["merged"] = tuple((number, name) for number, name in given["merged"])
    if "box" in given:
        given["box"] = tuple(given["box"])
    if "provenance" in given:
        given["provenance"] = Provenance(given["provenance"])
    row = kind(**given)
    _check_types(row)
    return row


def _check_types(row: Row) -> None:
    """Raise TypeError or ValueError where a field is not of its type: the text may come from somebody else."""
    if not _is_usual(row):
        raise TypeError(f"{_NAMES[type(row)]} {row.id!r} has a value that is not possible")
    boxes = [one.box for one in (row, getattr(row, "origin", None)) if isinstance(one, Annotation | Origin)]
    for box in boxes:
        if len(box) != 4 or not all(type(side) in _NUMBER and math.isfinite(side) for side in box):
            raise ValueError(f"{box} is not a box")
    if not all(type(number) is int and type(name) is str for number, name in getattr(row, "merged", ())):
        raise TypeError(f"{row} has merged with what is no category")
    origin = getattr(row, "origin", None)
    if origin is not None and not _is_usual(origin):
        raise TypeError(f"{origin} is no suggestion")


def _is_usual(row: Row | Origin) -> bool:
    kind = type(row)
    found = (kind, *map(type, _VALUES[kind](row)))
    if found not in _USUAL and all(one in right for one, right in zip(found[1:], _RIGHT[kind], strict=True)):
        _USUAL.add(found)
    return found in _USUAL
