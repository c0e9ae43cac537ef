"""The prediction cache read beside its writer: with a connection of its own, so in any thread."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Self

from app.model.words import tr
from app.store.database import open_read_only, speaking
from app.store.prediction_cache import UNREADABLE
from detector.packing import decode

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from detector.types import Prediction

PREDICTIONS = "predictions.db"


class KeptPredictions:
    """What one model version said about the images of a project. Use it in a `with`, in one thread."""

    def __init__(self, cache: Path, model_version: str) -> None:
        """Open the prediction cache in the folder `cache`. Raises StoreError where that cannot be read."""
        self._connection = open_read_only(cache / PREDICTIONS)
        self._model_version = model_version

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def stamps(self) -> dict[int, str]:
        """Return the id of each image that was looked at -> the stamp of its file at that time. Raises StoreError."""
        query = "SELECT image_id, stamp FROM predictions WHERE model_version = ?"
        with speaking(tr("The predictions could not be read")):
            return dict(self._connection.execute(query, (self._model_version,)).fetchall())

    def get(self, image_id: int, stamp: str) -> Prediction | None:
        """Return the prediction, None where there is none for this state (`stamp`) of the image file."""
        query = "SELECT prediction FROM predictions WHERE image_id = ? AND model_version = ? AND stamp = ?"
        with suppress(*UNREADABLE):  # is not there
            found = self._connection.execute(query, (image_id, self._model_version, stamp)).fetchone()
            return None if found is None else decode(found[0])
        return None

    def newest(self, image_id: int) -> Prediction | None:
        """Return the prediction for whatever state of the image file, which is not looked at; None where none is."""
        query = "SELECT prediction FROM predictions WHERE image_id = ? AND model_version = ?"
        with suppress(*UNREADABLE):
            found = self._connection.execute(query, (image_id, self._model_version)).fetchone()
            return None if found is None else decode(found[0])
        return None
