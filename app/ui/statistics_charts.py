"""The charts of the statistics: bars for days, categories and rounds, and lines for model versions."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui import statistics_words as words
from app.ui import theme
from app.ui.panel_parts import muted_label
from app.ui.plotting import PlotLibrary, calm, dress, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QResizeEvent

    from app.model.statistics import CategoryBoxes, Day, Round, VersionTally
    from app.ui.theme import Colors

MOST_CATEGORIES, MOST_LINES = 12, 6
"""More bars could not be named, and more lines not be told apart, in the width of a panel."""
_LINES_HIGH, _LEAST_PLACES = 8, 5
_AXIS, _BETWEEN_TICKS = 46, 14
_HOUR, _MINUTE = 3600.0, 60.0
_LONGEST_NAME, _LONGEST_TITLE = 14, 9
_BAR, _ROOM = 0.72, 0.6


class Chart(QWidget):
    """A title, a plot that is there as soon as the library is, and perhaps a legend. Nothing in it can be pressed.

    `draw` puts into the empty plot what is to be shown.
    """

    def __init__(self, library: PlotLibrary, draw: Callable[[Colors], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot: Any = None
        self._draw = draw
        self._title = muted_label()
        self._legend = QLabel(textFormat=Qt.TextFormat.RichText, wordWrap=True)
        self._legend.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._legend.hide()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self._title)
        self._column.addWidget(self._legend)
        library.ready.connect(self._build)

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme or of font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Name as many places as there is room for."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.redraw()

    def redraw(self) -> None:
        """Draw all anew, once there is a plot to draw in."""
        if self.plot is not None:
            chosen = theme.colors(self.palette())
            self.plot.clear()
            dress(self.plot, chosen)
            self._set_height(_LINES_HIGH)
            self._draw(chosen)

    def _build(self) -> None:
        from pyqtgraph import PlotWidget  # noqa: PLC0415 - the first paint of the window does not wait for it

        self.plot = PlotWidget()
        calm(self.plot)
        self.plot.getAxis("bottom").setStyle(tickLength=0)
        self._column.insertWidget(1, self.plot)
        self.redraw()

    def _set_height(self, lines: float) -> None:
        self.plot.setFixedHeight(round(lines * self.fontMetrics().height()))

    def _show_legend(self, entries: Sequence[tuple[str, str]]) -> None:
        marks = [f'<span style="color:{color}">■</span>&nbsp;{_unbroken(name)}' for name, color in entries]
        self._legend.setText(" &nbsp; ".join(marks))
        self._legend.setVisible(bool(entries))

    def _add_bars(self, color: str, **places: Any) -> None:
        from pyqtgraph import BarGraphItem  # noqa: PLC0415 - there is a plot: it is imported

        self.plot.addItem(BarGraphItem(brush=QColor(color), pen=QPen(Qt.PenStyle.NoPen), **places))

    def _set_ticks(self, names: Callable[[int], str], places: int) -> None:
        """Show so many places on the x axis, a few in the middle, and name as many as there is room for."""
        if not places:
            return
        widest = max(map(self.fontMetrics().horizontalAdvance, {names(0), names(places - 1)}))
        most = max((self.width() - _AXIS) // (widest + _BETWEEN_TICKS), 1)
        step = -(-places // most)
        ticks = [(float(place), names(place)) for place in range((step - 1) // 2, places, step)]
        self.plot.getAxis("bottom").setTicks([ticks])
        aside = max(_LEAST_PLACES - places, 0) / 2 + _ROOM
        self.plot.setXRange(-aside, places - 1 + aside, padding=0)

    def _set_heights(self, highest: float) -> None:
        self.plot.setYRange(0.0, highest or 1.0, padding=0.06)


class DaysChart(Chart):
    """A bar for each day of the calendar: images reviewed, or the active time."""

    def __init__(self, library: PlotLibrary, *, shows_time: bool, parent: QWidget | None = None) -> None:
        super().__init__(library, self._draw_bars, parent)
        self._shows_time = shows_time
        self._days: Sequence[Day] = ()

    def show_days(self, days: Sequence[Day]) -> None:
        """Show these days, and those between them as days without work."""
        self._days = days
        self._title.setText(self._words())
        self.redraw()

    def values(self) -> list[float]:
        """Return how high the bars are."""
        if not self._shows_time:
            return [float(day.reviewed) for day in self._days]
        return [day.seconds / self._unit for day in self._days]

    def _draw_bars(self, chosen: Colors) -> None:
        if not self._days:
            return
        first, last = self._days[0].day, self._days[-1].day
        places, values = [(day.day - first).days for day in self._days], self.values()
        self._add_bars(chosen.accent if self._shows_time else chosen.reviewed, x=places, height=values, width=_BAR)
        count = (last - first).days + 1
        self._set_ticks(lambda place: words.day(first + timedelta(days=place)), count)
        self._set_heights(max(values))

    @property
    def _unit(self) -> float:
        return _HOUR if max((day.seconds for day in self._days), default=0.0) >= _HOUR else _MINUTE

    def _words(self) -> str:
        if not self._shows_time:
            return self.tr("Images reviewed each day")
        return self.tr("Active hours each day") if self._unit == _HOUR else self.tr("Active minutes each day")


class BoxesChart(Chart):
    """A bar for each category with boxes, in its colour, the longest on top."""

    def __init__(self, library: PlotLibrary, parent: QWidget | None = None) -> None:
        super().__init__(library, self._draw_bars, parent)
        self._shown: list[CategoryBoxes] = []

    def show_categories(self, categories: Sequence[CategoryBoxes]) -> None:
        """Show those with most boxes."""
        with_boxes = sorted((one for one in categories if one.boxes), key=lambda one: -one.boxes)
        self._shown = with_boxes[:MOST_CATEGORIES]
        few = self.tr("Boxes of each category")
        many = self.tr("The {} categories with most boxes").format(MOST_CATEGORIES)
        self._title.setText(many if len(with_boxes) > MOST_CATEGORIES else few)
        self.setVisible(bool(with_boxes))
        self.redraw()

    def _draw_bars(self, chosen: Colors) -> None:
        metrics = self.fontMetrics()
        names = [_shortened(one.name) for one in self._shown]
        left = self.plot.getAxis("left")
        left.setTicks([[(float(-place), name) for place, name in enumerate(names)]])
        left.setStyle(tickLength=0)
        left.setWidth(max(map(metrics.horizontalAdvance, names), default=0) + 10)
        for place, one in enumerate(self._shown):
            color = visible(one.color, chosen)
            self._add_bars(color, x0=0.0, y=-place, width=one.boxes, height=_BAR)
        self.plot.setYRange(0.5 - len(self._shown), 0.5, padding=0)
        self.plot.setXRange(0.0, max((one.boxes for one in self._shown), default=1), padding=0.02)
        self._set_height(2.2 + 1.35 * len(self._shown))


class AcceptanceChart(Chart):
    """The share of suggestions that were right as they were, from model version to model version."""

    def __init__(self, library: PlotLibrary, parent: QWidget | None = None) -> None:
        super().__init__(library, self._draw_lines, parent)
        self._versions: Sequence[VersionTally] = ()
        self._colors: dict[str, str] = {}

    def show_versions(self, versions: Sequence[VersionTally], categories: Sequence[CategoryBoxes]) -> None:
        """Show these versions; lines have the colours of `categories`."""
        self._versions = [one for one in versions if one.tally.decided]
        self._colors = {one.name: one.color for one in categories}
        self._title.setText(self.tr("Suggestions that were right as they were, in %"))
        self.setVisible(bool(self._versions))
        self.redraw()

    def lines(self) -> list[_Line]:
        """Return what is drawn, the line of all categories last."""
        decided = dict.fromkeys(name for one in self._versions for name in one.categories)
        counts = {
            name: sum(one.categories[name].decided for one in self._versions if name in one.categories)
            for name in decided
        }
        most = sorted((name for name in counts if counts[name]), key=lambda name: (-counts[name], name))[:MOST_LINES]
        each = [_Line(name, [self._rate(one, name) for one in self._versions]) for name in most]
        whole = _Line("", [one.tally.acceptance for one in self._versions])
        return [*each, whole] if len(counts) > 1 else [whole]

    def _draw_lines(self, chosen: Colors) -> None:
        # A dot for each version: a single one has no line.
        legend = []
        for line in self.lines():
            ink = visible(self._colors.get(line.category, chosen.muted), chosen) if line.category else chosen.accent
            points = [(place, 100 * rate) for place, rate in enumerate(line.rates) if rate is not None]
            curve = self.plot.plot([x for x, _ in points], [y for _, y in points])
            curve.setPen(QColor(ink), width=1.5 if line.category else 3)
            curve.setSymbol("o")
            curve.setSymbolSize(5 if line.category else 8)
            curve.setSymbolBrush(QColor(ink))
            curve.setSymbolPen(QColor(ink))
            legend.append((_shortened(line.category) or self.tr("All"), ink))
        self._show_legend(legend[::-1] if len(legend) > 1 else [])
        self._set_ticks(lambda place: _short_title(self._versions[place].title), len(self._versions))
        self.plot.setYRange(0.0, 100.0, padding=0.06)

    @staticmethod
    def _rate(version: VersionTally, name: str) -> float | None:
        tally = version.categories.get(name)
        return None if tally is None else tally.acceptance


class RoundsChart(Chart):
    """Corrections on each image reviewed, a bar for each round, in four kinds one over the other."""

    def __init__(self, library: PlotLibrary, parent: QWidget | None = None) -> None:
        super().__init__(library, self._draw_bars, parent)
        self._rounds: Sequence[Round] = ()

    def show_rounds(self, rounds: Sequence[Round]) -> None:
        """Show these rounds; one without a reviewed image leaves its place empty."""
        self._rounds = rounds
        self._title.setText(self.tr("Corrections on each image, from round to round"))
        self.setVisible(any(one.reviewed for one in rounds))
        self.redraw()

    def bars(self) -> list[tuple[float, float, float, float]]:
        """Return the heights of the four kinds for each round."""
        return [one.kinds_per_image or (0.0, 0.0, 0.0, 0.0) for one in self._rounds]

    def _draw_bars(self, chosen: Colors) -> None:
        bars = self.bars()
        floors, places = [0.0] * len(bars), list(range(len(bars)))
        kinds = (
            (self.tr("added"), chosen.accent),
            (self.tr("removed"), chosen.error),
            (self.tr("moved"), chosen.unsure),
            (self.tr("other category"), chosen.muted),
        )
        for kind, (_, color) in enumerate(kinds):
            heights = [bar[kind] for bar in bars]
            self._add_bars(color, x=places, y0=floors, height=heights, width=_BAR)
            floors = [floor + height for floor, height in zip(floors, heights, strict=True)]
        self._show_legend(kinds)
        self._set_ticks(lambda place: _short_title(self._rounds[place].title), len(bars))
        self._set_heights(max(floors, default=0.0))


class _Line(NamedTuple):
    """The rates of a category, empty for all of them, by model version; None where none was suggested."""

    category: str
    rates: list[float | None]


def _short_title(title: str) -> str:
    return _shortened(words.short_title(title), _LONGEST_TITLE)


def _unbroken(name: str) -> str:
    return escape(name).replace(" ", "&nbsp;")


def _shortened(name: str, longest: int = _LONGEST_NAME) -> str:
    line = " ".join(name.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
