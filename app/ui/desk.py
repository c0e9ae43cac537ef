"""Everything of one open project that the window shows, and the one place where decisions are executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from app.evaluating import Evaluating
from app.model.saved_filters import SavedFilters
from app.model.storage import StoreError
from app.refining import Refining
from app.ui import intentions
from app.ui.annotation_table import AnnotationTable
from app.ui.canvas import Canvas
from app.ui.categories_panel import CategoriesPanel
from app.ui.docks import Page
from app.ui.evaluation_panel import EvaluationPanel
from app.ui.filter_panel import FilterPanel
from app.ui.hints import offered
from app.ui.image_list import ImageList
from app.ui.keymap import KEYMAP, with_keys
from app.ui.training_panel import TrainingPanel
from app.workers.image_search import ImageSearch

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from app.model.annotations import Annotation, Box, Category
    from app.model.commands import Command
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.session import Session
    from app.workers.large_image import ShownImage
    from app.workers.messages import FolderProgress

T = TypeVar("T")


class Desk(QObject):
    """The canvas and the panels of one session. `said` brings lines for the status bar.

    `failed` brings why a decision could not be kept; `saved` comes with the next one that was. `warned` brings what
    else went wrong, and an empty sentence when that is over. `training_changed` comes when there is another page beside
    the canvas, or fine-tuning has another word to say; `folder_changed` when the detection of a folder, or an
    evaluation, begins or ends; `offer_changed` when the detector offers something else for the selected box.
    """

    said = Signal(str)
    failed = Signal(str)
    saved = Signal()
    warned = Signal(str)
    training_changed = Signal()
    folder_changed = Signal()
    offer_changed = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.workspace: Workspace = session.workspace
        self.copied: tuple[Annotation, ...] = ()
        self.shown_before_hiding = (True, True, False)
        self.detecting_folder = False
        self.page = Page.BOXES
        self.shown_image: int | None = None
        self.canvas: Canvas = Canvas(self.workspace, parent)
        self._search = ImageSearch(session.store.location.database, self)
        self.image_list: ImageList = ImageList(
            self.workspace,
            session.loader,
            session.folder,
            parent,
            search=self._search,
            saved=SavedFilters(session.store),
            models=lambda: [version.title for version in session.serving.versions],
        )
        session.shown = lambda: self.image_list.shown
        self.categories = CategoriesPanel(self.workspace, parent)
        self.filters = FilterPanel(self.workspace, parent)
        self.annotations = AnnotationTable(self.workspace, parent)
        self.training: TrainingPanel = TrainingPanel(session.tuning, self.workspace, parent)
        self.evaluating = Evaluating(session, self)
        self.refining = Refining(session, self)
        self.evaluation: EvaluationPanel = EvaluationPanel(self.evaluating, self.workspace, parent)
        self._connect()
        KEYMAP.changed.connect(self._say_if_empty)
        self._say_if_empty()

    @property
    def panels(self) -> tuple[QWidget, ...]:
        """The panels beside the canvas: image list, categories, filters, annotations, training, evaluation."""
        return self.image_list, self.categories, self.filters, self.annotations, self.training, self.evaluation

    def attempt(self, work: Callable[[], T]) -> T | None:
        """Return what `work` returns; None, with the sentence in `failed`, where the store could not do it."""
        try:
            return work()
        except StoreError as error:
            self.failed.emit(str(error))
            return None

    def perform(self, gesture: Callable[[Workspace], Command | None]) -> Command | None:
        """Let a gesture decide, and say what was decided; return its command, None where nothing was."""
        command = self.attempt(lambda: gesture(self.workspace))
        if command is not None:
            self.said.emit(self.tr("Done: {}").format(command.text))
            self.saved.emit()
        return command

    def execute(self, command: Command) -> bool:
        """Execute a command that a view built; return whether it was kept."""

        def give(workspace: Workspace) -> Command:
            workspace.execute(command)
            return command

        return self.perform(give) is not None

    @property
    def training_shown(self) -> bool:
        """Whether the training panel is open."""
        return self.page is Page.TRAINING

    def show_training(self, *, shown: bool) -> None:
        """Open the training panel or put it away."""
        self.show_page(Page.TRAINING if shown else Page.BOXES)

    def show_page(self, page: Page) -> None:
        """Show this page beside the canvas; the keys go on working on boxes."""
        if page is not self.page:
            self.page = page
            self.canvas.setFocus()
            self.training_changed.emit()

    def close(self) -> None:
        """Let go of the widgets; the session is closed by whoever opened it."""
        self._unsubscribe()
        self._search.stop()
        self.training.stop()
        self.evaluating.close()
        self.refining.close()
        for widget in (self.canvas, *self.panels):
            widget.setParent(None)
            widget.deleteLater()
        self.deleteLater()

    def _connect(self) -> None:
        canvas, session = self.canvas, self.session
        canvas.commanded.connect(self._take_command)
        canvas.category_wanted.connect(self._take_unnamed_box)
        canvas.message.connect(self.said)
        canvas.drawing_changed.connect(self._prepare_offer)
        canvas.drawn.connect(self.refining.look_at)
        self.refining.changed.connect(self._show_offer)
        self.categories.commanded.connect(self._take_category_command)
        self.categories.chosen.connect(self._take_category)
        self.image_list.failed.connect(self.failed)
        self.training.said.connect(self.said)
        self.training.warned.connect(self.warned)
        self.training.changed.connect(self.training_changed)
        self.training.close_wanted.connect(self._put_page_away)
        self.evaluation.said.connect(self.said)
        self.evaluation.changed.connect(self.folder_changed)
        self.evaluation.image_wanted.connect(self._open_image)
        self.evaluation.close_wanted.connect(self._put_page_away)
        session.image_shown.connect(self._show_image)
        session.image_failed.connect(self._show_failure)
        session.trouble.connect(self.failed)
        session.noticed.connect(self.said)
        session.service.progressed.connect(self._take_progress)
        self._unsubscribe = self.workspace.subscribe(self._follow)

    def _follow(self, change: Change) -> None:
        record = self.workspace.current_image
        if change.current_image and record is not None:
            self.canvas.set_notice(self.tr("Loading {} …").format(record.path))

    @Slot()
    def _say_if_empty(self) -> None:
        if not self.workspace.images:
            sentence = self.tr("There are no images in {}. {open-folder} opens another folder.")
            self.canvas.set_notice(with_keys(sentence, self.session.folder))

    @Slot(object)
    def _take_command(self, command: Command) -> None:
        self.execute(command)

    @Slot(object)
    def _take_category_command(self, command: Command) -> None:
        try:
            self.workspace.execute(command)
        except StoreError as error:
            self.categories.say(str(error))
            self.failed.emit(str(error))
        else:
            self.saved.emit()

    @Slot(object)
    def _take_category(self, category: Category) -> None:
        intentions.choose_category(self, category)

    @Slot(object)
    def _take_unnamed_box(self, box: Box) -> None:
        intentions.name_drawn_box(self, box)

    @Slot()
    def _put_page_away(self) -> None:
        self.show_page(Page.BOXES)

    @Slot(int)
    def _open_image(self, image_id: int) -> None:
        self.attempt(lambda: self.workspace.go_to(image_id))

    @Slot(bool)
    def _prepare_offer(self, drawing: bool) -> None:
        if drawing:
            self.refining.prepare()

    @Slot()
    def _show_offer(self) -> None:
        offer = self.refining.offer
        self.canvas.set_offer(offer, "" if offer is None else offered(offer, self.workspace.categories))
        self.offer_changed.emit()

    @Slot(object)
    def _take_progress(self, progress: FolderProgress) -> None:
        if self.detecting_folder == progress.finished:
            self.detecting_folder = not progress.finished
            self.folder_changed.emit()

    @Slot(object)
    def _show_image(self, image: ShownImage) -> None:
        record = self.workspace.current_image
        self.shown_image = None if record is None else record.id
        self.canvas.set_image(image, keep_zoom=self.workspace.view.keep_zoom)

    @Slot(str)
    def _show_failure(self, sentence: str) -> None:
        self.shown_image = None
        self.canvas.set_image(None)
        self.canvas.set_notice(sentence)
