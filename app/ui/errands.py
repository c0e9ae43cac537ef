"""What the window does for an action that needs no project's desk: it asks for files, and says what there is to say."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from app import log
from app.model.words import worded
from app.ui import dialogs
from app.ui.command_palette import CommandPalette
from app.ui.commands import commands
from app.ui.key_sheet import KeySheet
from app.ui.menus import key_rows

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.commands import Command
    from app.ui.export_dialog import ExportChoice
    from app.ui.main_window import MainWindow

_LATEST_KEPT = 5
COCO_FILTER = worded("COCO JSON (*.json)")
ANNOTATIONS_FILTER = worded("Annotations (*.json *.xml *.yaml *.yml);;All files (*)")


class Errands(QObject):
    """The errands of one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._latest: tuple[str, ...] = ()
        self._exported: ExportChoice | None = None

    def ask_for_folder(self) -> None:
        """Let the person choose an image folder to open."""
        folder = dialogs.choose_folder(self._window, self.tr("Open a folder of images"), self._start_folder())
        if folder is not None:
            self._window.open_wanted.emit(folder)

    def ask_for_coco(self) -> None:
        """Let the person choose a COCO JSON file to open with its images."""
        file = dialogs.choose_file(
            self._window, self.tr("Open COCO JSON with its images"), self.tr(COCO_FILTER), self._start_folder()
        )
        if file is not None:
            self._window.open_wanted.emit(file)

    def ask_for_import(self) -> None:
        """Let the person choose a file with annotations to bring into the open project."""
        title = self.tr("Import annotations")
        file = dialogs.choose_file(self._window, title, self.tr(ANNOTATIONS_FILTER), self._start_folder())
        if file is not None and self._window.desk is not None:
            self._window.exchange.bring_in(self._window.desk, file)

    def ask_for_import_folder(self) -> None:
        """Let the person choose a folder with annotations to bring into the open project."""
        title = self.tr("Import a folder of annotations")
        folder = dialogs.choose_folder(self._window, title, self._start_folder())
        if folder is not None and self._window.desk is not None:
            self._window.exchange.bring_in(self._window.desk, folder)

    def ask_for_export(self) -> None:
        """Let the person choose a format, and then where the annotations go."""
        session = self._window.session
        if session is not None:
            from app.ui.export_dialog import ExportChoice, ExportDialog  # noqa: PLC0415 - brings all formats along

            unreviewed = len(session.workspace.images) - session.workspace.reviewed_count
            dialog = ExportDialog(self._exported or ExportChoice(), unreviewed, self._window)
            dialog.decided.connect(self._ask_for_target)
            dialog.open()

    @Slot(object)
    def _ask_for_target(self, choice: ExportChoice) -> None:
        session = self._window.session
        if session is None:
            return
        self._exported = choice
        title = self.tr("Export {}").format(choice.format.name)
        suffix = choice.suffix
        if suffix:
            start, kind = session.folder / f"annotations{suffix}", f"{choice.format.name} (*{suffix})"
            target = dialogs.choose_save_file(self._window, title, kind, start)
        else:
            target = dialogs.choose_folder(self._window, title, session.folder.parent)
        if target is not None:
            self._window.exchange.write_out(session, target, choice)

    def confirm_saved(self) -> None:
        """Say that there is nothing to save, or try to save what is not."""
        if self._window.unsaved.count:
            self._window.unsaved.try_again()
        elif self._window.session is not None:
            folder = self._window.session.store.location.folder
            self._window.status.say(
                self.tr("All is saved already, each time you decide something, in {}.").format(folder)
            )

    def show_keys(self) -> None:
        """Open the key sheet."""
        sheet = KeySheet(key_rows(), self._window)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.open()

    def show_palette(self) -> None:
        """Let the person find an action, a category or an image by typing, and run it."""
        palette = CommandPalette(commands(self._window), self._latest, self._window)
        palette.chosen.connect(self._run)
        palette.finished.connect(self._window.focus_canvas)
        palette.open()

    def open_log_folder(self) -> None:
        """Show the folder of the log in the system's own program for folders."""
        folder = log.folder()
        with suppress(OSError):  # what cannot be made cannot be opened either
            folder.mkdir(parents=True, exist_ok=True)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._window.say_failed(self.tr("The log is in {}, which cannot be shown from here.").format(folder))

    def show_about(self) -> None:
        """Say what this program is."""
        about = dialogs.AboutDialog(self._window.version, self._window)
        about.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        about.open()

    def _run(self, command: Command) -> None:
        self._latest = (command.name, *(name for name in self._latest if name != command.name))[:_LATEST_KEPT]
        self._window.focus_canvas()
        command.run()

    def _start_folder(self) -> Path | None:
        return None if self._window.session is None else self._window.session.folder.parent
