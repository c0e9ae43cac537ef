"""Fine-tuning on the right of the canvas: what there is to learn from, the run, its result, and the model versions.

It shows what `Tuning` says and passes on what the person wants; it never takes the focus.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from app.model.storage import StoreError
from app.ui import theme
from app.ui import training_words as words
from app.ui.guide_link import panel_top
from app.ui.keymap import with_keys
from app.ui.panel_parts import icon_button, muted_label, release_focus, scrolling
from app.ui.training_example import TrainingExample
from app.ui.training_result import Trained, TrainingResult
from app.ui.training_run import TrainingRun, TrainingStart
from app.ui.unfinished_line import UnfinishedLine
from app.ui.versions_list import VersionsList
from app.workers.messages import TrainingOutcome

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QShowEvent

    from app.model.model_versions import ModelVersion
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.tuning import Tuning
    from detector.fine_tune_values import Example, Progress


class TrainingPanel(QWidget):
    """`changed` comes when there is something new to say in a line, `state_words`.

    `said(sentence)` is only worth a line; `warned(sentence)` is why a fine-tune failed, and is empty when the next one
    runs. `images_wanted(filter)`: show the images that pass it. `close_wanted`: put it away.
    """

    changed = Signal()
    said = Signal(str)
    warned = Signal(str)
    images_wanted = Signal(str)
    close_wanted = Signal()

    def __init__(self, tuning: Tuning, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tuning = tuning
        self._workspace = workspace
        self._trained: list[tuple[ModelVersion, Example | None]] = []
        self._progress: Progress | None = None
        self._has_example = False
        self.is_running = tuning.is_running
        self._data, self._few, self._message = muted_label(), muted_label(), muted_label()
        self._message.setProperty("muted", False)
        self._message.setProperty("error", True)
        self._trouble, self._refused_at = "", -1
        self._unfinished = UnfinishedLine()
        self._start, self._run = TrainingStart(), TrainingRun()
        self._result, self._example, self._versions = TrainingResult(), TrainingExample(workspace), VersionsList()
        self._lay_out()
        self._connect()
        self.destroyed.connect(workspace.subscribe(self._follow))
        self._show_versions()
        self._show_parts()

    def state_words(self) -> tuple[str, str]:
        """Return what the status strip says and its tool tip: how far a run is, or that one would help; or nothing."""
        if not self.is_running:
            why = self._tuning.is_worth_it()
            return (with_keys(self.tr("A fine-tune would help: {fine-tune}")), why) if why else ("", "")
        if self._progress is None:
            return self.tr("Fine-tuning…"), ""
        share = 100 * self._progress.step // max(self._progress.steps, 1)
        line = self.tr("Fine-tuning: {}, {} %").format(words.stage_in_line(self._progress.stage), share)
        return line, words.step_line(self._progress)

    def start(self) -> None:
        """Fine-tune on all corrections, unless that is under way."""
        if self.is_running:
            self.said.emit(self.tr("A fine-tune is under way already. You can cancel it or let it finish now."))
            return
        self._forget_result()
        if not self._workspace.reviewed_count:
            sentence = self.tr("No image is reviewed yet, so nothing says what is background: {reviewed} marks one.")
            self._take_trouble(with_keys(sentence))
            self._refused_at = 0
            return
        if not self._tuning.start(self._start.second_stage):
            self._refused_at = self._workspace.reviewed_count
            return
        self.is_running = True
        self.warned.emit("")
        self._run.begin()
        self._show_parts()
        self.changed.emit()

    def cancel(self) -> None:
        """End the run; what is in use stays in use."""
        self._run.hear(self.tr("cancelling…"), is_last=True)
        self._tuning.cancel()

    def finish(self) -> None:
        """End the run with the best so far."""
        self._run.hear(self.tr("finishing…"))
        self._tuning.finish()

    def roll_back(self) -> None:
        """Let the version before the active one serve again."""
        self._forget_result()
        self._tuning.roll_back()
        self._show_parts()

    def show_unfinished(self, count: int) -> None:
        """Say that so many reviewed images look unfinished."""
        self._unfinished.show_count(count)

    def stop(self) -> None:
        """Wait for the image that is being decoded, and decode no more; idempotent."""
        self._example.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Count anew: nobody counted while it was put away."""
        super().showEvent(event)
        self._show_counts()

    def _connect(self) -> None:
        tuning = self._tuning
        tuning.progressed.connect(self._take_progress)
        tuning.trained.connect(self._take_trained)
        tuning.ended.connect(self._take_end)
        tuning.versions_changed.connect(self._show_versions)
        tuning.trouble.connect(self._take_trouble)
        self._start.started.connect(self.start)
        self._unfinished.images_wanted.connect(lambda: self.images_wanted.emit("unfinished"))
        self._run.finished.connect(self.finish)
        self._run.skipped.connect(self._skip)
        self._run.cancelled.connect(self.cancel)
        self._result.kept.connect(self._keep)
        self._result.rolled_back.connect(self.roll_back)
        self._result.use_wanted.connect(self._use)
        self._result.threshold_wanted.connect(self._take_threshold)
        self._versions.use_wanted.connect(self._use)
        self._versions.delete_wanted.connect(tuning.delete)
        self._versions.export_wanted.connect(self._export)

    def _follow(self, change: Change) -> None:
        if self.isVisible() and not self.is_running and (change.images or change.annotations or change.categories):
            self._show_counts()
        if change.thresholds:
            self._result.show_threshold(self._workspace.view.thresholds.score_thresh)
        if change.images:
            if self._refused_at not in (-1, self._workspace.reviewed_count):
                self._say_trouble("")  # of what was the case then
            self.changed.emit()

    def _skip(self) -> None:
        self._run.hear(self.tr("going on to the whole…"))
        self._tuning.skip()

    def _keep(self) -> None:
        self._forget_result()
        self._show_parts()

    def _use(self, version: ModelVersion | None) -> None:
        self._forget_result()
        self._tuning.use(version)
        self._show_parts()

    def _export(self, version: ModelVersion, path: Path) -> None:
        self._say_trouble("")
        self._tuning.export(version, path)
        if not self._trouble:
            self.said.emit(self.tr("Exported {} to {}.").format(version.title, path))

    def _take_threshold(self, score: float) -> None:
        view = self._workspace.view
        self._workspace.change_view(replace(view, thresholds=replace(view.thresholds, score_thresh=score)))

    @Slot(object)
    def _take_progress(self, progress: Progress) -> None:
        self._progress = progress
        self._run.show_progress(progress)
        self.changed.emit()

    @Slot(object, object)
    def _take_trained(self, version: ModelVersion, example: Example | None) -> None:
        self._trained.append((version, example))
        self._run.show_result(version.result, in_use=version == self._tuning.active)
        if not self.is_running:
            self._show_result()

    @Slot(object, str)
    def _take_end(self, outcome: TrainingOutcome, sentence: str) -> None:
        self.is_running = False
        self._progress = None
        self._show_result()
        if outcome is TrainingOutcome.FAILED:
            self._say_trouble(sentence)
            self.warned.emit(sentence)
        elif outcome is TrainingOutcome.CANCELLED:
            self.said.emit(self.tr("The fine-tune was cancelled."))
        elif self._trained:
            self.said.emit(self._result.verdict)
        else:
            self._say_trouble(sentence or self.tr("The fine-tune ended without a new version."))
        self._show_parts()
        self.changed.emit()

    @Slot(str)
    def _take_trouble(self, sentence: str) -> None:
        self._say_trouble(sentence)
        self.said.emit(sentence)

    def _say_trouble(self, sentence: str) -> None:
        """Show why something went wrong. Why `start` refused goes with the next image that is decided."""
        self._trouble, self._refused_at = sentence, -1
        self._message.setText(sentence)
        self._message.setVisible(bool(sentence))

    def _forget_result(self) -> None:
        self._trained.clear()
        self._say_trouble("")

    def _show_result(self) -> None:
        if not self._trained:
            return
        run = [Trained(version, version == self._tuning.active) for version, _ in self._trained]
        self._result.show_run(run)
        self._result.show_threshold(self._workspace.view.thresholds.score_thresh)
        shown = self._result.version
        version, example = next(one for one in self._trained if one[0] == shown)
        self._has_example = example is not None
        if example is not None:
            self._example.show_example(version, example)

    @Slot()
    def _show_versions(self) -> None:
        self._versions.show_versions(self._tuning.versions, self._tuning.active)
        self.changed.emit()

    def _show_counts(self) -> None:
        try:
            counts = self._tuning.counts()
        except StoreError as error:
            self._say_trouble(str(error))
            return
        self._data.setText(words.data_line(counts.reviewed, sum(counts.boxes.values()), counts.rejections))
        self._few.setText(" ".join(one for one in (words.few_line(counts.boxes, counts.few), *counts.left_out) if one))
        self._few.setVisible(bool(self._few.text()) and not self._shows_result)

    @property
    def _shows_result(self) -> bool:
        return bool(self._trained) and not self.is_running

    def _show_parts(self) -> None:
        """Show what belongs to the state. What is hidden gives the focus up, or Qt would hand it on in here."""
        shown = {
            self._data: not self._shows_result,
            self._start: not self.is_running and not self._shows_result,
            self._run: self.is_running,
            self._result: self._shows_result,
            self._example: self._shows_result and self._has_example,
        }
        for part, is_shown in shown.items():
            if not is_shown:
                release_focus(part)
            part.setVisible(is_shown)
        self._message.setVisible(bool(self._trouble))
        self._show_counts()

    def _lay_out(self) -> None:
        top = panel_top(self.tr("Fine-tune on my corrections"), "fine-tuning.md")
        top.addWidget(icon_button("close", self.tr("Put this panel away; a run goes on"), self.close_wanted.emit))
        column = scrolling(self, top)
        asked = (self._data, self._few, self._message, self._start, self._run)
        for part in (*asked, self._result, self._unfinished, self._example):
            column.addWidget(part)
        column.addSpacing(theme.SPACING)
        column.addWidget(self._versions)
        column.addStretch(1)
