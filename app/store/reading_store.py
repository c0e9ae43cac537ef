"""A damaged project, open for reading only: what can be read of it, in a temporary copy that nobody keeps."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.words import tr
from app.store.database import speaking
from app.store.location import Location, find
from app.store.patient_store import PatientStore
from app.store.recovery import recover, write_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.commands import Command, Edit
    from app.model.history import History


class ReadingStore(PatientStore):
    """Its `write` raises StoreError. Nothing is written to the project; views and predictions are forgotten at the end.

    Models of the project can be used; whatever is done to them is done to the copy.
    """

    def __init__(self, damaged: Location) -> None:
        """Read what can be read of the project at `damaged`. Raises StoreError where that is nothing."""
        self._damaged = damaged
        self._folder = tempfile.TemporaryDirectory(prefix="boxwright-")
        copy = Location(damaged.image_folder, Path(self._folder.name), elsewhere=False)
        try:
            with speaking(tr("The project file {} cannot be read").format(damaged.database)):
                _write_what_is_left(damaged.database, copy.database)
            _link_heads(damaged.heads, copy.heads)
            super().__init__(copy)
        except BaseException:
            self._folder.cleanup()
            raise

    @classmethod
    def open_damaged(cls, image_folder: Path) -> ReadingStore:
        """Open the damaged project of an image folder. Raises StoreError where nothing of it can be read."""
        location = find(image_folder)
        if location is None:
            raise StoreError(tr("There is no project in {}.").format(image_folder))
        return cls(location)

    @property
    def refusal(self) -> str:
        """Why nothing can be changed."""
        return tr(
            "This project is damaged. It is shown as far as it can be read, and nothing in it can be changed. Close it "
            "and run `boxwright repair {}`: that makes it good again, and keeps the damaged file."
        ).format(self._damaged.image_folder)

    def close(self) -> None:
        """Close the copy and throw it away."""
        super().close()
        self._folder.cleanup()

    def write(self, edits: Sequence[Edit], history: History, entry: Command | None = None) -> None:
        """Refuse."""
        del edits, history, entry
        raise StoreError(tr("Nothing can be changed here: this project is damaged, and open for reading only."))


def _write_what_is_left(damaged: Path, target: Path) -> None:
    found = recover(damaged, None)
    if not found.tables["images"].rows:
        sentence = tr("{} is damaged, and nothing of it can be read. `boxwright repair` looks for a backup.")
        raise StoreError(sentence.format(damaged))
    write_project(found, target)


def _link_heads(source: Path, target: Path) -> None:
    """Let the files of the model versions be found beside the copy; where links are not allowed, they are not."""
    with suppress(OSError):
        target.mkdir()
        for path in source.iterdir():
            (target / path.name).symlink_to(path)
