"""What becomes of an open project when its image files are deleted, replaced, turned or added by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.model.geometry import as_boxes
from app.model.storage import StoreError
from app.numbers import counted
from app.store.prediction_cache import file_stamp
from app.workers.folder_watch import FolderNews, FolderWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.model.annotations import ImageRecord
    from app.model.workspace import Workspace
    from app.recent_predictions import RecentPredictions
    from app.store.project_store import ProjectStore
    from app.workers.image_loader import ImageLoader

    Size = tuple[int, int]


class DiskChanges(QObject):
    """Keeps a project true to its folder. Boxes stay whatever happens to a file. GUI thread.

    A file that is gone makes its image a missing one until it comes back; of a file that was replaced pixels, thumbnail
    and predictions are forgotten. New files wait for `look_again`: nobody's list jumps while they work. `changed()`
    comes when the image on screen is to be shown anew; `warned(sentence)` says what should be read,
    `noticed(sentence)` what is worth a line, `trouble(sentence)` what could not be stored. `appeared(count)` tells how
    many new files wait. `near` gives the images that are made ready while one is on screen.
    """

    changed = Signal()
    warned = Signal(str)
    noticed = Signal(str)
    trouble = Signal(str)
    appeared = Signal(int)

    def __init__(
        self,
        store: ProjectStore,
        workspace: Workspace,
        predictions: RecentPredictions,
        loader: ImageLoader,
        parent: QObject | None = None,
        *,
        near: Callable[[ImageRecord], Sequence[ImageRecord]],
    ) -> None:
        super().__init__(parent)
        self._store, self._workspace = store, workspace
        self._predictions, self._loader = predictions, loader
        self._near = near
        self._lists = False
        self._new = 0
        self._stamps: dict[int, str] = {}
        self._replaced: set[int] = set()
        self._watch = FolderWatch(store.location, lambda: workspace.images, self)
        self._watch.stirred.connect(self._look_here)
        self._watch.found.connect(self._take)
        self._watch.failed.connect(self._take_failure)

    def enter(self) -> None:
        """Look at the files of the image that has come on screen and of those near it, and watch the first from now on.

        What was replaced is said; of what is gone the canvas says so.
        """
        record = self._workspace.current_image
        if record is not None:
            self._watch.follow(self._store.image_path(record))
            if self.check():
                self._say_changed(gone=False)

    def check(self) -> bool:
        """Look at the files on screen and near; return whether that on screen is gone, back, or another than before."""
        current = self._workspace.current_image
        if current is None:
            return False
        missing = {}
        self._replaced.clear()
        for record in (current, *self._near(current)):
            stamp = file_stamp(self._store.image_path(record))
            if record.id == current.id and bool(stamp) is record.missing:  # others are told by a listing
                missing[record.id] = not stamp
            if stamp and self._stamps.setdefault(record.id, stamp) != stamp:
                self._stamps[record.id] = stamp
                self._replaced.add(record.id)
        self._mark(missing)
        changed = sorted({*missing, *self._replaced})
        self._predictions.forget(changed)
        self._loader.forget(changed)
        return current.id in changed

    def look_around(self) -> None:
        """Notice what happened while nobody was looking, such as when the window has the focus again."""
        self._look_here()
        self._watch.look_if_changed()

    def look_again(self) -> None:
        """List the folder anew: what is new becomes part of the project."""
        self._lists = True
        self._watch.look()

    def say_resized(self, record: ImageRecord, size: Size) -> None:
        """Say that the image on screen has another (height, width) than it had, and what that means for its boxes."""
        before = record.size
        if before is None or before == size or not self._workspace.annotations:
            return
        boxes = as_boxes([one.box for one in self._workspace.annotations.values()])  # (M, 4)
        height, width = size
        outside = int(((boxes[:, :2] < 0).any(axis=1) | (boxes[:, 2:] > (width, height)).any(axis=1)).sum())
        said = self.tr("{} was {} × {} pixels and is {} × {} now: check its boxes.").format(
            record.path, before[1], before[0], width, height
        )
        if outside:
            one, many = self.tr("1 box lies outside the image."), self.tr("{} boxes lie outside the image.")
            said = f"{said} {counted(outside, one, many)}"
        self.warned.emit(said)

    def close(self) -> None:
        """Watch no longer."""
        self._watch.stop()

    @Slot()
    def _look_here(self) -> None:
        """Notice what happened to the file on screen; of one that is gone the picture stays until another is shown."""
        if self.check():
            self._say_changed()
            current = self._workspace.current_image
            if current is not None and not current.missing:
                self.changed.emit()

    def _say_changed(self, *, gone: bool = True) -> None:
        record = self._workspace.current_image
        if record is None or (record.missing and not gone):
            return
        if record.missing:
            said = self.tr("{} is no longer in the folder. Its boxes are kept, and come back with the file.")
        elif record.id not in self._replaced:
            said = self.tr("{} is in the folder again.")
        elif self._workspace.annotations:
            said = self.tr("{} has changed on disk and is read again: check its boxes.")
        else:
            said = self.tr("{} has changed on disk and is read again.")
        is_worth_reading = record.missing or (record.id in self._replaced and self._workspace.annotations)
        (self.warned if is_worth_reading else self.noticed).emit(said.format(record.path))

    @Slot(object)
    def _take(self, news: FolderNews) -> None:
        lists, self._lists = self._lists, False
        if lists:
            self._list(news)
            return
        self._look_here()
        # What is on screen has been marked by that, and said.
        missing = dict.fromkeys(news.gone, True) | dict.fromkeys(news.back, False)
        images = self._workspace.images
        others = {one: gone for one, gone in missing.items() if images[self._workspace.index_of(one)].missing != gone}
        self._mark(others)
        self._loader.forget(list(others))
        if others:
            gone = sum(others.values())
            (self.warned if gone else self.noticed).emit(" ".join(self._words(gone, len(others) - gone)))
        elif news.new and news.new != self._new:
            self.appeared.emit(news.new)
        self._new = news.new

    def _list(self, news: FolderNews) -> None:
        self._loader.forget((*news.gone, *news.back))
        try:
            self._store.list_images(news.paths)
            self._workspace.reload()
        except StoreError as error:
            self.trouble.emit(str(error))
            return
        self._new = 0
        parts = self._words(len(news.gone), len(news.back))
        added = counted(news.new, self.tr("1 new image."), self.tr("{} new images."))
        parts = [*([added] if news.new else []), *parts]
        self.noticed.emit(" ".join(parts) or self.tr("Nothing has changed in the folder."))

    def _words(self, gone: int, back: int) -> list[str]:
        told = (
            (
                gone,
                self.tr("1 image is no longer in the folder. Its boxes are kept, and come back with the file."),
                self.tr("{} images are no longer in the folder. Their boxes are kept, and come back with the files."),
            ),
            (
                back,
                self.tr("1 image is in the folder again."),
                self.tr("{} images are in the folder again."),
            ),
        )
        return [counted(count, one, many) for count, one, many in told if count]

    @Slot(str)
    def _take_failure(self, sentence: str) -> None:
        """Say why the folder could not be listed; nothing becomes missing by that."""
        self._lists = False
        self.warned.emit(sentence)

    def _mark(self, missing: dict[int, bool]) -> None:
        if missing:
            try:
                self._workspace.set_missing(missing)
            except StoreError as error:
                self.trouble.emit(str(error))
