"""Hints for beginners: at the right moment, once ever, and never in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtWidgets import QPushButton
from whole_application import Running, running

from app.model.model_versions import FEW
from app.ui.keymap import KEYMAP
from app.ui.onboarding import HINTS
from detector.fine_tune_values import Progress, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = tmp_path / "images"
    images.mkdir()
    for place in range(FEW + 1):
        Image.new("RGB", (64, 48), (90, 120, 90 + place)).save(images / f"{place:02}.png")
    return images


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, hints=True) as opened:
        opened.open(folder)
        yield opened
    KEYMAP.reset()


def test_that_the_first_suggestions_are_explained_once_ever(run: Running, folder: Path) -> None:
    assert run.window.hint.text.startswith("Dashed boxes are what the detector suggests. Tab goes")
    assert run.hands.desk.canvas.hasFocus()
    run.window.hint.clear()
    run.application.close_project()
    run.open(folder)
    assert run.window.hint.text == ""
    assert run.application.settings.seen_hints == {"suggestions"}


def test_that_the_first_box_and_the_first_review_are_explained_in_place_of_the_hint_before(run: Running) -> None:
    run.hands.key("Shift+Return")
    run.hands.key("W")
    run.hands.drag((5, 5), (30, 30))
    assert run.window.hint.text.startswith("Your first box. Arrows move it and Ctrl+arrows push its sides")
    run.hands.key("Space")
    assert run.window.hint.text.startswith("A reviewed image is complete")


def test_that_enough_reviewed_images_bring_the_hint_to_fine_tune(run: Running) -> None:
    for _ in range(FEW - 1):
        run.hands.key("Space")
    assert "Ctrl+T" not in run.window.hint.text
    run.hands.key("Space")
    assert "Ctrl+T teaches it while you go on" in run.window.hint.text


def test_that_a_hint_names_the_keys_of_now(folder: Path, tmp_path: Path) -> None:
    with running(tmp_path, hints=True) as run:
        KEYMAP.give("next-box", ["N"])
        run.open(folder)
        assert "N goes to the one that it is least sure of" in run.window.hint.text
        KEYMAP.reset()


def test_that_a_hint_goes_after_some_decisions(run: Running) -> None:
    for name in ("suggestions", "reviewed"):
        run.application.onboarding.take_as_seen(name)
    assert run.window.hint.text != ""
    for _ in range(5):
        run.hands.key("Shift+Space")
    assert run.window.hint.text == ""


def test_that_hints_can_be_turned_off_where_they_are_shown(run: Running) -> None:
    (off,) = (one for one in run.window.hint.findChildren(QPushButton) if one.text() == "Show no hints")
    off.click()
    assert not run.application.settings.hints
    run.hands.key("Space")
    assert run.window.hint.text == ""


def test_that_another_message_is_not_put_away_for_a_hint(folder: Path, tmp_path: Path) -> None:
    with running(tmp_path, hints=True) as run:
        run.window.hint.say("Something else.")
        run.open(folder)
        assert run.window.hint.text == "Something else."
        assert run.application.settings.seen_hints == frozenset()


def test_that_the_demo_says_the_keys_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda _name: tmp_path / "data")
    with running(tmp_path, hints=True) as run:
        run.application.open_demo()
        run.hands.wait_for_image()
        assert run.window.hint.text.startswith("Tab goes to the least certain suggestion")
        assert run.window.hint.text.endswith("F1 shows all keys.")


def test_that_no_two_hints_have_one_name() -> None:
    assert len({hint.name for hint in HINTS}) == len(HINTS)


def test_that_the_hint_to_fine_tune_goes_when_one_begins(run: Running) -> None:
    for _ in range(FEW):
        run.hands.key("Space")
    assert "Ctrl+T" in run.window.hint.text
    run.application.session.tuning.progressed.emit(Progress(Stage.FEATURES, 0, 1))
    assert run.window.hint.text == ""
    run.window.hint.say("another message")
    run.application.session.tuning.progressed.emit(Progress(Stage.FEATURES, 0, 1))
    assert run.window.hint.text == "another message"
