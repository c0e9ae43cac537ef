from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fake_training import corrected, corrections, features
from PIL import Image

from app.model.storage import StoreError
from app.store.corrections import StoredCorrections
from app.workers.warming import Warming, WarmingLine
from detector.corrections import Corrections
from detector.looks import looks_at

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = features(Path("cache"))
PATHS = Path("a.png"), Path("b.png"), Path("c.png")


def emptied(take: Callable[[], Warming | None]) -> list[str]:
    """The names of all that `take` gives."""
    return [one.image.name for one in iter(take, None)]


def test_that_an_empty_line_gives_nothing() -> None:
    assert WarmingLine().take() is None
    assert WarmingLine().take_other() is None


def test_that_the_first_to_come_is_served_first_and_once() -> None:
    line = WarmingLine()
    line.put([corrected(Path("a.png")), corrected(Path("b.png"))], FOLDER)
    taken = [line.take(), line.take(), line.take()]
    assert [one and one.image.name for one in taken] == ["a.png", "b.png", None]
    assert taken[0] is not None
    assert taken[0].features == FOLDER


def test_that_an_image_edited_while_it_waits_is_warmed_once_as_it_is_now() -> None:
    line, old = WarmingLine(), corrected(Path("a.png"))
    new = replace(old, reviewed=False)
    line.put([old, corrected(Path("b.png"))], FOLDER)
    line.put([new], FOLDER)
    first, second, third = line.take(), line.take(), line.take()
    assert first is not None
    assert first.image is new
    assert second is not None
    assert third is None


def test_that_each_tile_of_a_large_image_waits_for_itself(tmp_path: Path) -> None:
    line = WarmingLine()
    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    found = StoredCorrections(Corrections((corrected(tmp_path / "a.png"),), ("die",), tile=24), (7,))
    line.put_all(lambda: found, FOLDER)
    taken = list(iter(line.take_other, None))
    windows = [one.image.window for one in taken]
    assert windows[0] is None
    assert len(set(windows)) == len(windows) > 2
    assert [one.is_last for one in taken] == [False] * (len(taken) - 1) + [True]
    assert all(one.is_spare for one in taken)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_that_no_tile_of_an_image_that_was_corrected_again_is_warmed(tmp_path: Path, before: int) -> None:
    line, old = WarmingLine(), corrected(tmp_path / "a.png")
    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    new = replace(old, gt_boxes=np.array([[5.0, 5, 20, 20]]))
    line.put([old], FOLDER, tile=24)
    for _ in range(before):
        assert line.take() is not None
    line.put([new], FOLDER, tile=24)
    taken = list(iter(line.take, None))
    wanted = looks_at(new, 24)
    assert [one.image.name for one in taken] == [look.name for look in wanted]
    for one, look in zip(taken, wanted, strict=True):
        assert np.array_equal(one.image.gt_boxes, look.gt_boxes)
        assert not one.is_spare


def test_that_nothing_is_left_of_a_large_image_that_was_begun_after_clearing(tmp_path: Path) -> None:
    line = WarmingLine()
    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    line.put([corrected(tmp_path / "a.png")], FOLDER, tile=24)
    assert line.take() is not None
    line.clear()
    assert line.take() is None


def test_that_an_image_that_cannot_be_read_keeps_no_other_from_its_turn(tmp_path: Path) -> None:
    line = WarmingLine()
    Image.new("RGB", (64, 48)).save(tmp_path / "b.png")
    images = corrected(tmp_path / "a.png"), corrected(tmp_path / "b.png")
    found = StoredCorrections(Corrections(images, ("die",), tile=48), (7,))
    line.put_all(lambda: found, FOLDER)
    assert emptied(line.take_other) == ["b.png"]


def test_that_a_cleared_line_is_empty() -> None:
    line = WarmingLine()
    line.put([corrected(Path("a.png"))], FOLDER)
    line.clear()
    assert line.take() is None


def test_that_all_others_are_read_when_the_first_of_them_is_taken_and_once() -> None:
    line, reads, read = WarmingLine(), [], corrections(*PATHS)

    def counted() -> StoredCorrections:
        reads.append(1)
        return read()

    line.put_all(counted, FOLDER)
    assert line.take() is None
    assert reads == []
    first = line.take_other()
    assert first is not None
    assert (first.image.name, first.features) == ("a.png", FOLDER)
    assert emptied(line.take_other) == ["b.png", "c.png"]
    assert reads == [1]


def test_that_an_image_corrected_while_all_wait_comes_once_and_before_them() -> None:
    line = WarmingLine()
    line.put_all(corrections(*PATHS), FOLDER)
    assert line.take_other() is not None
    line.put([corrected(PATHS[2])], FOLDER)
    assert emptied(line.take) == ["c.png"]
    assert emptied(line.take_other) == ["b.png"]


def test_that_asking_for_all_again_forgets_what_was_asked_for_before() -> None:
    line = WarmingLine()
    line.put_all(corrections(*PATHS), FOLDER)
    assert line.take_other() is not None
    line.put_all(corrections(PATHS[0]), FOLDER)
    assert emptied(line.take_other) == ["a.png"]


@pytest.mark.parametrize("when", ["before it is read", "while it is read", "after it was read"])
def test_that_a_line_cleared_forgets_all_others_too(when: str) -> None:
    line, read = WarmingLine(), corrections(*PATHS)

    def closing() -> StoredCorrections:
        if when == "while it is read":
            line.clear()
        return read()

    line.put_all(closing, FOLDER)
    if when == "after it was read":
        line.take_other()
    if when != "while it is read":
        line.clear()
    assert line.take_other() is None


def test_that_a_project_that_cannot_be_read_is_asked_once() -> None:
    def unreadable() -> StoredCorrections:
        raise StoreError("The project could not be read.")

    line = WarmingLine()
    line.put_all(unreadable, FOLDER)
    with pytest.raises(StoreError):
        line.take_other()
    assert line.take_other() is None
