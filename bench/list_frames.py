"""Lists on the screen for `bench.lists`: how long their first paint takes, and a key in their filter."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSortFilterProxyModel, QStringListModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListView, QVBoxLayout, QWidget

from bench.canvas_gestures import finish

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VIEW, FILTER = "Images", "Filter images"
"""What the list and its filter are called for people who hear the window."""
SIZE = (320, 760)


class Painted(QObject):
    """Knows whether a widget `is_done`: painted, since that was last set to False."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.is_done = False
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take notes."""
        self.is_done = self.is_done or event.type() == QEvent.Type.Paint
        return False


def first_paint(make: Callable[[], QWidget]) -> float:
    """Return the seconds from nothing to a painted list."""
    start = time.perf_counter()
    widget = make()
    painted = Painted(_view(widget).viewport())
    widget.resize(*SIZE)
    widget.show()
    finish(lambda: painted.is_done, QApplication.processEvents)
    seconds = time.perf_counter() - start
    widget.close()
    widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return seconds


def proxy_list(names: Sequence[str]) -> QWidget:
    """Return a filter above a list as Qt's own classes make them."""
    widget, line, view = QWidget(), QLineEdit(), QListView()
    line.setAccessibleName(FILTER)
    view.setAccessibleName(VIEW)
    model = QSortFilterProxyModel(widget)
    model.setSourceModel(QStringListModel(list(names), model))
    model.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    line.textChanged.connect(model.setFilterFixedString)
    view.setUniformItemSizes(True)
    view.setModel(model)
    layout = QVBoxLayout(widget)
    layout.addWidget(line)
    layout.addWidget(view)
    return widget


def typed(widget: QWidget, names: Sequence[str], text: str, rounds: int) -> list[float]:
    """Return the seconds of each key of `text`, and of the keys that take it back, `rounds` times over."""
    widget.resize(*SIZE)
    widget.show()
    view = _view(widget)
    (line,) = (one for one in widget.findChildren(QLineEdit) if one.accessibleName() == FILTER)
    painted = Painted(view.viewport())
    finish(lambda: painted.is_done, QApplication.processEvents)
    texts = steps_of(text)
    counts = {typed: sum(typed in name for name in names) for typed in texts}
    seconds = []
    for wanted in texts * rounds:
        painted.is_done = view.model().rowCount() == counts[wanted]  # nothing to show then
        start = time.perf_counter()
        key = Qt.Key[f"Key_{wanted[-1]}"] if len(wanted) > len(line.text()) else Qt.Key.Key_Backspace
        QTest.keyClick(line, key)
        finish(partial(_shows, painted, view, counts[wanted]), QApplication.processEvents)
        seconds.append(time.perf_counter() - start)
    widget.close()
    widget.deleteLater()
    return seconds


def steps_of(text: str) -> list[str]:
    """Return what stands in the line after each key, when `text` is typed and taken back."""
    typed = [text[: place + 1] for place in range(len(text))]
    return [*typed, *reversed(typed[:-1]), ""]


def _shows(painted: Painted, view: QListView, rows: int) -> bool:
    return painted.is_done and view.model().rowCount() == rows


def _view(widget: QWidget) -> QListView:
    if isinstance(widget, QListView):
        return widget
    (view,) = (one for one in widget.findChildren(QListView) if one.accessibleName() == VIEW)
    return view
