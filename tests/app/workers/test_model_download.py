from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QThread

from app.workers.model_download import ModelDownload
from detector.downloads import DownloadProgress
from detector.published import PUBLISHED
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    Make = Callable[..., ModelDownload]

ROW = PUBLISHED["fasterrcnn_resnet50_fpn"]


class Server:
    """Gives a hundred bytes in ten pieces, each when it is allowed to; or fails in the middle."""

    def __init__(self, error: Exception | None = None, *, gated: bool = False) -> None:
        self.error = error
        self.closed = threading.Event()
        self.gate = threading.Semaphore(0) if gated else None

    def fetch(self, _published: object, folder: Path) -> Generator[DownloadProgress, None, None]:
        try:
            for done in range(10, 101, 10):
                assert self.gate is None or self.gate.acquire(timeout=30)
                if self.error is not None and done == 50:
                    raise self.error
                yield DownloadProgress(done, 100, 5.0)
            yield DownloadProgress(100, 100, 0.0, folder / "file.pth")
        finally:
            self.closed.set()


@pytest.fixture
def make(qapp: object, tmp_path: Path) -> Iterator[Make]:
    made: list[tuple[ModelDownload, Server]] = []

    def build(server: Server) -> ModelDownload:
        download = ModelDownload(ROW, tmp_path, fetch=server.fetch)
        download.heard = []  # type: ignore[attr-defined]
        for name in ("progressed", "fetched", "failed"):
            signal = getattr(download, name)
            signal.connect(lambda said, name=name: download.heard.append((name, said)))  # type: ignore[attr-defined]
            signal.connect(lambda _: threads.add(QThread.currentThread()))
        made.append((download, server))
        return download

    threads: set[QThread] = set()
    yield build
    for download, server in made:
        if server.gate is not None:
            server.gate.release(100)
        download.stop()
        assert threads <= {download.thread()}


def test_that_a_download_ends_with_its_file(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    server = Server()
    download = make(server)
    with qtbot.waitSignal(download.fetched):
        download.start()
    heard = download.heard  # type: ignore[attr-defined]
    assert heard[-1] == ("fetched", tmp_path / "file.pth")
    assert [name for name, _ in heard].count("progressed") == len(heard) - 1 > 0
    assert server.closed.is_set()


def test_that_a_download_that_fails_says_why(qtbot: QtBot, make: Make) -> None:
    download = make(Server(DetectorError("There is no network.")))
    with qtbot.waitSignal(download.failed):
        download.start()
    assert download.heard[-1] == ("failed", "There is no network.")  # type: ignore[attr-defined]


def test_that_a_fault_is_a_sentence_with_what_was_downloaded(qtbot: QtBot, make: Make) -> None:
    download = make(Server(ZeroDivisionError()))
    with qtbot.waitSignal(download.failed) as said:
        download.start()
    assert said.args is not None
    assert said.args[0].startswith(f"The download of {ROW.title} failed because of a fault")


def test_that_nothing_is_heard_of_a_cancelled_download_and_what_came_is_kept(
    qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(gated=True)
    download = make(server)
    assert server.gate is not None
    with qtbot.waitSignal(download.progressed):
        download.start()
        server.gate.release(1)
    heard = len(download.heard)  # type: ignore[attr-defined]
    cancel, gate = download._cancelled.set, server.gate
    # The next piece comes once it is cancelled, and no sooner.
    monkeypatch.setattr(download._cancelled, "set", lambda: (cancel(), gate.release(1)))
    download.stop()
    qtbot.waitUntil(server.closed.is_set)  # the generator is closed: it keeps the part
    assert len(download.heard) == heard  # type: ignore[attr-defined]
    download.stop()


def test_that_a_download_that_was_never_started_can_be_stopped(make: Make) -> None:
    make(Server()).stop()
