"""A large image in the real window: seen coarse, then as it is; detected in tiles, as a whole, and drawn on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from whole_application import CATEGORIES, running

from app.model import edits
from app.settings import Settings
from app.ui.large_picture import LargePicture
from app.workers.image_loader import ImageLoader
from detector.images import open_image
from detector.tiling import TILE, tile_rectangles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whole_application import Running

SIZE = (2500, 3000)
LOOKS = 1 + len(tile_rectangles(SIZE))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(
        "app.session.ImageLoader", partial(ImageLoader, read_image=partial(open_image, max_pixels=1000))
    )
    folder = tmp_path / "images"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "large.png", compress_level=1)
    with running(tmp_path) as run:
        run.open(folder)
        run.hands.wait(run.settled, "the detector has looked")
        yield run


def looks(run: Running) -> int:
    prediction = run.workspace.prediction
    return 0 if prediction is None else prediction.looks


def test_that_a_large_image_is_shown_detected_in_tiles_and_drawn_on(run: Running, tmp_path: Path) -> None:
    picture = run.hands.desk.canvas._picture
    assert isinstance(picture, LargePicture)
    run.hands.wait(lambda: picture.words == "", "the full resolution is there")
    assert run.workspace.current_image.size == SIZE
    assert (looks(run), run.detector.calls) == (1, 1)
    action = run.window.menus.actions["tiles"]
    assert not action.isChecked()
    action.trigger()
    run.hands.wait(lambda: looks(run) == LOOKS, "the detector has looked at the tiles")
    assert action.isChecked()
    assert run.detector.calls == 1 + LOOKS
    assert run.workspace.prediction.image_size == SIZE
    assert Settings(tmp_path / "settings.ini").tile == TILE
    assert run.application.session.detect_all() == 0
    category = edits.new_category(CATEGORIES[0], run.workspace.categories, run.workspace.next_ids().category)
    assert run.hands.desk.execute(edits.add_category(category))
    run.hands.key("1")
    run.hands.key("W")
    drawn = (1000.0, 1200.0, 1400.0, 1500.0)
    run.hands.drag(drawn[:2], drawn[2:])
    (annotation,) = run.workspace.annotations.values()
    assert annotation.box == pytest.approx(drawn, abs=10)


def test_that_the_option_off_again_makes_the_tiled_prediction_stale(run: Running) -> None:
    action = run.window.menus.actions["tiles"]
    action.trigger()
    run.hands.wait(lambda: looks(run) == LOOKS, "the detector has looked at the tiles")
    action.trigger()
    run.hands.wait(lambda: looks(run) == 1, "the detector has looked at the whole")
    assert not action.isChecked()
    calls = run.detector.calls
    assert run.application.session.detect_all() == 0
    assert run.detector.calls == calls
