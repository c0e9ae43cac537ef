"""The composition root: builds window, detector and settings, opens projects, and owns the order of shutdown."""

from __future__ import annotations

import logging
import os
import platform
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import QObject, Qt, Slot

from app import coco_projects, desktop
from app.crashes import Crashes
from app.log import write_log
from app.model.storage import StoreError
from app.networks import detector_factory, torch_tuner
from app.opening import after_first_image, go_to_file, open_session
from app.process import CyclicGarbage, FreedMemory, Signals, log_qt_messages, qt_application, report_uncaught
from app.program import version
from app.settings import Settings
from app.translation import install
from app.ui import dialogs
from app.ui.banner import Tone
from app.ui.keymap import with_keys
from app.ui.main_window import MainWindow
from app.ui.model_choice import ModelChoice
from app.ui.onboarding import SUGGESTIONS, Onboarding
from app.ui.preferences import Preferences
from app.ui.theme import Theme
from app.workers.detector_service import DetectorService
from app.workers.messages import DetectorState, DetectorStatus
from detector.temporary import sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from app.session import Session
    from app.workers.detector import Detector, Tuner

logger = logging.getLogger(__name__)


class Application(QObject):
    """One window, one detector, at most one open project. `factory` makes the detector, in the detector's thread.

    `tuner` trains and opens model versions there; with torch unless given. `model` is a file to detect with in every
    project, whatever that has chosen.
    """

    def __init__(
        self,
        qt: QApplication,
        factory: Callable[[], Detector],
        settings: Settings,
        tuner: Tuner | None = None,
        model: Path | None = None,
    ) -> None:
        super().__init__()
        self._qt = qt
        self.settings = settings
        self.service = DetectorService(factory, tuner or torch_tuner(None, None))
        self.service.tiling.tile = settings.tile
        self.window = MainWindow(Theme(qt, settings.color_mode), version())
        self.crashes = Crashes(self.window)
        self.onboarding = Onboarding(self.window, settings)
        self.preferences = Preferences(self.window, settings)
        self.models = ModelChoice(self.window, settings)
        self._model = model
        self._is_down, self._notice = False, ""
        _, self._garbage = FreedMemory(self), CyclicGarbage(self)
        self._connect()
        self.window.restore(settings.geometry, settings.docks)
        self.window.welcome.set_recent(settings.recent)

    @property
    def session(self) -> Session | None:
        """The open project."""
        return self.window.session

    def show(self, path: Path | None = None, *, demo: bool = False) -> None:
        """Show the window, open `path` or the demo once it is painted, and load the detector behind the first image."""
        if demo:
            self.window.painted.connect(self.open_demo)
        elif path is None and self.settings.reopens:
            path = next(iter(self.settings.recent), None)
        if path is not None:
            self.window.painted.connect(lambda: self.open(path))
        self.window.painted.connect(self._await_first_image)
        self.window.show()

    @Slot(object)
    def open(self, path: Path) -> None:
        """Open a folder of images, the folder of an image, or a COCO JSON file with its images."""
        if self.window.unsaved.stops(lambda: self.open(path)):
            return
        if path.suffix.lower() == ".json" and path.is_file():
            self._open_coco(path)
        elif path.is_file():
            self._open_folder(path.parent, image=path.name)
        else:
            self._open_folder(path)

    @Slot()
    def open_demo(self) -> None:
        """Open the demo project, whose scenes are drawn first where they are not there yet."""
        if self.window.unsaved.stops(self.open_demo):
            return
        from app.demo import draw_scenes  # noqa: PLC0415 - who opens a project needs no scenes

        folder = platformdirs.user_data_path("boxwright") / "demo"
        self._qt.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            draw_scenes(folder)
        except OSError as error:
            self.window.say_failed(
                self.tr("The demo cannot be written to {}: {}.").format(folder, error.strerror or error)
            )
            return
        finally:
            self._qt.restoreOverrideCursor()
        if self._open_folder(folder):
            sentence = self.tr(
                "{next-box} goes to the least certain suggestion, {accept} accepts it, {reject} rejects it. "
                "{draw} draws a box, {score-up} and {score-down} move the score threshold, {reviewed} marks the image "
                "reviewed and goes on. {keys} shows all keys."
            )
            self.window.hint.say(with_keys(sentence))
            self.onboarding.take_as_seen(SUGGESTIONS)

    @Slot()
    def leave_project(self) -> None:
        """Go back to the welcome page; what is not saved is asked about first."""
        if not self.window.unsaved.stops(self.close_project):
            self.close_project()

    @Slot()
    def close_project(self) -> None:
        """Go back to the welcome page, whatever is not saved."""
        session = self.window.session
        if session is not None:
            self.settings.thresholds = session.workspace.view.thresholds
            self.onboarding.leave()
            self.window.leave_session()
            self.window.banner.clear()  # its answers are about this project
            self.models.leave()
            session.close()
            self.window.welcome.set_recent(self.settings.recent)

    @Slot()
    def shut_down(self) -> None:
        """End everything in order: the detector's thread, the loader's, then the store; idempotent."""
        self._is_down = True
        self.settings.color_mode = self.window.theme.mode
        if self.session is not None:  # the welcome page hides the docks: only a desk knows where they belong
            self.settings.docks = self.window.docks.state()
        self.settings.geometry = self.window.saveGeometry()
        self.service.stop()
        self.close_project()

    @Slot(object)
    def _report_failure(self, status: DetectorStatus) -> None:
        """Say for good that there is no detector, or what became of it: without one all else works."""
        falls_back = self.session is not None and self.session.serving.falls_back
        if status.state is DetectorState.FAILED and not falls_back:
            self.window.banner.say(self.tr("There is no detector: {}").format(status.message), Tone.WARNING)
        elif status.is_serving and status.message != self._notice:
            before, self._notice = self._notice, status.message
            if status.message:  # such as that it had to go on without its GPU: not for five seconds at the foot alone
                self.window.banner.say(status.message, Tone.WARNING)
            elif self.window.banner.text == before:  # such as that a detector elsewhere was away
                self.window.banner.clear()

    @Slot()
    def _keep_tiling(self) -> None:
        self.settings.tile = self.service.tiling.tile

    @Slot()
    def _await_first_image(self) -> None:  # importing torch takes the interpreter for seconds
        after_first_image(self.session, self, self._start_detector)

    @Slot()
    def _start_detector(self) -> None:
        if not self._is_down:  # a window may be closed before it was ever painted
            self.service.start()

    @Slot()
    def _load_again(self) -> None:
        """Load the model that serves once more, as the settings have it now."""
        serving = None if self.session is None else self.session.serving
        tuned = None if serving is None or serving.active is None else serving.path_of(serving.active)
        self.service.use_version(tuned, keeps_old=True)

    @Slot(Qt.ApplicationState)
    def _look_at_disk(self, state: Qt.ApplicationState) -> None:
        """Notice what other programs did to the images while one of them had the focus."""
        if state is Qt.ApplicationState.ApplicationActive and self.session is not None:
            self.session.disk.look_around()

    def _connect(self) -> None:
        window = self.window
        window.open_wanted.connect(self.open)
        window.demo_wanted.connect(self.open_demo)
        window.close_wanted.connect(self.leave_project)
        window.closed.connect(self._qt.quit)
        self.preferences.precision_changed.connect(self._load_again)
        self._qt.applicationStateChanged.connect(self._look_at_disk)
        self.service.status_changed.connect(window.status.show_detector)
        self.service.status_changed.connect(self._report_failure)
        self.service.progressed.connect(window.status.show_progress)
        self.service.tiling.progressed.connect(window.status.show_tiles)
        self.service.tiling.changed.connect(self._keep_tiling)
        self.service.crashed.connect(self.crashes.report)

    def _open_folder(self, folder: Path, image: str = "", *, offers: bool = True) -> bool:
        """Open a folder in place of the open project; return whether it is open. What fails is said in the window."""
        self.close_project()
        try:
            session, listing = open_session(folder, self.service, self.settings.thresholds)
        except StoreError as error:
            self.window.say_failed(str(error))
            return False
        self._garbage.follow(session)
        session.loader.crashed.connect(self.crashes.report)
        if session.is_new and self.settings.keeps_zoom:
            session.workspace.change_view(replace(session.workspace.view, keep_zoom=True))
        self.window.show_session(session)
        self.models.follow(session)
        if self.window.desk is not None:
            self.onboarding.follow(self.window.desk)
        chosen_last = self.settings.model if session.is_new else None
        session.start(self._model or chosen_last, recalls=self._model is None, known=self.settings.known_models)
        go_to_file(session, image)
        self.settings.add_recent(session.folder)
        if listing.refused:
            names = ", ".join(listing.refused)
            self.window.status.say(self.tr("Left out, because their names are not valid text: {}").format(names))
        if offers and session.is_new:
            self._offer_import(session)
        return True

    def _open_coco(self, file: Path) -> None:
        """Open the folder that the file's images are in, ask for it where it is not to be guessed, and import."""
        folder = coco_projects.image_folder_of(file)
        if folder is None:
            title = self.tr("Where are the images of {}?").format(file.name)
            folder = dialogs.choose_folder(self.window, title, file.parent)
        if folder is not None and self._open_folder(folder, offers=False) and self.window.desk is not None:
            self.window.exchange.bring_in(self.window.desk, file, asks=False)

    def _offer_import(self, session: Session) -> None:
        files, desk = coco_projects.annotations_beside(session.folder), self.window.desk
        if not files or desk is None:
            return
        answers = tuple(
            (self.tr("Import {}…").format(file.name), lambda file=file: self.window.exchange.bring_in(desk, file))
            for file in files
        )
        sentence = self.tr("There are annotations beside these images. Import them into this project?")
        self.window.banner.say(sentence, Tone.INFO, answers)


def run(path: Path | None = None, *, demo: bool = False, device: str | None = None, model: Path | None = None) -> int:
    """Open the window on `path`, on the demo, or on the welcome page; return the exit code when it is closed.

    `device` and `model` are those of `detector.predictor.open_predictor`. Without a display the demo plays itself.
    """
    plays_itself = demo and not desktop.has_display()
    if plays_itself:
        print("There is no display here: the demo plays itself offscreen.", flush=True)
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qt = qt_application()
    if plays_itself:
        from app import tour  # noqa: PLC0415 - QtTest is for the tour alone

        factory, tuner = detector_factory(None, device), torch_tuner(None, device)
        return tour.play(lambda settings: Application(qt, factory, settings, tuner, model))
    sweep()
    write_log()
    log_qt_messages()
    logger.info("Boxwright %s begins: Python %s, %s", version(), platform.python_version(), platform.platform())
    settings = Settings()
    install(qt, settings.language)
    wanted = partial(getattr, settings, "precision")
    factory = detector_factory(None, device, wanted, exports=True)
    application = Application(qt, factory, settings, torch_tuner(None, device, wanted, exports=True), model)
    report_uncaught(application.window, application.crashes.report)
    signals = Signals()
    signals.came.connect(application.window.close)
    application.show(path, demo=demo)
    try:
        return qt.exec()
    finally:
        application.shut_down()
        signals.end()
