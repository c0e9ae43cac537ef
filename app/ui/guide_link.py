"""The way from a dialog or a panel to the page of the guide that is about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout

from app.ui import theme
from app.ui.elided_label import ElidedLabel
from app.ui.panel_parts import icon_button

if TYPE_CHECKING:
    from PySide6.QtWidgets import QToolButton, QWidget

    from app.ui.main_window import MainWindow


def panel_top(title: str, place: str) -> QHBoxLayout:
    """Return the top of a panel: its title, cut where there is no room, and the button of its place in the guide."""
    words = ElidedLabel(title)
    words.setProperty("heading", True)
    top = QHBoxLayout()
    top.addWidget(words, 1)
    top.addWidget(guide_button(place))
    top.setContentsMargins(theme.MARGIN, 4, theme.SPACING, 0)
    return top


def guide_button(place: str, *, key: str = "") -> QToolButton:
    """Return a button that opens the guide at a page, such as "formats.md#in-parts"; `key` does the same.

    A dialog may have F1; in the window that key is taken.
    """
    words = QCoreApplication.translate("guide_link", "Read about this in the guide")
    made = icon_button(
        "help", f"{words} ({key})" if key else words, lambda: _main_window(made).guide_wanted.emit(place)
    )
    if key:
        made.setShortcut(key)
    return made


def _main_window(widget: QWidget) -> MainWindow:
    """Return the window that a widget, or the dialogs that it is in, belong to."""
    from app.ui.main_window import MainWindow  # noqa: PLC0415 - it imports who imports this

    parent: QWidget | None = widget
    while not isinstance(parent, MainWindow):
        assert parent is not None, "dialogs are children of the window"
        parent = parent.parentWidget()
    return parent
