"""What a row of the image list says of its image."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt

from app.model.words import worded
from app.numbers import counted, whole

if TYPE_CHECKING:
    from app.model.annotations import ImageRecord

ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)


class ImageState(StrEnum):
    """What the list says about an image; the first that holds, from below."""

    UNREVIEWED = worded("unreviewed")
    REVIEWED = worded("reviewed")
    REVIEWED_EMPTY = worded("reviewed, no objects")
    UNSURE = worded("unsure")
    UNREADABLE = worded("unreadable")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. Counts are None where nobody knows them; `problem` says why an image cannot be read."""

    record: ImageRecord
    state: ImageState
    annotations: int | None
    suggestions: int | None
    problem: str


def translated(words: str) -> str:
    """Return the words in the person's language."""
    return QCoreApplication.translate("ImageRows", words)


def count_words(entry: Entry) -> list[str]:
    """Return what is worth saying about an image's counts; nothing about none."""
    words = []
    if entry.annotations:
        words.append(counted(entry.annotations, translated("1 box"), translated("{} boxes")))
    if entry.suggestions:
        words.append(translated("{} undecided").format(whole(entry.suggestions)))
    return words
