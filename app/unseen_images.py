"""Letting the detector look at the images of a project that it has not seen, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.model.images import from_place, nearest_first

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.model.annotations import ImageRecord
    from app.model.workspace import Workspace
    from app.recent_predictions import RecentPredictions
    from app.store.project_store import ProjectStore
    from app.workers.detector_service import DetectorService
    from app.workers.messages import FolderProgress


class UnseenImages(QObject):
    """The images that the model in use has not looked at. One that was replaced since is looked at when it is shown.

    Each of the methods to detect starts a run over all of these, after everything else that the detector has to do, and
    returns how many there are; a run under way gives way. Only a person lets a run go on that a person has paused: one
    that follows it, because something else came in between, is paused too.
    """

    def __init__(
        self,
        store: ProjectStore,
        workspace: Workspace,
        predictions: RecentPredictions,
        service: DetectorService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._workspace = workspace
        self._predictions = predictions
        self._service = service
        self._is_under_way = self._is_paused = False
        service.progressed.connect(self._follow)

    def close(self) -> None:
        """Hear no more of the detector."""
        self._service.progressed.disconnect(self._follow)

    def detect_onwards(self, *, resumes: bool = False) -> int:
        """Look at all of them in file order, from the current image on; a run that `resumes` may be paused."""
        paused = resumes and self._is_paused
        return self._detect(from_place(self._workspace.images, self._place), paused=paused)

    def detect_nearest(self) -> int:
        """Look at the unreviewed ones, nearest first, and then at the reviewed ones.

        Those get no new suggestions that anybody waits for, but show where this model differs from the person.
        """
        images = nearest_first(self._workspace.images, self._place)
        return self._detect(sorted(images, key=lambda record: record.reviewed), paused=self._is_paused)

    def stop(self) -> None:
        """End the run, as a person wishes: the next one does not wait, also where this one did."""
        self._service.cancel_folder()
        self._is_paused = False

    @property
    def _place(self) -> int:
        current = self._workspace.current_image
        return 0 if current is None else self._workspace.index_of(current.id)

    def _detect(self, records: Iterable[ImageRecord], *, paused: bool) -> int:
        wanted = self._predictions.lacking(records)
        if wanted:
            self._service.cancel_folder()  # its last word is not one of the run to come
            self._is_under_way, self._is_paused = True, paused
            self._service.detect_folder(
                wanted, lambda image_id: self._store.image_path(wanted[image_id]), paused=paused
            )
        return len(wanted)

    @Slot(object)
    def _follow(self, progress: FolderProgress) -> None:
        """Remember whether the run waits; of one that another took the place of, whether it waited at its end."""
        if self._is_under_way:
            self._is_paused = progress.paused and (progress.cancelled or not progress.finished)
            self._is_under_way = not progress.finished
