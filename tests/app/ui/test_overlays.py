from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from app.model.geometry import as_boxes
from app.model.review import SuggestionRef
from app.ui import overlays
from app.ui.chips import MOST_WIDTH, ChipPainter
from app.ui.layers import BoxLayer
from app.ui.overlays import Frame
from app.ui.viewport import Viewport

pytestmark = pytest.mark.usefixtures("qapp")

FRAME = Frame(Viewport((480, 640), (640, 480)))


def zoomed_in() -> Frame:
    """Show the image part (100, 100) to (164, 148), ten times magnified."""
    return Frame(Viewport((480, 640), (640, 480), 10.0, -1000.0, -1000.0))


def layer(boxes: list[tuple[float, float, float, float]], texts: list[str] | None = None) -> BoxLayer:
    refs = tuple(map(SuggestionRef, range(len(boxes))))
    return BoxLayer(as_boxes(boxes), refs, ("#ff0000",) * len(boxes), tuple(texts or ["die 0.87"] * len(boxes)))


def test_that_only_outlines_in_the_widget_are_painted() -> None:
    boxes = as_boxes([(0, 0, 50, 50), (90, 90, 110, 110), (120, 120, 130, 130), (10, 10, 300, 300), (170, 0, 200, 400)])
    assert zoomed_in().visible_rows(boxes).tolist() == [1, 2]
    assert FRAME.visible_rows(boxes).tolist() == [0, 1, 2, 3, 4]
    assert FRAME.visible_rows(as_boxes([])).tolist() == []


def test_that_lines_lie_on_whole_device_pixels_of_a_dense_screen() -> None:
    frame = Frame(Viewport((480, 640), (640, 480), 1.0), ratio=2.0)
    assert frame.device_rects(as_boxes([(10.2, 20.3, 30.6, 50.0)])).tolist() == [[20, 41, 41, 59]]
    assert frame.size == (1280, 960)


def test_that_a_box_far_beyond_the_widget_is_cut_off() -> None:
    frame = Frame(Viewport((480, 640), (640, 480), 64.0, -6000.0, -6000.0))
    (x, y, width, height) = frame.device_rects(as_boxes([(0, 0, 640, 480)]))[0]
    assert x < 0
    assert y < 0
    assert x + width > 640
    assert y + height > 480
    assert width < 1000


def test_that_a_box_smaller_than_a_pixel_is_still_seen() -> None:
    frame = Frame(Viewport((4800, 6400), (640, 480), 0.1))
    assert frame.device_rects(as_boxes([(100, 100, 101, 101)]))[0, 2:].tolist() == [2, 2]


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_that_an_outline_covers_the_edge_of_its_box_and_nothing_inside(ratio: float) -> None:
    frame = Frame(Viewport((40, 40), (40, 40)), ratio)
    image = QImage(*frame.size, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#000000"))
    painter = QPainter(image)
    with overlays.device_pixels(painter, frame):
        overlays.paint_outlines(painter, frame, as_boxes([(8, 8, 32, 24)]), QColor("#ff0000"))
    painter.end()
    red = np.array([[QColor(image.pixel(x, y)).red() for x in range(image.width())] for y in range(image.height())])
    assert set(np.unique(red)) == {0, 255}
    rows, columns = np.nonzero(red)
    assert (columns.min(), rows.min()) == (round(8 * ratio), round(8 * ratio))
    assert columns.max() + 1 == round(32 * ratio)
    assert rows.max() + 1 == round(24 * ratio)
    assert not red[round(16 * ratio), round(12 * ratio) : round(28 * ratio)].any()


@pytest.mark.parametrize("place", [(0.6, 0.2), (1.0, 1.0), (0.2, 0.8)])
def test_that_a_widget_between_two_pixels_paints_on_whole_ones(place: tuple[float, float]) -> None:
    frame = Frame(Viewport((40, 60), (60, 40)), 1.25)
    begins = [int(part * frame.ratio + 0.5) for part in place]

    def painted(x: float, y: float) -> QImage:
        image = QImage(80, 60, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(frame.ratio)
        image.fill(QColor("#000000"))
        painter = QPainter(image)
        painter.translate(x, y)
        with overlays.device_pixels(painter, frame):
            overlays.paint_highlight(painter, frame, (8, 8, 32, 24), QColor("#ff0000"))
            chips = ChipPainter(frame, QFont())
            chips.place(10, 30, "die", "#00ff00", always=True)
            chips.paint(painter)
        painter.end()
        return image

    assert painted(*place).copy(*begins, 74, 50) == painted(0, 0).copy(0, 0, 74, 50)


def test_that_rows_are_grouped_by_colour() -> None:
    colored = BoxLayer(as_boxes([(0, 0, 1, 1)] * 4), colors=("a", "b", "a", "b"), texts=("",) * 4)
    assert {name: rows.tolist() for name, rows in colored.rows_by_color([1, 0, 2]).items()} == {"b": [1], "a": [0, 2]}
    assert list(colored.rows_by_color([1, 0, 2])) == ["b", "a"]
    assert colored.rows_by_color([]) == {}


def test_that_narrow_boxes_have_no_label() -> None:
    chips = ChipPainter(FRAME, QFont())
    chips.place_layer(layer([(10, 50, 30, 90), (100, 50, 160, 90)], ["narrow", "wide"]), [0, 1])
    assert [chip.text for chip in chips.chips] == ["wide"]


def test_that_a_long_name_leaves_its_middle_out_and_keeps_its_score() -> None:
    chips = ChipPainter(FRAME, QFont())
    chips.place_layer(layer([(10, 50, 90, 90)], ["red blood cells with a very long name of a category 0.95"]), [0])
    (chip,) = chips.chips
    assert chip.rect.width() <= round(MOST_WIDTH * FRAME.ratio) + 2 * FRAME.lines(4)
    assert chip.text.startswith("red blood")
    assert chip.text.endswith("0.95")


def test_that_no_label_covers_another() -> None:
    rng = np.random.default_rng(3)
    corners = rng.uniform(0, [600, 440], (150, 2))
    boxes = [(float(x), float(y), float(x) + 40, float(y) + 40) for x, y in corners]
    chips = ChipPainter(FRAME, QFont())
    chips.place_layer(layer(boxes), range(len(boxes)))
    assert 10 < len(chips.chips) < 150
    rects = [chip.rect for chip in chips.chips]
    assert not [1 for i, one in enumerate(rects) for other in rects[:i] if one.intersects(other)]


def test_that_labels_stay_inside_the_widget() -> None:
    chips = ChipPainter(FRAME, QFont())
    chips.place_layer(layer([(600, 0, 640, 40), (-20, 200, 40, 260)]), [0, 1])
    assert len(chips.chips) == 2
    for chip in chips.chips:
        assert 0 <= chip.rect.left() <= chip.rect.right() < 640
        assert chip.rect.top() >= 0


def test_that_the_label_of_the_selected_box_is_always_there() -> None:
    chips = ChipPainter(FRAME, QFont())
    chips.place(10, 50, "below", "#ffffff")
    chips.place(12, 50, "selected", "#ffffff", always=True)
    assert [chip.text for chip in chips.chips] == ["below", "selected"]


def test_that_the_size_readout_counts_image_pixels() -> None:
    chips = ChipPainter(zoomed_in(), QFont())
    chips.place_size((110.0, 110.0, 122.4, 119.6))
    assert [chip.text for chip in chips.chips] == ["12 × 10"]
