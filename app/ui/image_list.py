"""The list of all images: thumbnails, states and counts, filters and orders, and the way to any image by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from app.model.shown_images import SortOrder
from app.model.storage import StoreError
from app.numbers import counted, whole
from app.ui import theme
from app.ui.filter_bar import FilterBar
from app.ui.image_row_delegate import ImageRowDelegate
from app.ui.image_rows import ImageRows
from app.ui.image_rows_view import RowsView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from app.model.annotations import ImageRecord
    from app.model.findings import Finding
    from app.model.image_filter import ImageFilter
    from app.model.saved_filters import SavedFilters
    from app.model.shown_images import ShownImages
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.workers.image_loader import ImageLoader
    from app.workers.image_search import ImageSearch, SearchAnswer, SearchRequest

_SETTLE_MS = 30  # a wheel's burst of scroll events asks for thumbnails once


class ImageList(QWidget):
    """The images of the project. `folder` is the image folder; `failed` brings the sentence of a StoreError.

    `search` answers what filters ask the store, `saved` keeps those that have names, and `models` gives what the model
    versions of the project are called.
    """

    failed = Signal(str)

    def __init__(
        self,
        workspace: Workspace,
        loader: ImageLoader,
        folder: Path,
        parent: QWidget | None = None,
        *,
        search: ImageSearch,
        saved: SavedFilters,
        models: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._loader = loader
        self._search = search
        self._saved = saved
        self._folder = folder
        self._models = models
        self._rows = ImageRows(workspace, self)
        self._is_another = False  # whether the list that is shown next begins at its beginning
        self._opens_first = False  # whether its first image is opened
        self._build()
        self._ask = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._ask.timeout.connect(self._ask_for_thumbnails)
        self._connect()
        self.destroyed.connect(workspace.subscribe(self._follow))
        self._show_counts()
        self._show_current()
        if saved.order is not SortOrder.NAME:
            self._rows.set_order(saved.order)

    @property
    def shown(self) -> ShownImages:
        """The images in the list, in its order."""
        return self._rows.shown

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self._bar.focus_field()

    def set_filter(self, text: str) -> None:
        """Show the images that pass a filter, as a person types it."""
        self._bar.set_text(text)

    @Slot(str)
    def open_first_of(self, text: str) -> None:
        """Show the images that pass a filter, and open the first of them."""
        self.set_filter(text)
        self._go_to_first()

    def show_all(self) -> None:
        """Show all images, by name."""
        self.set_filter("")
        self._sort(SortOrder.NAME)

    def show_filter_help(self) -> None:
        """Say what can be typed into the filter."""
        self._bar.show_help()

    def set_findings(self, findings: Mapping[int, Finding]) -> None:
        """Take what the detector says about each image, by its id; nobody changes the mapping any more.

        Filters and orders about it know nothing of an image without a finding.
        """
        self._rows.set_findings(findings)

    def _build(self) -> None:
        self._counts = QLabel()
        self._counts.setProperty("heading", True)
        self._progress = QProgressBar(textVisible=False)
        self._progress.setAccessibleName(self.tr("Reviewed images"))
        self._bar = FilterBar(self._saved, self._names)
        self._view = RowsView(self)
        self._view.setModel(self._rows)
        self._view.setItemDelegate(ImageRowDelegate(self._loader.thumbnail, self._view))
        self._view.setAccessibleName(self.tr("Images"))
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.SPACING, theme.MARGIN)
        layout.addWidget(self._counts)
        layout.addWidget(self._progress)
        layout.addWidget(self._bar)
        layout.addWidget(self._view, 1)

    def _connect(self) -> None:
        self._bar.filtered.connect(self._filter)
        self._bar.ordered.connect(self._sort)
        self._bar.entered.connect(self._go_to_first)
        self._bar.failed.connect(self.failed)
        self._rows.wanted.connect(self._want)
        self._rows.reordered.connect(self._show_order)
        self._search.answered.connect(self._take_answer)
        self._search.failed.connect(self._take_failure)
        self._view.moved.connect(self._ask.start)
        for changed in (self._rows.modelReset, self._rows.rowsInserted, self._rows.rowsRemoved):
            changed.connect(self._ask.start)
        self._view.chosen.connect(self._go_to)
        self._loader.forgotten.connect(self._ask.start)
        self._loader.thumbnail_ready.connect(self._repaint)
        self._loader.thumbnail_failed.connect(self._rows.set_problem)
        self._loader.image_failed.connect(self._rows.set_problem)
        self._loader.image_ready.connect(self._forget_problem)

    def _names(self) -> Mapping[str, Sequence[str]]:
        """Return what can be named after the keys of the filter's words."""
        categories, prediction = [one.name for one in self._workspace.categories], self._workspace.prediction
        suggested = () if prediction is None else prediction.categories
        return {"category": list(dict.fromkeys((*categories, *suggested))), "model": self._models()}

    def _follow(self, change: Change) -> None:
        self._rows.take(change)
        if change.categories:
            self._bar.read_again()
        if change.images:
            self._show_counts()
        if change.images or change.current_image:
            self._show_current()

    @Slot(object)
    def _filter(self, chosen: ImageFilter) -> None:
        self._is_another, self._opens_first = True, False
        self._rows.set_filter(chosen)

    @Slot(object)
    def _sort(self, order: SortOrder) -> None:
        self._is_another = True
        self._rows.set_order(order)
        self._bar.show_order(order)
        try:
            self._saved.order = order
        except StoreError as error:
            self.failed.emit(str(error))

    @Slot(object)
    def _want(self, request: SearchRequest | None) -> None:
        if request is None:
            self._search.forget()
        else:
            self._search.ask(request)

    @Slot(object)
    def _take_answer(self, answer: SearchAnswer) -> None:
        self._rows.take_answer(answer)

    @Slot(str)
    def _take_failure(self, sentence: str) -> None:
        self._rows.give_up()
        self.failed.emit(sentence)

    @Slot()
    def _show_order(self) -> None:
        """Show what can be said about other rows, or another order."""
        self._show_counts()
        if self._is_another:
            self._is_another = False
            self._view.scrollToTop()
            self._show_current()
        elif self._view.currentIndex() != self._current_index():  # else nobody's scrolling is undone
            self._show_current()
        if self._opens_first:
            self._go_to_first()

    def _show_counts(self) -> None:
        images, reviewed, matching = len(self._workspace.images), self._workspace.reviewed_count, self._rows.rowCount()
        self._counts.setText(self.tr("{} of {} reviewed").format(whole(reviewed), whole(images)))
        self._progress.setRange(0, max(images, 1))
        self._progress.setValue(reviewed)
        self._view.say(self.tr("No image matches the filter.") if images else self.tr("This folder has no images."))
        shown = "" if matching == images else self.tr("{} shown").format(whole(matching))
        unseen = self._rows.unseen_count
        one, many = (
            self.tr("The detector has not looked at one image yet."),
            self.tr("The detector has not looked at {} images yet."),
        )
        self._bar.say(shown, counted(unseen, one, many) if unseen else "")

    def _show_current(self) -> None:
        self._view.mark(self._current_index())

    def _current_index(self) -> QModelIndex:
        current = self._workspace.current_image
        row = None if current is None else self._rows.row_of(current.id)
        return QModelIndex() if row is None else self._rows.index(row)

    def _go_to(self, index: QModelIndex) -> None:
        try:
            self._workspace.go_to(self._rows.record(index.row()).id)
        except StoreError as error:
            self._show_current()
            self.failed.emit(str(error))

    def problem_of(self, record: ImageRecord) -> str:
        """Return why nobody can see an image, as far as that is known; else an empty sentence."""
        return self._rows.problem_of(record)

    @Slot()
    def _go_to_first(self) -> None:
        """Show the first image that matches, as soon as that is known, and let the typing end with that."""
        self._opens_first = self._rows.is_asking
        if self._rows.rowCount() and not self._opens_first:
            self._go_to(self._rows.index(0))
            self._bar.end_typing()

    def _ask_for_thumbnails(self) -> None:
        self._view.reach_marked()
        records = [self._rows.record(row) for row in self._view.visible_rows()]
        self._loader.show_thumbnails([(record.id, self._folder / record.path) for record in records])

    def _forget_problem(self, image_id: int) -> None:
        self._rows.set_problem(image_id, "")

    def _repaint(self, image_id: int) -> None:
        self._forget_problem(image_id)
        row = self._rows.row_of(image_id)
        if row is not None:
            self._view.update(self._rows.index(row))
