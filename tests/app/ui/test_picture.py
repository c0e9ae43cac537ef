from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from app.ui.picture import Picture, mip_level
from app.ui.viewport import Viewport
from app.workers.image_loader import reduced

pytestmark = pytest.mark.usefixtures("qapp")


def painted(picture: Picture, viewport: Viewport, ratio: float = 1.0) -> QImage:
    width, height = viewport.widget_size
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#0000ff"))
    painter = QPainter(image)
    picture.paint(painter, viewport, ratio)
    painter.end()
    return image


def test_that_actual_size_paints_the_very_pixels() -> None:
    array = np.random.default_rng(0).integers(0, 256, (30, 41, 3), dtype=np.uint8)
    image = painted(Picture(array), Viewport((30, 41), (41, 30)))
    for y, x in ((0, 0), (29, 40), (13, 7)):
        assert QColor(image.pixel(x, y)).getRgb()[:3] == tuple(array[y, x])


def test_that_magnified_pixels_are_squares() -> None:
    array = np.zeros((2, 2, 3), dtype=np.uint8)
    array[0, 0] = 255
    image = painted(Picture(array), Viewport((2, 2), (20, 20), scale=10))
    colors = {QColor(image.pixel(x, y)).red() for x in range(20) for y in range(20)}
    assert colors == {0, 255}
    assert QColor(image.pixel(9, 9)).red() == 255
    assert QColor(image.pixel(10, 9)).red() == 0


def test_that_a_small_picture_is_averaged_not_sampled() -> None:
    checkers = (np.indices((800, 800)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = painted(Picture(np.repeat(checkers[:, :, None], 3, axis=2)), Viewport((800, 800), (100, 100), scale=0.125))
    assert {QColor(image.pixel(x, y)).red() for x in range(100) for y in range(100)} <= {127, 128}


def test_that_a_big_image_is_neither_copied_nor_halved_at_each_paint() -> None:
    array = np.zeros((6000, 8000, 3), dtype=np.uint8)
    picture = Picture(array)
    assert np.shares_memory(picture._array, array)
    viewport = Viewport((6000, 8000), (1200, 800)).fitted()
    painted(picture, viewport)
    (level,) = picture.levels
    made = picture._levels[level]
    for step in range(5):
        painted(picture, viewport.panned(step, 0))
    assert picture.levels == (level,)
    assert picture._levels[level] is made
    assert made.width() * made.height() < array.size / 3 / 4


def test_that_only_the_needed_levels_are_made() -> None:
    picture = Picture(np.zeros((400, 400, 3), dtype=np.uint8))
    painted(picture, Viewport((400, 400), (400, 400), scale=1.5))
    assert picture.levels == (0,)
    painted(picture, Viewport((400, 400), (400, 400), scale=0.3))
    assert picture.levels == (0, 1)


def test_that_the_half_that_the_loader_made_is_painted_and_smaller_levels_come_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factors: list[tuple[tuple[int, ...], int]] = []
    monkeypatch.setattr(
        "app.ui.picture.reduced", lambda array, factor: factors.append((array.shape, factor)) or reduced(array, factor)
    )
    array = np.random.default_rng(0).integers(0, 256, (401, 400, 3), dtype=np.uint8)
    plain, quick = Picture(array), Picture(array, reduced(array, 2))
    for scale in (0.5, 0.2):
        viewport = Viewport((401, 400), (200, 200), scale=scale)
        want, got = painted(plain, viewport), painted(quick, viewport)
        for y, x in ((0, 0), (17, 30), (39, 39)):
            one, other = QColor(want.pixel(x, y)), QColor(got.pixel(x, y))
            assert max(abs(one.red() - other.red()), abs(one.blue() - other.blue())) <= 1
    assert plain.levels == quick.levels == (1, 2)
    assert factors == [((401, 400, 3), 2), ((401, 400, 3), 4), ((201, 200, 3), 2)]


def test_that_a_large_image_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ui.picture._COPIED_PIXELS", 400 * 400 - 1)
    picture = Picture(np.full((400, 400, 3), 200, dtype=np.uint8))
    image = painted(picture, Viewport((400, 400), (400, 400), scale=1.5))
    assert QColor(image.pixel(20, 20)) == QColor(200, 200, 200)
    assert picture.levels == ()


@pytest.mark.parametrize(
    ("scale", "level"), [(3.0, 0), (1.0, 0), (0.99, 0), (0.5, 1), (0.49, 1), (0.25, 2), (0.13, 2), (0.125, 3)]
)
def test_that_a_level_is_at_least_as_large_as_on_the_screen(scale: float, level: int) -> None:
    assert mip_level(scale, (6000, 8000)) == level


def test_that_a_thin_image_is_not_halved_to_nothing() -> None:
    assert mip_level(0.001, (1, 9000)) == 0
    painted(Picture(np.zeros((3, 9001, 3), dtype=np.uint8)), Viewport((3, 9001), (200, 100)).fitted())


def test_that_the_screens_pixels_count_not_qts() -> None:
    picture = Picture(np.zeros((400, 400, 3), dtype=np.uint8))
    painted(picture, Viewport((400, 400), (200, 200), scale=0.5), ratio=2.0)
    assert picture.levels == (0,)


def test_that_a_view_beside_the_image_paints_nothing() -> None:
    image = painted(Picture(np.zeros((10, 10, 3), dtype=np.uint8)), Viewport((10, 10), (50, 50), 1.0, 60, 0))
    assert QColor(image.pixel(20, 20)) == QColor("#0000ff")


def test_that_a_picture_reads_arrays_that_are_not_contiguous() -> None:
    array = np.zeros((10, 20, 6), dtype=np.uint8)
    array[:, :, 4] = 200
    image = painted(Picture(array[:, :, 3:]), Viewport((10, 20), (20, 10)))
    assert QColor(image.pixel(5, 5)).getRgb()[:3] == (0, 200, 0)
