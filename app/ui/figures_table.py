"""Before and after, category by category: found, missed, false and AP50 on the held-out images."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.numbers import whole
from app.ui import training_words as words
from app.ui.elided_label import ElidedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.fine_tune_values import CategoryFigures, Figures

_SHOWN_AS_EQUAL = 0.005


class Cell(NamedTuple):
    """What one figure was and is; `gain` is above 0 where that is better, below where it is worse."""

    text: str
    gain: float = 0.0


class FiguresTable(QWidget):
    """A line for all and one for each category, by falling number of boxes. Green got better, red worse."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)

    def show_figures(self, before: Figures | None, after: Figures) -> None:
        """Show what the model before and the new one reach on the same images."""
        self._clear()
        for column, (text, meaning) in enumerate(self._headings()):
            # The figures have to be readable in whole; names are cut where both have no room.
            label = QLabel(text, alignment=Qt.AlignmentFlag.AlignRight) if column else ElidedLabel(text)
            label.setProperty("muted", True)
            label.setToolTip(meaning)
            self._grid.addWidget(label, 0, column)
        earlier = {} if before is None else {one.name: one for one in before.categories}
        several = len(after.categories) > 1
        if several:
            mean = Cell(*_score_change(None if before is None else before.ap50, after.ap50))
            self._add_row(self.tr("All"), [*_counts(tuple(earlier.values()), after.categories), mean], is_total=True)
        for one in sorted(after.categories, key=lambda one: (-one.boxes, one.name)):
            was = earlier.get(one.name)
            ap50 = Cell(*_score_change(None if was is None else was.ap50, one.ap50))
            self._add_row(one.name, [*_counts([was] if was else (), (one,)), ap50])

    def _headings(self) -> tuple[tuple[str, str], ...]:
        return (
            (self.tr("Category"), ""),
            (self.tr("Found"), self.tr("Boxes of yours that a suggestion covers at IoU 0.5")),
            (self.tr("Missed"), self.tr("Boxes of yours that no suggestion covers")),
            (self.tr("False"), self.tr("Suggestions where there is no box of yours")),
            (self.tr("AP50"), self.tr("Average precision at IoU 0.5: 1 is perfect")),
        )

    def _add_row(self, name: str, cells: Sequence[Cell], *, is_total: bool = False) -> None:
        row = self._grid.rowCount()
        title = ElidedLabel(name)
        title.setProperty("heading", is_total)
        self._grid.addWidget(title, row, 0)
        for column, cell in enumerate(cells, start=1):
            label = QLabel(cell.text, alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if cell.gain:
                label.setProperty("better" if cell.gain > 0 else "worse", True)
            self._grid.addWidget(label, row, column)

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()


def _counts(before: Sequence[CategoryFigures], after: Sequence[CategoryFigures]) -> list[Cell]:
    cells = []
    for name, sign in (("found", 1), ("missed", -1), ("false", -1)):
        now = sum(getattr(one, name) for one in after)
        if not before:
            cells.append(Cell(whole(now)))
            continue
        was = sum(getattr(one, name) for one in before)
        cells.append(Cell(f"{whole(was)} → {whole(now)}" if was != now else whole(now), sign * (now - was)))
    return cells


def _score_change(before: float | None, after: float | None) -> tuple[str, float]:
    if before is None or after is None:
        return words.score(after), 0.0
    if abs(after - before) < _SHOWN_AS_EQUAL:
        return words.score(after), 0.0
    return f"{words.score(before)} → {words.score(after)}", after - before
