from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fake_training import corrected, features

from app.workers.warming import WarmingLine

FOLDER = features(Path("cache"))


def test_that_an_empty_line_gives_nothing() -> None:
    assert WarmingLine().take() is None


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


def test_that_a_cleared_line_is_empty() -> None:
    line = WarmingLine()
    line.put([corrected(Path("a.png"))], FOLDER)
    line.clear()
    assert line.take() is None
