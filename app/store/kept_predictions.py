"""The prediction cache read beside its writer: with a connection of its own, so in any thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model.words import tr
from app.store.database import open_read_only, speaking
from app.store.prediction_cache import PREDICTIONS, Seen, kept_prediction, seen_images

if TYPE_CHECKING:
    from pathlib import Path

    from detector.types import Prediction


class KeptPredictions:
    """What one model version said about the images of a project. Used in the thread that opened it."""

    def __init__(self, cache: Path, model_version: str) -> None:
        """Open the prediction cache in the folder `cache`. Raises StoreError where that cannot be read."""
        self._connection = open_read_only(cache / PREDICTIONS)
        self._model_version = model_version

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def seen(self) -> dict[int, Seen]:
        """Return the id of each image that was looked at -> how. Raises StoreError."""
        with speaking(tr("The predictions could not be read")):
            return seen_images(self._connection, self._model_version)

    def get(self, image_id: int, stamp: str) -> Prediction | None:
        """Return the prediction, None where there is none for this state (`stamp`) of the image file."""
        return kept_prediction(self._connection, image_id, self._model_version, stamp)

    def newest(self, image_id: int) -> Prediction | None:
        """Return the prediction for whatever state of the image file, which is not looked at; None where none is."""
        return kept_prediction(self._connection, image_id, self._model_version, None)
