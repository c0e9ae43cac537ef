"""What every test may ask for, and what none may leave behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from PySide6.QtCore import QLocale

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from pytestqt.qtbot import QtBot

# Tests run beside each other, and threads that wait for each other's cores are slower than one.
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if WORKERS > 1:
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // WORKERS)))

# A test needs no screen; whoever wants to watch says which platform.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# A test is right or wrong, not fast or slow: a busy machine is no finding.
settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real datasets beside the checkout; the test is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real datasets (../shared/data) are not beside this checkout")
    return SHARED_DATA


LONG_MS = 60_000


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """Waits for a fact as long as a busy machine may need for it: five seconds are not enough everywhere."""
    for name in ("waitUntil", "waitSignal", "waitSignals", "waitActive", "waitExposed"):
        setattr(qtbot, name, partial(getattr(qtbot, name), timeout=LONG_MS))
    return qtbot


# Where Python looks for cyclic garbage in a thread, what it finds of Qt's may stop everything: see `CyclicGarbage`.
gc.disable()


@pytest.fixture
def collecting() -> Iterator[None]:
    """Python looks for cyclic garbage by itself meanwhile, as it does outside of the tests."""
    gc.enable()
    yield
    gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Write numbers in English, before a fixture makes a window: neither as this machine nor as the last test does."""
    QLocale.setDefault(QLocale("en"))


def pytest_runtest_teardown() -> None:
    """Look for cyclic garbage between the tests, when Python would."""
    counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
    if (due := max((number for number, (count, most) in enumerate(counts) if count > most), default=-1)) >= 0:
        gc.collect(due)


def pytest_unconfigure() -> None:
    """Leave no garbage out of the last look, or libraries complain of what is left of them."""
    gc.unfreeze()


STARTS_RAY = {"test_ray_detection.py", "test_ray_serving.py", "test_remote_detector.py", "test_readme_commands.py"}
"""Files that start clusters: one after the other, for each fills the machine; and first, for they take longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that take longest first; what is imported by now is no garbage."""
    gc.freeze()
    items.sort(key=lambda item: item.path.name not in STARTS_RAY)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker a file at a time, and all of `STARTS_RAY` to the same one."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "ray" if Path(file).name in STARTS_RAY else file

    return Scheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let what a test printed go to another process, also where it is a file name that is no text."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report


_ENDING = 60.0  # seconds; on a busy machine the import of a library takes some
"""Seconds that a thread which has been told to end may take."""


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fail a test that leaves a thread running, Python's or Qt's."""
    before = set(threading.enumerate())
    yield
    # Qt's threads are dummies to Python, and Python never learns that they have ended.
    new = [t for t in threading.enumerate() if t not in before and type(t).__name__ != "_DummyThread"]
    for thread in new:
        thread.join(_ENDING)  # told to end is as good as ended: rich does not wait for the thread of its bar
    python_threads = [thread for thread in new if thread.is_alive()]
    left = [*map(repr, python_threads), *running_qt_threads()]
    assert not left, f"threads left running: {left}"


def running_qt_threads() -> list[str]:
    """Name the running threads and busy thread pools that Python code has made or seen, except the GUI thread."""
    if "PySide6.QtCore" not in sys.modules:
        return []
    from PySide6.QtCore import QCoreApplication, QThread, QThreadPool
    from shiboken6 import getAllValidWrappers

    application = QCoreApplication.instance()
    gui_thread = application.thread() if application is not None else QThread.currentThread()
    names = []
    for wrapper in getAllValidWrappers():
        if isinstance(wrapper, QThread) and wrapper != gui_thread and wrapper.isRunning():
            names.append(f"QThread {wrapper.objectName()!r}")
        if isinstance(wrapper, QThreadPool) and wrapper.activeThreadCount():
            names.append("QThreadPool with work under way")
    return names
