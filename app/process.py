"""The process around the window: what Qt says, what nobody caught, the signals that end it, its garbage and memory."""

from __future__ import annotations

import ctypes
import gc
import logging
import signal
import socket
import sys
import threading
import traceback
import weakref
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QElapsedTimer,
    QMessageLogContext,
    QObject,
    QSocketNotifier,
    QThreadPool,
    QTimer,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from app.workers.messages import Crash
from detector import heap

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

    from PySide6.QtWidgets import QWidget

logger = logging.getLogger(__name__)


MS_BETWEEN_TRIMS = 30_000
MS_BETWEEN_LOOKS, MS_BETWEEN_FULL_LOOKS = 200, 60_000


class FreedMemory(QObject):
    """Gives the system back now and then, beside the window, what was freed: memory stays flat over days."""

    def __init__(self, parent: QObject, every_ms: int = MS_BETWEEN_TRIMS) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=every_ms)
        self._timer.timeout.connect(self._trim)
        self._timer.start()

    @Slot()
    def _trim(self) -> None:
        QThreadPool.globalInstance().start(heap.trim)


class CyclicGarbage(QObject):
    """Looks for cyclic garbage now and then, in the thread of the window, and keeps Python from doing so elsewhere.

    Python looks for it in whatever thread makes objects. Where it finds one of Qt's there, its destructor waits for the
    interpreter under a lock of Qt's, while the window's thread, which has the interpreter, may wait for that lock: for
    ever. What libraries bring when they are imported, torch above all, is not looked at: it takes 0.2 s and stays. All
    else that was there by then, such as an open project, is passed over with it, until the project is closed.
    """

    def __init__(self, parent: QObject, every_ms: int = MS_BETWEEN_LOOKS) -> None:
        super().__init__(parent)
        weakref.finalize(self, gc.unfreeze)  # or libraries say at the end of the process that something is left of them
        if gc.isenabled():
            gc.disable()
            weakref.finalize(self, gc.enable)
        self._modules = self._freezes = 0
        self._freezes_before: deque[int] = deque()
        self._is_passed_over = False
        self._since_full = QElapsedTimer()
        self._since_full.start()
        self._timer = QTimer(self, interval=every_ms)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def follow(self, project: QObject) -> None:
        """Look at everything once this is destroyed, in the event loop; without one the process ends.

        What libraries brought is looked at as well where something was imported meanwhile. Projects that are followed
        are destroyed in the order in which they came.
        """
        self._freezes_before.append(self._freezes)
        project.destroyed.connect(self._let_go)

    @Slot()
    def _let_go(self) -> None:
        self._is_passed_over |= self._freezes > self._freezes_before.popleft()
        if self.thread().loopLevel() > 0:
            QTimer.singleShot(0, self._look_at_all)  # what goes along with it has gone by then

    @Slot()
    def _look_at_all(self) -> None:
        if self._is_passed_over:
            gc.unfreeze()
        gc.collect()
        if self._is_passed_over:
            self._freeze()
        self._is_passed_over = False
        self._since_full.start()

    def _freeze(self) -> None:
        self._modules = len(sys.modules)
        self._freezes += 1
        gc.freeze()

    @Slot()
    def _look(self) -> None:
        if len(sys.modules) != self._modules:
            self._freeze()
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = max((generation for generation, (count, most) in enumerate(counts) if count > most), default=-1)
        if due == len(gc.get_threshold()) - 1:
            if self._since_full.hasExpired(MS_BETWEEN_FULL_LOOKS):
                self._since_full.start()
            else:
                due -= 1
        if due >= 0:
            gc.collect(due)


class Signals(QObject):
    """Turns SIGINT and SIGTERM into `came`, in the event loop, where Python's own handlers do not run by themselves."""

    came = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._before = {number: signal.signal(number, _wait) for number in (signal.SIGINT, signal.SIGTERM)}
        self._wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def end(self) -> None:
        """Give the signals back."""
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

    @Slot()
    def _read(self) -> None:
        self._reader.recv(64)
        self.came.emit()


def log_qt_messages() -> None:
    """Send what Qt has to say to the log as well as to the terminal."""
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
        QtMsgType.QtCriticalMsg: logging.ERROR,
        QtMsgType.QtFatalMsg: logging.CRITICAL,
    }
    of_qt = logging.getLogger("qt")

    def say(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        of_qt.log(levels.get(kind, logging.WARNING), "%s", message)
        if sys.stderr is not None and kind is not QtMsgType.QtDebugMsg:  # a program without a console has none
            print(message, file=sys.stderr)

    qInstallMessageHandler(say)


def qt_application() -> QApplication:
    """Return the one QApplication of this process, with the name of the program."""
    QApplication.setApplicationName("Boxwright")
    QApplication.setDesktopFileName("boxwright")
    if sys.platform == "win32":  # the task bar shows our icon and not the interpreter's
        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID("boxwright")
    existing = QApplication.instance()
    return existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])


def report_uncaught(window: QWidget, show: Callable[[Crash], object]) -> None:
    """Send what nobody caught, in any thread, to the log and to `show`, in the thread of `window`; Ctrl+C closes it."""

    def report(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QTimer.singleShot(0, window, window.close)
            return
        details = "".join(traceback.format_exception(kind, error, where))
        logger.critical("Not caught:\n%s", details)
        crash = Crash(window.tr("Boxwright met an error of its own ({}).").format(kind.__name__), details)
        QTimer.singleShot(0, window, lambda: show(crash))

    sys.excepthook = report
    threading.excepthook = lambda args: report(args.exc_type, args.exc_value, args.exc_traceback)


def _wait(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the socket has the signal."""
