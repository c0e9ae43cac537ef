"""Annotations in and out as the window does it: files are read and written in the pool, an import is one command."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal, Slot
from PySide6.QtGui import QGuiApplication

from app.model.storage import StoreError
from app.model.words import tr
from app.store.formats.annotation_export import export_annotations
from app.store.formats.annotation_import import Found, find_annotations, plan_found
from app.store.formats.export_report import ExportError, ExportReport
from app.store.formats.project_images import ProjectImages
from app.store.formats.splitting import Splitter, export_parts
from app.ui.dialogs import ReportDialog, ReportLine, Severity
from app.ui.export_dialog import ExportChoice
from app.ui.import_preview import ImportPreview
from app.ui.keymap import with_keys
from app.workers.boundary import Failure, attempt

if TYPE_CHECKING:
    from pathlib import Path

    from app.session import Session
    from app.store.formats.coco_import import CocoImport
    from app.store.location import Location
    from app.ui.desk import Desk
    from app.ui.main_window import MainWindow


class Exchange(QObject):
    """Imports into and exports from the open project.

    `finished` brings an ExportReport, a StoreError or a Failure. `imported` comes once the annotations are read and,
    unless the person is asked first, imported or refused.
    """

    finished = Signal(object)
    exported = Signal(object)
    imported = Signal()
    _has_read = Signal(int, object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._reading: dict[int, tuple[Desk, bool]] = {}  # not given to the pool: it must not outlive the window there
        self._readings = 0
        self.finished.connect(self._report_export)
        self._has_read.connect(self._take_found)

    def write_out(self, session: Session, target: Path, choice: ExportChoice | None = None) -> None:
        """Export the session's project to `target`; the report comes when it is written or refused."""
        choice = choice or ExportChoice()
        if choice.suffix and target.suffix == "":
            target = target.with_suffix(choice.suffix)
        try:
            session.store.require_saved()
        except StoreError as error:
            self._window.say_failed(str(error))
            return
        self._window.status.say(self.tr("Exporting to {} …").format(target))
        write = partial(_write, session.store.location, target, choice)
        name = tr("The export to {}").format(target.name)
        self._pool.start(lambda: self.finished.emit(attempt(write, name)))

    def wait(self) -> None:
        """Wait for what is under way."""
        self._pool.waitForDone()

    def bring_in(self, desk: Desk, path: Path, *, asks: bool = True) -> None:
        """Import annotations as one command that undo takes back; nothing comes half-way.

        What would come is shown first, but where nothing is wrong with it only if `asks`.
        """
        self._window.status.say(self.tr("Reading {} …").format(path))
        images = ProjectImages(desk.session.folder, desk.session.workspace.images)
        read = partial(find_annotations, path, images)
        name, number = tr("The import of {}").format(path.name), self._readings
        self._reading[number] = desk, asks
        self._readings += 1
        self._pool.start(lambda: self._has_read.emit(number, attempt(read, name)))

    @Slot(int, object)
    def _take_found(self, number: int, found: Found | Failure) -> None:
        desk, asks = self._reading.pop(number)
        if desk is not self._window.desk:  # the project was closed meanwhile
            return
        if isinstance(found, Failure):
            self._show(self.tr("Import"), found.sentence, [])
        elif (planned := self._plan(desk, found)) is not None:
            if found.dataset is None:
                self._refuse(found)
            elif asks or found.problems:
                self._ask(desk, found, planned)
            else:
                self._import(desk, found, planned)
        self.imported.emit()

    def _plan(self, desk: Desk, found: Found, *, reviewed: bool = False) -> CocoImport | None:
        """Return what would come; None where the project cannot be read, which is said."""
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            return desk.attempt(lambda: plan_found(desk.session.store, found, skip_bad=True, reviewed=reviewed))
        finally:
            QGuiApplication.restoreOverrideCursor()

    def _ask(self, desk: Desk, found: Found, planned: CocoImport) -> None:
        format_name = "" if found.format is None else found.format.name
        preview = ImportPreview(found.path.name, format_name, planned, self._window)
        preview.decided.connect(lambda reviewed: self._import_decided(desk, found, reviewed=reviewed))
        preview.finished.connect(self._window.focus_canvas)
        self._window.status.clearMessage()
        preview.open()

    def _import_decided(self, desk: Desk, found: Found, *, reviewed: bool) -> None:
        if desk is self._window.desk and (planned := self._plan(desk, found, reviewed=reviewed)) is not None:
            self._import(desk, found, planned)

    def _import(self, desk: Desk, found: Found, planned: CocoImport) -> None:
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            if planned.command is not None and not desk.execute(planned.command):
                return
            desk.attempt(lambda: desk.workspace.set_image_sizes(planned.sizes))
        finally:
            QGuiApplication.restoreOverrideCursor()
        summary, *_ = planned.sentences()
        is_news = planned.command is not None
        self._window.status.say(self.tr("Imported {}: {}").format(found.path.name, summary) if is_news else summary)
        if planned.notes and not planned.problems:
            notes = [ReportLine(Severity.INFO, text) for text in planned.notes]
            self._show(self.tr("Import of {}").format(found.path.name), summary, notes)

    def _refuse(self, found: Found) -> None:
        problems = [ReportLine(Severity.ERROR, text) for text in found.problems]
        self._window.status.clearMessage()
        self._show(self.tr("Import of {}").format(found.path.name), tr("Nothing was imported."), problems)

    @Slot(object)
    def _report_export(self, outcome: ExportReport | StoreError | Failure) -> None:
        if isinstance(outcome, ExportReport):
            summary, *rest = outcome.sentences()
            if not outcome.images:
                rest.insert(
                    0,
                    with_keys(self.tr("No image is reviewed yet: {reviewed} marks one, and then it is exported.")),
                )
            parts, *lacking = outcome.parts or ("",)
            lines = [ReportLine(Severity.WARNING, text) for text in (*lacking, *rest)]
            self._show(self.tr("Export"), summary, [*lines, *([ReportLine(Severity.INFO, parts)] if parts else [])])
            self._window.status.say(self.tr("Exported to {}").format(outcome.path))
            self.exported.emit(outcome)
            return
        problems = outcome.problems if isinstance(outcome, ExportError) else ()
        sentence = outcome.sentence if isinstance(outcome, Failure) else str(outcome)
        kept = self.tr("What was there before is as it was.")
        lines = [ReportLine(Severity.ERROR, text) for text in problems]
        self._show(self.tr("Export"), sentence, [*lines, ReportLine(Severity.INFO, kept)])

    def _show(self, title: str, summary: str, lines: list[ReportLine]) -> None:
        report = ReportDialog(title, summary, lines, self._window)
        report.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        report.open()


def _write(location: Location, target: Path, choice: ExportChoice) -> ExportReport | StoreError:
    try:
        splitter = Splitter(location.image_folder, choice.shares)
        write = partial(export_parts, splitter=splitter) if choice.shares else export_annotations
        return write(
            choice.format,
            location,
            target,
            include_unreviewed=choice.include_unreviewed,
            images=choice.images,
        )
    except StoreError as error:
        return error
