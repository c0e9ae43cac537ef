"""What people decided on single images, read beside the writer: with a connection of its own, so in any thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model.findings import Decided
from app.model.kept import Kept, kept_key
from app.store import rows
from app.store.database import NOT_READ, open_read_only, speaking

if TYPE_CHECKING:
    from app.store.location import Location


class Decisions:
    """The decisions of one project as they are when they are asked for. Used in the thread that opened it."""

    def __init__(self, location: Location) -> None:
        """Open the project. Raises StoreError where that cannot be read."""
        self._connection = open_read_only(location.database)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def of(self, image_id: int) -> Decided | None:
        """Return what was decided on an image; None where the project has no such image. Raises StoreError."""
        with speaking(NOT_READ):
            found = self._connection.execute("SELECT reviewed, missing FROM images WHERE id = ?", (image_id,))
            image = found.fetchone()
            if image is None:
                return None
            return Decided(
                image_id,
                tuple(rows.annotations_of(self._connection, image_id)),
                tuple(rows.rejections_of(self._connection, image_id)),
                Kept(rows.recalled(self._connection, kept_key(image_id))),
                *map(bool, image),
            )
