"""Whether large images are detected in tiles, as the window's side of the detector has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from detector.tiling import TILE

if TYPE_CHECKING:
    from app.workers.detector_worker import DetectorWorker


class TilingService(QObject):
    """Says how large images are looked at; lives in the GUI thread, part of the detector service.

    `changed()`: in another way from now on. `progressed(TilesSeen)`: how far the look at a large image is.
    """

    changed = Signal()
    progressed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tile = 0

    @property
    def tile(self) -> int:
        """The side of the tiles that large images are looked at in; 0: they are looked at as a whole."""
        return self._tile

    @tile.setter
    def tile(self, tile: int) -> None:
        if tile != self._tile:
            self._tile = tile
            self.changed.emit()

    def toggle(self) -> None:
        """Look at large images in tiles, or as a whole."""
        self.tile = 0 if self._tile else TILE

    def serve_with(self, worker: DetectorWorker) -> None:
        """Tell of what a worker does from now on."""
        worker.tiles_seen.connect(self.progressed)
