"""The window: the welcome page until a project is open, then its desk."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.model.storage import StoreError
from app.ui.banner import Banner, Tone
from app.ui.desk import Desk
from app.ui.docks import Docks, Page
from app.ui.errands import Errands
from app.ui.focus_keys import FocusKeys
from app.ui.hints import hint
from app.ui.icons import app_icon
from app.ui.keymap import KEYMAP
from app.ui.menus import Menus
from app.ui.status_bar import StatusBar
from app.ui.unsaved_changes import UnsavedChanges
from app.ui.welcome import WelcomePage

if TYPE_CHECKING:
    from PySide6.QtCore import QByteArray, QPoint
    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent

    from app.model.view import Change
    from app.session import Session
    from app.ui.exchange import Exchange
    from app.ui.theme import ColorMode, Theme

_NAME = "Boxwright"
_FRAME = QSize(16, 48)  # what a title bar and borders take, at most


class MainWindow(QMainWindow):
    """Shows one session at a time; opening and closing is decided by whoever hears its wishes.

    `painted` comes once, after the first paint. `closed` comes when the window is closed, which asks only about changes
    that the disk does not take.
    """

    painted = Signal()
    closed = Signal()
    open_wanted = Signal(object)
    demo_wanted: ClassVar[Signal] = Signal()
    close_wanted: ClassVar[Signal] = Signal()
    models_wanted: ClassVar[Signal] = Signal()
    mapping_wanted: ClassVar[Signal] = Signal()
    settings_wanted: ClassVar[Signal] = Signal()
    guide_wanted: ClassVar[Signal] = Signal(str)

    def __init__(self, theme: Theme, version: str) -> None:
        super().__init__()
        self.theme = theme
        self.desk: Desk | None = None
        self.session: Session | None = None
        self.version = version
        self._has_painted = False
        self._unsubscribe = _nothing_to_end
        self.setWindowIcon(app_icon())
        self.setWindowTitle(_NAME)
        self.setAcceptDrops(True)
        self.resize(1360, 860)
        self.welcome = WelcomePage((), self)
        self.banner, self.hint, self.standing = Banner(), Banner(), Banner(lasting=True)
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.welcome)
        self.setCentralWidget(self._middle())
        self.docks = Docks(self)
        self.keys = FocusKeys(self, lambda: self.desk.canvas if self.desk is not None else None)
        self.unsaved = UnsavedChanges(self)
        self.errands: Errands = Errands(self)
        self.menus = Menus(self)
        self.status.tuning.clicked.connect(self.menus.actions["training"].trigger)
        self.status.model_pressed.connect(self.menus.actions["choose-model"].trigger)
        self.status.work.clicked.connect(self.menus.actions["statistics"].trigger)
        self.welcome.open_folder.connect(self.errands.ask_for_folder)
        self.welcome.open_coco.connect(self.errands.ask_for_coco)
        self.welcome.open_demo.connect(self.demo_wanted)
        self.welcome.open_recent.connect(self.open_wanted)
        KEYMAP.changed.connect(self._show_training)
        self._show_parts(project=False)

    @cached_property
    def exchange(self) -> Exchange:
        """Imports and exports; not there before they are asked for, so that a start imports none of the formats."""
        from app.ui.exchange import Exchange  # noqa: PLC0415

        return Exchange(self)

    def show_session(self, session: Session) -> None:
        """Put the desk of a session in place of what is shown; start the session after it."""
        self.leave_session()
        self.session = session
        self.desk = Desk(session, self)
        self._connect_desk(self.desk)
        self.docks.fill(self.desk)
        self._stack.addWidget(self.desk.canvas)
        self._stack.setCurrentWidget(self.desk.canvas)
        self._unsubscribe = session.workspace.subscribe(self._follow)
        self.status.show_project(session.store.location)
        self.unsaved.follow(session)
        self._show_parts(project=True)
        self.banner.clear()
        self._name_image()
        self._name_history()
        self._show_training()
        self.desk.canvas.setFocus()

    def leave_session(self) -> None:
        """Go back to the welcome page; the session itself is closed by whoever opened it."""
        if self.desk is None:
            return
        self._unsubscribe()
        if "exchange" in vars(self):  # it has been asked for
            self.exchange.wait()
        self._stack.setCurrentWidget(self.welcome)
        self._stack.removeWidget(self.desk.canvas)
        self.docks.fill(None)
        self.desk.close()
        self.desk = self.session = None
        self.unsaved.follow(None)
        self.hint.clear()
        self.status.show_project(None)
        self._show_parts(project=False)
        self.setWindowTitle(_NAME)

    @Slot()
    def focus_canvas(self) -> None:
        """Let the next key be the canvas's, where there is one: for the end of a dialog."""
        if self.desk is not None:
            self.activateWindow()
            self.desk.canvas.setFocus()

    def say_failed(self, sentence: str) -> None:
        """Show why something that was asked for is not so; it stays until it is solved or closed."""
        self.banner.say(sentence, Tone.ERROR)

    def set_color_mode(self, mode: ColorMode) -> None:
        """Choose a palette."""
        self.theme.set_mode(mode)

    def restore(self, geometry: QByteArray, docks: QByteArray) -> None:
        """Put window and docks where they were; the first time the window is as large as the screen allows."""
        if geometry.isEmpty():
            self.resize(self.size().boundedTo(self.screen().availableSize() - _FRAME))
        else:
            self.restoreGeometry(geometry)
        if not docks.isEmpty():
            self.docks.restore(docks)
        self._show_parts(project=self.desk is not None)

    def _middle(self) -> QWidget:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setSpacing(0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.standing)
        column.addWidget(self.banner)
        column.addWidget(self.hint)
        column.addWidget(self._stack, 1)
        return middle

    def _show_parts(self, *, project: bool) -> None:
        self.status.work.follow(self.desk)
        self.docks.show(project=project, page=Page.BOXES if self.desk is None else self.desk.page)
        self.menus.toolbar.setVisible(project)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        self.menus.refresh()
        self.status.show_hint("" if self.desk is None else hint(self.desk))

    def _connect_desk(self, desk: Desk) -> None:
        canvas = desk.canvas
        canvas.zoomed.connect(self.status.show_zoom)
        canvas.pointer_moved.connect(self.status.show_pointer)
        canvas.context_menu_requested.connect(self._open_context_menu)
        canvas.space_released.connect(self._take_space)
        desk.order_changed.connect(self.status.show_order)
        desk.said.connect(self.status.say)
        desk.failed.connect(self._take_failure)
        desk.saved.connect(self._take_success)
        desk.warned.connect(self._take_warning)
        desk.page_changed.connect(self._show_page)
        desk.training_changed.connect(self._show_training)
        for changed in (desk.folder_changed, desk.offer_changed, canvas.drawing_changed):
            changed.connect(self._refresh)

    def _follow(self, change: Change) -> None:
        assert self.session is not None
        if change.current_image:
            self._name_image()
        if change.history:
            self._name_history()
        if change.suggestions or change.annotations or change.layers or change.current_image:
            self.status.show_suggestions(self.session.workspace)
        self._refresh()

    def _name_image(self) -> None:
        assert self.session is not None
        record = self.session.workspace.current_image
        names = ([record.path] if record is not None else []) + [self.session.folder.name, _NAME]
        self.setWindowTitle(" — ".join(names))

    def _name_history(self) -> None:
        assert self.session is not None
        workspace = self.session.workspace
        try:
            self.menus.name_history(workspace.undo_text, workspace.redo_text)
        except StoreError:
            self.menus.name_history("", "")

    @Slot(str)
    def _take_failure(self, sentence: str) -> None:
        if self.unsaved.is_read_only:
            self.status.say(sentence)  # the banner says it for good
            return
        self.status.show_saved(saved=False, unsaved=self.unsaved.count)
        self.say_failed(sentence)

    @Slot(str)
    def _take_warning(self, sentence: str) -> None:
        if sentence:
            self.banner.say(sentence, Tone.WARNING)
        elif self.banner.tone is Tone.WARNING:
            self.banner.clear()

    @Slot()
    def _show_page(self) -> None:
        if self.desk is not None:
            self.docks.show(project=True, page=self.desk.page)
            self._refresh()

    @Slot()
    def _show_training(self) -> None:
        if self.desk is not None:
            self.status.tuning.show_words(*self.desk.training.state_words())
            self._refresh()

    @Slot()
    def _take_success(self) -> None:
        self.status.show_saved(saved=True, unsaved=self.unsaved.count)
        if self.banner.tone is Tone.ERROR:
            self.banner.clear()

    @Slot()
    def _take_space(self) -> None:
        self.menus.press("Space")

    @Slot(object)
    def _open_context_menu(self, at: QPoint) -> None:
        menu = self.menus.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome a folder or a JSON file."""
        if _dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        path = _dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self.open_wanted.emit(path)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell once that the window is on the screen."""
        super().paintEvent(event)
        if not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close without a question, unless something is not saved."""
        if self.unsaved.stops(self.close):
            event.ignore()
            return
        super().closeEvent(event)
        self.closed.emit()


def _dropped(event: QDropEvent) -> Path | None:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    fits = len(paths) == 1 and (paths[0].is_dir() or paths[0].suffix.lower() == ".json")
    return paths[0] if fits else None


def _nothing_to_end() -> None:
    """Stand in for the end of a subscription."""
