"""What an evaluation found: the figures in a row, category by category, the curves, and the images to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.ui import evaluation_words, theme
from app.ui import training_words as words
from app.ui.evaluation_curves import EvaluationCurves
from app.ui.evaluation_tables import CategoryTable, WorstTable
from app.ui.notice import Notice
from app.ui.panel_parts import heading, muted_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QResizeEvent

    from app.workers.evaluation_values import Measured
    from detector.evaluation_summary import Evaluation

_IN_TWO_ROWS = 3
"""Figures of the first row, where there are two."""


class EvaluationFigures(QWidget):
    """The five numbers that sum a model up, each under its name: in one row, or in two where that is too wide."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers: list[QLabel] = []
        self._parts: list[QWidget] = []
        for name, meaning in self._names():
            part, title, number = QWidget(), QLabel(name), QLabel()
            title.setProperty("muted", True)
            number.setProperty("figure", True)
            column = QVBoxLayout(part)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            for label in (title, number):
                label.setToolTip(meaning)
                column.addWidget(label)
            self._parts.append(part)
            self._numbers.append(number)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.SPACING)
        self._grid.setVerticalSpacing(2)
        self._grid.setSizeConstraint(QGridLayout.SizeConstraint.SetNoConstraint)
        self._arrange(len(self._parts))

    def minimumSizeHint(self) -> QSize:
        """Return the least size: as wide as the figures in two rows."""
        return QSize(self._width_of(_IN_TWO_ROWS), super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take one row or two, as there is room."""
        super().resizeEvent(event)
        fits = self.width() >= self._width_of(len(self._parts))
        self._arrange(len(self._parts) if fits else _IN_TWO_ROWS)

    def _width_of(self, columns: int) -> int:
        widest = max(part.sizeHint().width() for part in self._parts)
        return columns * widest + (columns - 1) * self._grid.horizontalSpacing()

    def _arrange(self, columns: int) -> None:
        if self._grid.itemAtPosition(0, columns - 1) and not self._grid.itemAtPosition(0, columns):
            return
        for place, part in enumerate(self._parts):
            self._grid.addWidget(part, *divmod(place, columns))
        for column in range(len(self._parts)):
            self._grid.setColumnStretch(column, int(column < columns))
        self.updateGeometry()

    def show_figures(self, evaluation: Evaluation) -> None:
        """Show the figures, a dash where there is none."""
        figures = (evaluation.ap, evaluation.ap50, evaluation.ap75, evaluation.ar100, evaluation.voc07)
        for number, value in zip(self._numbers, figures, strict=True):
            number.setText(words.score(value))

    def _names(self) -> tuple[tuple[str, str], ...]:
        return (
            (self.tr("AP"), self.tr("COCO's average precision: mean over categories and over IoUs from 0.5 to 0.95")),
            (self.tr("AP50"), self.tr("Average precision at IoU 0.5, mean over categories")),
            (self.tr("AP75"), self.tr("Average precision at IoU 0.75, mean over categories")),
            (self.tr("AR@100"), self.tr("Share of your boxes that the 100 best proposals reach, mean over the IoUs")),
            (
                self.tr("VOC07"),
                self.tr("PASCAL VOC 2007's average precision, of eleven points at IoU 0.5, without difficult boxes"),
            ),
        )


class Notes(NamedTuple):
    """What to know about an evaluation: on `what` it was measured, a `warning`, what was `left_out`; or nothing."""

    what: str
    warning: str
    left_out: str


class EvaluationResult(QWidget):
    """Shows one evaluation; precision, recall and the list of images follow the score threshold.

    `image_wanted(image_id)` comes when a row of that list is clicked.
    """

    image_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured: Measured | None = None
        self._what, self._warning, self._left_out = muted_label(), Notice(), muted_label()
        self._figures, self._table, self.curves = EvaluationFigures(), CategoryTable(), EvaluationCurves()
        self._threshold, self._perfect, self._worst = muted_label(), muted_label(), WorstTable()
        self._table.chosen.connect(self.curves.choose)
        self._worst.opened.connect(self.image_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        for part in (
            self._what,
            self._figures,
            self._warning,
            self._left_out,
            self._table,
            self._threshold,
            self.curves,
        ):
            column.addWidget(part)
        column.addSpacing(theme.SPACING)
        column.addWidget(heading(self.tr("Images with most mistakes")))
        column.addWidget(self._perfect)
        column.addWidget(self._worst)
        self._threshold.setAlignment(Qt.AlignmentFlag.AlignRight)

    def show_measured(self, measured: Measured, notes: Notes, colors: Mapping[str, str]) -> None:
        """Show an evaluation; `colors` are those of the categories by name. `show_threshold` must follow."""
        self._measured = measured
        self._what.setText(notes.what)
        self._warning.say(notes.warning)
        self._left_out.setText(notes.left_out)
        self._left_out.setVisible(bool(notes.left_out))
        self._figures.show_figures(measured.evaluation)
        boxes = {one.name: one.boxes for one in measured.evaluation.categories}
        self.curves.show_curves(sorted(measured.evaluation.curves, key=lambda one: -boxes[one.name]), colors)

    def show_threshold(self, score_thresh: float) -> None:
        """Count at this score threshold."""
        if self._measured is None:
            return
        measured = self._measured
        scores, worst = measured.categories_at(score_thresh), measured.worst_at(score_thresh)
        threshold = words.score(score_thresh)
        self._threshold.setText(self.tr("P, R: precision and recall at threshold {}").format(threshold))
        self._table.show_scores(measured.evaluation, scores)
        self.curves.show_scores(scores)
        self._worst.show_images(worst, measured.names, measured.image_ids)
        self._worst.setVisible(bool(worst))
        self._perfect.setText(evaluation_words.mistakes_line(worst, len(measured.image_ids)))
