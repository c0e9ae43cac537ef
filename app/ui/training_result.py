"""What a fine-tune has led to: the figures before and after, the proposed threshold, and what to do about it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui import theme
from app.ui import training_words as words
from app.ui.figures_table import FiguresTable
from app.ui.icons import icon
from app.ui.keymap import KeyTip, with_keys
from app.ui.panel_parts import button, heading, muted_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.model_versions import ModelVersion
    from detector.fine_tune_values import Figures

_ICON = QSize(18, 18)
_SAME = 0.005


class Trained(NamedTuple):
    """A version that a run has made, and whether it serves now."""

    version: ModelVersion
    in_use: bool


class TrainingResult(QWidget):
    """Shows the versions of one run, of one or two stages.

    `kept`: leave all as it is. `use_wanted(version)`: let it serve although it is no better. `rolled_back`: let the one
    before serve again. `threshold_wanted(score)`: take the proposed score threshold.
    """

    kept = Signal()
    use_wanted = Signal(object)
    rolled_back = Signal()
    threshold_wanted = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._best: Trained | None = None
        self._threshold = 0.5
        self._icon, self._verdict = QLabel(), heading()
        self._verdict.setWordWrap(True)
        self._stages, self._note, self._used = muted_label(), muted_label(), muted_label()
        self._table = FiguresTable()
        self._proposed = muted_label()
        self._take = button(self.tr("Take it"), self._take_threshold)
        self._keep = button("", self.kept.emit, primary=True)
        self._other = button("", self._want_other)
        self._other_tip = KeyTip(self._other, "")
        self._lay_out()

    def show_run(self, trained: Sequence[Trained]) -> None:
        """Show what a run has led to; `trained` has one or two, in the order of the stages."""
        best = next((one for one in reversed(trained) if one.in_use), trained[-1])
        self._best = best
        # The second stage is measured against the first: what the labeler had before the run says more.
        earliest = trained[0].version.before if best.in_use else best.version.before
        self._show_verdict(best, earliest)
        self._stages.setText("\n".join(words.stage_line(one.version.result, in_use=one.in_use) for one in trained))
        result = best.version.result
        notes = (result.note, words.recall_line(trained[-1].version.result))
        self._note.setText(" ".join(one for one in notes if one))
        left_out = words.left_out_line(result.counts.left_out)
        self._used.setText("\n".join(one for one in (words.used_line(result.counts), left_out) if one))
        for label in (self._note, self._used):
            label.setVisible(bool(label.text()))
        self._table.setVisible(result.after is not None)
        if result.after is not None:
            self._table.show_figures(earliest, result.after)

    def show_threshold(self, current: float) -> None:
        """Propose the score threshold of the shown version where it is another than `current`."""
        after = self._after
        self._proposed.setVisible(after is not None and self._in_use)
        self._take.setVisible(after is not None and self._in_use)
        if after is None:
            return
        self._threshold = after.score_thresh
        is_taken = math.isclose(current, after.score_thresh, abs_tol=_SAME)
        self._take.setEnabled(not is_taken)
        proposed = words.score(after.score_thresh)
        if is_taken:
            self._proposed.setText(self.tr("The score threshold is {}, as proposed.").format(proposed))
        else:
            self._proposed.setText(
                self.tr("Proposed score threshold: {} (now {})").format(proposed, words.score(current))
            )

    @property
    def version(self) -> ModelVersion | None:
        """The version that is shown: the one in use, else the last."""
        return None if self._best is None else self._best.version

    @property
    def verdict(self) -> str:
        """What there is to say about the run in one sentence."""
        return self._verdict.text()

    @property
    def _after(self) -> Figures | None:
        return None if self._best is None else self._best.version.after

    @property
    def _in_use(self) -> bool:
        return self._best is not None and self._best.in_use

    def _show_verdict(self, best: Trained, before: Figures | None) -> None:
        title, chosen, after = best.version.title, theme.colors(self.palette()), best.version.after
        if after is None or before is None:
            sign, color = "info", chosen.accent
            self._verdict.setText(
                self.tr("{} could not be measured: too few reviewed images are new to it.").format(title)
            )
        elif best.in_use:
            sign, color = "reviewed", chosen.reviewed
            better = self.tr("{} is better and in use.")
            as_good = self.tr("{} is in use: it is about as good as the one before.")
            self._verdict.setText((better if after.ap50 > before.ap50 else as_good).format(title))
        else:
            sign, color = "warning", chosen.unsure
            self._verdict.setText(self.tr("{} is no better: the one before stays in use.").format(title))
        if best.in_use:
            self._keep.setText(self.tr("Keep it"))
            self._other.setText(self.tr("Roll back"))
            self._other_tip.say(self.tr("Let the version before serve again"), "roll-back")
        else:
            self._keep.setText(self.tr("Keep the one before"))
            self._other.setText(self.tr("Use it anyway"))
            self._other_tip.say(with_keys(self.tr("Let it serve all the same; {roll-back} goes back at any time")))
        self._icon.setPixmap(icon(sign, color).pixmap(_ICON, self.devicePixelRatioF()))

    def _want_other(self) -> None:
        assert self._best is not None
        if self._best.in_use:
            self.rolled_back.emit()
        else:
            self.use_wanted.emit(self._best.version)

    def _take_threshold(self) -> None:
        self.threshold_wanted.emit(self._threshold)

    def _lay_out(self) -> None:
        verdict, threshold, answers = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        verdict.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        verdict.addWidget(self._verdict, 1)
        threshold.addWidget(self._proposed, 1)
        threshold.addWidget(self._take)
        answers.addWidget(self._keep)
        answers.addWidget(self._other)
        answers.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addLayout(verdict)
        column.addWidget(self._stages)
        column.addWidget(self._note)
        column.addLayout(answers)
        column.addSpacing(4)
        column.addWidget(self._table)
        column.addLayout(threshold)
        column.addWidget(self._used)
