from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThreadPool

from app.process import FreedMemory
from detector import heap

if TYPE_CHECKING:
    import pytest
    from pytestqt.qtbot import QtBot


def test_that_freed_memory_is_given_back_beside_the_window_again_and_again(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    monkeypatch.setattr(heap, "trim", lambda: threads.append(threading.get_ident()))
    owner = QObject()
    FreedMemory(owner, every_ms=1)
    qtbot.waitUntil(lambda: len(threads) >= 2)
    owner.deleteLater()
    QThreadPool.globalInstance().waitForDone()
    assert threading.get_ident() not in threads
