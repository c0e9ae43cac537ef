"""One project on disk, for its one writer. What a person decides is in `project.db` before the window shows it."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from app.model.commands import Command, Edit, Row
from app.model.history import History
from app.model.storage import StoreError
from app.model.unsaved import Write
from app.model.words import tr, worded
from app.store import rows
from app.store.activity import ActivityStore
from app.store.category_use import CategoryUse, count_use
from app.store.corrections import CorrectionCounts, count_corrections, current_names
from app.store.database import NOT_READ, open_database, relaxed, speaking, transaction
from app.store.inspection import check_values
from app.store.listing import Listing, names_in, take_over
from app.store.location import Location, can_write, locate
from app.store.mappings import MappingStore
from app.store.prediction_cache import PredictionCache, Seen, file_stamp
from app.store.schema import MIGRATIONS
from app.store.versions import VersionStore
from app.store.writer_lock import WriterLock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from app.model.annotations import Annotation, Category, DatasetNotes, ImageRecord, Rejection
    from detector.types import Prediction

NOT_SAVED = worded("The change could not be saved and was not made")


class ProjectStore:
    """The store of a workspace (`app.model.storage.Store`). Used in the thread that opened it."""

    def __init__(self, location: Location) -> None:
        """Open or create the project at `location` and lock it. Raises StoreError; nothing stays open then."""
        self.location = location
        self._lock = WriterLock(location.folder)
        try:
            self._connection = open_database(location.database, MIGRATIONS)
            try:
                with speaking(NOT_READ):
                    check_values(self._connection, location.database)
                self._predictions = PredictionCache(location.cache)
            except BaseException:
                self._connection.close()
                raise
        except BaseException:
            self._lock.release()
            raise
        self.versions = VersionStore(self._connection, location, self._predictions)
        self.versions.sweep()
        self.mappings = MappingStore(self._connection)
        self.activity = ActivityStore(self._connection)

    @classmethod
    def open(
        cls,
        image_folder: Path,
        *,
        data_folder: Path | None = None,
        writable: Callable[[Path], bool] = can_write,
    ) -> Self:
        """Open the project of an image folder; the arguments and errors are those of `location.locate`."""
        return cls(locate(image_folder, data_folder=data_folder, writable=writable))

    def close(self) -> None:
        """Close the files and let the next writer in."""
        self._predictions.close()
        self._connection.close()
        self._lock.release()

    def list_images(self, paths: Iterable[Path | str]) -> Listing:
        """Take over the files of the image folder, in their order: new ones are added, absent ones marked as missing.

        Nothing is ever removed: the boxes of an image that is missing today are still there when it comes back.
        """
        names, refused = names_in(self.location.image_folder, paths)
        with self._writing():
            return take_over(self._connection, names, refused)

    # What a workspace asks: the contracts are in `app.model.storage.Store`.

    def images(self) -> list[ImageRecord]:
        """Return all images in the order of the last listing."""
        with speaking(NOT_READ):
            return list(rows.image_records(self._connection))

    def categories(self) -> list[Category]:
        """Return all categories by position, then id."""
        with speaking(NOT_READ):
            return rows.categories(self._connection)

    def annotations_of(self, image_id: int) -> list[Annotation]:
        """Return the annotations of one image by id."""
        with speaking(NOT_READ):
            return rows.annotations_of(self._connection, image_id)

    def annotations_in(self, category_id: int) -> list[Annotation]:
        """Return the annotations of one category, on all images, by id."""
        with speaking(NOT_READ):
            return rows.annotations_in(self._connection, category_id)

    def rejections_of(self, image_id: int) -> list[Rejection]:
        """Return the rejections of one image by id."""
        with speaking(NOT_READ):
            return rows.rejections_of(self._connection, image_id)

    def dataset_notes(self) -> DatasetNotes:
        """Return what imported files say about the dataset as a whole."""
        with speaking(NOT_READ):
            return rows.dataset_notes(self._connection)

    def annotation_counts(self) -> dict[int, int]:
        """Return the number of annotations of each category id that has any."""
        with speaking(NOT_READ):
            counts = self._connection.execute("SELECT category_id, count(*) FROM annotations GROUP BY category_id")
            return dict(counts.fetchall())

    def next_id(self, kind: type[Row]) -> int:
        """Return an id that no row of `kind` has or ever had; all greater ones are free too."""
        with speaking(NOT_READ):
            found = self._connection.execute(
                "SELECT seq FROM sqlite_sequence WHERE name = ?", (rows.table_of(kind),)
            ).fetchone()
            return 1 if found is None else int(found[0]) + 1

    def set_image_sizes(self, sizes: Mapping[int, tuple[int, int]]) -> None:
        """Keep by id the (height, width) that somebody read from the file of an image."""
        rows = [(*size, image_id) for image_id, size in sizes.items()]
        with self._writing():
            self._connection.executemany("UPDATE images SET height = ?, width = ? WHERE id = ?", rows)

    def set_missing(self, missing: Mapping[int, bool]) -> None:
        """Keep by id whether the file of an image is gone."""
        rows = [(int(is_gone), image_id) for image_id, is_gone in missing.items()]
        with self._writing():
            self._connection.executemany("UPDATE images SET missing = ? WHERE id = ?", rows)

    def history(self) -> History:
        """Return where undo and redo stand."""
        with speaking(NOT_READ):
            query = "SELECT position, (SELECT coalesce(max(position), 0) FROM journal) FROM history"
            return History(*self._connection.execute(query).fetchone())

    def journal_entry(self, position: int) -> Command:
        """Return journal entry `position`, from 1."""
        text = self._journal("command", position)
        try:
            command = Command.from_json(text)
            if command.image_id is not None:
                self._require_image(command.image_id)
        except (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError) as error:
            raise StoreError(
                tr("Journal entry {} of the project cannot be read: {}.").format(position, error)
            ) from error
        return command

    def journal_text(self, position: int) -> str:
        """Return the text of journal entry `position`, from 1, without reading its edits."""
        return self._journal("text", position)

    def journal_digest(self, position: int) -> str:
        """Return what tells journal entry `position`, from 1, from any other; see `digest_of`. Raises StoreError."""
        return digest_of(self._journal("command", position))

    def identity(self) -> str:
        """Return what a project has in common with its shares, and with no other project."""
        with speaking(NOT_READ):
            return rows.identity(self._connection)

    def write(self, edits: Sequence[Edit], history: History, entry: Command | None = None) -> None:
        """Apply `edits`, move to `history`, and keep `entry` as entry `history.position`, in one transaction."""
        with self._writing():
            rows.apply_write(self._connection, Write(edits, history, entry))

    def recall(self, key: str) -> str | None:
        """Return the text remembered under `key`, None where there is none."""
        with speaking(NOT_READ):
            return rows.recalled(self._connection, key)

    def remember(self, key: str, text: str) -> None:
        """Keep a text that may be lost in a power cut; so it need not wait for the disk."""
        with speaking(NOT_SAVED), relaxed(self._connection):
            self._connection.execute("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (key, text))

    # What is asked before a fine-tune, which reads `corrections` in its own thread; its results are in `versions`.

    def correction_counts(self, most_pixels: int | None = None) -> CorrectionCounts:
        """Return how much there is to learn from, of images that are not known to have more pixels than that."""
        with speaking(NOT_READ):
            return count_corrections(self._connection, most_pixels)

    def current_names(self) -> dict[str, str]:
        """Return name that the active model version gives -> today's name of that category, where these differ.

        Also of names that only other versions gave: decisions on what they suggested keep them.
        """
        with speaking(NOT_READ):
            return current_names(self._connection, self.versions.active(), self.versions.all())

    def category_use(self, category: Category) -> CategoryUse:
        """Return what would change if a category went. Raises StoreError."""
        with speaking(NOT_READ):
            return count_use(self._connection, category, self.versions.all())

    # What the detector found: derived, kept beside the project, lost without harm.

    def prediction_of(self, record: ImageRecord, model_version: str) -> Prediction | None:
        """Return what `model_version` said about the image as its file is now; None where nobody knows."""
        return self._predictions.get(record.id, model_version, file_stamp(self.image_path(record)))

    def predicted(self, model_version: str) -> dict[int, Seen]:
        """Return image id -> how `model_version` has looked at it, changed since then or not."""
        return self._predictions.seen(model_version)

    def put_prediction(self, image_id: int, stamp: str, prediction: Prediction) -> None:
        """Keep a prediction for the image whose file had the `file_stamp` when it was read.

        Not one that `is_reduced`: the model is to be asked again. Raises StoreError, and leaves the project as it is.
        """
        if not prediction.is_reduced:
            self._predictions.put(image_id, stamp, prediction)

    def prune_predictions(self, keep: Collection[str] = ()) -> None:
        """Drop what was said by other model versions than the active one, its parent, the base, and those of `keep`.

        For a moment when nobody waits, such as closing. Raises StoreError; the project is not touched by that.
        """
        self._predictions.keep_only({*self.versions.lineage(), *keep})

    def image_path(self, record: ImageRecord) -> Path:
        """Return where the file of an image is."""
        return self.location.image_folder / record.path

    def _require_image(self, image_id: int) -> None:
        """Raise LookupError where the project has no such image."""
        with speaking(NOT_READ):
            if not self._connection.execute("SELECT 1 FROM images WHERE id = ?", (image_id,)).fetchone():
                raise LookupError(tr("there is no image {}").format(image_id))

    def _journal(self, column: str, position: int) -> str:
        with speaking(NOT_READ):
            found = self._connection.execute(
                f"SELECT {column} FROM journal WHERE position = ?",  # noqa: S608 - own names only
                (position,),
            ).fetchone()
        if found is None:
            raise StoreError(
                tr("The project's journal has no entry {}; it cannot be undone or redone.").format(position)
            )
        return str(found[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with speaking(NOT_SAVED), transaction(self._connection):
            yield


def digest_of(journal_text: str) -> str:
    """Return the digest of a command as `Command.to_json` writes it."""
    return hashlib.sha256(journal_text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
