"""The panels around the canvas: images on the left; on the right categories, and below them one of four pages.

One page is filters and annotations, the others fine-tuning, evaluation and statistics. Keys reach every filter, so that
the labeler can work on while these are watched, and the categories with their digits are always in sight.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, Qt
from PySide6.QtWidgets import QDockWidget, QWidget

from app.ui import theme
from app.ui.text_size import TextSize

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow

    from app.ui.desk import Desk

_LEFT_WIDTH, _RIGHT_WIDTH = 310, 360
_LEAST_LEFT_WIDTH = 196
"""Beside a thumbnail and a state there is room for the end of a name."""
_MOST_OF_WINDOW = 0.28
_RIGHT_HEIGHTS = (320, 260, 260)
_CATEGORIES_BESIDE_PAGE = 250


class Page(StrEnum):
    """What is below the categories."""

    BOXES = "boxes"
    TRAINING = "training"
    EVALUATION = "evaluation"
    STATISTICS = "statistics"


class Docks(QObject):
    """Seven docks without title bars: the panels have headings of their own.

    Qt lets a smaller window squeeze them and a larger one leave them squeezed; here they get their widths back, which
    are those that a person has dragged them to, if any.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._dragged_to: list[int] = []
        self._when_pressed: list[int] = []
        self._heights = list(_RIGHT_HEIGHTS)
        self._state = QByteArray()
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self._images = self._made("images", _tr("Images"), left)
        self._categories = self._made("categories", _tr("Categories"), right)
        self._filters = self._made("filters", _tr("Detector"), right)
        self._annotations = self._made("annotations", _tr("Annotations"), right)
        self._pages = {
            Page.TRAINING: self._made("training", _tr("Fine-tuning"), right),
            Page.EVALUATION: self._made("evaluation", _tr("Evaluation"), right),
            Page.STATISTICS: self._made("statistics", _tr("Statistics"), right),
        }
        for dock in self._pages.values():
            dock.hide()
        self._empty = [QWidget(dock) for dock in self.all]  # made once: a dock keeps whatever was in it
        TextSize(window, self._take_usual_widths)
        self._resize((self._categories, self._filters, self._annotations), _RIGHT_HEIGHTS)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the columns their widths in a window of another size, and take those that they were dragged to."""
        if watched is self._window and event.type() is QEvent.Type.Resize:
            self._fit_widths()
        elif watched is self._window and event.type() is QEvent.Type.MouseButtonPress:
            self._when_pressed = self._widths()
        elif watched is self._window and event.type() is QEvent.Type.MouseButtonRelease:
            # Clicks on panels come here too, where nothing takes them.
            self._dragged_to = self._dragged_to if self._widths() == self._when_pressed else self._widths()
        return False

    @property
    def all(self) -> tuple[QDockWidget, ...]:
        """The docks in the order of a desk's panels."""
        return self._images, self._categories, self._filters, self._annotations, *self._pages.values()

    def fill(self, desk: Desk | None) -> None:
        """Put a desk's panels in; without one, nothing."""
        panels = desk.panels if desk is not None else self._empty
        for dock, panel in zip(self.all, panels, strict=True):
            dock.setWidget(panel)

    def show(self, *, project: bool, page: Page) -> None:
        """Show what belongs to an open project, with this page; or nothing."""
        usual = (self._categories, self._filters, self._annotations)
        pages = self._pages
        before = next((one for one, dock in pages.items() if dock.isVisible()), Page.BOXES)
        changes, returns = project and page not in (before, Page.BOXES), project and page is Page.BOXES is not before
        if changes and self._filters.isVisible():
            self._heights = [dock.height() for dock in usual]
        shown = {
            self._images: project,
            self._categories: project,
            self._filters: project and page is Page.BOXES,
            self._annotations: project and page is Page.BOXES,
            **{dock: project and page is one for one, dock in pages.items()},
        }
        if project and not self._state.isEmpty():
            self._window.restoreState(self._state)
            self._state = QByteArray()
            self._dragged_to = [] if self._is_squeezed else self._widths()
        # First what goes: the column never has to hold two pages.
        for dock, is_shown in sorted(shown.items(), key=lambda item: item[1]):
            dock.setVisible(is_shown)
        if changes:
            room = sum(self._heights)
            heights = (_CATEGORIES_BESIDE_PAGE, max(room - _CATEGORIES_BESIDE_PAGE, 1))
            self._resize((self._categories, pages[page]), heights)
        elif returns:
            self._resize(usual, self._heights)

    def state(self) -> QByteArray:
        """Return where docks and toolbar are when no page is open, for `restore`."""
        self.show(project=True, page=Page.BOXES)
        return self._window.saveState()

    def restore(self, state: QByteArray) -> None:
        """Put docks and toolbar where they were, and the panels once more when they are shown: hidden, they drift."""
        self._state = state
        self._window.restoreState(state)

    def _widths(self) -> list[int]:
        return [self._images.width(), self._categories.width()]

    @property
    def _is_squeezed(self) -> bool:
        """Whether the canvas is as narrow as it can be, so that the columns are not as wide as anybody wants them."""
        middle = self._window.centralWidget()
        separators = 2
        room = self._window.width() - sum(self._widths()) - separators
        return middle is not None and room <= middle.minimumSizeHint().width()

    def _take_usual_widths(self) -> None:
        self._dragged_to = []
        self._images.setMinimumWidth(theme.scaled(_LEAST_LEFT_WIDTH))
        self._fit_widths()

    def _fit_widths(self) -> None:
        """Make the columns as wide as their text takes, but leave the canvas the larger part of the window."""
        most = int(_MOST_OF_WINDOW * self._window.width())
        usual = [min(theme.scaled(width), most) for width in (_LEFT_WIDTH, _RIGHT_WIDTH)]
        columns = [self._images, self._categories]
        self._window.resizeDocks(columns, self._dragged_to or usual, Qt.Orientation.Horizontal)

    def _resize(self, docks: tuple[QDockWidget, ...], heights: tuple[int, ...] | list[int]) -> None:
        self._window.resizeDocks(list(docks), list(heights), Qt.Orientation.Vertical)

    def _made(self, name: str, title: str, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setTitleBarWidget(QWidget())
        self._window.addDockWidget(area, dock)
        return dock


def _tr(text: str) -> str:
    return QCoreApplication.translate("docks", text)
