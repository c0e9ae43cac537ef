"""COCO JSON in and out as the window does it: an import is one command, an export runs in the pool, both report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot
from PySide6.QtGui import QGuiApplication

from app.model.storage import StoreError
from app.model.words import tr
from app.store.formats.coco_export import export_coco
from app.store.formats.coco_import import read_coco
from app.store.formats.export_report import ExportError, ExportReport
from app.ui.banner import Tone
from app.ui.dialogs import ReportDialog, ReportLine, Severity
from app.ui.keymap import with_keys
from app.workers.boundary import Failure, attempt

if TYPE_CHECKING:
    from pathlib import Path

    from app.session import Session
    from app.store.formats.coco_import import CocoImport
    from app.store.location import Location
    from app.ui.desk import Desk
    from app.ui.main_window import MainWindow


class _Export(QRunnable):
    """One export, in the pool; hands its outcome to `finished` of the exchange."""

    def __init__(self, location: Location, target: Path, exchange: Exchange) -> None:
        super().__init__()
        self._location = location
        self._target = target
        self._exchange = exchange

    def run(self) -> None:
        """Write the file."""
        self._exchange.finished.emit(attempt(self._write, tr("The export to {}").format(self._target.name)))

    def _write(self) -> ExportReport | StoreError:
        try:
            return export_coco(self._location, self._target)
        except StoreError as error:
            return error


class Exchange(QObject):
    """Imports into and exports from the open project. `finished` brings an ExportReport, a StoreError or a Failure."""

    finished = Signal(object)
    exported = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self.finished.connect(self._report_export)

    def write_out(self, session: Session, target: Path) -> None:
        """Export the session's project to `target`; the report comes when it is written or refused."""
        if target.suffix == "":
            target = target.with_suffix(".json")
        try:
            session.store.require_saved()
        except StoreError as error:
            self._window.say_failed(str(error))
            return
        self._window.status.say(self.tr("Exporting to {} …").format(target))
        self._pool.start(_Export(session.store.location, target, self))

    def wait(self) -> None:
        """Wait for an export under way."""
        self._pool.waitForDone()

    def bring_in(self, desk: Desk, path: Path, *, skip_bad: bool = False) -> None:
        """Import a COCO JSON file as one command that undo takes back, and report; nothing comes half-way."""
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            found = desk.attempt(lambda: read_coco(desk.session.store, path, skip_bad=skip_bad))
            if found is None:
                return
            imported = found.command is not None and desk.execute(found.command)
        finally:
            QGuiApplication.restoreOverrideCursor()
        if found.command is not None and not imported:
            return
        summary, *_ = found.sentences()
        if found.problems or found.notes:
            self._show(self.tr("Import of {}").format(path.name), summary, _import_lines(found))
        else:
            self._window.status.say(self.tr("Imported {}: {}").format(path.name, summary))
        if found.problems and found.command is None:
            self._offer_the_rest(desk, path, len(found.problems))

    def _offer_the_rest(self, desk: Desk, path: Path, problems: int) -> None:
        wrong = self.tr("one thing is wrong") if problems == 1 else self.tr("{:,} things are wrong").format(problems)
        sentence = self.tr("{} was not imported: {} with it.").format(path.name, wrong)
        rest = self.tr("Import the rest")
        self._window.banner.say(sentence, Tone.WARNING, ((rest, lambda: self.bring_in(desk, path, skip_bad=True)),))

    @Slot(object)
    def _report_export(self, outcome: ExportReport | StoreError | Failure) -> None:
        if isinstance(outcome, ExportReport):
            summary, *rest = outcome.sentences()
            if not outcome.images:
                rest.insert(
                    0,
                    with_keys(
                        self.tr("No image is reviewed yet: {reviewed} says that one is, and then it is exported.")
                    ),
                )
            self._show(self.tr("Export"), summary, [ReportLine(Severity.WARNING, text) for text in rest])
            self._window.status.say(self.tr("Exported to {}").format(outcome.path))
            self.exported.emit(outcome)
            return
        problems = outcome.problems if isinstance(outcome, ExportError) else ()
        sentence = outcome.sentence if isinstance(outcome, Failure) else str(outcome)
        kept = self.tr("The file that was there before is as it was.")
        self._show(self.tr("Export"), sentence, [ReportLine(Severity.ERROR, text) for text in (*problems, kept)])

    def _show(self, title: str, summary: str, lines: list[ReportLine]) -> None:
        report = ReportDialog(title, summary, lines, self._window)
        report.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        report.open()


def _import_lines(found: CocoImport) -> list[ReportLine]:
    severity = Severity.ERROR if found.command is None else Severity.WARNING
    problems = [ReportLine(severity, text) for text in found.problems]
    return problems + [ReportLine(Severity.INFO, text) for text in found.notes]
