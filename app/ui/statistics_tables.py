"""The tables of the statistics: what there is of each category, and what became of each model's suggestions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model.annotations import Provenance
from app.model.statistics import Tally, total
from app.numbers import whole
from app.ui import statistics_words as words
from app.ui.evaluation_tables import Column, QuietTable

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.model.statistics import Statistics

_CATEGORIES_SEEN, _VERSIONS_SEEN = 10, 8


class BoxesTable(QuietTable):
    """A row for all categories, unless there is but one, and one for each, by falling number of boxes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        columns = [
            Column(self.tr("Category")),
            Column(self.tr("Boxes"), self.tr("Boxes in the project, however they came to be")),
            Column(self.tr("Drawn"), self.tr("Boxes that you drew yourself")),
            Column(self.tr("Right"), self.tr("Share of the suggestions decided on that you accepted as they were")),
        ]
        super().__init__(self.tr("Categories"), columns, parent)

    def show_statistics(self, statistics: Statistics) -> None:
        """Show the categories of the project, and those that were only ever suggested."""
        suggested = statistics.suggested()
        drawn = {one.name: one.by_provenance.get(Provenance.DRAWN, 0) for one in statistics.categories}
        boxes = {one.name: one.boxes for one in statistics.categories}
        names = sorted({*boxes, *suggested}, key=lambda name: (-boxes.get(name, 0), name))
        rows = [_row(name, boxes.get(name, 0), drawn.get(name, 0), suggested.get(name, Tally())) for name in names]
        if len(rows) > 1:
            rows.insert(0, _row(self.tr("All"), statistics.boxes, sum(drawn.values()), total(suggested.values())))
        self.show_rows(rows, _CATEGORIES_SEEN)


class VersionsTable(QuietTable):
    """A row for each model that made suggestions, in the order of time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        columns = [
            Column(self.tr("Model")),
            Column(self.tr("Decided"), self.tr("Suggestions of this model that you decided on")),
            Column(self.tr("Right"), self.tr("Share of these that you accepted as they were")),
            Column(self.tr("Missed"), self.tr("Boxes that you drew while this model was in use")),
        ]
        super().__init__(self.tr("Models"), columns, parent)

    def show_statistics(self, statistics: Statistics) -> None:
        """Show what became of the suggestions of each."""
        tallies = [(one.title, one.tally) for one in statistics.versions]
        rows = [(title, whole(one.decided), words.share(one.acceptance), whole(one.drawn)) for title, one in tallies]
        self.show_rows(rows, _VERSIONS_SEEN)


def _row(name: str, boxes: int, drawn: int, tally: Tally) -> tuple[str, ...]:
    return name, whole(boxes), whole(drawn), words.share(tally.acceptance)
