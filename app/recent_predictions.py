"""What the model in use said about the images looked at last: from memory, else from the store."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from app.store.prediction_cache import file_stamp

if TYPE_CHECKING:
    from app.model.annotations import ImageRecord
    from app.store.project_store import ProjectStore
    from detector.types import Prediction

_KEPT = 32


class RecentPredictions:
    """Predictions as the model made them, by image. Forgets those of another model when `model_version` is set."""

    def __init__(self, store: ProjectStore, model_version: str) -> None:
        self._store = store
        self._model_version = model_version
        self._kept: OrderedDict[int, Prediction] = OrderedDict()
        self._stamps: dict[int, str] = {}

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
        if known is not None:
            self._kept.move_to_end(record.id)
            return known
        found = self._store.prediction_of(record, self._model_version) if self._model_version else None
        if found is not None:
            self.keep(record.id, found)
        return found

    def keep(self, image_id: int, prediction: Prediction) -> None:
        """Remember a prediction, in place of the one that has not been asked for the longest."""
        self._kept[image_id] = prediction
        self._kept.move_to_end(image_id)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def forget_replaced(self, record: ImageRecord) -> bool:
        """Forget what was said of an image whose file is another one than when this was asked last; return whether."""
        stamp = file_stamp(self._store.image_path(record))
        is_replaced = self._stamps.setdefault(record.id, stamp) != stamp
        if is_replaced:
            self._stamps[record.id] = stamp
            self._kept.pop(record.id, None)
        return is_replaced
