"""Downloading a model beside the window, in a thread of its own that ends with it whatever the network does."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.model.words import tr
from app.workers.boundary import Failure, attempt
from detector.downloads import DownloadProgress, download

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from detector.published import Published

    Fetch = Callable[[Published, Path], Generator[DownloadProgress, None, None]]

_PAUSE = 0.1
"""Seconds between two progresses that are told."""
_PATIENCE = 1.0
"""Seconds that the end of the program waits. A thread that hears nothing from the network is left; its part is kept."""


class ModelDownload(QObject):
    """One download. Lives in the GUI thread; `stop` must be called before it is destroyed.

    `progressed(DownloadProgress)` follows `start`, ten times a second at most, and exactly one of `fetched(Path)` and
    `failed(sentence)`, unless it is cancelled: what has come is kept then, and the next download goes on from there.
    """

    progressed = Signal(object)
    fetched = Signal(object)
    failed = Signal(str)

    def __init__(
        self, published: Published, folder: Path, parent: QObject | None = None, *, fetch: Fetch = download
    ) -> None:
        super().__init__(parent)
        self.published = published
        self._folder = folder
        self._fetch = fetch
        self._cancelled = threading.Event()
        # A daemon: a server that has gone silent must not hold up the end of the program.
        self._thread = threading.Thread(target=self._run, name=f"download {published.name}", daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def stop(self) -> None:
        """Cancel; nothing is heard of it any more. Waits for the bytes under way, a second at most; idempotent."""
        self._cancelled.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def _run(self) -> None:
        result = attempt(self._download, tr("The download of {}").format(self.published.title))
        if self._cancelled.is_set() or result is None:
            return
        if isinstance(result, Failure):
            self.failed.emit(result.sentence)
        else:
            self.fetched.emit(result)

    def _download(self) -> Path | None:
        """Return the file; None where it was cancelled."""
        told = -_PAUSE
        with closing(self._fetch(self.published, self._folder)) as steps:
            for progress in steps:
                if self._cancelled.is_set():
                    return None
                if progress.path is not None:
                    return progress.path
                if time.monotonic() - told >= _PAUSE:
                    told = time.monotonic()
                    self.progressed.emit(progress)
        return None
