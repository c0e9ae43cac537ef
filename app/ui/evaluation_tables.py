"""The tables of an evaluation: how good the model is category by category, and the images with most mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from app.numbers import whole
from app.ui import theme
from app.ui import training_words as words
from app.ui.panel_parts import make_list
from app.ui.plain_tip import plain_tip
from app.ui.text_size import TextSize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from detector.evaluation_summary import CategoryScore, Evaluation, ImageScore

_ROW_HEIGHT, _PADDING, _LEAST_NAME = 26, 20, 84
_CLOSE = "QTableView::item { padding: 0 3px; } QHeaderView::section { padding: 5px 4px; }"
"""Six columns in the width of a panel: less air between them than elsewhere, so that names can be read."""
_CATEGORIES_SEEN, _IMAGES_SEEN, _MOST_IMAGES = 9, 8, 200
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

Index = QModelIndex | QPersistentModelIndex


class Column(NamedTuple):
    """The word over a column and, in its tool tip, what that means."""

    word: str
    meaning: str = ""


class _Texts(QAbstractTableModel):
    """Rows of texts: names on the left, figures on the right."""

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = columns
        self.rows: Sequence[Sequence[str]] = ()

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show these; what is selected stays so where there are as many rows as before."""
        if len(rows) != len(self.rows):
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
        elif rows:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text and alignment of a cell; the whole name is its tool tip."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() else _LEFT
        text = self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == 0:
            return plain_tip(text)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return word, meaning and alignment of a column."""
        if orientation is Qt.Orientation.Horizontal:
            column = self.columns[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return column.word
            if role == Qt.ItemDataRole.ToolTipRole:
                return column.meaning or None
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if section else _LEFT
        return None


class QuietTable(QTableView):
    """Rows to click that never have the focus by that; the first column takes the room.

    Where that is less than a name needs to be told from another, the table is wider than itself and scrolls.
    """

    def __init__(self, name: str, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = _Texts(columns, self)
        self._rows: Sequence[Sequence[str]] = ()
        self._seen = 0
        self._asked: list[int] = []
        self.setModel(self._texts)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setStyleSheet(_CLOSE)
        make_list(self, row_height=_ROW_HEIGHT, stretched=0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        for column in range(len(columns)):
            self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        TextSize(self, self._fit)

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: letters and digits are keys of the window."""

    def show_rows(self, rows: Sequence[Sequence[str]], seen: int) -> None:
        """Show these texts, `seen` rows of them without scrolling."""
        self._texts.show_rows(rows)
        self._rows, self._seen = rows, seen
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the first column what room there is now."""
        super().resizeEvent(event)
        self._share_room()

    def _fit(self) -> None:
        # By hand: Qt would measure every row again for each cell that changes.
        self._asked = [
            max(map(self.fontMetrics().horizontalAdvance, (column.word, longest))) + _PADDING
            for column, *texts in zip(self._texts.columns, *self._rows, strict=True)
            for longest in [max(texts, key=len, default="")]
        ]
        self._share_room()

    def _share_room(self) -> None:
        names, *figures = self._asked or [0]
        left = self.viewport().width() - sum(figures)
        needed = min(names, theme.scaled(_LEAST_NAME))
        for column, width in enumerate([max(left, needed), *figures]):
            self.setColumnWidth(column, width)
        height = self.horizontalHeader().sizeHint().height() + 4
        if left < needed:
            height += self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(min(len(self._rows), self._seen) * theme.scaled_row(_ROW_HEIGHT) + height)


class CategoryTable(QuietTable):
    """A row for all, unless there is but one, and one for each category. `chosen(name)`: empty for all of them.

    What is chosen stays so as long as it is there.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._names: list[str] = []
        self._chosen: str | None = None
        self._fills = False
        super().__init__(self.tr("Categories"), self._columns(), parent)
        self.selectionModel().selectionChanged.connect(self._tell)

    def show_scores(self, evaluation: Evaluation, scores: Sequence[CategoryScore]) -> None:
        """Show the average precision of `evaluation`, and `scores` at the score threshold of now."""
        shown = sorted((one for one in scores if one.boxes or one.wrong), key=lambda one: (-one.boxes, one.name))
        rows = [_cells(one) for one in shown]
        names = [one.name for one in shown]
        if len(shown) > 1:
            rows.insert(0, self._total(evaluation, shown))
            names.insert(0, "")
        self._names, self._fills = names, True
        self.show_rows(rows, _CATEGORIES_SEEN)
        if names:
            self.selectRow(names.index(self._chosen) if self._chosen in names else 0)
        self._fills = False
        self._tell()

    def _total(self, evaluation: Evaluation, scores: Sequence[CategoryScore]) -> list[str]:
        boxes, found, wrong = (sum(getattr(one, part) for one in scores) for part in ("boxes", "found", "wrong"))
        precision = found / (found + wrong) if found + wrong else None
        recall = found / boxes if boxes else None
        figures = (evaluation.ap50, evaluation.ap, precision, recall)
        return [self.tr("All"), whole(boxes), *map(words.score, figures)]

    def _tell(self) -> None:
        row = self.currentIndex().row()
        if not self._fills and 0 <= row < len(self._names) and self._names[row] != self._chosen:
            self._chosen = self._names[row]
            self.chosen.emit(self._chosen)

    def _columns(self) -> list[Column]:
        return [
            Column(self.tr("Name")),
            Column(self.tr("Boxes"), self.tr("Boxes of yours on the images measured")),
            Column(self.tr("AP50"), self.tr("Average precision at IoU 0.5: 1 is perfect")),
            Column(self.tr("AP"), self.tr("Average precision, mean over the IoUs from 0.5 to 0.95")),
            Column(self.tr("P"), self.tr("Precision: share of the suggestions at your score threshold that are right")),
            Column(
                self.tr("R"), self.tr("Recall: share of your boxes that a suggestion at your score threshold covers")
            ),
        ]


class WorstTable(QuietTable):
    """The images with most mistakes, the worst first. `opened(image_id)` comes when a row is clicked or entered."""

    opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        columns = [
            Column(self.tr("Image")),
            Column(self.tr("Missed"), self.tr("Boxes of yours that no suggestion covers")),
            Column(self.tr("Wrong"), self.tr("Suggestions where there is no such box of yours")),
        ]
        self._image_ids: list[int] = []
        super().__init__(self.tr("Images with most mistakes"), columns, parent)
        self.clicked.connect(self._open)
        self.activated.connect(self._open)

    def show_images(self, worst: Sequence[ImageScore], names: Sequence[str], image_ids: Sequence[int]) -> None:
        """Show the first of these; `names` and `image_ids` are those of the images that `worst` points at."""
        shown = worst[:_MOST_IMAGES]
        ids = [image_ids[one.index] for one in shown]
        if ids != self._image_ids:
            self.selectionModel().clear()
        self._image_ids = ids
        self.show_rows([(names[one.index], whole(one.missed), whole(one.wrong)) for one in shown], _IMAGES_SEEN)

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(self._image_ids[index.row()])


def _cells(score: CategoryScore) -> list[str]:
    figures = (score.ap50, score.ap, score.precision, score.recall)
    return [score.name, whole(score.boxes), *map(words.score, figures)]
