"""Going round the parts of the window with a key: the canvas, what is said above it, and the panels beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


def go_round(window: MainWindow, step: int) -> None:
    """Give the focus to the next part that can have it (1), or the one before (-1)."""
    parts = [(part, _first(part)) for part in _parts(window)]
    stops = [(part, first) for part, first in parts if first is not None]
    now = QApplication.focusWidget()
    here = next((place for place, (part, _) in enumerate(stops) if now is part or _is_in(now, part)), 0)
    _, target = stops[(here + step) % len(stops)]
    target.setFocus(Qt.FocusReason.TabFocusReason)


def _parts(window: MainWindow) -> list[QWidget]:
    if window.desk is None:
        return [window.welcome, window.banner]
    return [window.desk.canvas, window.banner, window.hint, *window.desk.panels]


def _first(part: QWidget) -> QWidget | None:
    """Return what takes the focus in a part: its list, else the first of its controls; None where there is none."""
    if part.isVisible() and part.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return part
    inside = [one for one in part.findChildren(QWidget) if _can_have_focus(one)]
    lists = [one for one in inside if isinstance(one, QAbstractItemView)]
    return next(iter(lists or inside), None)


def _can_have_focus(widget: QWidget) -> bool:
    is_shown = widget.isVisible() and widget.isEnabled()
    return is_shown and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def _is_in(widget: QWidget | None, part: QWidget) -> bool:
    return widget is not None and part.isAncestorOf(widget)
