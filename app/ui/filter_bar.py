"""What is above the image list: the filter, filters that are saved, the order, and what can be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from app.ui.filter_field import FilterField
from app.ui.filter_help import FilterHelp
from app.ui.filter_menus import FiltersMenu, OrdersMenu
from app.ui.filter_words import order_words
from app.ui.panel_parts import icon_button, muted_label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.model.saved_filters import SavedFilters
    from app.model.shown_images import SortOrder


class FilterBar(QWidget):
    """`filtered(ImageFilter)` and `ordered(SortOrder)` bring what is chosen, `entered` Enter, `failed` why not."""

    filtered = Signal(object)
    ordered = Signal(object)
    entered = Signal()
    failed = Signal(str)

    def __init__(self, saved: SavedFilters, names: Callable[[], Mapping[str, Sequence[str]]]) -> None:
        super().__init__()
        self._order = saved.order
        self._remark = ""
        self._help: FilterHelp | None = None
        self._field = FilterField(names)
        self._filters = FiltersMenu(saved, self._filter_text, self)
        self._orders = OrdersMenu(lambda: self._order, self)
        self._ordered = _menu_button("sort", self.tr("Order of the images"), self._orders)
        self._ordered.setProperty("strip", True)
        self._ordered.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._count = QLabel()
        self._count.setProperty("muted", True)
        self._line = muted_label()
        self._line.hide()
        self.show_order(self._order)
        self._field.filtered.connect(self.filtered)
        self._field.refused.connect(self._refuse)
        self._field.entered.connect(self.entered)
        self._filters.chosen.connect(self.set_text)
        self._filters.failed.connect(self.failed)
        self._orders.chosen.connect(self.ordered)
        self._build()

    def focus_field(self) -> None:
        """Put the cursor into the filter."""
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()

    def end_typing(self) -> None:
        """Give the keys back to the boxes."""
        self._field.clearFocus()

    @Slot(str)
    def set_text(self, text: str) -> None:
        """Put a filter into the field."""
        self._field.setText(text)
        if not self._field.hasFocus():
            self._field.home(False)  # a filter is known by its beginning

    @Slot()
    def read_again(self) -> None:
        """Read the filter once more: the categories have changed."""
        self._field.read_again()

    def show_order(self, order: SortOrder) -> None:
        """Say which order there is."""
        self._order = order
        self._ordered.setText(order_words(order))

    def say(self, count: str, remark: str) -> None:
        """Show how many images pass, and a line below, as long as there is no mistake to show there."""
        self._count.setText(count)
        self._remark = remark
        if not self._line.property("error"):
            self._show_line(remark, error=False)

    @Slot()
    def show_help(self) -> None:
        """Say what can be typed, beside the window's work; what is clicked there is added to the filter."""
        if self._help is None:
            self._help = FilterHelp(self)
            self._help.chosen.connect(self._add)
        self._help.show()
        self._help.raise_()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._field, 1)
        row.addSpacing(4)
        row.addWidget(_menu_button("filter", self.tr("Ready and saved filters"), self._filters))
        row.addWidget(icon_button("help", self.tr("What can be typed"), self.show_help))
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self._ordered)
        below.addStretch(1)
        below.addWidget(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addLayout(below)
        column.addWidget(self._line)

    def _filter_text(self) -> str:
        return "" if self._field.mistake else self._field.text().strip()

    @Slot(str)
    def _add(self, word: str) -> None:
        self.set_text(f"{self._field.text().rstrip()} {word}".lstrip())
        self._field.setFocus()

    @Slot(str)
    def _refuse(self, mistake: str) -> None:
        self._field.setAccessibleDescription(mistake)
        self._show_line(mistake or self._remark, error=bool(mistake))

    def _show_line(self, words: str, *, error: bool) -> None:
        if bool(self._line.property("error")) != error:
            self._line.setProperty("error", error)
            self._line.setProperty("muted", not error)
            self._line.style().polish(self._line)
        self._line.setText(words)
        self._line.setVisible(bool(words))


def _menu_button(name: str, words: str, menu: QMenu) -> QToolButton:
    made = icon_button(name, words, lambda: menu.popup(made.mapToGlobal(QPoint(0, made.height()))))
    return made
