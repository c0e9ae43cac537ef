"""Detection in tiles: every pixel is looked at, every object is found once, and one tile is the whole image."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from detector import tile_merging
from detector.filtering import select
from detector.images import open_image
from detector.large_images import LargeFile
from detector.tiling import LookDone, needs_tiles, predict_image, predict_in_tiles, tile_rectangles
from detector.types import Candidates, DetectorError, Prediction, Proposals, Thresholds

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from detector.types import ByteArray


def finish(steps: Generator[LookDone, None, Prediction]) -> tuple[list[LookDone], Prediction]:
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


class FakeDetector:
    """Finds even rectangles on black: as many as it sees whole or in part, each by the value of its red channel.

    Blue is the label. An object that fills less than `least` pixels of the shorter side is too small to see.
    """

    def __init__(self, least: int = 3) -> None:
        self.least = least
        self.shapes: list[tuple[int, ...]] = []

    def predict(self, image: ByteArray) -> Prediction:
        self.shapes.append(image.shape)
        boxes, labels = [], []
        for value in np.unique(image[:, :, 0]):
            rows, columns = np.nonzero(image[:, :, 0] == value)
            box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            if value % 10 == 0 and value and min(box[2] - box[0], box[3] - box[1]) >= self.least:
                boxes.append(box)
                labels.append(int(image[rows[0], columns[0], 2]))
        scores = np.linspace(0.9, 0.8, len(boxes))
        proposals = Proposals(np.array(boxes, dtype=np.float32), scores)
        candidates = Candidates(proposals.boxes, scores, np.array(labels, dtype=np.int64), np.arange(len(boxes)))
        return Prediction(
            (image.shape[0], image.shape[1]), proposals, candidates, ("one", "two"), "fake", score_floor=0.05
        )


def canvas(height: int, width: int, *objects: tuple[int, int, int, int]) -> ByteArray:
    """Return black with objects (x1, y1, x2, y2), each of a red of its own."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    for number, (x1, y1, x2, y2) in enumerate(objects, 1):
        image[y1:y2, x1:x2] = (10 * number, 0, 1)
    return image


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(50, 1500), st.sampled_from([0.0, 0.2, 0.5]))
def test_that_tiles_cover_every_pixel_and_share_enough(height: int, width: int, tile: int, overlap: float) -> None:
    tiles = tile_rectangles((height, width), tile, overlap)
    columns = sorted({(x1, x2) for x1, _, x2, _ in tiles})
    rows = sorted({(y1, y2) for _, y1, _, y2 in tiles})
    assert len(tiles) == len(set(tiles)) == len(rows) * len(columns)
    for spans, side in ((columns, width), (rows, height)):
        assert spans[0][0] == 0
        assert spans[-1][1] == side
        assert {end - start for start, end in spans} == {min(tile, side)}
        for (_, end), (start, _) in pairwise(spans):
            assert end - start >= round(tile * overlap)


def test_that_one_tile_that_covers_all_is_the_prediction_itself() -> None:
    image = canvas(200, 300, (10, 10, 60, 60), (40, 40, 90, 90))
    steps, tiled = finish(predict_in_tiles(FakeDetector().predict, image, tile=300))
    plain = FakeDetector().predict(image)
    assert steps == []
    for mine, theirs in ((tiled.candidates, plain.candidates), (tiled.proposals, plain.proposals)):
        np.testing.assert_array_equal(mine.boxes, theirs.boxes)


def test_that_an_object_across_a_border_is_found_once_and_whole() -> None:
    tiles = tile_rectangles((400, 1000), 400, 0.2)
    border = tiles[0][2]
    objects = ((border - 40, 100, border + 30, 160), (border - 10, 300, border + 5, 330), (50, 50, 90, 90))
    image = canvas(400, 1000, *objects)
    steps, prediction = finish(predict_in_tiles(FakeDetector().predict, image, tile=400))
    found = select(prediction.candidates, Thresholds())
    assert sorted(map(tuple, found.boxes.tolist())) == sorted(objects)
    assert steps[-1] == LookDone(len(tiles) + 1, len(tiles) + 1)
    assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_that_an_object_larger_than_a_tile_is_found_whole_and_its_parts_are_not() -> None:
    large = (100, 60, 900, 340)
    image = canvas(400, 1000, large, (10, 10, 40, 40))
    _, prediction = finish(predict_in_tiles(FakeDetector().predict, image, tile=200))
    found = select(prediction.candidates, Thresholds(score_thresh=0.0, nms_thresh=0.99))
    assert sorted(map(tuple, found.boxes.round().tolist())) == [(10, 10, 40, 40), large]


def test_that_what_is_too_small_in_the_whole_image_is_found_in_tiles() -> None:
    image = canvas(3000, 4000, (1000, 1000, 1010, 1010))
    detector = FakeDetector(least=8)
    _, whole = finish(predict_image(detector.predict, image, tile=0))
    small = np.asarray(Image.fromarray(image).reduce(4))
    assert len(detector.predict(small).candidates) == 0
    _, tiled = finish(predict_image(detector.predict, image, tile=1024))
    assert len(whole.candidates) == len(tiled.candidates) == 1
    np.testing.assert_array_equal(tiled.candidates.boxes, [(1000, 1000, 1010, 1010)])
    assert max(max(shape) for shape in detector.shapes[2:]) <= 2048


def test_that_a_prediction_holds_what_a_prediction_promises() -> None:
    rng = np.random.default_rng(5)
    objects = [(x, y, x + 20, y + 30) for x, y in rng.integers(0, 900, (20, 2))]
    _, prediction = finish(predict_in_tiles(FakeDetector().predict, canvas(1000, 1000, *objects), tile=300))
    candidates, proposals = prediction.candidates, prediction.proposals
    assert prediction.image_size == (1000, 1000)
    assert np.all(np.diff(candidates.scores) <= 0)
    assert np.all(np.diff(proposals.objectness) <= 0)
    assert len(candidates) >= 15
    np.testing.assert_array_equal(proposals.boxes[candidates.proposal_indices], candidates.boxes)
    assert set(candidates.labels.tolist()) == {1}


@pytest.mark.parametrize("reduced", [set(), {0}, {2}], ids=["none", "the whole", "a tile"])
def test_that_one_look_that_was_reduced_makes_the_whole_so(reduced: set[int]) -> None:
    detector, numbers = FakeDetector(), count()

    def predict(image: ByteArray) -> Prediction:
        return replace(detector.predict(image), is_reduced=next(numbers) in reduced)

    _, prediction = finish(predict_in_tiles(predict, canvas(600, 600, (10, 10, 40, 50)), tile=300))
    assert prediction.looks > 3
    assert prediction.is_reduced == bool(reduced)


def test_that_the_score_floor_rises_where_there_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tile_merging, "MOST_CANDIDATES", 3)
    objects = [(100 * place, 10, 100 * place + 20, 40) for place in range(9)]
    _, prediction = finish(predict_in_tiles(FakeDetector().predict, canvas(60, 1000, *objects), tile=250))
    assert len(prediction.candidates) == 3
    assert prediction.candidates.scores[-1] >= prediction.score_floor > 0.05


def test_that_small_images_and_large_files_are_seen_as_a_whole(tmp_path: Path) -> None:
    image = canvas(3000, 2600, (260, 300, 1300, 1500))
    detector = FakeDetector()
    steps, _ = finish(predict_image(detector.predict, image, tile=1500))
    assert (steps, detector.shapes) == ([], [image.shape])
    Image.fromarray(image).save(tmp_path / "large.png")
    file = open_image(tmp_path / "large.png", 1000)
    assert isinstance(file, LargeFile)
    steps, prediction = finish(predict_image(detector.predict, file))
    assert detector.shapes[1] == (1500, 1300, 3)
    assert steps[-1] == LookDone(0, 1)
    assert prediction.image_size == (3000, 2600)
    assert prediction.candidates.boxes.tolist() == [[260, 300, 1300, 1500]]


@pytest.mark.parametrize("orientation", [1, 6])
def test_that_a_file_in_parts_and_an_array_give_the_same(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    stored = canvas(900, 700, (100, 100, 130, 150), (390, 200, 450, 240), (200, 600, 260, 830))
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)
    whole, file = open_image(tmp_path / "a.png"), open_image(tmp_path / "a.png", 1000)
    assert isinstance(file, LargeFile)
    _, expected = finish(predict_in_tiles(FakeDetector().predict, whole, tile=400))
    _, prediction = finish(predict_in_tiles(FakeDetector().predict, file, tile=400))
    mine, theirs = (select(one.candidates, Thresholds()).boxes.tolist() for one in (prediction, expected))
    assert len(mine) == 3
    assert sorted(mine) == sorted(theirs)


def test_that_a_damaged_file_ends_in_a_sentence(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 9, (900, 900, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    file = open_image(tmp_path / "a.png", 1000)
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:100_000])
    with pytest.raises(DetectorError, match=r"a\.png is damaged or cut off"):
        finish(predict_in_tiles(FakeDetector().predict, file, tile=400))


def test_that_only_images_of_more_than_two_tiles_a_side_need_them() -> None:
    assert not needs_tiles((2048, 2048), 1024)
    assert needs_tiles((100, 2049), 1024)
