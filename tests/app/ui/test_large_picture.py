"""A large image on the canvas: its tiles are its true pixels, at their place, and only those in sight are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QImage

from app.ui.image_view import ImageView
from app.ui.large_picture import LargePicture
from app.workers.large_image import LargeImage, LargeImages, Tile
from app.workers.pyramid_cache import PyramidCache
from detector.images import open_image
from detector.large_images import LargeFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from detector.types import ByteArray

HEIGHT, WIDTH = 3000, 2400


@pytest.fixture
def pixels() -> ByteArray:
    """Every pixel tells where it is."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([columns // 16, rows // 16, (rows + columns) % 251], axis=2).astype(np.uint8)


@pytest.fixture
def images(qtbot: QtBot, tmp_path: Path) -> Iterator[LargeImages]:
    made = LargeImages(PyramidCache(tmp_path / "pyramids"), overview_side=300)
    yield made
    made.stop()


@pytest.fixture
def file(tmp_path: Path, pixels: ByteArray) -> LargeFile:
    Image.fromarray(pixels).save(tmp_path / "large.png", compress_level=1)
    file = open_image(tmp_path / "large.png", 1000)
    assert isinstance(file, LargeFile)
    return file


@pytest.fixture
def large(images: LargeImages, file: LargeFile) -> LargeImage:
    return images.show(file)


@pytest.fixture
def view(qtbot: QtBot) -> ImageView:
    made = ImageView()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def painted(view: ImageView) -> ByteArray:
    image = view.backdrop().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_that_actual_size_shows_the_true_pixels_across_tiles(
    qtbot: QtBot, view: ImageView, large: LargeImage, pixels: ByteArray
) -> None:
    view.set_image(large)
    view.actual_size()
    qtbot.waitUntil(lambda: large.levels > 0)
    left, top, right, bottom = (round(side) for side in view.viewport.visible_box())
    assert left < 1024 < right  # where two tiles meet
    expected = pixels[top:bottom, left:right]
    qtbot.waitUntil(lambda: np.array_equal(painted(view), expected))


def test_that_a_view_is_coarse_until_its_tiles_are_there(
    qtbot: QtBot, view: ImageView, images: LargeImages, file: LargeFile
) -> None:
    large = images.show(file)  # not before: it is read from now on
    view.set_image(large)
    picture = view._picture
    assert isinstance(picture, LargePicture)
    assert picture.words.startswith("Reading the image: ")
    qtbot.waitUntil(lambda: large.progress == 1)
    qtbot.waitUntil(lambda: large.levels > 0)
    assert picture.words == ""
    view.actual_size()
    view.backdrop()
    asked = [tile for tile in picture._visible(view.viewport, 0, (HEIGHT, WIDTH)) if large.tile(tile) is None]
    assert 1 <= len(asked) <= 6
    qtbot.waitUntil(lambda: view.backdrop() is not None and len(picture._pixmaps) == len(asked))
    view.fit()
    # An eighth, of 300 x 375, is the coarsest level that is finer than the overview; the tiles of before are let go of.
    qtbot.waitUntil(lambda: view.backdrop() is not None and list(picture._pixmaps) == [Tile(3, 0, 0)])


def test_that_the_words_say_when_it_stays_coarse(qtbot: QtBot, view: ImageView, large: LargeImage) -> None:
    view.set_image(large)
    qtbot.waitUntil(lambda: large.levels > 0)
    large.give_up_tiles()
    assert isinstance(view._picture, LargePicture)
    assert view._picture.words == "Coarse view only"
    view.backdrop()


def test_that_zooming_in_to_the_limit_paints_one_pixel_large(
    qtbot: QtBot, view: ImageView, large: LargeImage, pixels: ByteArray
) -> None:
    view.set_image(large)
    qtbot.waitUntil(lambda: large.levels > 0)
    view.zoom_by(1e6)
    column, row = (int(side) for side in view.viewport.to_image(200, 150))
    qtbot.waitUntil(lambda: np.array_equal(painted(view)[150, 200], pixels[row, column]))
