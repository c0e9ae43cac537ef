"""A store in memory that can be told to fail, and predictions made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.model.annotations import Annotation, Category, ImageMark, ImageRecord, Rejection
from app.model.history import History
from app.model.storage import StoreError
from app.model.workspace import Workspace
from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.model.commands import Command, Edit, Row

Made = tuple[tuple[float, float, float, float], str, float]


class MemoryStore:
    """What `app.model.storage.Store` promises, in dictionaries. `broken` makes every write fail."""

    def __init__(self, images: int) -> None:
        self.rows: dict[type[Row], dict[int, Row]] = {Annotation: {}, Rejection: {}, Category: {}}
        self.records = {number: ImageRecord(number, f"{number}.jpg", (100, 200)) for number in range(1, images + 1)}
        self.journal: list[Command] = []
        self.state = History()
        self.ever: dict[type[Row], int] = {}
        self.remembered: dict[str, str] = {}
        self.broken = False

    def images(self) -> list[ImageRecord]:
        return list(self.records.values())

    def categories(self) -> list[Category]:
        return sorted(self.rows[Category].values(), key=lambda one: one.position)

    def annotations_of(self, image_id: int) -> list[Annotation]:
        return [one for _, one in sorted(self.rows[Annotation].items()) if one.image_id == image_id]

    def rejections_of(self, image_id: int) -> list[Rejection]:
        return [one for _, one in sorted(self.rows[Rejection].items()) if one.image_id == image_id]

    def annotation_counts(self) -> dict[int, int]:
        ids = [one.category_id for one in self.rows[Annotation].values()]
        return {one: ids.count(one) for one in ids}

    def next_id(self, kind: type[Row]) -> int:
        return self.ever.get(kind, 0) + 1

    def set_image_sizes(self, sizes: Mapping[int, tuple[int, int]]) -> None:
        pass

    def set_missing(self, missing: Mapping[int, bool]) -> None:
        pass

    def history(self) -> History:
        return self.state

    def journal_entry(self, position: int) -> Command:
        return self.journal[position - 1]

    def journal_text(self, position: int) -> str:
        return self.journal[position - 1].text

    def write(self, edits: Sequence[Edit], history: History, entry: Command | None = None) -> None:
        if self.broken:
            raise StoreError("The disk is full. Free some space and try again.")
        for edit in edits:
            row = edit.row
            if isinstance(row, ImageMark):
                self.records[row.id] = self.records[row.id].marked(row)
                continue
            rows = self.rows[type(row)]
            assert rows.get(row.id) == edit.before
            self.ever[type(row)] = max(self.ever.get(type(row), 0), row.id)
            if edit.after is None:
                del rows[row.id]
            else:
                rows[row.id] = edit.after
        self.state = history
        if entry is not None:
            self.journal[history.position - 1 :] = [entry]

    def recall(self, key: str) -> str | None:
        return self.remembered.get(key)

    def remember(self, key: str, text: str) -> None:
        self.remembered[key] = text


@pytest.fixture
def store() -> MemoryStore:
    """A store with three images of 200 x 100 pixels and nothing else."""
    return MemoryStore(3)


@pytest.fixture
def workspace(store: MemoryStore) -> Workspace:
    """The workspace of that store."""
    return Workspace(store)


@pytest.fixture
def predict() -> Callable[..., Prediction]:
    """Return a function: (box, name, score) triples, any order -> a prediction whose categories are the names."""

    def made(*candidates: Made, version: str = "v1") -> Prediction:
        ordered = sorted(candidates, key=lambda one: -one[2])
        names = tuple(sorted({name for _, name, _ in ordered}))
        boxes = np.array([box for box, _, _ in ordered], dtype=np.float32).reshape(-1, 4)
        return Prediction(
            image_size=(100, 200),
            proposals=Proposals(boxes, np.linspace(1, 0.5, len(boxes), dtype=np.float32)),
            candidates=Candidates(
                boxes,
                np.array([score for _, _, score in ordered], dtype=np.float32),
                np.array([names.index(name) + 1 for _, name, _ in ordered], dtype=np.int64),
                np.arange(len(boxes)),
            ),
            categories=names,
            model_version=version,
            score_floor=0.05,
        )

    return made
