"""Asks what becomes of a category that goes, and says what will change before anything does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from app.numbers import counted
from app.ui import dialogs, theme
from app.ui.category_words import delete_lines, merge_lines
from app.ui.panel_parts import button, heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.model.annotations import Category
    from app.store.category_use import CategoryUse

_WIDTH, _MOST_HEIGHT = 520, 420


class CategoryRemoval(QDialog):
    """`decided(Category | None)` brings the category that takes the boxes over, None to delete them, once accepted.

    `others` are the categories that may take over. `deleting` asks what becomes of the boxes; else they move.
    """

    decided = Signal(object)

    def __init__(
        self,
        category: Category,
        others: Sequence[Category],
        use: CategoryUse,
        parent: QWidget | None = None,
        *,
        deleting: bool,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Delete category") if deleting else self.tr("Merge categories"))
        self._category = category
        self._use = use
        self._deleting = deleting
        self._delete_boxes = QRadioButton(self._words_of_deletion())
        self._move_boxes = QRadioButton(self.tr("Keep the boxes, in"))
        self._targets = _Targets(others)
        self._changes = _Changes()
        self._accept = button("", self.accept, primary=True)
        self._accept.setDefault(True)
        self._targets.currentIndexChanged.connect(lambda _index: self._show_changes())
        choice = QButtonGroup(self)
        for one in (self._delete_boxes, self._move_boxes):
            choice.addButton(one)
            one.toggled.connect(lambda _on: self._show_changes())
        (self._delete_boxes if deleting else self._move_boxes).setChecked(True)
        self._lay_out(can_choose=deleting and bool(others) and use.boxes > 0)
        self._show_changes()

    @property
    def into(self) -> Category | None:
        """The category that would take the boxes over now, None where they would be deleted."""
        return self._targets.chosen if self._move_boxes.isChecked() else None

    def accept(self) -> None:
        """Say what was decided and close."""
        super().accept()
        self.decided.emit(self.into)

    def _lay_out(self, *, can_choose: bool) -> None:
        column = dialogs.column(self)
        asked = self.tr("Delete “{}”") if self._deleting else self.tr("Merge “{}” into")
        title = heading(asked.format(self._category.name))
        title.setWordWrap(True)
        if self._deleting:
            column.addWidget(title)
            if can_choose:
                column.addLayout(self._choices())
        else:
            row = QHBoxLayout()
            row.setSpacing(theme.SPACING)
            row.addWidget(title)
            row.addWidget(self._targets, 1)
            column.addLayout(row)
        column.addWidget(self._changes, 1)
        answers = QHBoxLayout()
        answers.setSpacing(theme.SPACING)
        answers.addStretch(1)
        answers.addWidget(button(self.tr("Cancel"), self.reject))
        answers.addWidget(self._accept)
        column.addLayout(answers)
        self.setMinimumWidth(_WIDTH)
        (self._accept if self._deleting else self._targets).setFocus()

    def _choices(self) -> QGridLayout:
        choices = QGridLayout()
        choices.setHorizontalSpacing(theme.SPACING)
        choices.setVerticalSpacing(4)
        choices.setColumnStretch(1, 1)
        choices.addWidget(self._delete_boxes, 0, 0, 1, 2)
        choices.addWidget(self._move_boxes, 1, 0)
        choices.addWidget(self._targets, 1, 1)
        return choices

    def _words_of_deletion(self) -> str:
        return counted(self._use.boxes, self.tr("Delete its box too"), self.tr("Delete its {} boxes too"))

    def _show_changes(self) -> None:
        name, into = self._category.name, self.into
        self._targets.setEnabled(self._move_boxes.isChecked())
        lines = delete_lines(self._use, name) if into is None else merge_lines(self._use, name, into.name)
        self._changes.show_lines(lines)
        self._accept.setText(self.tr("Delete") if self._deleting else self.tr("Merge"))


class _Targets(QComboBox):
    """The categories that may take over; typing goes to one by its first letters."""

    def __init__(self, others: Sequence[Category]) -> None:
        super().__init__()
        self._others = others
        self.setAccessibleName(self.tr("Category that takes the boxes over"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for other in others:
            self.addItem(theme.swatch(other.color), other.name)

    @property
    def chosen(self) -> Category | None:
        """The chosen category, None where there is none to choose."""
        return self._others[self.currentIndex()] if self._others else None


class _Changes(QScrollArea):
    """What will change, line by line. It scrolls where there is more than fits."""

    def __init__(self) -> None:
        super().__init__(widgetResizable=True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_lines(self, lines: Iterable[str]) -> None:
        """Show these sentences, in as much room as they take, to a limit."""
        page = QWidget()
        page.setAccessibleName(self.tr("What will change"))
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.SPACING)
        grid.setColumnStretch(1, 1)
        for row, line in enumerate(lines):
            sentence = QLabel(line, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
            sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(QLabel("•"), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(sentence, row, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        self.setWidget(page)
        self.setMinimumHeight(min(grid.totalHeightForWidth(_WIDTH - 2 * theme.DIALOG_MARGIN), _MOST_HEIGHT))
