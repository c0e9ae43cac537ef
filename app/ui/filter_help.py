"""What can be typed into the filter of the image list, with examples that a click adds to it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.filter_words import examples
from app.ui.guide_link import guide_button
from app.ui.panel_parts import heading, muted_label

if TYPE_CHECKING:
    from app.ui.filter_words import Example


class FilterHelp(QDialog):
    """Stays beside the window while somebody types. `chosen` brings the example that was clicked."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Find images"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * theme.MARGIN)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._links: dict[str, QLabel] = {}
        for title, rows in examples().items():
            self._add_rows(title, rows)
        self._color_links()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.SPACING, 0)
        column.setSpacing(theme.MARGIN)
        column.addWidget(
            muted_label(
                self.tr(
                    "Words are joined by spaces, and all have to hold. A minus before a word says what is not wanted. "
                    "A click adds an example to the filter."
                )
            )
        )
        column.addLayout(self._grid)
        column.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        layout.addWidget(area)
        layout.addWidget(guide_button("labeling.md#find-images", key="F1"), 0, Qt.AlignmentFlag.AlignRight)
        self.resize(600, 590)

    def _add_rows(self, title: str, rows: tuple[Example, ...]) -> None:
        line = self._grid.rowCount()
        words = heading(title)
        words.setContentsMargins(0, theme.SPACING if line > 1 else 0, 0, 0)
        self._grid.addWidget(words, line, 0, 1, 2)
        for offset, example in enumerate(rows, start=1):
            text = self._links[example.text] = QLabel(textFormat=Qt.TextFormat.RichText)
            text.setAlignment(Qt.AlignmentFlag.AlignTop)
            text.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            text.linkActivated.connect(self.chosen)
            meaning = QLabel(example.meaning, wordWrap=True)
            self._grid.addWidget(text, line + offset, 0)
            self._grid.addWidget(meaning, line + offset, 1)

    def _color_links(self) -> None:
        """Write the examples in the accent of the theme: a label would keep that of its first day."""
        color = theme.colors(self.palette()).accent
        for text, label in self._links.items():
            words = escape(text)
            label.setText(f'<a href="{words}" style="text-decoration: none; color: {color}">{words}</a>')

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._color_links()
