"""An image that the window shows and the detector looks at is decoded once for both."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from whole_application import running

from detector import images

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot

    from detector.types import ByteArray


def test_that_images_on_screen_and_ahead_are_decoded_once(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(np.full((40, 60, 3), 50 * number, np.uint8)).save(folder / f"{number}.png")
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
