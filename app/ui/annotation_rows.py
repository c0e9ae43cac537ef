"""The rows of the annotation table: the annotations and suggestions of the image on screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.model.annotations import Annotation, Provenance
from app.model.review import AnnotationRef, SuggestionRef
from app.model.shown_boxes import is_of_hidden_category, shown_suggestions
from app.numbers import fixed
from app.ui import box_words, theme
from app.ui.icons import icon
from app.ui.layers import UNKNOWN_COLOR
from app.ui.plain_tip import plain_tip

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QIcon

    from app.model.annotations import Suggestion
    from app.model.review import Selected
    from app.model.workspace import Workspace

STATE, CATEGORY, SCORE, SIZE, FLAGS, ORIGIN = range(6)

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One box as the table shows it. `score` is that of the suggestion it is or was; None where there was none.

    `marks` are those of its flags and note, `about` says the same in words.
    """

    ref: AnnotationRef | SuggestionRef
    name: str
    color: str
    score: float | None
    width: float
    height: float
    origin: str
    marks: str = ""
    about: str = ""
    locked: bool = False

    @property
    def is_annotation(self) -> bool:
        """Return whether a person decided on this box."""
        return isinstance(self.ref, AnnotationRef)


class BoxRows(QAbstractTableModel):
    """Annotations by id, then suggestions from the best on, until somebody sorts by a column.

    Suggestions are listed while their layer is shown: the table has what accepting all of them would take. Boxes of
    hidden categories are not listed.
    """

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._column = STATE
        self._order = Qt.SortOrder.AscendingOrder
        self._rows: list[BoxRow] = []
        self.read()

    def read(self) -> None:
        """Read the rows from the workspace again."""
        self.beginResetModel()
        suggestions, view = shown_suggestions(self._workspace), self._workspace.view
        annotations = self._workspace.annotations.values()
        annotated = [self._annotation_row(one) for one in annotations if not is_of_hidden_category(one, view)]
        self._rows = annotated + [self._suggestion_row(suggestion) for suggestion in suggestions]
        self._sort()
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of boxes."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return six."""
        return 0 if parent.isValid() else 6

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text, icon, alignment, tooltip or a screen reader's words of a cell."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row, column)
            case Qt.ItemDataRole.DecorationRole:
                return _picture(row, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                about = {STATE: self._state_word(row), FLAGS: row.about}.get(column) or self._text(row, column)
                return plain_tip(about) if role == Qt.ItemDataRole.ToolTipRole else about
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the name of a column."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            names = (self.tr("Category"), self.tr("Score"), self.tr("Size"), self.tr("Flags"), self.tr("Origin"))
            return ("", *names)[section]
        if role == Qt.ItemDataRole.ToolTipRole and section in (STATE, FLAGS):
            return {
                STATE: self.tr("Annotation or suggestion"),
                FLAGS: self.tr("Difficult, occluded, truncated, crowd; whether there is a note; whether it is locked"),
            }[section]
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, now and after every change; equal boxes stay in their natural order."""
        self._column, self._order = column, order
        self.read()

    def ref_at(self, row: int) -> AnnotationRef | SuggestionRef:
        """Return what a row stands for."""
        return self._rows[row].ref

    def row_of(self, selected: Selected) -> int | None:
        """Return the row of a box, None where it is not listed."""
        return next((number for number, row in enumerate(self._rows) if row.ref == selected), None)

    def counts(self) -> tuple[int, int]:
        """Return how many annotations and how many suggestions are listed."""
        annotations = sum(row.is_annotation for row in self._rows)
        return annotations, len(self._rows) - annotations

    def has_flags(self) -> bool:
        """Return whether there is anything to be said in the column of flags."""
        return any(row.marks or row.locked for row in self._rows)

    def _sort(self) -> None:
        keys: dict[int, Callable[[BoxRow], Any]] = {
            STATE: lambda row: not row.is_annotation,
            CATEGORY: lambda row: row.name.casefold(),
            SCORE: lambda row: -1.0 if row.score is None else row.score,
            SIZE: lambda row: row.width * row.height,
            FLAGS: lambda row: (row.marks, row.locked),
            ORIGIN: lambda row: row.origin,
        }
        self._rows.sort(key=keys[self._column], reverse=self._order is Qt.SortOrder.DescendingOrder)

    def _text(self, row: BoxRow, column: int) -> str:
        if column == SCORE:
            return "–" if row.score is None else fixed(row.score, 2)
        if column == SIZE:
            return f"{round(row.width)} × {round(row.height)}"
        return {STATE: "", CATEGORY: row.name, FLAGS: row.marks, ORIGIN: row.origin}[column]

    def _state_word(self, row: BoxRow) -> str:
        if not row.is_annotation:
            return self.tr("Suggestion: nobody has decided on it")
        return self.tr("Annotation: {}").format(row.origin)  # a narrow table has no room for the origin

    def _annotation_row(self, annotation: Annotation) -> BoxRow:
        category = self._workspace.category(annotation.category_id)
        assert category is not None, "the store keeps the category of every annotation"
        x1, y1, x2, y2 = annotation.box
        score = None if annotation.origin is None else annotation.origin.score
        words = {
            Provenance.DRAWN: self.tr("drawn"),
            Provenance.ACCEPTED: self.tr("accepted"),
            Provenance.MOVED: self.tr("moved"),
            Provenance.RELABELLED: self.tr("relabelled"),
            Provenance.IMPORTED: self.tr("imported"),
        }
        origin = words[annotation.provenance]
        return BoxRow(
            AnnotationRef(annotation.id),
            category.name,
            category.color,
            score,
            x2 - x1,
            y2 - y1,
            f"{origin} · {annotation.author}" if annotation.author else origin,
            box_words.marks(annotation),
            box_words.about(annotation),
            annotation.locked,
        )

    def _suggestion_row(self, suggestion: Suggestion) -> BoxRow:
        category = self._workspace.category(suggestion.category_id)
        color = UNKNOWN_COLOR if category is None else category.color
        x1, y1, x2, y2 = suggestion.box
        origin = self.tr("suggested") if category is not None else self.tr("suggested, new category")
        return BoxRow(
            SuggestionRef(suggestion.index), suggestion.name, color, suggestion.score, x2 - x1, y2 - y1, origin
        )


def _picture(row: BoxRow, column: int) -> QIcon | None:
    if column == STATE:
        return icon("annotation" if row.is_annotation else "suggestion")
    if column == FLAGS:
        return icon("lock") if row.locked else None
    return theme.swatch(row.color) if column == CATEGORY else None


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in (SCORE, SIZE) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
