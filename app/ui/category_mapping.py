"""The table that says what the categories of the model are in this project: a category, a new one, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.model.category_mapping import AGNOSTIC, IGNORED, OWN_NAME, Target
from app.ui import dialogs, theme
from app.ui.guide_link import guide_button
from app.ui.icons import icon
from app.ui.panel_parts import button, muted_label
from app.ui.text_size import keep_rows, open_at

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from PySide6.QtGui import QResizeEvent, QShowEvent, QWheelEvent

    from app.model.annotations import Category
    from app.model.category_mapping import CategoryMapping

_ROW_HEIGHT = 40
_FILTER_FROM = 12
"""So many categories are no longer seen at a glance: then they can be looked for."""


class CategoryMappingDialog(QDialog):
    """`mapped` brings the whole mapping when it is accepted.

    `matches` are the categories of the model, each with the project's category that it is by its name, if any.
    """

    mapped = Signal(object)

    def __init__(
        self,
        matches: Sequence[tuple[str, Category | None]],
        categories: Sequence[Category],
        mapping: CategoryMapping,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Match categories"))
        self._matches = matches
        self._table = _Table(matches, categories, mapping)
        self._nothing = muted_label(self.tr("No category of the model has this in its name."))
        self._lay_out()

    def mapping(self) -> dict[str, Target]:
        """Return what the person said. A category that goes by its name is not in it: it goes on following the name."""
        return {
            name: target
            for (name, match), target in zip(self._matches, self._table.targets, strict=True)
            if match is None or target.category_id != match.id
        }

    def accept(self) -> None:
        """Give the mapping away and close."""
        super().accept()
        self.mapped.emit(self.mapping())

    def _set_unmatched(self, target: Target) -> None:
        for row, (_, match) in enumerate(self._matches):
            if match is None and self._table.targets[row] in (IGNORED, OWN_NAME):
                self._table.choose(row, target)

    def _filter(self, text: str) -> None:
        wanted = text.strip().casefold()
        for row, (name, _) in enumerate(self._matches):
            self._table.setRowHidden(row, wanted not in name.casefold())
        self._table.fill()
        self._nothing.setVisible(not any(wanted in name.casefold() for name, _ in self._matches))

    def _lay_out(self) -> None:
        what = muted_label(
            self.tr(
                "What each category of the model is in this project. Suggestions follow at once, nothing is detected "
                "again, and no annotation changes."
            )
        )
        column = dialogs.column(self)
        column.addWidget(what)
        if len(self._matches) >= _FILTER_FROM:
            column.addWidget(self._search())
        column.addWidget(self._nothing)
        self._nothing.hide()
        column.addWidget(self._table, 1)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        if sum(match is None for _, match in self._matches) > 1:
            row.addWidget(button(self.tr("Ignore the others"), lambda: self._set_unmatched(IGNORED)))
            row.addWidget(button(self.tr("New categories for the others"), lambda: self._set_unmatched(OWN_NAME)))
        row.addStretch(1)
        row.addWidget(guide_button("models.md#choosing-one-in-the-window", key="F1"))
        row.addWidget(button(self.tr("Cancel"), self.reject))
        use = button(self.tr("Apply"), self.accept, primary=True)
        use.setDefault(True)
        row.addWidget(use)
        column.addLayout(row)
        open_at(self, 620, min(250 + _ROW_HEIGHT * len(self._matches), 560))

    def _search(self) -> QLineEdit:
        search = QLineEdit(placeholderText=self.tr("Find a category of the model"), clearButtonEnabled=True)
        search.setAccessibleName(search.placeholderText())
        search.textChanged.connect(self._filter)
        return search


class _TargetChoice(QComboBox):
    """What one category of the model is: the project's categories, then a new one, then nothing."""

    def __init__(self, name: str, categories: Sequence[Category], by_name: Category | None, *, agnostic: bool) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        for category in categories:
            self.addItem(theme.swatch(category.color), category.name, Target(category.id))
        new = self.tr("New category “{}”").format(_one_line(name))
        own = self.tr("The category that I draw in") if agnostic else new
        if by_name is None or by_name.name != name:
            self.addItem(icon("add"), own, OWN_NAME)
        self.addItem(icon("hide"), self.tr("Ignore"), IGNORED)

    def choose(self, target: Target) -> None:
        """Choose one of the targets that are offered."""
        self.setCurrentIndex(next(place for place in range(self.count()) if self.itemData(place) == target))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the table scroll: a wheel that turns a choice on its way would go unnoticed."""
        event.ignore()


class _Table(QTableWidget):
    """A row for each category of the model. `targets` are what is chosen, row by row.

    A choice is made when its row comes into sight: a thousand of them would hold the window up for seconds.
    """

    def __init__(
        self, matches: Sequence[tuple[str, Category | None]], categories: Sequence[Category], mapping: CategoryMapping
    ) -> None:
        super().__init__(len(matches), 2)
        self._matches = matches
        self._categories = categories
        self._choices: dict[int, _TargetChoice] = {}
        known = {category.id for category in categories}
        self.targets = [_first_target(mapping.get(name), match, known, name) for name, match in matches]
        self._dress()
        for row, (name, _) in enumerate(matches):
            self.setItem(row, 0, QTableWidgetItem(_one_line(name)))
        self.verticalScrollBar().valueChanged.connect(self.fill)

    def choose(self, row: int, target: Target) -> None:
        """Choose for one row, in sight or not."""
        self.targets[row] = target
        if row in self._choices:
            self._choices[row].choose(target)

    def fill(self) -> None:
        """Make the choices of the rows in sight that have none yet."""
        if not self.isVisible():
            return
        below = self.viewport().height()
        row = max(self.rowAt(0), 0)
        while row < self.rowCount() and self.rowViewportPosition(row) < below:
            if row not in self._choices and not self.isRowHidden(row):
                self._make_choice(row)
            row += 1

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill what has come into sight."""
        super().resizeEvent(event)
        self.fill()

    def showEvent(self, event: QShowEvent) -> None:
        """Fill what is in sight."""
        super().showEvent(event)
        self.fill()

    def _make_choice(self, row: int) -> None:
        name, match = self._matches[row]
        is_agnostic = [each for each, _ in self._matches] == [AGNOSTIC]
        choice = self._choices[row] = _TargetChoice(name, self._categories, match, agnostic=is_agnostic)
        choice.choose(self.targets[row])
        choice.currentIndexChanged.connect(lambda _index, row=row: self._take(row))
        cell = QWidget()
        inside = QHBoxLayout(cell)
        inside.setContentsMargins(0, 3, 6, 3)
        inside.addWidget(choice)
        self.setCellWidget(row, 1, cell)

    def _take(self, row: int) -> None:
        target = self._choices[row].currentData()
        assert isinstance(target, Target)
        self.targets[row] = target

    def _dress(self) -> None:
        self.setAccessibleName(self.tr("Categories of the model"))
        self.setHorizontalHeaderLabels([self.tr("The model says"), self.tr("In this project")])
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        keep_rows(self, _ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def _one_line(name: str) -> str:
    return " ".join(name.split())


def _first_target(said: Target | None, match: Category | None, known: Container[int], name: str) -> Target:
    """Return what a person said, where it is offered still, or else what the name says."""
    automatic = OWN_NAME if match is None else Target(match.id)
    if said is None or (said.category_id is not None and said.category_id not in known):
        return automatic
    return automatic if said == OWN_NAME and match is not None and match.name == name else said
