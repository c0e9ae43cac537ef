"""Everything of one open project that the window shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot

from app.activity import Activity
from app.counting import Counting
from app.evaluating import Evaluating
from app.model.saved_filters import SavedFilters
from app.model.storage import StoreError
from app.numbers import whole
from app.refining import Refining
from app.ui import category_intentions, intentions
from app.ui.activity_watch import ActivityWatch
from app.ui.annotation_table import AnnotationTable
from app.ui.canvas import Canvas
from app.ui.categories_panel import CategoriesPanel
from app.ui.deciding import Deciding
from app.ui.docks import Page
from app.ui.evaluation_panel import EvaluationPanel
from app.ui.filter_panel import FilterPanel
from app.ui.finding_words import order_words
from app.ui.hints import offered
from app.ui.image_list import ImageList
from app.ui.keymap import KEYMAP, with_keys
from app.ui.statistics_panel import StatisticsPanel
from app.ui.training_panel import TrainingPanel
from app.workers.image_search import ImageSearch

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.model.annotations import Annotation, Box, Category
    from app.model.commands import Command
    from app.model.view import Change
    from app.session import Session
    from app.workers.large_image import ShownImage
    from app.workers.messages import FolderProgress


class Desk(Deciding):
    """The canvas and the panels of one session.

    `warned` brings what went wrong beside decisions, and an empty sentence when that is over. `page_changed` comes when
    there is another page beside the canvas; `training_changed` when fine-tuning has another word to say;
    `folder_changed` when the detection of a folder begins, pauses or ends, or an evaluation does; `offer_changed` when
    the detector offers something else for the selected box.
    `order_changed(words, explanation)` says in which order images come, both empty in plain file order.
    """

    warned = Signal(str)
    page_changed = Signal()
    training_changed = Signal()
    folder_changed = Signal()
    offer_changed = Signal()
    order_changed = Signal(str, str)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session.workspace, parent)
        self.session = session
        self.copied: tuple[Annotation, ...] = ()
        self.shown_before_hiding = (True, True, False)
        self.detecting_folder = self.folder_paused = False
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
        self.categories: CategoriesPanel = CategoriesPanel(self.workspace, parent)
        self.filters = FilterPanel(self.workspace, parent)
        self.annotations = AnnotationTable(self.workspace, parent)
        self.training: TrainingPanel = TrainingPanel(session.tuning, self.workspace, parent)
        self.evaluating = Evaluating(session, self)
        self.refining = Refining(session, self)
        self.activity = Activity(session.store.activity, self.workspace, self)
        self._watch = ActivityWatch(parent, self.activity, self)
        self.counting = Counting(session, self.activity, self)
        self.evaluation: EvaluationPanel = EvaluationPanel(self.evaluating, self.workspace, parent)
        self.statistics = StatisticsPanel(self.counting, self.activity, self.workspace, session.folder, parent)
        self._connect()
        KEYMAP.changed.connect(self._say_if_empty)
        self._say_if_empty()

    @property
    def panels(self) -> tuple[QWidget, ...]:
        """The panels beside the canvas: images, categories, filters, annotations, and those that take their place."""
        boxes = (self.image_list, self.categories, self.filters, self.annotations)
        return *boxes, self.training, self.evaluation, self.statistics

    def show_page(self, page: Page) -> None:
        """Show this page beside the canvas; the keys go on working on boxes."""
        if page is not self.page:
            self.page = page
            self.canvas.setFocus()
            self.page_changed.emit()

    def close(self) -> None:
        """Let go of the widgets; the session is closed by whoever opened it."""
        self._unsubscribe()
        self._search.stop()
        self.training.stop()
        self.evaluating.close()
        self.refining.close()
        self._watch.close()
        self.activity.close()
        self.counting.close()
        for widget in (self.canvas, *self.panels):
            widget.setParent(None)
            widget.deleteLater()
        self.deleteLater()

    def _connect(self) -> None:
        canvas, session = self.canvas, self.session
        canvas.commanded.connect(self._take_command)
        canvas.category_wanted.connect(self._take_unnamed_box)
        canvas.message.connect(self.said)
        canvas.locked.connect(self.say_locked)
        canvas.drawing_changed.connect(self._prepare_offer)
        canvas.drawn.connect(self.refining.look_at)
        self.refining.changed.connect(self._show_offer)
        self.categories.commanded.connect(self._take_category_command)
        self.categories.continued.connect(self._continue_category_command)
        self.categories.chosen.connect(self._take_category)
        self.categories.merge_wanted.connect(self._merge_category)
        self.categories.delete_wanted.connect(self._delete_category)
        self.image_list.failed.connect(self.failed)
        self.training.said.connect(self.said)
        self.training.warned.connect(self.warned)
        self.training.changed.connect(self.training_changed)
        self.training.images_wanted.connect(self.image_list.open_first_of)
        self.training.close_wanted.connect(self._put_page_away)
        self.evaluation.said.connect(self.said)
        self.evaluation.changed.connect(self.folder_changed)
        self.evaluation.image_wanted.connect(self._open_image)
        self.evaluation.close_wanted.connect(self._put_page_away)
        session.survey.changed.connect(self._take_findings)
        self.statistics.said.connect(self.said)
        self.statistics.failed.connect(self.failed)
        self.statistics.close_wanted.connect(self._put_page_away)
        session.image_shown.connect(self._show_image)
        session.image_failed.connect(self._show_failure)
        session.trouble.connect(self.failed)
        session.noticed.connect(self.said)
        session.warned.connect(self.warned)
        session.disk.appeared.connect(self._say_new_files)
        session.service.progressed.connect(self._take_progress)
        self._unsubscribe = self.workspace.subscribe(self._follow)

    def _follow(self, change: Change) -> None:
        record = self.workspace.current_image
        if change.current_image and record is not None:
            self.canvas.set_notice(self.tr("Loading {} …").format(record.path))
        if change.order or change.current_image:
            self._show_order()

    @Slot()
    def _take_findings(self) -> None:
        self.image_list.set_findings(dict(self.session.survey.findings))  # as they are now: the list keeps them
        self.training.show_unfinished(self.session.survey.unfinished_count)
        self._show_order()

    def _show_order(self) -> None:
        record, findings = self.workspace.current_image, self.session.survey.findings
        is_on = self.workspace.view.useful_first and record is not None
        finding = findings.get(record.id) if record is not None else None
        self.order_changed.emit(*(order_words(finding) if is_on else ("", "")))

    @Slot()
    def _say_if_empty(self) -> None:
        if not self.workspace.images:
            sentence = self.tr("There are no images in {}. {open-folder} opens another folder.")
            self.canvas.set_notice(with_keys(sentence, self.session.folder))

    @Slot(int)
    def _say_new_files(self, count: int) -> None:
        one = self.tr("There is 1 new image in the folder: {look-again} lists it.")
        many = self.tr("There are {} new images in the folder: {look-again} lists them.")
        self.said.emit(with_keys(one if count == 1 else many, whole(count)))

    @Slot(object)
    def _take_command(self, command: Command) -> None:
        self.execute(command)

    @Slot(object)
    def _take_category_command(self, command: Command, *, repeat: bool = False) -> None:
        try:
            self.workspace.execute(command, repeat=repeat)
        except StoreError as error:
            self.categories.say(str(error))
            self.failed.emit(str(error))
        else:
            self.saved.emit()

    @Slot(object)
    def _continue_category_command(self, command: Command) -> None:
        self._take_category_command(command, repeat=True)

    @Slot(object)
    def _take_category(self, category: Category) -> None:
        intentions.choose_category(self, category)

    @Slot(object)
    def _merge_category(self, category: Category) -> None:
        category_intentions.merge(self, category)

    @Slot(object)
    def _delete_category(self, category: Category) -> None:
        category_intentions.delete(self, category)

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
        now = (not progress.finished, progress.paused and not progress.finished)
        if now != (self.detecting_folder, self.folder_paused):
            self.detecting_folder, self.folder_paused = now
            self.folder_changed.emit()

    @Slot(object)
    def _show_image(self, image: ShownImage) -> None:
        record = self.workspace.current_image
        before, self.shown_image = self.shown_image, None if record is None else record.id
        is_same = before is not None and before == self.shown_image  # its file has changed, and not where people look
        half = None if record is None else self.session.loader.half(record.id)
        self.canvas.set_image(image, keep_zoom=self.workspace.view.keep_zoom or is_same, half=half)
        self._show_order()

    @Slot(str)
    def _show_failure(self, sentence: str) -> None:
        self.shown_image = None
        self.canvas.set_image(None)
        self.canvas.set_notice(sentence)
