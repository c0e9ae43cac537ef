"""The model versions of the project: which one serves, how good each is, and what can be done with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QMessageBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.model.words import worded
from app.ui import dialogs, theme
from app.ui import training_words as words
from app.ui.folding_row import FoldingRow
from app.ui.icons import icon
from app.ui.panel_parts import button, heading, make_list, make_possible
from app.ui.text_size import TextSize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.model_versions import ModelVersion

_ACTIVE, _TITLE, _STAGE, _DATE, _AP50 = range(5)
_ROW_HEIGHT, _ROWS_SEEN = 28, 6
MODEL_FILTER = worded("Boxwright detector (*.safetensors)")


class VersionsList(QWidget):
    """The newest first; the last row is the detector that the program starts with, None in the signals."""

    use_wanted = Signal(object)
    delete_wanted = Signal(object)
    export_wanted = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._versions: tuple[ModelVersion | None, ...] = (None,)
        self._active: ModelVersion | None = None
        self._table = _Table()
        self._table.itemSelectionChanged.connect(self._show_buttons)
        self._table.itemDoubleClicked.connect(lambda _item: self._use_chosen())
        self._use = button(self.tr("Use"), self._use_chosen)
        self._export = button(self.tr("Export…"), self._ask_where)
        self._export.setToolTip(self.tr("Save this version as a file that “boxwright detect --model” takes"))
        self._delete = button(self.tr("Delete…"), self._ask_whether)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(heading(self.tr("Model versions")))
        column.addWidget(self._table)
        column.addWidget(FoldingRow(self._use, self._export, self._delete))
        self.show_versions((), None)
        TextSize(self, self._fit)

    def show_versions(self, versions: Sequence[ModelVersion], active: ModelVersion | None) -> None:
        """Show these versions, given the oldest first; the chosen one stays chosen as long as it is there."""
        # What is chosen follows the version in use, unless the person chose another.
        chosen = active if self._chosen == self._active else self._chosen
        self._versions, self._active = (*reversed(versions), None), active
        with QSignalBlocker(self._table):
            self._table.clearSpans()
            self._table.setRowCount(len(self._versions))
            for row, version in enumerate(self._versions):
                self._fill(row, version)
            self._table.selectRow(self._versions.index(chosen if chosen in self._versions else active))
        self._fit()
        self._show_buttons()

    def _fit(self) -> None:
        """Be as high as the rows that are to be seen."""
        seen = min(len(self._versions), _ROWS_SEEN)
        header = self._table.horizontalHeader().sizeHint().height()
        self._table.setFixedHeight(seen * theme.scaled_row(_ROW_HEIGHT) + header + 4)

    @property
    def _chosen(self) -> ModelVersion | None:
        row = self._table.currentRow()
        return self._versions[row] if 0 <= row < len(self._versions) else self._active

    def _fill(self, row: int, version: ModelVersion | None) -> None:
        mark = QTableWidgetItem()
        if version == self._active:
            mark.setIcon(icon("accept"))
            mark.setToolTip(self.tr("In use"))
        if version is None:
            self._table.setSpan(row, _TITLE, 1, _AP50 - _TITLE)
            texts = [self.tr("Base: before any fine-tune"), "", "", ""]
            hint = self.tr("The model that was chosen, as it came")
        else:
            ap50 = words.score(None if version.after is None else version.after.ap50)
            texts = [version.title, words.stage_word(version.stage), words.day(version.made_at), ap50]
            hint = f"{words.moment(version.made_at)}\n{words.used_line(version.result.counts)}"
        self._table.setItem(row, _ACTIVE, mark)
        for column, text in enumerate(texts, start=_TITLE):
            item = QTableWidgetItem(text)
            item.setToolTip(hint)
            if column == _AP50:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._table.setItem(row, column, item)

    def _show_buttons(self) -> None:
        chosen = self._chosen
        make_possible(self._use, chosen != self._active)
        make_possible(self._export, chosen is not None)
        make_possible(self._delete, chosen is not None and chosen != self._active)
        refusal = self.tr("The version in use cannot be deleted") if chosen == self._active else ""
        self._delete.setToolTip(refusal)

    def _use_chosen(self) -> None:
        if self._chosen != self._active:
            self.use_wanted.emit(self._chosen)

    def _ask_where(self) -> None:
        version = self._chosen
        if version is None:
            return
        title = self.tr("Export {}").format(version.title)
        path = dialogs.choose_save_file(
            self, title, self.tr(MODEL_FILTER), Path.home() / f"{version.version}.safetensors"
        )
        if path is not None:
            self.export_wanted.emit(version, path)

    def _ask_whether(self) -> None:
        version = self._chosen
        if version is None:
            return
        question = QMessageBox(
            QMessageBox.Icon.Warning,
            self.tr("Delete a model version"),
            self.tr("Delete {}? Its file is deleted with it, and this cannot be undone.").format(version.title),
            QMessageBox.StandardButton.Cancel,
            self,
        )
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        delete = question.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        delete.clicked.connect(lambda _checked=False: self.delete_wanted.emit(version))
        question.open()


class _Table(QTableWidget):
    """A table that is clicked and never has the focus by that."""

    def __init__(self) -> None:
        super().__init__(0, 5)
        self.setAccessibleName(self.tr("Model versions"))
        self.setHorizontalHeaderLabels(["", self.tr("Version"), self.tr("Stage"), self.tr("Made"), self.tr("AP50")])
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        make_list(self, row_height=_ROW_HEIGHT, stretched=_DATE)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: letters and digits are keys of the window."""
