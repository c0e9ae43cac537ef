"""The small parts that panels are made of. None keeps the focus: the keys stay with the boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.icons import icon
from app.ui.text_size import keep_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QLayout


def heading(words: str = "") -> QLabel:
    """Return a heading."""
    label = QLabel(words)
    label.setProperty("heading", True)
    return label


def muted_label(words: str = "") -> QLabel:
    """Return quiet plain text that is as wide as there is room, and as high as it takes."""
    label = QLabel(words, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
    label.setProperty("muted", True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def button(words: str, run: Callable[[], object], *, primary: bool = False) -> QPushButton:
    """Return a button for `run`."""
    made = QPushButton(words)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setProperty("primary", primary)
    made.setProperty("compact", True)
    made.clicked.connect(lambda _checked=False: _press(made, run))
    return made


def icon_button(name: str, words: str, run: Callable[[], object]) -> QToolButton:
    """Return a button that is an icon; `words` say what it does."""
    made = QToolButton()
    made.setIcon(icon(name))
    made.setToolTip(words)
    made.setAccessibleName(words)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.clicked.connect(lambda _checked=False: _press(made, run))
    return made


def put_glass_in(field: QLineEdit) -> None:
    """Show at the beginning of `field` that it searches, to a screen reader too."""
    glass = field.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
    glass.setText(QCoreApplication.translate("panel_parts", "Search"))


def scrolling(panel: QWidget, top: QLayout) -> QVBoxLayout:
    """Lay `panel` out as `top` above a page that scrolls, and return the column that the page's parts go into."""
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(theme.MARGIN, 0, theme.MARGIN, theme.MARGIN)
    column.setSpacing(theme.SPACING)
    area = QScrollArea(widgetResizable=True)
    area.setWidget(inside)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    page = QVBoxLayout(panel)
    page.setContentsMargins(0, 0, 0, 0)
    page.setSpacing(4)
    page.addLayout(top)
    page.addWidget(area, 1)
    return column


def make_list(table: QTableView, *, row_height: int, stretched: int) -> None:
    """Make `table` a list: whole rows, one at a time, to look at; the column `stretched` takes the room."""
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setIconSize(QSize(14, 14))
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    keep_rows(table, row_height)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionsClickable(False)
    header.setMinimumSectionSize(26)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)


def make_possible(control: QWidget, possible: bool) -> None:
    """Enable or disable a control."""
    if not possible:
        release_focus(control)
    control.setEnabled(possible)


def release_focus(part: QWidget) -> None:
    """Let `part` give the focus up, before it is hidden or disabled: Qt would hand it on to the next control."""
    focused = part.focusWidget()
    if focused is not None and focused.hasFocus():
        focused.clearFocus()


def _press(pressed: QWidget, run: Callable[[], object]) -> None:
    release_focus(pressed)
    run()
