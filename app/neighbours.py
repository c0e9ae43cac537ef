"""The images that are likely to come on screen next, and having them decoded and detected by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from app.model import navigation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.model.annotations import ImageRecord
    from app.model.shown_images import ShownImages
    from app.model.workspace import Workspace
    from app.recent_predictions import RecentPredictions
    from app.survey import Survey
    from app.workers.detector_service import DetectorService
    from app.workers.image_loader import ImageLoader

    Item = tuple[int, Path]

NEIGHBOURS: tuple[int, ...] = (1, -1, 2)
"""As steps from the image on screen in the list, the likeliest first."""
USEFUL = 2
"""So many of the most useful images come before all others, and in place of the last of those, in that order."""
AFTER_MS = 20
"""So long after a change of the image the turn of its neighbours comes: one that was ready is painted by then."""


class Neighbours:
    """Knows what comes after the current image: in the list that `shown` gives, and by usefulness where that is on."""

    def __init__(self, workspace: Workspace, survey: Survey, shown: Callable[[], ShownImages | None]) -> None:
        self._workspace = workspace
        self._survey = survey
        self._shown = shown

    def of(self, record: ImageRecord) -> list[ImageRecord]:
        """Return the images to have ready while `record` is on screen, the likeliest first, each once."""
        images = self._workspace.images
        useful = [images[self._workspace.index_of(image_id)] for image_id in self._survey.upcoming(USEFUL)]
        steps = NEIGHBOURS[:-1] if useful else NEIGHBOURS
        beside = navigation.neighbours(self._workspace, record, steps, self._shown())
        near = {one.id: one for one in (*useful, *beside) if one.id != record.id}
        return list(near.values())


class Ahead(QObject):
    """Has the neighbours of the image on screen decoded and detected a moment after it came there. GUI thread.

    `path` says where an image is.
    """

    def __init__(
        self,
        workspace: Workspace,
        neighbours: Neighbours,
        predictions: RecentPredictions,
        loader: ImageLoader,
        service: DetectorService,
        *,
        path: Callable[[ImageRecord], Path],
    ) -> None:
        super().__init__(loader)
        self._workspace, self._neighbours, self._predictions = workspace, neighbours, predictions
        self._loader, self._service, self._path = loader, service, path
        self._decoded: list[int] = []
        self._timer = QTimer(self, singleShot=True, interval=AFTER_MS)
        self._timer.timeout.connect(self._begin)

    @property
    def waits(self) -> bool:
        """Whether neighbours are to be asked for in a moment."""
        return self._timer.isActive()

    def begin(self) -> None:
        """Ask for the neighbours in a moment, instead of any asked for before."""
        if not self._timer.isActive():  # not anew: who leafs through quickly never looks long
            self._timer.start()

    def lacking(self, record: ImageRecord) -> list[Item]:
        """Return the neighbours of an image that the detector has not looked at."""
        return [(one.id, self._path(one)) for one in self._neighbours.of(record) if self._predictions.of(one) is None]

    def stop(self) -> None:
        """Ask for nothing any more."""
        self._timer.stop()

    @Slot()
    def follow(self) -> None:
        """Have others decoded where others are likely to come next now."""
        record = self._workspace.current_image
        near = [] if record is None else self._neighbours.of(record)
        if not self.waits and [one.id for one in near] != self._decoded:
            self._decode(near)

    @Slot()
    def _begin(self) -> None:
        record = self._workspace.current_image
        if record is None:
            return
        self._decode(self._neighbours.of(record))
        if not record.missing and self._predictions.of(record) is None:  # it was asked for with its neighbours
            return
        if self._service.is_waiting(record.id):  # it was asked for once more, which is not to be forgotten
            self._service.show(record.id, self._path(record), self.lacking(record))
        else:
            self._service.prefetch(self.lacking(record))

    def _decode(self, near: list[ImageRecord]) -> None:
        self._decoded = [one.id for one in near]
        self._loader.prepare([(one.id, self._path(one)) for one in near])
