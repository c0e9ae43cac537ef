"""Having the features of reviewed images pooled while nothing else is to do, so that a training can start at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from app.model.storage import StoreError
from app.store.corrections import read_corrections
from app.workers.messages import FeatureFolder
from detector.corrections import CorrectedImage
from detector.images import MAX_PIXELS

if TYPE_CHECKING:
    from app.model.annotations import ImageRecord
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.store.location import Location
    from app.store.project_store import ProjectStore
    from app.workers.detector_service import DetectorService

FEATURE_BYTES = 4 * 2**30
"""How much the pooled features of one project may take on disk; they can be made again at any time."""
_FEW = 8
"""Nobody reviews more images by one gesture: those are an import's, and may be more than there is room for."""


def feature_folder(location: Location) -> FeatureFolder:
    """Return where the features of a project are kept."""
    return FeatureFolder(location.features, FEATURE_BYTES)


class ImageWarming:
    """Warms an image when it is marked as reviewed, and again when the labeler leaves it after another edit.

    Many that an import marks wait until the detector has nothing else to do, as all others of the project.
    """

    def __init__(self, store: ProjectStore, workspace: Workspace, service: DetectorService) -> None:
        self._store = store
        self._workspace = workspace
        self._training, self._tiling = service.training, service.tiling
        self._edited: set[int] = set()
        self.close = workspace.subscribe(self._follow)

    def warm_all(self) -> None:
        """Warm every corrected image: another backbone serves, or large images are seen in another way."""
        location = self._store.location
        # No feature depends on names, so it need not be known which version they are of.
        read = partial(read_corrections, location, None, most_pixels=MAX_PIXELS, tile=self._tiling.tile)
        self._training.warm_all(read, feature_folder(location))

    def _follow(self, change: Change) -> None:
        current = self._workspace.current_image
        if change.history and change.annotations and current is not None:
            self._edited.add(current.id)
        due = set(change.image_ids) if change.history else set()
        if change.current_image and current is not None:
            due |= self._edited - {current.id}
        self._edited -= due
        self._warm([self._workspace.images[self._workspace.index_of(image_id)] for image_id in sorted(due)])

    def _warm(self, records: list[ImageRecord]) -> None:
        reviewed = [record for record in records if record.reviewed and not record.missing]
        if len(reviewed) > _FEW:
            self.warm_all()
            return
        try:
            images = [self._corrected(record) for record in reviewed]
        except StoreError:
            return  # a training reads it all again, and says what is wrong
        if images:
            self._training.warm(images, feature_folder(self._store.location), self._tiling.tile)

    def _corrected(self, record: ImageRecord) -> CorrectedImage:
        """Return what a training would be given of an image, but for labels, on which no feature depends."""
        annotations, rejections = self._store.annotations_of(record.id), self._store.rejections_of(record.id)
        return CorrectedImage(
            path=self._store.image_path(record),
            name=record.path,
            gt_boxes=np.array([one.box for one in annotations], dtype=np.float32).reshape(-1, 4),
            labels=np.ones(len(annotations), dtype=np.int64),
            rejected_boxes=np.array([one.origin.box for one in rejections], dtype=np.float32).reshape(-1, 4),
            reviewed=record.reviewed,
            iscrowd=np.array([one.iscrowd for one in annotations], dtype=np.bool_),
            size=record.size,
        )
