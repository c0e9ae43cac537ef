"""What becomes of a shard, and of an image in it, at which processes end. A process ends here by an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detector import shard_detection
from detector.attempts import Attempts
from detector.image_files import find_image_files
from detector.shard_detection import ShardDetector, Sight
from detector.shard_rows import rows_of
from detector.shards import cut
from detector.types import Candidates, Prediction, Proposals, Thresholds

if TYPE_CHECKING:
    from pathlib import Path

    from detector.shards import Shard
    from detector.types import ByteArray

POISON = 3


class DeathError(BaseException):
    """The end of a process."""


class DyingPredictor:
    """Finds one box; ends the process at the images whose pixels are `POISON`, or whenever `deaths` says so."""

    name, model_version, device, notice = "dying", "v1", "cpu", ""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.deaths_to_come = 0

    def images_at_once(self, _size: tuple[int, int]) -> int:
        return 1

    def predict(self, image: ByteArray) -> Prediction:
        if image[0, 0, 0] == POISON:
            raise DeathError
        if self.deaths_to_come:
            self.deaths_to_come -= 1
            raise DeathError
        self.seen.append(int(image[0, 0, 0]))
        boxes, scores = np.float32([[0, 0, 5, 5]]), np.float32([0.9])
        found = Candidates(boxes, scores, np.int64([1]), np.int64([0]))
        return Prediction(image.shape[:2], Proposals(boxes, scores), found, ("thing",), "v1", 0.05)


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch) -> DyingPredictor:
    one = DyingPredictor()
    monkeypatch.setattr(shard_detection, "_opened", lambda _sight: one)
    return one


def shard_with(folder: Path, values: list[int]) -> Shard:
    for place, value in enumerate(values):
        Image.fromarray(np.full((20, 30, 3), value, np.uint8)).save(folder / f"{place}.png")
    (shard,) = cut(find_image_files([folder]), 64)
    return shard


def until_done(shard: Shard, attempts: Attempts) -> tuple[str, int]:
    """Return the rows, and how many processes ended before there were any."""
    sight = Sight(None, "v1", None, "fast", Thresholds(), 0, proposals=False, threads=1)
    for deaths in range(20):
        try:
            return ShardDetector(sight).detect(shard, attempts).text, deaths
        except DeathError:
            continue
    raise AssertionError("no end")


def test_that_an_image_that_ends_every_process_is_a_row_with_a_reason(
    tmp_path: Path, predictor: DyingPredictor
) -> None:
    shard = shard_with(tmp_path, [1, 2, POISON, 4, POISON])
    text, deaths = until_done(shard, Attempts())
    rows = list(rows_of(text))
    assert [getattr(row, "reason", "") != "" for row in rows] == [False, False, True, False, True]
    assert str(tmp_path / "2.png") in rows[2].reason  # type: ignore[union-attr]
    assert [row.index for row in rows] == [0, 1, 2, 3, 4]
    assert deaths == 2 + 2 * 2  # twice as usual, then twice at each


@pytest.mark.parametrize("deaths", [1, 2, 3])
def test_that_deaths_of_other_causes_cost_no_image(tmp_path: Path, predictor: DyingPredictor, deaths: int) -> None:
    shard = shard_with(tmp_path, [1, 2, 4])
    whole, _ = until_done(shard, Attempts())
    predictor.deaths_to_come = deaths
    text, ended = until_done(shard, Attempts())
    assert (text, ended) == (whole, deaths)


def test_that_a_shard_without_deaths_is_looked_at_once_and_never_announced(
    tmp_path: Path, predictor: DyingPredictor
) -> None:
    attempts = Attempts()
    until_done(shard_with(tmp_path, [1, 2, 4]), attempts)
    assert predictor.seen == [1, 2, 4]
    assert attempts.begin(0) == (False, [])


def test_that_deaths_at_one_shard_say_nothing_about_another() -> None:
    attempts = Attempts()
    for _ in range(5):
        attempts.begin(1)
        attempts.look(1, 7)
    assert attempts.begin(1) == (True, [7])
    assert attempts.begin(2) == (False, [])


def test_that_an_end_is_no_death() -> None:
    attempts = Attempts()
    for _ in range(9):
        attempts.begin(1)
        attempts.look(1, 7)
        attempts.end(1)
    assert attempts.begin(1)[1] == []
