"""What a person said of the categories of each model, and where the models lie that looked at a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model.category_mapping import Target
from app.model.words import tr, worded
from app.store.database import NOT_READ, speaking, transaction

if TYPE_CHECKING:
    import sqlite3

    from app.model.category_mapping import CategoryMapping

_KEPT = worded("What the categories of the model mean could not be kept")


class MappingStore:
    """The mappings of one open project, by model version. Used in the thread that opened it. None of it is undone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def reconnect(self, connection: sqlite3.Connection) -> None:
        """Go on with another connection: the file was opened again."""
        self._connection = connection

    def of(self, model_version: str) -> dict[str, Target]:
        """Return what was said of the categories of a model version, by their names. Raises StoreError."""
        with speaking(NOT_READ):
            return mapping_of(self._connection, model_version)

    def put(self, model_version: str, mapping: CategoryMapping) -> None:
        """Keep what is said of the categories of a model version, in place of all that was. Raises StoreError."""
        rows = [(model_version, name, target.category_id, target.ignored) for name, target in mapping.items()]
        with speaking(_KEPT), transaction(self._connection):
            self._connection.execute("DELETE FROM category_mapping WHERE model_version = ?", (model_version,))
            self._connection.executemany("INSERT INTO category_mapping VALUES (?, ?, ?, ?)", rows)

    def file_of(self, model_version: str) -> str | None:
        """Return where the base model of this name lay when it looked last; None where nobody knows.

        Raises StoreError.
        """
        with speaking(NOT_READ):
            query = "SELECT file FROM base_models WHERE model_version = ?"
            found = self._connection.execute(query, (model_version,)).fetchone()
            return None if found is None else str(found[0])

    def put_file(self, model_version: str, file: str) -> None:
        """Keep where a base model lies. Raises StoreError."""
        with speaking(tr("The choice of the model could not be kept")):
            self._connection.execute("INSERT OR REPLACE INTO base_models VALUES (?, ?)", (model_version, file))


def mapping_of(connection: sqlite3.Connection, model_version: str) -> dict[str, Target]:
    """Return name -> target of a model version. Raises sqlite3.Error."""
    query = "SELECT name, category_id, ignored FROM category_mapping WHERE model_version = ?"
    found = connection.execute(query, (model_version,))
    return {name: Target(category_id, bool(ignored)) for name, category_id, ignored in found}
