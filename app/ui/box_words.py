"""What is said about a box beside its category: its flags, its note, its lock. In marks, in words, and in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.model.annotations import Annotation, Flag
from app.numbers import counted, whole
from app.ui.keymap import with_keys

if TYPE_CHECKING:
    from app.model.commands import Command

NOTE_MARK = "✎"
_NOTE_SHOWN = 300


def marks(annotation: Annotation) -> str:
    """Return the initials of its flags and a sign for a note, such as "D O ✎"; empty where there is nothing."""
    initials = [flag.word[0].upper() for flag in annotation.flags]
    return " ".join([*initials, NOTE_MARK] if annotation.note else initials)


def label(name: str, annotation: Annotation) -> str:
    """Return what the label of an annotation of the category `name` says."""
    said = marks(annotation)
    return f"{name} · {said}" if said else name


def about(annotation: Annotation) -> str:
    """Return its flags, its lock and its note in words; empty where there is nothing to say."""
    words = [flag_word(flag) for flag in annotation.flags]
    if annotation.locked:
        words.append(_translated("locked"))
    note = annotation.note
    shown = note if len(note) <= _NOTE_SHOWN else f"{note[:_NOTE_SHOWN]}…"
    return "\n".join(filter(None, (", ".join(words), shown)))


def flag_word(flag: Flag) -> str:
    """Return the flag's name for a person."""
    return {
        Flag.DIFFICULT: _translated("difficult"),
        Flag.OCCLUDED: _translated("occluded"),
        Flag.TRUNCATED: _translated("truncated"),
        Flag.CROWD: _translated("crowd"),
    }[flag]


def done(command: Command, locked: int) -> str:
    """Return what was done, and how many `locked` boxes of those selected before it left as they are."""
    said = _translated("Done: {}").format(command.text)
    before = [(edit.before, edit.after) for edit in command.edits if isinstance(edit.before, Annotation)]
    if not locked or all(_turns_lock(first, after) for first, after in before):
        return said
    left = counted(locked, _translated("1 is locked"), _translated("{} are locked"))
    return f"{said}; {left}"


def all_locked(count: int) -> str:
    """Return why nothing was done to `count` boxes, and what unlocks them."""
    if count == 1:
        return with_keys(_translated("The box is locked: {lock} unlocks it."))
    return with_keys(_translated("The {} boxes are locked: {lock} unlocks them."), whole(count))


def _turns_lock(before: Annotation, after: object) -> bool:
    return isinstance(after, Annotation) and before.locked != after.locked


def _translated(text: str) -> str:
    return QCoreApplication.translate("boxes", text)
