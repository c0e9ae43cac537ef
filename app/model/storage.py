"""What the workspace asks of a store: rows of one project, the journal, and a few remembered texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.model.annotations import Annotation, Category, ImageRecord, Rejection
    from app.model.commands import Command, Edit, Row
    from app.model.history import History


class StoreError(Exception):
    """What could not be read or kept and what the person can do about it, in a sentence for the window."""


class DamagedError(StoreError):
    """A StoreError about a project whose file is damaged: it is left as it is, and may be read in part."""


class PassingError(StoreError):
    """A StoreError whose cause may pass: the disk is full, locked, read-only or away. `reason` says which it is.

    `is_away`: the files have to be opened again, because a drive that comes back may have others in their place.
    """

    def __init__(self, sentence: str, reason: str, *, is_away: bool = False) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.is_away = is_away


class Store(Protocol):
    """A project on disk. Every method raises StoreError where it fails, and has changed nothing then."""

    def images(self) -> list[ImageRecord]:
        """Return all images in file-name order."""

    def categories(self) -> list[Category]:
        """Return all categories by position, then id."""

    def annotations_of(self, image_id: int) -> list[Annotation]:
        """Return the annotations of one image by id."""

    def rejections_of(self, image_id: int) -> list[Rejection]:
        """Return the rejections of one image by id."""

    def annotation_counts(self) -> dict[int, int]:
        """Return the number of annotations of each category id that has any."""

    def next_id(self, kind: type[Row]) -> int:
        """Return an id that no row of `kind` has or ever had; all greater ones are free too."""

    def set_image_sizes(self, sizes: Mapping[int, tuple[int, int]]) -> None:
        """Keep by id the (height, width) that somebody read from the file of an image."""

    def set_missing(self, missing: Mapping[int, bool]) -> None:
        """Keep by id whether the file of an image is gone."""

    def history(self) -> History:
        """Return where undo and redo stand."""

    def journal_entry(self, position: int) -> Command:
        """Return journal entry `position`, from 1."""

    def journal_text(self, position: int) -> str:
        """Return the text of journal entry `position`, from 1, without reading its edits."""

    def write(self, edits: Sequence[Edit], history: History, entry: Command | None = None) -> None:
        """Apply `edits` and move to `history` in one transaction.

        `entry` becomes entry `history.position`, whatever was there and after it is dropped; None leaves the entries.
        """

    def recall(self, key: str) -> str | None:
        """Return the text remembered under `key`, None where there is none."""

    def remember(self, key: str, text: str) -> None:
        """Keep a text that may be lost in a power cut: where the person was looking, not what they decided."""
