"""What of the prediction is shown: score and NMS IoU, the proposals, the layers. Nothing here detects again."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from app.model.shown_boxes import shown_suggestions
from app.numbers import fixed, whole
from app.ui import theme
from app.ui.keymap import KEYMAP, KeyTip, with_keys
from app.ui.panel_parts import heading, muted_label, scrolling
from app.ui.text_size import TextSize
from app.ui.typing_keys import TypingKeys

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QValidator

    from app.model.view import Change
    from app.model.workspace import Workspace

STEPS = 100
_MOST_PROPOSALS = 1_000  # the slider's range until a prediction says how many there are
_ROUNDING = 1e-6  # a floor of 0.05 in float32 is a hair above 0.05
_REST_OF_WINDOW = 365
"""Pixels that menu, toolbar, status line and the other panels of the column take at least, at the usual text size."""
_LEAST_HEIGHT = 96
_SCROLL_BAR = QStyle.PixelMetric.PM_ScrollBarExtent


class FilterPanel(QWidget):
    """Thresholds and layers of the view; every move of a slider is set at once."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._score = ThresholdRow(self.tr("Score"), self.tr("Show suggestions that score more than this"))
        KeyTip(self._score, self.tr("Hide suggestions that score no more than this"), "score-up", "score-down")
        self._nms = ThresholdRow(self.tr("NMS IoU"), self.tr("Largest overlap of two suggestions of one category"))
        overlap = self.tr("Of two suggestions of one category that overlap more than this, keep the better")
        KeyTip(self._nms, overlap, "iou-up", "iou-down")
        self._summary = muted_label()
        self._proposals = QCheckBox(self.tr("Proposals"))
        self._suggestions = QCheckBox(self.tr("Suggestions"))
        self._annotations = QCheckBox(self.tr("Annotations"))
        self._top_n = CountRow(self.tr("Number of proposals to show, the most object-like first"))
        self._proposals_there = muted_label()
        self._top = QVBoxLayout()
        self._column = self._lay_out()
        self._connect()
        KEYMAP.changed.connect(self._show)
        self.destroyed.connect(workspace.subscribe(self._follow))
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        """Ask for another height when text becomes larger or smaller."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            QTimer.singleShot(0, self, self._fit)  # the labels hear of it after their parent

    def _lay_out(self) -> QVBoxLayout:
        """Return the column of all that is below the heading."""
        self._annotations.setToolTip(self.tr("Show the boxes that people decided on"))
        KeyTip(self._suggestions, self.tr("Show the detections that nobody has decided on"), "suggestions")
        KeyTip(self._proposals, self.tr("Show where the detector's first stage sees objects of any kind"), "proposals")
        for box in (self._annotations, self._suggestions, self._proposals):
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        decidable, proposals = QHBoxLayout(), QHBoxLayout()
        decidable.addWidget(self._annotations)
        decidable.addWidget(self._suggestions)
        decidable.addStretch(1)
        proposals.addWidget(self._proposals)
        proposals.addWidget(self._top_n, 1)
        for row in (decidable, proposals):
            row.setSpacing(theme.SPACING)
        self._top.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, 0)
        self._top.addWidget(heading(self.tr("Suggestions")))
        layout = scrolling(self, self._top)
        layout.addWidget(self._score)
        layout.addWidget(self._nms)
        layout.addWidget(self._summary)
        layout.addSpacing(theme.SPACING)
        layout.addWidget(heading(self.tr("Layers")))
        layout.addLayout(decidable)
        layout.addLayout(proposals)
        layout.addWidget(self._proposals_there)
        layout.addStretch(1)
        return layout

    def _connect(self) -> None:
        self._score.moved.connect(lambda value: self._set_thresholds(score_thresh=value))
        self._nms.moved.connect(lambda value: self._set_thresholds(nms_thresh=value))
        self._top_n.moved.connect(lambda count: self._set_view(proposal_top_n=count))
        self._annotations.toggled.connect(lambda on: self._set_view(show_annotations=on))
        self._suggestions.toggled.connect(lambda on: self._set_view(show_suggestions=on))
        self._proposals.toggled.connect(lambda on: self._set_view(show_proposals=on))

    def _set_thresholds(self, **values: float) -> None:
        thresholds = replace(self._workspace.view.thresholds, **values)  # type: ignore[arg-type]
        self._set_view(thresholds=thresholds)

    def _set_view(self, **values: object) -> None:
        self._workspace.change_view(replace(self._workspace.view, **values))  # type: ignore[arg-type]

    def _follow(self, change: Change) -> None:
        if change.thresholds or change.layers or change.suggestions or change.proposals or change.current_image:
            self._show()

    def _show(self) -> None:
        view, prediction = self._workspace.view, self._workspace.prediction
        self._score.show_value(view.thresholds.score_thresh, 0.0 if prediction is None else prediction.score_floor)
        self._nms.show_value(view.thresholds.nms_thresh)
        for box, on in (
            (self._annotations, view.show_annotations),
            (self._suggestions, view.show_suggestions),
            (self._proposals, view.show_proposals),
        ):
            with QSignalBlocker(box):
                box.setChecked(on)
        self._summary.setText(self._summary_words())
        own = ", ".join(self._categories_with_own_score())
        self._summary.setToolTip(
            self.tr("Categories with a score threshold of their own: {}").format(own) if own else ""
        )
        there = _MOST_PROPOSALS if prediction is None else len(prediction.proposals)
        self._top_n.show_value(view.proposal_top_n, there)
        self._top_n.setEnabled(view.show_proposals and there > 0)
        self._proposals_there.setText(self._proposal_words())
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep all lines of text in sight."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Ask for the width of the controls, and the height that the text takes then: a dock does not ask by itself.

        On a screen on which the window would not fit then it is less, and what has no room can be scrolled to.
        """
        self.setMinimumWidth(self._column.totalMinimumSize().width() + self.style().pixelMetric(_SCROLL_BAR))
        page = self.layout()
        if page is None or not self.isVisible():
            return
        full = self._top.sizeHint().height() + page.spacing() + self._column.totalMinimumHeightForWidth(self.width())
        room = self.screen().availableGeometry().height() - theme.scaled(_REST_OF_WINDOW)
        self.setMinimumHeight(min(full, max(room, theme.scaled(_LEAST_HEIGHT))))

    def _summary_words(self) -> str:
        if self._workspace.current_image is None:
            return ""
        if self._workspace.prediction is None:
            return self.tr("The detector has not looked at this image yet.")
        words = [self.tr("{} shown").format(whole(len(shown_suggestions(self._workspace))))]
        if not self._workspace.view.show_suggestions:
            words = [self.tr("layer is off")]
        if self._workspace.hidden_count:
            words.append(self.tr("{} hidden by score").format(whole(self._workspace.hidden_count)))
        if own := self._categories_with_own_score():
            words.append(self.tr("own score: {}").format(whole(len(own))))
        return " · ".join(words)

    def _categories_with_own_score(self) -> list[str]:
        return [category.name for category in self._workspace.categories if category.score_thresh is not None]

    def _proposal_words(self) -> str:
        prediction, view = self._workspace.prediction, self._workspace.view
        if prediction is None:
            return ""
        if not view.show_proposals:
            return with_keys(self.tr("{proposals} shows where the detector sees objects of any kind."))
        there = len(prediction.proposals)
        return self.tr("{} of {} proposals shown").format(whole(min(view.proposal_top_n, there)), whole(there))


class ThresholdRow(QWidget):
    """A name, a slider of a hundred steps, and a number that can be typed to three decimals."""

    moved = Signal(float)

    def __init__(self, name: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = _slider(meaning)
        self._slider.setRange(0, STEPS)
        self._slider.setPageStep(5)
        self._number = _ThresholdBox()
        self._number.setAccessibleName(meaning)
        _lay_out_row(self, self._slider, self._number, name)
        self._slider.valueChanged.connect(lambda step: self.moved.emit(step / STEPS))
        self._number.valueChanged.connect(self.moved)

    def show_value(self, value: float, floor: float = 0.0) -> None:
        """Show a value from 0 to 1. Below `floor` nothing changes any more: there the slider and the number stop."""
        with QSignalBlocker(self._slider), QSignalBlocker(self._number):
            self._slider.setMinimum(math.ceil((floor - _ROUNDING) * STEPS))
            self._number.setMinimum(floor)
            self._slider.setValue(round(value * STEPS))
            if not math.isclose(self._number.value(), value, abs_tol=5e-4):
                self._number.setValue(value)
        hint = self.tr("The detector keeps nothing below {}.").format(fixed(floor, 2)) if floor > _ROUNDING else ""
        self._slider.setToolTip("\n".join(part for part in (self.toolTip(), hint) if part))


class CountRow(QWidget):
    """A slider and a number from 1 to as many as there are."""

    moved = Signal(int)

    def __init__(self, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = _slider(meaning)
        self._number = QSpinBox()
        self._number.setAccessibleName(meaning)
        self._number.setGroupSeparatorShown(True)
        self._number.setKeyboardTracking(False)
        TypingKeys.keep_in(self._number)
        self.setToolTip(meaning)
        _lay_out_row(self, self._slider, self._number)
        self._slider.valueChanged.connect(self.moved)
        self._number.valueChanged.connect(self.moved)

    def show_value(self, value: int, most: int) -> None:
        """Show a count; one above `most` shows as `most`."""
        with QSignalBlocker(self._slider), QSignalBlocker(self._number):
            for control in (self._slider, self._number):
                control.setRange(min(1, most), most)
                control.setValue(value)
            self._slider.setPageStep(max(most // 20, 1))


class _ThresholdBox(QDoubleSpinBox):
    """Shows two decimals, and the third where somebody typed one."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(3)
        self.setRange(0.0, 1.0)
        self.setSingleStep(0.01)
        self.setKeyboardTracking(False)  # "0.5" on the way to "0.55" is no wish of anybody
        TypingKeys.keep_in(self)

    def textFromValue(self, val: float) -> str:
        """Return the number without a third decimal of zero."""
        decimals = 2 if math.isclose(val, round(val, 2), abs_tol=5e-5) else 3
        return fixed(val, decimals)

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        """Take a point and a comma for the same, whichever the language has: the other one would make 0 of 0.5."""
        point = self.locale().decimalPoint()
        return super().validate(text.replace(".", point).replace(",", point), pos)


def _slider(meaning: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setAccessibleName(meaning)
    slider.setToolTip(meaning)
    # A click on it leaves the focus where the labeler works, so that the next key still goes to a box.
    slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return slider


def _lay_out_row(row: QWidget, slider: QSlider, number: QAbstractSpinBox, name: str = "") -> None:
    TextSize(number, lambda: number.setFixedWidth(theme.scaled(64)))
    number.setAlignment(Qt.AlignmentFlag.AlignRight)
    row.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.SPACING)
    if name:
        label = QLabel(name)
        label.setBuddy(number)
        TextSize(label, lambda: label.setMinimumWidth(theme.scaled(64)))
        layout.addWidget(label)
    layout.addWidget(slider, 1)
    layout.addWidget(number)
