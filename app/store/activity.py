"""When somebody worked on which image: stretches of time without a pause, which no command changes and no undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.model.words import tr
from app.store.database import NOT_READ, relaxed, speaking, transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime


class ActiveStretch(NamedTuple):
    """Work on one image: when it began, in UTC, and how many seconds it lasted, more than 0."""

    image_id: int
    began_at: datetime
    seconds: float


class ActivityStore:
    """The activity of one open project. Used in the thread that opened it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def reconnect(self, connection: sqlite3.Connection) -> None:
        """Go on with another connection: the file was opened again."""
        self._connection = connection

    def add(self, stretches: Iterable[ActiveStretch]) -> None:
        """Keep some stretches. A power cut may lose them, so this need not wait for the disk. Raises StoreError."""
        rows = [(image_id, _written(began_at), seconds) for image_id, began_at, seconds in stretches]
        with (
            speaking(tr("The active time could not be kept")),
            relaxed(self._connection),
            transaction(self._connection),
        ):
            self._connection.executemany("INSERT INTO activity (image_id, began_at, seconds) VALUES (?, ?, ?)", rows)

    def seconds_since(self, moment: datetime) -> float:
        """Return how long somebody was active in all stretches that began at `moment` or later. Raises StoreError."""
        with speaking(NOT_READ):
            query = "SELECT total(seconds) FROM activity WHERE began_at >= ?"
            return float(self._connection.execute(query, (_written(moment),)).fetchone()[0])


def _written(moment: datetime) -> str:
    """Return a time in UTC as the journal writes its own."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
