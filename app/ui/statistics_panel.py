"""How the work goes, on the right of the canvas: progress, categories, model versions, rounds and days, and as a file.

It shows what `Counting` counted and passes on what the person wants; it never takes the focus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.model.storage import StoreError
from app.store.statistics_csv import write_csv
from app.ui import dialogs, theme
from app.ui import statistics_words as words
from app.ui.guide_link import panel_top
from app.ui.panel_parts import button, heading, icon_button, muted_label, scrolling
from app.ui.plotting import PlotLibrary
from app.ui.statistics_charts import AcceptanceChart, BoxesChart, DaysChart, RoundsChart
from app.ui.statistics_tables import BoxesTable, VersionsTable

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QShowEvent

    from app.activity import Activity
    from app.counting import Counting
    from app.model.statistics import Statistics
    from app.model.view import Change
    from app.model.workspace import Workspace


class StatisticsPanel(QWidget):
    """`said(sentence)` is only worth a line, `failed(sentence)` says why a file was not written.

    `close_wanted`: put it away. What it shows follows the project while it is seen.
    """

    said = Signal(str)
    failed = Signal(str)
    close_wanted = Signal()

    def __init__(
        self,
        counting: Counting,
        activity: Activity,
        workspace: Workspace,
        folder: Path,
        parent: QWidget | None = None,
    ) -> None:
        """Show what is counted of the project in the image folder `folder`."""
        super().__init__(parent)
        self._folder = folder
        self._counting, self._activity, self._workspace = counting, activity, workspace
        self._shown: Statistics | None = None
        self._library = PlotLibrary(self)
        self._progress, self._states, self._time = heading(), muted_label(), muted_label()
        self._bar = QProgressBar(textVisible=False)
        self._message = muted_label(self.tr("Counting…"))
        self._figures = _Figures(self._library)
        self._save = button(self.tr("Save as CSV…"), self._ask_for_file)
        self._lay_out()
        counting.counted.connect(self._show)
        counting.failed.connect(self._say_failed)
        self.destroyed.connect(workspace.subscribe(self._follow))
        self._show_progress()

    def save(self, target: Path) -> None:
        """Write what was counted last to a CSV file."""
        statistics = self._counting.latest
        if statistics is None:
            return
        target = target if target.suffix else target.with_suffix(".csv")
        try:
            write_csv(statistics, target)
        except StoreError as error:
            self.failed.emit(str(error))
        else:
            self.said.emit(self.tr("The statistics were saved to {}.").format(target))

    def showEvent(self, event: QShowEvent) -> None:
        """Show what was counted while this was out of sight."""
        super().showEvent(event)
        self._show()
        self._counting.want()

    def _follow(self, change: Change) -> None:
        if change.images and self.isVisible():
            self._show_progress()

    @Slot()
    def _show(self) -> None:
        statistics = self._counting.latest
        if not self.isVisible() or statistics is None:
            return
        self._show_progress()
        self._states.setText(words.states_line(statistics))
        self._time.setText(words.time_line(statistics, self._activity.seconds_today))
        self._message.setText("" if not statistics.is_empty else self._invitation())
        self._message.setVisible(statistics.is_empty)
        for part in (self._figures, self._save, self._time):
            part.setVisible(not statistics.is_empty)
        if statistics != self._shown and not statistics.is_empty:
            self._library.want()
            self._figures.show_statistics(statistics)
        self._shown = statistics

    @Slot(str)
    def _say_failed(self, sentence: str) -> None:
        self._message.setText(sentence)
        self._message.show()

    def _show_progress(self) -> None:
        reviewed, images = self._workspace.reviewed_count, len(self._workspace.images)
        self._progress.setText(words.reviewed_line(reviewed, images))
        self._bar.setRange(0, max(images, 1))
        self._bar.setValue(reviewed)

    def _invitation(self) -> str:
        return self.tr(
            "Nobody has decided anything yet. From the first box on there will be: the boxes of each category, how "
            "many suggestions of each model version were right as they were, how many corrections an image takes "
            "from round to round, and what was done on each day in how much active time."
        )

    def _ask_for_file(self) -> None:
        title, kind = self.tr("Save the statistics"), self.tr("CSV (*.csv)")
        target = dialogs.choose_save_file(self.window(), title, kind, self._folder / "statistics.csv")
        if target is not None:
            self.save(target)

    def _lay_out(self) -> None:
        top = panel_top(self.tr("How the work goes"), "statistics.md")
        top.addWidget(icon_button("close", self.tr("Put this panel away"), self.close_wanted.emit))
        column = scrolling(self, top)
        for part in (self._progress, self._bar, self._states, self._time, self._message, self._figures):
            column.addWidget(part)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._save)
        column.addLayout(foot)
        column.addStretch(1)
        for hidden in (self._figures, self._save, self._time):
            hidden.hide()


class _Figures(QWidget):
    """Tables and charts, each under what it is about."""

    def __init__(self, library: PlotLibrary) -> None:
        super().__init__()
        self._boxes, self._boxes_chart = BoxesTable(), BoxesChart(library)
        self._versions, self._acceptance = VersionsTable(), AcceptanceChart(library)
        self._rounds = RoundsChart(library)
        self._day = muted_label()
        self._reviewed = DaysChart(library, shows_time=False)
        self._active = DaysChart(library, shows_time=True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACING)
        self._add(self.tr("Categories"), self._boxes, self._boxes_chart)
        self._suggestions = self._add(
            self.tr("Suggestions and corrections"), self._versions, self._acceptance, self._rounds
        )
        self._days = self._add(self.tr("Day by day"), self._day, self._reviewed, self._active)

    def show_statistics(self, statistics: Statistics) -> None:
        """Show these figures; of what there is nothing yet, nothing."""
        self._boxes.show_statistics(statistics)
        self._boxes_chart.show_categories(statistics.categories)
        self._versions.show_statistics(statistics)
        self._acceptance.show_versions(statistics.versions, statistics.categories)
        self._rounds.show_rounds(statistics.rounds)
        self._day.setText(words.today_line(statistics))
        self._reviewed.show_days(statistics.days)
        self._active.show_days(statistics.days)
        self._reviewed.setVisible(any(day.reviewed for day in statistics.days))
        self._active.setVisible(any(day.seconds for day in statistics.days))
        self._suggestions.setVisible(bool(statistics.versions) or any(one.reviewed for one in statistics.rounds))
        self._days.setVisible(bool(statistics.days))

    def _add(self, title: str, *parts: QWidget) -> QWidget:
        section = QWidget()
        column = QVBoxLayout(section)
        column.setContentsMargins(0, theme.SPACING, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(heading(title))
        for part in parts:
            column.addWidget(part)
        self._column.addWidget(section)
        return section
