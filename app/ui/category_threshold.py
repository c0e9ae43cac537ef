"""A small popup that gives one category a score threshold of its own, or takes it away."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QVBoxLayout, QWidget

from app.numbers import fixed
from app.ui import theme
from app.ui.filter_panel import ThresholdRow
from app.ui.panel_parts import heading

_WIDTH = 300


class CategoryThreshold(QFrame):
    """`changed(float | None)` comes with every move, None for the threshold of the view, which is `usual`.

    Esc or a click elsewhere closes it. Deletes itself. Below `floor` the detector keeps nothing.
    """

    changed = Signal(object)

    def __init__(
        self, name: str, own: float | None, usual: float, floor: float = 0.0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._usual = usual
        self._floor = floor
        title = heading(self.tr("Score of “{}”").format(name))
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setWordWrap(True)
        self._as_others = QCheckBox(self.tr("As the others: {}").format(fixed(usual, 2)))
        self._row = ThresholdRow(
            self.tr("Score"), self.tr("Show suggestions of “{}” that score more than this").format(name)
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(title)
        layout.addWidget(self._as_others)
        layout.addWidget(self._row)
        self.setFixedWidth(theme.scaled(_WIDTH))
        with QSignalBlocker(self._as_others):
            self._as_others.setChecked(own is None)
        self._show(usual if own is None else own)
        self._as_others.toggled.connect(self._take_choice)
        self._row.moved.connect(self._take_score)
        self._as_others.setFocus()

    def _take_choice(self, as_others: bool) -> None:
        self._show(self._usual)
        self.changed.emit(None if as_others else self._usual)

    def _take_score(self, score: float) -> None:
        self._show(score)
        self.changed.emit(score)

    def _show(self, score: float) -> None:
        self._row.show_value(score, self._floor)
        self._row.setEnabled(not self._as_others.isChecked())
