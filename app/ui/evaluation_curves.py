"""Precision over recall: a line for each category at IoU 0.5, or the lines of one category at several IoUs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QEvent, QLocale, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.panel_parts import muted_label
from app.ui.plotting import PlotLibrary, calm, dress, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from detector.evaluation_summary import CategoryScore
    from detector.precision_recall import Line, PrecisionRecall

_HEIGHT = 190
_WIDTH, _DOT = 2, 8
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_MOST_LINES = 20
"""More could neither be told apart nor be drawn in one frame."""


class _Curve(NamedTuple):
    """One line to draw; with `has_dot`, where precision and recall of the category are at the score threshold."""

    category: str
    line: Line
    color: str
    has_dot: bool


class EvaluationCurves(QWidget):
    """Shows all categories, or the one that was chosen; the dots are what the score threshold gives."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured: Sequence[PrecisionRecall] = ()
        self._colors: Mapping[str, str] = {}
        self._scores: Mapping[str, CategoryScore] = {}
        self._chosen = ""
        self._plot: Any = None
        self._dots: Any = None
        self._lines: list[Any] = []
        self._title = muted_label()
        self._legend = QLabel(textFormat=Qt.TextFormat.RichText, alignment=Qt.AlignmentFlag.AlignHCenter)
        self._library = PlotLibrary(self)
        self._library.ready.connect(self._build)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self._title)
        self._column.addWidget(self._legend)
        self.setMinimumHeight(_HEIGHT + 40)

    @property
    def is_drawn(self) -> bool:
        """Whether the plot is there."""
        return self._plot is not None

    def show_curves(self, curves: Sequence[PrecisionRecall], colors: Mapping[str, str]) -> None:
        """Take the lines of an evaluation, those of most interest first; `colors` are by category name."""
        self._measured, self._colors, self._scores = curves, colors, {}
        self._library.want()
        self._draw()

    def show_scores(self, scores: Sequence[CategoryScore]) -> None:
        """Put the dots where precision and recall are at the score threshold."""
        self._scores = {one.name: one for one in scores}
        self._draw_dots()

    def choose(self, name: str) -> None:
        """Show one category; an empty name, or that of a category without boxes, shows all."""
        if name != self._chosen:
            self._chosen = name
            self._draw()

    def drawn(self) -> list[tuple[str, str]]:
        """Return (title of the line, colour) of what is shown, the uppermost first."""
        return [(curve.line.title, curve.color) for curve in self._curves()]

    def dots(self) -> list[tuple[float, float]]:
        """Return (recall, precision) of what the score threshold gives, of the categories that are shown."""
        scores = [self._scores[curve.category] for curve in self._curves() if self._has_dot(curve)]
        return [(one.recall or 0.0, one.precision or 0.0) for one in scores]

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _build(self) -> None:
        from pyqtgraph import PlotWidget, ScatterPlotItem  # noqa: PLC0415 - the first paint of the window does not wait for it

        self._plot = PlotWidget()
        calm(self._plot)
        self._plot.setFixedHeight(_HEIGHT)
        self._plot.setLabel("left", self.tr("Precision"))
        self._plot.setLabel("bottom", self.tr("Recall"))
        self._plot.getAxis("left").setWidth(46)
        self._plot.setXRange(0.0, 1.0, padding=0.04)
        self._plot.setYRange(0.0, 1.0, padding=0.08)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setTicks([[(tick, QLocale().toString(tick, "g", 2)) for tick in _TICKS]])
        self._plot.showGrid(x=True, y=True, alpha=0.15)
        self._dots = ScatterPlotItem(size=_DOT, pxMode=True)
        self._dots.setZValue(1)
        self._plot.addItem(self._dots)
        self._column.insertWidget(1, self._plot)
        self._draw()

    def _curves(self) -> list[_Curve]:
        chosen = theme.colors(self.palette())
        one = self._one()
        if one is not None:
            inks = (chosen.accent, chosen.unsure, chosen.muted)
            pairs = zip(one.lines, inks, strict=False)
            return [_Curve(one.name, line, ink, has_dot=ink == chosen.accent) for line, ink in pairs]
        return [
            _Curve(each.name, each.lines[0], visible(self._colors.get(each.name, chosen.accent), chosen), has_dot=True)
            for each in self._measured[:_MOST_LINES]
        ]

    def _one(self) -> PrecisionRecall | None:
        return next((each for each in self._measured if each.name == self._chosen), None)

    def _has_dot(self, curve: _Curve) -> bool:
        score = self._scores.get(curve.category)
        return curve.has_dot and score is not None and score.recall is not None and score.precision is not None

    def _draw(self) -> None:
        self._show_words()
        if self._plot is None:
            return
        dress(self._plot, theme.colors(self.palette()))
        for line in self._lines:
            self._plot.removeItem(line)
        self._lines.clear()
        for curve in reversed(self._curves()):  # the first lies over the others
            line = self._plot.plot(curve.line.recall, curve.line.precision)
            line.setPen(QColor(curve.color), width=_WIDTH)
            self._lines.append(line)
        self._draw_dots()

    def _draw_dots(self) -> None:
        if self._plot is not None:
            points = self.dots()
            brushes = [QColor(curve.color) for curve in self._curves() if self._has_dot(curve)]
            recall, precision = [point[0] for point in points], [point[1] for point in points]
            self._dots.setData(x=recall, y=precision, brush=brushes, pen=theme.colors(self.palette()).base)

    def _show_words(self) -> None:
        one = self._one()
        if one is not None:
            self._title.setText(self.tr("“{}”; the dot is at your score threshold").format(one.name))
        elif len(self._measured) > _MOST_LINES:
            words = self.tr("{} categories with most boxes, at IoU 0.5; dots are at your score threshold")
            self._title.setText(words.format(_MOST_LINES))
        else:
            self._title.setText(self.tr("Each category at IoU 0.5; dots are at your score threshold"))
        marks = [f'<span style="color:{color}">━</span> {title}' for title, color in self.drawn()]
        self._legend.setText(" &nbsp; ".join(marks) if one is not None else "")
        self._legend.setVisible(one is not None)
