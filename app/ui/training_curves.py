"""The live curves of a fine-tune: the loss of each step, and AP50 on the held-out images where it was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.plotting import PlotLibrary, calm, dress

if TYPE_CHECKING:
    from detector.fine_tune_values import Progress, Stage

_HEIGHT = 88
_REDRAW_MS = 100
_SMOOTHING = 0.9
_LEAST_SPAN = 0.2  # of AP50: less than that would make mountains of noise


class _Series(NamedTuple):
    """One curve: x is the step since the start of the run."""

    xs: list[float]
    ys: list[float]


class TrainingCurves(QWidget):
    """Two plots over one another with one x axis, hidden until there is a point to draw.

    The library that draws them takes some tenths of a second to import: a thread does it when the first point comes.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loss, self.ap50 = _Series([], []), _Series([], [])
        self.is_drawn = False
        self._stage: Stage | None = None
        self._offset = self._last = 0
        self._mean: float | None = None
        self._plots: list[tuple[Any, Any, _Series]] = []
        self._library = PlotLibrary(self)
        self._library.ready.connect(self._build)
        self._redraw = QTimer(self, interval=_REDRAW_MS, singleShot=True)
        self._redraw.timeout.connect(self._draw)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self.setMinimumHeight(2 * _HEIGHT + 40)

    def clear(self) -> None:
        """Begin a new run."""
        for series in (self.loss, self.ap50):
            series.xs.clear()
            series.ys.clear()
        self.hide()
        self._stage, self._mean, self._offset, self._last = None, None, 0, 0
        self._draw()

    def add(self, progress: Progress) -> None:
        """Take one step; those of a later stage go on where the one before ended."""
        if progress.loss is None and progress.ap50 is None:
            return
        self.show()
        if progress.stage is not self._stage:
            self._stage, self._offset = progress.stage, self._last
            self._mean = None
            if self.loss.xs:  # a gap: the losses of two stages are not the same thing
                self.loss.xs.append(math.nan)
                self.loss.ys.append(math.nan)
        self._last = self._offset + progress.step
        if progress.loss is not None:
            # The loss of single steps is noise: what is drawn is its running mean.
            mean = progress.loss if self._mean is None else self._mean
            self._mean = _SMOOTHING * mean + (1 - _SMOOTHING) * progress.loss
            self.loss.xs.append(self._last)
            self.loss.ys.append(self._mean)
        if progress.ap50 is not None:
            self.ap50.xs.append(self._last)
            self.ap50.ys.append(progress.ap50)
        self._library.want()
        if not self._redraw.isActive():
            self._redraw.start()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _build(self) -> None:
        from pyqtgraph import PlotWidget  # noqa: PLC0415 - the first paint of the window does not wait for it

        for words, series in ((self.tr("Loss"), self.loss), (self.tr("AP50 on held-out images"), self.ap50)):
            title = QLabel(words)
            title.setProperty("muted", True)
            plot = PlotWidget()
            calm(plot)
            plot.setFixedHeight(_HEIGHT)
            self._column.addWidget(title)
            self._column.addWidget(plot)
            self._plots.append((plot, plot.plot(), series))
        lower = self._plots[1][0]
        lower.getPlotItem().getViewBox().setLimits(yMin=0.0, yMax=1.0, minYRange=_LEAST_SPAN)
        lower.getPlotItem().setXLink(self._plots[0][0].getPlotItem())
        self._dress()
        self._draw()
        self.is_drawn = True

    def _draw(self) -> None:
        for _, curve, series in self._plots:
            curve.setData(series.xs, series.ys, connect="finite")

    def _dress(self) -> None:
        chosen = theme.colors(self.palette())
        for (plot, curve, _), ink in zip(self._plots, (chosen.muted, chosen.accent), strict=False):
            dress(plot, chosen)
            curve.setPen(ink, width=2)
            if ink == chosen.accent:
                curve.setSymbol("o")
                curve.setSymbolSize(5)
                curve.setSymbolBrush(ink)
                curve.setSymbolPen(ink)
