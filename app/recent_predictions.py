"""What the model in use said about the images looked at last: from memory, else from the store."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from detector.tiling import is_seen_so

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.model.annotations import ImageRecord
    from app.store.project_store import ProjectStore
    from detector.types import Prediction

_KEPT = 32


class RecentPredictions:
    """Predictions as the model made them, by image. Forgets those of another model when `model_version` is set.

    `tile` is the side of the tiles that large images are seen in, 0 for none: who was seen otherwise was not seen.
    """

    def __init__(self, store: ProjectStore, model_version: str) -> None:
        self._store = store
        self._model_version = model_version
        self.tile = 0
        self._kept: OrderedDict[int, Prediction] = OrderedDict()

    @property
    def model_version(self) -> str:
        """The model whose predictions these are; empty while nobody knows."""
        return self._model_version

    @model_version.setter
    def model_version(self, model_version: str) -> None:
        self._model_version = model_version
        self.clear()

    def clear(self) -> None:
        """Forget all that is in memory; what the store has can be had from it."""
        self._kept.clear()

    def of(self, record: ImageRecord) -> Prediction | None:
        """Return what the model said about an image as its file is now; None where it has not looked."""
        known = self._kept.get(record.id)
        if known is None and self._model_version:
            known = self._store.prediction_of(record, self._model_version)
        if known is None or not is_seen_so(known.looks, known.image_size, self.tile):
            return None
        self.keep(record.id, known)
        return known

    def lacking(self, records: Iterable[ImageRecord]) -> dict[int, ImageRecord]:
        """Return those of `records`, by id and in their order, that the model has not looked at yet."""
        seen = self._store.predicted(self._model_version) if self._model_version else {}

        def is_seen(record: ImageRecord) -> bool:
            return record.id in seen and seen[record.id].is_so(self.tile, record.size)

        return {one.id: one for one in records if not one.missing and not is_seen(one)}

    def keep(self, image_id: int, prediction: Prediction) -> None:
        """Remember a prediction, in place of the one that has not been asked for the longest."""
        self._kept[image_id] = prediction
        self._kept.move_to_end(image_id)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def forget(self, image_ids: Iterable[int]) -> None:
        """Forget what is in memory of images whose files are others now; the store knows by itself."""
        for image_id in image_ids:
            self._kept.pop(image_id, None)
