"""The list of models to choose from: what each knows, how fast it is here, and under which licence it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.catalogue import Kind
from app.model.words import worded
from app.ui import dialogs, theme
from app.ui import model_words as words
from app.ui.guide_link import guide_button
from app.ui.icons import icon
from app.ui.panel_parts import button, make_list, make_possible, muted_label
from app.ui.plain_tip import plain_tip
from app.ui.text_size import TextSize, open_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QResizeEvent

    from app.catalogue import Model

MODEL_FILES = worded("Models (*.safetensors *.pth *.pt *.pkl);;All files (*)")
_IN_USE, _TITLE, _ORIGIN, _CATEGORIES, _SIZE, _SPEED, _LICENCE = range(7)
_ROW_HEIGHT = 30
_LICENCE_WIDTH = 96
_LINES = 3
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_SIZE_OF_DIALOG = (940, 490)


class ModelChooser(QDialog):
    """At most one of its signals comes, and closes it. `use_wanted(Model)`: it may have to be downloaded first.

    But `forget_wanted(Model)`, a detector on another machine, leaves it open: `show_models` then has the list without.
    """

    use_wanted = Signal(object)
    file_wanted = Signal(object)
    remote_wanted = Signal()
    mapping_wanted = Signal()
    forget_wanted = Signal(object)

    def __init__(self, models: Sequence[Model], start_folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Choose the model"))
        self._models: Sequence[Model] = ()
        self._start_folder = start_folder
        self._table = _Table()
        self._table.itemSelectionChanged.connect(self._show_chosen)
        self._table.itemDoubleClicked.connect(lambda _item: self._use_chosen())
        self._line = muted_label()
        self._line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._line.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._use = button(self.tr("Use this model"), self._use_chosen, primary=True)
        self._forget = button(self.tr("Forget"), self._forget_chosen)
        self._forget.setToolTip(self.tr("Take this detector out of the list, and delete its address and its token"))
        self._lay_out()
        self.show_models(models)
        self._table.setFocus()
        open_at(self, *_SIZE_OF_DIALOG)

    @property
    def chosen(self) -> Model | None:
        """The model of the chosen row."""
        row = self._table.currentRow()
        return self._models[row] if 0 <= row < len(self._models) else None

    def choose(self, row: int) -> None:
        """Choose a row, from 0."""
        self._table.selectRow(row)

    def show_models(self, models: Sequence[Model]) -> None:
        """Show these models, and choose the one in use."""
        self._models = models
        self._table.show_models(models)
        self._show_chosen()

    def say_problem(self, sentence: str) -> None:
        """Say what could not be done with the chosen model."""
        self._say(sentence, is_problem=True)

    def _use_chosen(self) -> None:
        chosen = self.chosen
        if chosen is not None and _is_usable(chosen):
            self.accept()
            self.use_wanted.emit(chosen)

    def _open_file(self) -> None:
        file = dialogs.choose_file(self, self.tr("Open a model"), self.tr(MODEL_FILES), self._start_folder)
        if file is not None:
            self.accept()
            self.file_wanted.emit(file)

    def _forget_chosen(self) -> None:
        if self.chosen is not None:
            self.forget_wanted.emit(self.chosen)

    def _go_elsewhere(self) -> None:
        self.accept()
        self.remote_wanted.emit()

    def _match(self) -> None:
        self.accept()
        self.mapping_wanted.emit()

    def _show_chosen(self) -> None:
        chosen = self.chosen
        make_possible(self._use, chosen is not None and _is_usable(chosen))
        is_absent = chosen is not None and chosen.kind is Kind.ABSENT
        self._use.setText(self.tr("Download and use") if is_absent else self.tr("Use this model"))
        self._forget.setVisible(chosen is not None and chosen.kind is Kind.REMOTE)
        make_possible(self._forget, chosen is not None and not chosen.in_use)
        is_broken = chosen is not None and bool(chosen.problem) and not is_absent
        self._say("" if chosen is None else words.line(chosen), is_problem=is_broken)

    def _say(self, text: str, *, is_problem: bool) -> None:
        self._line.setText(text)
        self._line.setProperty("error", is_problem)
        self._line.setProperty("muted", not is_problem)
        self._line.style().polish(self._line)

    def _lay_out(self) -> None:
        what = QLabel(self.tr("Another model makes other suggestions. It never changes an annotation."))
        what.setProperty("muted", True)
        match = button(self.tr("Match categories…"), self._match)
        match.setToolTip(self.tr("Say which category of this project each category of the model in use is"))
        remote = button(self.tr("Another machine…"), self._go_elsewhere)
        remote.setToolTip(self.tr("Use a detector that “boxwright serve” lends, such as one on a machine with a GPU"))
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        for one in (button(self.tr("Open a file…"), self._open_file), remote, match):
            row.addWidget(one)
        row.addWidget(self._forget)
        row.addStretch(1)
        row.addWidget(guide_button("models.md", key="F1"))
        row.addWidget(button(self.tr("Cancel"), self.reject))
        row.addWidget(self._use)
        self._use.setDefault(True)
        # Always the same height: the chosen row must not slide out of sight under its own description.
        self._line.setMinimumHeight(_LINES * self._line.fontMetrics().lineSpacing())
        column = dialogs.column(self)
        column.addWidget(what)
        column.addWidget(self._table, 1)
        column.addWidget(self._line)
        column.addLayout(row)


class _Table(QTableWidget):
    """One row for each model."""

    def __init__(self) -> None:
        super().__init__(0, 7)
        self.setAccessibleName(self.tr("Models"))
        titles = (
            "",
            self.tr("Model"),
            self.tr("From"),
            self.tr("Categories"),
            self.tr("Size"),
            self.tr("Speed here"),
            self.tr("Licence"),
        )
        for column, title in enumerate(titles):
            label = QTableWidgetItem(title)
            label.setTextAlignment(_RIGHT if column in (_CATEGORIES, _SIZE) else _LEFT)
            self.setHorizontalHeaderItem(column, label)
        make_list(self, row_height=_ROW_HEIGHT, stretched=_TITLE)
        header = self.horizontalHeader()
        header.setSectionResizeMode(_LICENCE, QHeaderView.ResizeMode.Fixed)
        TextSize(self, lambda: header.resizeSection(_LICENCE, theme.scaled(_LICENCE_WIDTH)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out of a narrow table what the lines below it say too."""
        super().resizeEvent(event)
        for column, room in ((_LICENCE, 840), (_SPEED, 660)):
            self.setColumnHidden(column, event.size().width() < theme.scaled(room))

    def show_models(self, models: Sequence[Model]) -> None:
        """Fill the table and choose the model in use."""
        self.setRowCount(len(models))
        for row, model in enumerate(models):
            self._fill(row, model)
        self.selectRow(next((row for row, model in enumerate(models) if model.in_use), 0))

    def _fill(self, row: int, model: Model) -> None:
        mark = QTableWidgetItem()
        if model.in_use:
            mark.setIcon(icon("accept"))
            mark.setToolTip(self.tr("In use"))
        elif model.problem and model.kind is not Kind.ABSENT:
            mark.setIcon(icon("warning"))
            mark.setToolTip(plain_tip(model.problem))
        is_here = model.kind is not Kind.ABSENT and not model.problem
        texts = {
            _TITLE: (model.title, model.problem or model.details),
            _ORIGIN: (words.origin(model), ""),
            _CATEGORIES: (words.categories(model), words.category_hint(model)),
            _SIZE: (words.size(model.size_bytes), ""),
            _SPEED: (words.speed(model.speed) if is_here else "", ""),
            _LICENCE: (words.licence(model), model.licence),
        }
        self.setItem(row, _IN_USE, mark)
        for column, (text, hint) in texts.items():
            item = QTableWidgetItem(text)
            item.setToolTip(plain_tip(hint))
            if column in (_CATEGORIES, _SIZE):
                item.setTextAlignment(_RIGHT)
            if not is_here or (column == _SPEED and model.speed is None):
                item.setForeground(QColor(theme.colors(self.palette()).muted))
            self.setItem(row, column, item)


def _is_usable(model: Model) -> bool:
    return model.kind is Kind.ABSENT or not (model.problem or model.in_use)
