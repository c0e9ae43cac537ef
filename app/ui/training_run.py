"""A fine-tune before and while it runs: what to train, which stage it is in, how far, and how to end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.ui import theme
from app.ui import training_words as words
from app.ui.folding_row import FoldingRow
from app.ui.keymap import KeyTip
from app.ui.panel_parts import button, heading, make_possible, muted_label
from app.ui.training_curves import TrainingCurves
from detector.fine_tune_values import SecondStage, Stage

if TYPE_CHECKING:
    from detector.fine_tune_values import Progress, StageResult


class TrainingStart(QWidget):
    """The choice of the second stage and the button that starts. `started` comes when it is pressed."""

    started = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = QComboBox()
        for choice in SecondStage:
            self._choice.addItem(words.second_stage_name(choice), choice)
        # The focus stays where the labeler works: a click on any of these leaves the next key to a box.
        self._choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._choice.setToolTip(
            self.tr(
                "After the head, the whole detector can go on learning. It takes minutes, and pays unless the images "
                "held out show that nothing is left to gain."
            )
        )
        name = QLabel(self.tr("Whole detector"), wordWrap=True)
        name.setBuddy(self._choice)
        start = button(self.tr("Fine-tune"), self.started.emit, primary=True)
        KeyTip(start, self.tr("Fine-tune on my corrections"), "fine-tune")
        whole, column = QWidget(), QVBoxLayout(self)
        row = QHBoxLayout(whole)
        for layout in (row, column):
            layout.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(name)
        row.addWidget(self._choice, 1)
        column.addWidget(FoldingRow(whole, start, fills=True))

    @property
    def second_stage(self) -> SecondStage:
        """Whether the whole detector is trained after the head."""
        return SecondStage(self._choice.currentData())

    @second_stage.setter
    def second_stage(self, choice: SecondStage) -> None:
        self._choice.setCurrentIndex(self._choice.findData(choice))


class TrainingRun(QWidget):
    """A run under way. `finished`, `skipped` and `cancelled` are what the person wants of it."""

    finished = Signal()
    skipped = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage, self._step = heading(), muted_label()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setProperty("training", True)
        self._cost, self._before, self._recall = muted_label(), muted_label(), muted_label()
        self.curves = TrainingCurves()
        self._finish = button(self.tr("Finish now"), self.finished.emit)
        self._finish.setToolTip(self.tr("Stop learning here and keep the best so far"))
        self._skip = button(self.tr("Go to the whole"), self.skipped.emit)
        self._skip.setToolTip(self.tr("End this stage and train the whole detector, whether it seems to pay or not"))
        self._cancel = button(self.tr("Cancel"), self.cancelled.emit)
        self._cancel.setToolTip(self.tr("Stop learning here; what was put to use stays in use"))
        self._lay_out()
        self.begin()

    def begin(self) -> None:
        """Show a run that has not said anything yet."""
        self._now: Stage | None = None
        self._wish = ""
        self._stage.setText(self.tr("Starting…"))
        self._step.clear()
        self._bar.setRange(0, 0)
        self._cost.setText(self.tr("You can go on labeling."))
        self._before.hide()
        self._recall.hide()
        self._cancel.setEnabled(True)
        self._show_wishes()
        self.curves.clear()

    def show_progress(self, progress: Progress) -> None:
        """Show one step."""
        if progress.stage is not self._now or (progress.note and progress.note != self._cost.text()):
            self._now, self._wish = progress.stage, ""
            self._stage.setText(words.stage_name(progress.stage))
            self._cost.setText(progress.note or words.stage_cost(progress.stage))
            self._show_wishes()
        self._step.setText(self._wish or words.step_line(progress))
        self._bar.setRange(0, max(progress.steps, 1))
        self._bar.setValue(progress.step)
        self.curves.add(progress)

    def show_result(self, result: StageResult, *, in_use: bool) -> None:
        """Say what a stage has led to while the next one runs."""
        self._before.setText(words.stage_line(result, in_use=in_use))
        self._before.show()
        self._recall.setText(words.recall_line(result))
        self._recall.setVisible(bool(self._recall.text()))

    def hear(self, sentence: str, *, is_last: bool = False) -> None:
        """Show that a wish was heard, which is met at the next step; after the last one there is none to have."""
        self._wish = sentence
        self._step.setText(sentence)
        if is_last:
            make_possible(self._cancel, False)
        self._show_wishes()

    def _show_wishes(self) -> None:
        free = not self._wish and self._cancel.isEnabled()
        make_possible(self._finish, free and self._now in (Stage.HEAD, Stage.WHOLE))
        make_possible(self._skip, free and self._now is Stage.HEAD)
        self._skip.setVisible(self._now is not Stage.WHOLE)

    def _lay_out(self) -> None:
        head, wishes = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self._stage, 1)
        head.addWidget(self._cancel)  # three in a row are wider than the panel of a small window
        for wish in (self._finish, self._skip):
            wishes.addWidget(wish)
        wishes.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addWidget(self._step)
        for label in (self._cost, self._before, self._recall):
            column.addWidget(label)
        column.addLayout(wishes)
        column.addWidget(self.curves)
