"""An image that the window shows and the detector looks at is decoded once for both."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from whole_application import running

from app.naming import Naming
from app.ui.canvas import Canvas
from detector import images

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from PySide6.QtGui import QPaintEvent
    from pytestqt.qtbot import QtBot

    from detector.types import ByteArray


def photos(home: Path, count: int) -> Path:
    """A folder with images of one grey each."""
    folder = home / "photos"
    folder.mkdir()
    for number in range(count):
        Image.fromarray(np.full((40, 60, 3), 40 * number, np.uint8)).save(folder / f"{number}.png")
    return folder


def test_that_images_on_screen_and_ahead_are_decoded_once(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photos(tmp_path, 4)
    decoded: Counter[str] = Counter()
    held: list[ByteArray] = []  # as the caches do of images that are larger than these

    def count(path: Path) -> ByteArray:
        decoded[path.name] += 1
        held.append(images.read_image(path))
        return held[-1]

    monkeypatch.setattr(images, "open_image", count)
    monkeypatch.setattr(images, "open_where_too_large", count)
    with running(tmp_path) as run:
        run.open(folder)
        for _ in range(3):
            qtbot.waitUntil(run.settled)
            run.hands.key("D")
            run.hands.wait_for_image()
        qtbot.waitUntil(run.settled)
        assert run.detector.calls == 4
    assert decoded == Counter({f"{number}.png": 1 for number in range(4)})


def test_that_a_detection_is_read_for_the_screen_only_if_its_image_is_there(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photos(tmp_path, 6)
    named: list[object] = []
    name = Naming.named
    monkeypatch.setattr(
        Naming, "named", lambda naming, prediction: named.append(prediction) or name(naming, prediction)
    )
    with running(tmp_path) as run:
        run.open(folder)
        qtbot.waitUntil(run.settled)
        session = run.application.session
        assert session is not None
        before = len(named)
        with qtbot.waitSignal(session.service.progressed, check_params_cb=lambda progress: progress.finished):
            assert session.detect_all() > 0
        assert run.detector.calls == 6
        assert len(named) == before


def test_that_what_comes_next_waits_until_the_image_is_painted(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photos(tmp_path, 6)
    events: list[str] = []
    held: list[ByteArray] = []  # so that the second of the screen and the detector finds it, whichever comes first
    paint = Canvas.paintEvent

    def read(path: Path) -> ByteArray:
        events.append(f"read {path.name}")
        held.append(images.read_image(path))
        return held[-1]

    monkeypatch.setattr(images, "open_image", read)
    monkeypatch.setattr(images, "open_where_too_large", read)

    def painted(canvas: Canvas, event: QPaintEvent) -> None:
        paint(canvas, event)
        events.append(f"painted {canvas._image_id}")

    monkeypatch.setattr(Canvas, "paintEvent", painted)
    with running(tmp_path) as run:
        run.open(folder)

        def ready() -> bool:
            session = run.application.session
            return run.settled() and session is not None and not session.loader._image_pool._jobs

        qtbot.waitUntil(ready)
        first, *ahead = [one for one in events if "read" in one]
        assert (first, sorted(ahead)) == ("read 0.png", ["read 1.png", "read 2.png"])  # those by two threads at once
        for number in (1, 2):
            events.clear()
            run.hands.key("D")
            qtbot.waitUntil(ready)
            shown, following = f"painted {number + 1}", f"read {number + 2}.png"
            assert events.index(shown) < events.index(following)
