"""Noticing what happens to the image files of an open project: which are gone, which are back, which are new."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal, Slot

from app.model.storage import StoreError
from app.model.words import tr
from app.workers.boundary import Failure
from app.workers.work_thread import WorkThread
from detector.image_files import list_image_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.model.annotations import ImageRecord
    from app.store.location import Location

SETTLE_MS = 400
"""So long after the first sign of a change others are waited for: files are rarely copied one at a time."""
MOST_WATCHED = 256
"""Folders. The system gives each user so many watches, and a project is not the only one who wants some."""


@dataclass(frozen=True, slots=True)
class FolderNews:
    """How the files of a folder differ from the images of its project; ids, in the project's order.

    `paths` are all image files as they are listed now; `new` so many of them are not in the project.
    """

    paths: Sequence[str]
    gone: tuple[int, ...]
    back: tuple[int, ...]
    new: int


class FolderWatch(QObject):
    """Watches the folder of a project, its sub-folders that hold images, and the file on screen. GUI thread.

    `stirred()` comes when the file on screen may be another one; `found(FolderNews)` or `failed(sentence)` when the
    folder has been listed, which happens beside the window. A folder of a hundred thousand files takes one watch; where
    the system gives none, as for some network drives, `look_if_changed` notices by the time of change of the folders.
    """

    stirred = Signal()
    found = Signal(object)
    failed = Signal(str)

    def __init__(
        self, location: Location, images: Callable[[], Sequence[ImageRecord]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._location = location
        self._folder = location.image_folder
        self._images = images
        self._file = ""
        self._thread = WorkThread(self)
        self._thread.finished.connect(self._take)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._wait)
        self._watcher.fileChanged.connect(self._wait)
        self._file_moved = self._folder_moved = False
        self._timer = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._timer.timeout.connect(self._settle)
        self._folders: dict[str, int] = {}
        self._watch_folders(record.path for record in images())

    def follow(self, path: Path) -> None:
        """Watch this file instead of the one on screen before."""
        if self._file:
            self._watcher.removePath(self._file)
        self._file = str(path)
        self._watch_file()

    def look(self) -> None:
        """List the folder now; `found` or `failed` follows."""
        self._folder_moved = False
        self._thread.start(partial(compare, self._location, tuple(self._images())), tr("Listing the folder"))

    def look_if_changed(self) -> None:
        """List the folder if files have come to it or left it since it was listed."""
        if any(_changed_at(folder) != moment for folder, moment in self._folders.items()):
            self.look()

    def stop(self) -> None:
        """Watch no longer, and wait for a listing under way; idempotent."""
        self._timer.stop()
        for watched in (self._watcher.files(), self._watcher.directories()):
            if watched:
                self._watcher.removePaths(watched)
        self._thread.stop()

    @Slot(str)
    def _wait(self, path: str) -> None:
        self._file_moved |= path == self._file
        self._folder_moved |= path != self._file
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _settle(self) -> None:
        if self._file_moved:
            self._file_moved = False
            self._watch_file()  # a file that another one was renamed to is not watched any more
            self.stirred.emit()
        if self._folder_moved:
            self.look()

    @Slot(object)
    def _take(self, result: FolderNews | Failure) -> None:
        if isinstance(result, Failure):
            self.failed.emit(result.sentence)
            return
        root = f"{self._folder}{os.sep}"
        self._watch_folders(path.removeprefix(root) for path in result.paths)
        self._watch_file()
        self.found.emit(result)

    def _watch_file(self) -> None:
        # A drive that fails raises in `Path`, and here it is a file that is not there.
        if self._file and self._file not in self._watcher.files() and os.path.exists(self._file):  # noqa: PTH110
            self._watcher.addPath(self._file)

    def _watch_folders(self, names: Iterable[str]) -> None:
        """Watch the folders in which these files are, and the project's own."""
        below = {os.path.split(name)[0] for name in names if "/" in name or os.sep in name} - {""}
        wanted = [str(self._folder), *(str(self._folder / one) for one in sorted(below))][:MOST_WATCHED]
        self._folders = {folder: _changed_at(folder) for folder in wanted}
        known = set(self._watcher.directories())
        missing = [folder for folder in wanted if folder not in known and os.path.isdir(folder)]  # noqa: PTH112 - too
        if missing:
            self._watcher.addPaths(missing)


def compare(location: Location, images: Sequence[ImageRecord]) -> FolderNews:
    """List the image folder and say how it differs from `images`. Any thread.

    Raises DetectorError where it cannot be read, StoreError where the project is not there either: an empty folder is
    what is seen of a drive that is gone, and no image was deleted by that.
    """
    folder = location.image_folder
    paths = list_image_paths(folder)
    # A drive that went away fails in more ways than one. Elsewhere the project stays when it goes.
    is_gone = location.elsewhere and not paths and any(not one.missing for one in images)
    if is_gone or not os.path.exists(location.database):  # noqa: PTH110 - says no whatever the reason is
        raise StoreError(
            tr(
                "The images in {} are gone, or their project: is the drive connected? No image is marked as missing."
            ).format(folder)
        )
    root = f"{folder}{os.sep}"
    names = {path.removeprefix(root).replace(os.sep, "/") for path in paths}
    gone = tuple(one.id for one in images if not one.missing and one.path not in names)
    back = tuple(one.id for one in images if one.missing and one.path in names)
    return FolderNews(paths, gone, back, len(names.difference(one.path for one in images)))


def _changed_at(folder: str) -> int:
    with suppress(OSError):
        return Path(folder).stat().st_mtime_ns
    return 0
