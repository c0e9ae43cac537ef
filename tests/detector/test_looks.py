"""Looks at a corrected image: each object is learnt as large as it is detected, and nothing that is cut counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from detector import looks
from detector.corrections import CorrectedImage
from detector.looks import SEEN, Reader, cut, looks_at, looks_in, size_of
from detector.tiling import tile_rectangles
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

TILE, SHARED = 100, 20
SMALL, LARGE = [150, 60, 165, 75], [10, 20, 240, 120]
SIZE = 130, 260


@pytest.fixture
def page(tmp_path: Path) -> CorrectedImage:
    """An image of 260 x 130 with a small and a large object, each of one shade, and two rejections like them."""
    pixels = np.zeros((*SIZE, 3), dtype=np.uint8)
    for shade, (x1, y1, x2, y2) in ((100, LARGE), (200, SMALL)):
        pixels[y1:y2, x1:x2] = shade
    path = tmp_path / "page.png"
    Image.fromarray(pixels).save(path)
    return CorrectedImage(path, "page.png", [SMALL, LARGE], [1, 2], rejected_boxes=[SMALL, LARGE])


def shown(look: CorrectedImage) -> list[int]:
    return sorted(look.categories_shown)


@pytest.mark.parametrize("tile", [0, 130, 1024])
def test_that_an_image_that_needs_no_tiles_is_looked_at_once(page: CorrectedImage, tile: int) -> None:
    assert looks_at(page, tile) == (page,)


def test_that_a_large_image_is_looked_at_as_a_whole_and_in_the_tiles_of_detection(page: CorrectedImage) -> None:
    whole, *tiles = looks_at(page, TILE)
    assert whole.window is None
    assert {look.window for look in tiles} <= set(tile_rectangles(SIZE, TILE))
    assert len({look.name for look in (whole, *tiles)}) == 1 + len(tiles)
    assert all(size_of(look) == (100, 100) for look in tiles)
    assert size_of(whole) == SIZE


def test_that_the_whole_shows_what_is_larger_than_the_overlap_of_two_tiles(page: CorrectedImage) -> None:
    whole, *_ = looks_at(page, TILE)
    assert whole.iscrowd.tolist() == [True, False]
    assert np.array_equal(whole.gt_boxes, page.gt_boxes)
    assert whole.rejected_boxes.tolist() == [LARGE]


def test_that_the_boxes_of_a_tile_are_where_its_pixels_are(page: CorrectedImage) -> None:
    reader, seen = Reader(), 0
    for look in looks_at(page, TILE)[1:]:
        pixels = reader.read(look)[..., 0]
        assert pixels.shape == size_of(look)
        for box, label in zip(look.gt_boxes, look.labels, strict=True):
            if label == 1:
                rows, columns = np.nonzero(pixels == 200)
                assert box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
                is_seen = bool(box[2] - box[0] > SEEN * 15)
                assert look.rejected_boxes.tolist() == [box.tolist()] * is_seen
                seen += is_seen
    assert seen >= 1


def test_that_what_is_mostly_outside_of_a_tile_is_neither_object_nor_background(page: CorrectedImage) -> None:
    tiles = looks_at(page, TILE)[1:]
    assert all(look.iscrowd[look.labels == 2].all() for look in tiles)  # two tiles have less than half of it
    assert sum(1 in shown(look) for look in tiles) >= 1
    assert not any(2 in shown(look) for look in tiles)


@given(
    st.integers(201, 700),
    st.integers(30, 700),
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(3, SHARED - 0.1), st.floats(3, SHARED - 0.1)),
)
def test_that_an_object_no_larger_than_the_overlap_is_whole_in_a_tile(width, height, place):
    left, top, wide, high = place[0] * (width - place[2]), place[1] * (height - place[3]), *place[2:]
    image = CorrectedImage(None, "a.png", [[left, top, left + wide, top + high]], [1])  # type: ignore[arg-type]
    whole, *tiles = looks_in(image, (height, width), TILE)
    assert shown(whole) == []
    sides = [look.gt_boxes[0, 2:] - look.gt_boxes[0, :2] for look in tiles if shown(look)]
    assert any(side == pytest.approx([wide, high], abs=1e-3) for side in sides)


def test_that_there_is_as_much_background_as_there_are_objects(page: CorrectedImage) -> None:
    size = (1000, 1000)
    tiles = looks_in(page, size, TILE)[1:]
    telling = [look for look in tiles if look.categories_shown or len(look.rejected_boxes)]
    assert len(tiles) == 2 * len(telling) < len(tile_rectangles(size, TILE))
    assert [look.name for look in tiles] == [look.name for look in looks_in(page, size, TILE)[1:]]
    blank = CorrectedImage(page.path, "page.png", np.zeros((0, 4)), [])
    assert len(looks_in(blank, size, TILE)) == 2  # the whole and a tile


def test_that_what_nobody_reviewed_is_no_background(page: CorrectedImage) -> None:
    for look in looks_in(replace(page, reviewed=False), (1000, 1000), TILE)[1:]:
        assert look.teaches
        assert not look.reviewed


def test_that_a_part_of_an_object_alone_teaches_no_more_than_background(page: CorrectedImage) -> None:
    one = CorrectedImage(page.path, "page.png", [LARGE], [1])  # of which each tile has less than half
    assert len(looks_at(one, TILE)) == 2
    assert len(looks_at(replace(one, reviewed=False), TILE)) == 1


def test_that_a_file_is_read_once_for_all_its_tiles(page: CorrectedImage, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, read, reader = [], looks.read_image, Reader()
    monkeypatch.setattr(looks, "read_image", lambda path: reads.append(path) or read(path))
    whole, *tiles = looks_at(page, TILE)
    for look in tiles:
        reader.read(look)
    assert reads == [page.path]
    assert reader.read(whole).shape == (*SIZE, 3)


def test_that_the_size_is_read_where_nobody_knows_it_and_else_not(page: CorrectedImage) -> None:
    small = replace(page, size=(130, 200))
    page.path.unlink()
    assert looks_at(page, 0) == (page,)
    assert looks_at(small, TILE) == (small,)
    with pytest.raises(DetectorError, match=r"page\.png does not exist"):
        looks_at(page, TILE)


def test_that_a_file_that_has_become_smaller_is_said(page: CorrectedImage) -> None:
    last = max(looks_at(page, TILE)[1:], key=lambda look: look.window or ())
    Image.new("RGB", (200, 100)).save(page.path)
    with pytest.raises(DetectorError, match=r"page\.png has become smaller"):
        Reader().read(last)


def test_that_a_file_that_was_replaced_between_two_tiles_is_read_anew(page: CorrectedImage) -> None:
    reader, (_, first, *_) = Reader(), looks_at(page, TILE)
    before = reader.read(first)
    assert before.any()
    Image.new("RGB", (SIZE[1], SIZE[0])).save(page.path)
    assert not reader.read(first).any()
    page.path.unlink()
    with pytest.raises(DetectorError, match="does not exist"):
        reader.read(first)


def test_that_what_is_cut_keeps_its_share() -> None:
    boxes = np.array([[0, 0, 10, 10], [-5, 0, 5, 10], [20, 20, 30, 30], [3, 3, 3, 9]], dtype=np.float32)
    inside, shares = cut(boxes, (0, 0, 10, 8))
    assert inside[:2].tolist() == [[0, 0, 10, 8], [0, 0, 5, 8]]
    assert shares == pytest.approx([0.8, 0.4, 0, 0])
    assert shares[1] < SEEN
