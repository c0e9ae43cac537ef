"""Choosing the model at the window: the list, files to open, and what its categories are in the open project."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot

from app import catalogue
from app.model.category_mapping import with_heirs
from app.speeds import Speeds
from app.ui.banner import Tone
from app.ui.category_mapping import CategoryMappingDialog
from app.ui.download_dialog import DownloadDialog
from app.ui.evaluation_words import named
from app.ui.model_chooser import ModelChooser
from app.ui.remote_dialog import RemoteDialog
from app.workers.model_download import ModelDownload
from detector.published import MODEL_SUFFIX, models_folder
from detector.remote_places import forget_remote
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QDialog

    from app.catalogue import Model
    from app.model.category_mapping import CategoryMapping
    from app.session import Session
    from app.settings import Settings
    from app.ui.main_window import MainWindow
    from app.workers.messages import DetectionReady
    from detector.published import Published


class ModelChoice(QObject):
    """Opens the dialogs about models for the session that is followed, and says in the banner what came of it."""

    def __init__(self, window: MainWindow, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._speeds = Speeds(settings.speeds)
        self._session: Session | None = None
        self._download: ModelDownload | None = None
        self._offer = ""
        window.models_wanted.connect(self.choose)
        window.mapping_wanted.connect(self.map_categories)

    def follow(self, session: Session) -> None:
        """Serve this session from now on, until it is closed."""
        self._session = session
        session.serving.refused.connect(self._say_refused)
        session.model_changed.connect(self._take_model)
        session.serving.changed.connect(self._show_title)
        session.service.detected.connect(self._measure)

    def leave(self) -> None:
        """Keep what was measured, and download no more; there is no session any more."""
        self._end_download()
        if self._session is not None:
            self._session.service.detected.disconnect(self._measure)
            self._session = None
        self._settings.speeds = self._speeds.kept()
        self._window.status.show_model("")

    @Slot()
    def choose(self) -> None:
        """Show the list of models."""
        if self._session is None:
            return
        opened = self._settings.opened_models
        start = opened[0].parent if opened else self._session.folder.parent
        chooser = ModelChooser(self._models(self._session), start, self._window)
        chooser.use_wanted.connect(self.use)
        chooser.file_wanted.connect(self.open_file)
        chooser.remote_wanted.connect(self.ask_for_remote)
        chooser.mapping_wanted.connect(self.map_categories)
        chooser.forget_wanted.connect(partial(self._forget, chooser))
        self._open(chooser)

    @Slot()
    def ask_for_remote(self) -> None:
        """Ask where a detector on another machine is."""
        dialog = RemoteDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self.use_remote)
        self._open(dialog)

    @Slot(object)
    def use_remote(self, file: Path) -> None:
        """Let a detector on another machine serve; the one in use is asked anew, for its token may be another."""
        if self._session is None:
            return
        self._window.banner.clear()
        self._session.serving.use_base(file, is_new=True)

    def _forget(self, chooser: ModelChooser, model: Model) -> None:
        """Delete address and token of a detector on another machine, and leave it out of the list."""
        if self._session is None or model.base is None:
            return
        try:
            forget_remote(model.base)
        except DetectorError as error:
            chooser.say_problem(str(error))
            return
        chooser.show_models(self._models(self._session))

    def _models(self, session: Session) -> list[Model]:
        return catalogue.models(session.serving, self._settings.opened_models, self._speeds)

    @Slot()
    def map_categories(self) -> None:
        """Show what the categories of the model in use are in this project."""
        if self._session is None:
            return
        session, status = self._session, self._session.service.status
        if not status.categories:
            self._window.status.say(self.tr("The model is not loaded yet: try again in a moment."))
            return
        naming = session.naming
        dialog = CategoryMappingDialog(
            [*zip(status.categories, naming.by_name(status.categories), strict=True)],
            session.workspace.categories,
            with_heirs(naming.mapping, session.workspace.categories),
            self._window,
        )
        dialog.mapped.connect(self._take_mapping)
        self._open(dialog)

    @Slot(object)
    def _take_mapping(self, mapping: CategoryMapping) -> None:
        """Keep what was said of the categories; nobody needs to be asked about them any more."""
        if self._session is not None:
            if self._window.banner.text == self._offer:
                self._window.banner.clear()
            self._session.map_categories(mapping)

    @Slot(object)
    def use(self, model: Model) -> None:
        """Let a model of the list serve."""
        if self._session is None:
            return
        self._window.banner.clear()
        if model.published is not None:
            self._fetch(model.published)
        elif model.version is not None:
            self._session.tuning.use(model.version)
        else:
            self._session.serving.use_base(model.base)

    @Slot(object)
    def open_file(self, file: Path) -> None:
        """Let the model in a file serve: one of ours where it lies, one of another program after converting it."""
        if self._session is None:
            return
        self._window.banner.clear()
        if file.suffix.lower() == MODEL_SUFFIX:
            self._session.serving.use_base(file)
        else:
            self._window.status.say(self.tr("Converting {}…").format(file.name))
            self._session.serving.use_foreign(file, _free_path(models_folder(), file.stem))

    def _fetch(self, published: Published) -> None:
        """Download a model, and let it serve when it is here."""
        if self._download is not None:
            self._window.status.say(self.tr("{} is being downloaded.").format(self._download.published.title))
            return
        self._download = ModelDownload(published, models_folder(), self)
        dialog = DownloadDialog(published.title, published.licence, self._window)
        self._download.progressed.connect(dialog.show_progress)
        self._download.fetched.connect(self._take_fetched)
        self._download.failed.connect(self._take_not_fetched)
        self._download.destroyed.connect(dialog.close)
        dialog.rejected.connect(self._end_download)
        dialog.finished.connect(self._window.focus_canvas)
        dialog.show()
        self._download.start()

    @Slot(object)
    def _take_fetched(self, file: Path) -> None:
        if self._session is not None and self._download is not None:
            path = models_folder() / self._download.published.local_name
            self._end_download()
            self._session.serving.use_foreign(file, path)

    @Slot(str)
    def _take_not_fetched(self, sentence: str) -> None:
        self._end_download()
        self._say_refused(sentence)

    @Slot()
    def _end_download(self) -> None:
        """Let go of a download, whose dialog goes with it."""
        download, self._download = self._download, None
        if download is not None:
            download.stop()
            download.deleteLater()

    @Slot(object)
    def _measure(self, ready: DetectionReady) -> None:
        if self._session is not None:
            self._speeds.take(self._session.serving.file, self._session.service.status.device, ready.seconds)

    @Slot()
    def _show_title(self) -> None:
        if self._session is not None:
            self._window.status.show_model(self._session.serving.title)

    @Slot(str)
    def _say_refused(self, sentence: str) -> None:
        self._window.banner.say(sentence, Tone.ERROR)

    @Slot()
    def _take_model(self) -> None:
        """Remember a model that could be opened, and offer what there is to say about its categories."""
        if self._session is None:
            return
        base = self._settings.model = self._session.serving.base
        if base is not None and base.parent != models_folder():
            self._settings.add_opened_model(base)
        self._offer_mapping(self._session)

    def _offer_mapping(self, session: Session) -> None:
        """Say which categories of the chosen model the project lacks, where it has any."""
        lacking = session.naming.unmatched(session.service.status.categories)
        if lacking and session.workspace.categories:
            sentence = self.tr("This model also finds what the project has no category for: {}.")
            self._offer = sentence.format(named(lacking))
            answers = ((self.tr("Match categories…"), self.map_categories),)
            self._window.banner.say(self._offer, Tone.INFO, answers)

    def _open(self, dialog: QDialog) -> None:
        dialog.finished.connect(self._window.focus_canvas)
        dialog.open()


def _free_path(folder: Path, stem: str) -> Path:
    """Return where a converted model can be written without taking the place of another."""
    names = (f"{stem}{'' if number == 1 else f'-{number}'}{MODEL_SUFFIX}" for number in range(1, 10_000))
    return next(folder / name for name in names if not (folder / name).exists())
