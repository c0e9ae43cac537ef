"""Evaluation on the right of the canvas: measuring the model in use on the reviewed images, and what came of it.

It shows what `Evaluating` says and passes on what the person wants; it never takes the focus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.ui import evaluation_words as words
from app.ui import theme
from app.ui.evaluation_result import EvaluationResult, Notes
from app.ui.guide_link import panel_top
from app.ui.keymap import KeyTip
from app.ui.notice import Notice
from app.ui.panel_parts import button, heading, icon_button, muted_label, release_focus, scrolling

if TYPE_CHECKING:
    from app.evaluating import Evaluating
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.workers.evaluation_values import EvaluationProgress, Measured

_COUNT_MS = 30


class EvaluationPanel(QWidget):
    """`changed` comes when a run begins or ends. `said(sentence)` is only worth a line. `image_wanted(image_id)`: open.

    `close_wanted`: put it away; a run goes on.
    """

    changed = Signal()
    said = Signal(str)
    image_wanted = Signal(int)
    close_wanted = Signal()

    def __init__(self, evaluating: Evaluating, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluating = evaluating
        self._workspace = workspace
        self._has_result = False
        self._trouble, self._reviewed_then = "", 0
        self._message = muted_label()
        self._message.setProperty("muted", False)
        self._message.setProperty("error", True)
        self._stale = Notice([button(self.tr("Measure again"), self.start, primary=True)])
        self._start, self._run, self._result = QWidget(), _Run(), EvaluationResult()
        # A slider's burst of values is counted once.
        self._count = QTimer(self, interval=_COUNT_MS, singleShot=True)
        self._count.timeout.connect(self._show_threshold)
        self._lay_out()
        self._connect()
        self.destroyed.connect(workspace.subscribe(self._follow))
        self._show_parts()

    @property
    def is_running(self) -> bool:
        """Whether an evaluation is under way."""
        return self._evaluating.is_running

    def start(self) -> None:
        """Measure the model in use, unless that is under way."""
        if self.is_running:
            self.said.emit(self.tr("The detector is being measured already."))
            return
        self._trouble = ""
        if self._evaluating.start():
            self.changed.emit()
        self._show_parts()

    def cancel(self) -> None:
        """End the run; the figures of the last one stay."""
        self._evaluating.cancel()

    def _connect(self) -> None:
        evaluating = self._evaluating
        evaluating.progressed.connect(self._take_progress)
        evaluating.measured.connect(self._take_measured)
        evaluating.failed.connect(self._take_failure)
        evaluating.cancelled.connect(self._take_cancel)
        evaluating.staleness_changed.connect(self._show_parts)
        self._run.cancelled.connect(self.cancel)
        self._result.image_wanted.connect(self.image_wanted)

    def _follow(self, change: Change) -> None:
        if change.thresholds and self._has_result:
            self._count.start()
        if change.images:
            self._show_parts()

    @Slot(object)
    def _take_progress(self, progress: EvaluationProgress) -> None:
        self._run.show_progress(progress)

    @Slot(object)
    def _take_measured(self, measured: Measured) -> None:
        self._has_result = True
        evaluating = self._evaluating
        notes = (
            words.measured_line(measured, evaluating.model),
            words.trained_line(evaluating.trained_version()),
            "\n".join(words.left_out_lines(measured, evaluating.unreadable)),
        )
        colors = {category.name: category.color for category in self._workspace.categories}
        self._result.show_measured(measured, Notes(*notes), colors)
        self._show_threshold()
        self.said.emit(words.verdict(measured))
        self._end()

    @Slot(str)
    def _take_failure(self, sentence: str) -> None:
        self._trouble, self._reviewed_then = sentence, self._workspace.reviewed_count
        self.said.emit(sentence)
        self._end()

    @Slot()
    def _take_cancel(self) -> None:
        self.said.emit(self.tr("The evaluation was cancelled."))
        self._end()

    def _end(self) -> None:
        self._show_parts()
        self.changed.emit()

    @Slot()
    def _show_threshold(self) -> None:
        self._result.show_threshold(self._workspace.view.thresholds.score_thresh)

    @Slot()
    def _show_parts(self) -> None:
        """Show what belongs to the state. What is hidden gives the focus up, or Qt would hand it on in here."""
        running, staleness = self.is_running, self._evaluating.staleness()
        reviewed = self._workspace.reviewed_count
        if reviewed != self._reviewed_then:
            self._trouble = ""  # it may not be so any more
        self._data.setText("" if self._trouble and not reviewed else words.data_line(reviewed))
        is_stale = bool(staleness) and self._has_result and not running
        self._stale.say(self.tr("{} The figures are those of before.").format(staleness) if is_stale else "")
        self._message.setText(self._trouble)
        shown = {
            self._message: bool(self._trouble) and not running,
            self._start: not running and not self._has_result,
            self._run: running,
            self._result: self._has_result,
        }
        for part, is_shown in shown.items():
            if not is_shown:
                release_focus(part)
            part.setVisible(is_shown)

    def _lay_out(self) -> None:
        top = panel_top(self.tr("How good is the detector?"), "models.md#measuring-one")
        top.addWidget(icon_button("close", self.tr("Put this panel away; a run goes on"), self.close_wanted.emit))
        self._data = muted_label()
        measure = button(self.tr("Measure"), self.start, primary=True)
        KeyTip(measure, self.tr("Measure the detector on the reviewed images"), "evaluate")
        row = QHBoxLayout(self._start)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._data, 1)
        row.addWidget(measure)
        column = scrolling(self, top)
        for part in (self._message, self._start, self._run, self._stale, self._result):
            column.addWidget(part)
        column.addStretch(1)


class _Run(QWidget):
    """A run under way. `cancelled`: the person wants it to end."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._stage, self._step = heading(), muted_label()
        self._step.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setProperty("training", True)
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self._stage)
        head.addWidget(self._step, 1)
        foot.addWidget(muted_label(self.tr("You can go on labeling.")), 1)
        foot.addWidget(button(self.tr("Cancel"), self.cancelled.emit))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addLayout(foot)

    def show_progress(self, progress: EvaluationProgress) -> None:
        """Show how far it is."""
        self._stage.setText(words.stage_name(progress.stage))
        self._step.setText(words.step_line(progress))
        self._bar.setRange(0, progress.total)  # a range of nothing: busy
        self._bar.setValue(progress.done)
