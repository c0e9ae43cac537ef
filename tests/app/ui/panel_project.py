"""A project in memory for the tests of the panels: a store, an image loader that only takes notes, a prediction."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.model.annotations import Annotation, Category, ImageMark, ImageRecord, Rejection, default_color
from app.model.history import History
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.workers.image_search import SearchAnswer
from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.model.commands import Command, Edit, Row
    from app.ui.canvas import Canvas
    from app.workers.image_search import SearchRequest

SIZE = (480, 640)
MARGIN = 12
"""With so many pixels around it an image of this size fits its widget at actual size: screen = image + 12."""


def show(qtbot: QtBot, canvas: Canvas) -> None:
    """Show a canvas with a grey image, one pixel of the screen for each of its own."""
    qtbot.addWidget(canvas)
    canvas.resize(SIZE[1] + 2 * MARGIN, SIZE[0] + 2 * MARGIN)
    canvas.show()
    canvas.set_image(np.full((*SIZE, 3), 90, dtype=np.uint8))


class MemoryStore:
    """The store's protocol over dictionaries. `failing` makes reading annotations fail; `reads` counts it."""

    def __init__(self, records: Sequence[ImageRecord], categories: Sequence[Category]) -> None:
        self.rows: dict[type, dict[int, Row]] = {
            ImageRecord: {record.id: record for record in records},
            Category: {category.id: category for category in categories},
            Annotation: {},
            Rejection: {},
        }
        self.failing = False
        self.reads = 0
        self._history = History()
        self._journal: list[Command] = []
        self._texts: dict[str, str] = {}

    def images(self) -> list[ImageRecord]:
        return list(self.rows[ImageRecord].values())

    def categories(self) -> list[Category]:
        return sorted(self.rows[Category].values(), key=lambda category: category.position)

    def annotations_of(self, image_id: int) -> list[Annotation]:
        if self.failing:
            raise StoreError("The project cannot be read; is its disk still there?")
        self.reads += 1
        return [row for row in self.rows[Annotation].values() if row.image_id == image_id]

    def rejections_of(self, image_id: int) -> list[Rejection]:
        return [row for row in self.rows[Rejection].values() if row.image_id == image_id]

    def annotation_counts(self) -> dict[int, int]:
        return Counter(row.category_id for row in self.rows[Annotation].values())

    def next_id(self, kind: type[Row]) -> int:
        return max(self.rows[kind], default=0) + 1

    def set_image_sizes(self, sizes: Mapping[int, tuple[int, int]]) -> None:
        for image_id, size in sizes.items():
            self.rows[ImageRecord][image_id] = replace(self.rows[ImageRecord][image_id], size=size)

    def set_missing(self, missing: Mapping[int, bool]) -> None:
        for image_id, is_gone in missing.items():
            self.rows[ImageRecord][image_id] = replace(self.rows[ImageRecord][image_id], missing=is_gone)

    def history(self) -> History:
        return self._history

    def journal_entry(self, position: int) -> Command:
        return self._journal[position - 1]

    def journal_text(self, position: int) -> str:
        return self._journal[position - 1].text

    def write(self, edits: Sequence[Edit], history: History, entry: Command | None = None) -> None:
        for edit in edits:
            self._put(edit)
        self._history = history
        if entry is not None:
            self._journal[history.position - 1 :] = [entry]

    def recall(self, key: str) -> str | None:
        return self._texts.get(key)

    def remember(self, key: str, text: str) -> None:
        self._texts[key] = text

    def _put(self, edit: Edit) -> None:
        if isinstance(edit.row, ImageMark):
            record = self.rows[ImageRecord][edit.row.id]
            self.rows[ImageRecord][edit.row.id] = record.marked(edit.row)
        elif edit.after is None:
            del self.rows[type(edit.row)][edit.row.id]
        else:
            self.rows[type(edit.row)][edit.row.id] = edit.after


class NotingLoader(QObject):
    """Takes the place of the image loader: keeps what was asked for."""

    thumbnail_ready = Signal(int, object)
    thumbnail_failed = Signal(int, str)
    image_failed = Signal(int, str)
    image_ready = Signal(int, object)
    forgotten = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[tuple[int, Path]]] = []
        self.thumbnails: dict[int, np.ndarray] = {}

    def show_thumbnails(self, items: Sequence[tuple[int, Path]]) -> None:
        self.asked.append(list(items))

    def thumbnail(self, image_id: int) -> np.ndarray | None:
        return self.thumbnails.get(image_id)


class NotingSearch(QObject):
    """Takes the place of what finds images: keeps what was asked for, and lets the test answer."""

    answered = Signal(object)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[SearchRequest] = []
        self.is_waiting = False

    def ask(self, request: SearchRequest) -> None:
        self.asked.append(request)
        self.is_waiting = True

    def forget(self) -> None:
        self.is_waiting = False

    def answer(self, *image_ids: int, keys: Sequence[float] | None = None) -> None:
        """Answer the newest: each of its terms holds for these images, and the detector has looked at what it has."""
        assert self.is_waiting
        self.is_waiting = False
        request = self.asked[-1]
        masks = {term: np.isin(request.ids, image_ids) for term in request.terms}
        looked_at = np.isin(request.ids, list(request.findings))
        self.answered.emit(SearchAnswer(request, masks, looked_at, None if keys is None else np.array(keys)))


def project(images: int = 3, names: Sequence[str] = ("bolt", "nut")) -> tuple[Workspace, MemoryStore]:
    """Return a workspace of images 1..n called image_0001.jpg and so on, and its store."""
    records = [ImageRecord(number, f"image_{number:04}.jpg", SIZE) for number in range(1, images + 1)]
    categories = [Category(place + 1, name, default_color(place), position=place) for place, name in enumerate(names)]
    store = MemoryStore(records, categories)
    return Workspace(store), store


def prediction(scores: Sequence[float] = (0.9, 0.6, 0.3), names: Sequence[str] = ("bolt", "nut")) -> Prediction:
    """Return one candidate per score, side by side, labels in turn, and fifty proposals."""
    count = len(scores)
    left = np.arange(count, dtype=np.float32) * 40
    boxes = np.stack([left, left * 0 + 10, left + 30, left * 0 + 50], axis=1)
    candidates = Candidates(boxes, np.array(scores), np.arange(count) % len(names) + 1, np.arange(count))
    proposals = Proposals(np.tile(np.float32([5, 5, 60, 60]), (50, 1)), np.linspace(0.99, 0.1, 50))
    return Prediction(SIZE, proposals, candidates, tuple(names), "test-1", 0.05)
