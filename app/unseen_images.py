"""Letting the detector look at the images of a project that it has not seen, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model.images import from_place, nearest_first

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.model.annotations import ImageRecord
    from app.model.workspace import Workspace
    from app.recent_predictions import RecentPredictions
    from app.store.project_store import ProjectStore
    from app.workers.detector_service import DetectorService


class UnseenImages:
    """The images that the model in use has not looked at. One that was replaced since is looked at when it is shown.

    Both methods start a run over all of these, after everything else that the detector has to do, and return how many
    there are; a run under way gives way.
    """

    def __init__(
        self, store: ProjectStore, workspace: Workspace, predictions: RecentPredictions, service: DetectorService
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._predictions = predictions
        self._service = service

    def detect_onwards(self) -> int:
        """Look at all of them in file order, from the current image on."""
        return self._detect(from_place(self._workspace.images, self._place))

    def detect_nearest(self) -> int:
        """Look at the unreviewed ones, nearest first, and then at the reviewed ones.

        Those get no new suggestions that anybody waits for, but show where this model differs from the person.
        """
        images = nearest_first(self._workspace.images, self._place)
        return self._detect(sorted(images, key=lambda record: record.reviewed))

    @property
    def _place(self) -> int:
        current = self._workspace.current_image
        return 0 if current is None else self._workspace.index_of(current.id)

    def _detect(self, records: Iterable[ImageRecord]) -> int:
        wanted = self._predictions.lacking(records)
        if wanted:
            self._service.detect_folder(wanted, lambda image_id: self._store.image_path(wanted[image_id]))
        return len(wanted)
