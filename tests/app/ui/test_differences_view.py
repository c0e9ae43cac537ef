"""What the detector and the person differ about, in the whole window."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from whole_application import BOXES, Running, running

from app.model.annotations import Annotation, Category
from app.model.commands import Command, Edit
from app.model.review import AnnotationRef
from app.ui.difference_words import AGREED_COLOR, KIND_COLORS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGREED, LOOSE, MISSED = 1, 2, 3


def pixels(share: tuple[float, ...]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = share
    return x1 * 640, y1 * 480, x2 * 640, y2 * 480


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Running]:
    """Two images; on the first, a box as the detector has it, one that is loose, one that it misses, and an extra."""
    folder = tmp_path / "images"
    folder.mkdir()
    for place in range(2):
        Image.new("RGB", (640, 480), (90, 120, 90 + place)).save(folder / f"{place}.png")
    with running(tmp_path) as opened:
        opened.open(folder)
        opened.hands.wait(opened.settled, "the detector has looked")
        workspace = opened.workspace
        image = workspace.current_image.id
        rows = [
            Category(1, "die", "#e69f00"),
            Category(2, "coin", "#56b4e9", position=1),
            Annotation(AGREED, image, 1, pixels(BOXES[0])),
            Annotation(LOOSE, image, 1, pixels((0.5, 0.5, 0.7, 0.63))),
            Annotation(MISSED, image, 2, pixels((0.4, 0.2, 0.5, 0.3))),
        ]
        workspace.execute(Command("import", None, tuple(Edit(None, row) for row in rows)))
        yield opened


def strip(run: Running) -> str:
    return run.window.status._suggestions.text()


def hint(run: Running) -> str:
    return run.window.status.hint


def labels(run: Running) -> dict[str, str]:
    layers = run.hands.desk.canvas._layers
    shown = [*zip(layers.annotations.texts, layers.annotations.colors, strict=True)]
    shown += zip(layers.suggestions.texts, layers.suggestions.colors, strict=True)
    return dict(shown)


def test_that_x_says_of_each_box_what_differs_and_again_shows_all_as_before(run: Running) -> None:
    before = labels(run)
    assert strip(run) == "1 undecided"
    run.hands.key("X")
    assert run.window.menus.actions["differences"].isChecked()
    assert strip(run) == "1 extra, 1 loose, 1 missed"
    assert sorted(labels(run)) == ["", "extra: coin 0.60", "loose: die IoU 0.65", "missed: coin"]
    assert labels(run)[""] == AGREED_COLOR
    assert len({labels(run)[text] for text in labels(run)} & set(KIND_COLORS.values())) == 3
    assert run.hands.desk.canvas._layers.loose.boxes.tolist() == [pytest.approx(pixels(BOXES[2]))]
    run.hands.key("X")
    assert labels(run) == before
    assert len(run.hands.desk.canvas._layers.loose) == 0
    assert strip(run) == "1 undecided"


def test_that_a_hidden_layer_is_shown_with_the_differences(run: Running) -> None:
    run.hands.key("T")
    assert not run.workspace.view.show_suggestions
    run.hands.key("X")
    assert "extra: coin 0.60" in labels(run)


def test_that_tab_enter_and_esc_settle_everything(run: Running) -> None:
    run.hands.key("X")
    assert "goes through what you and the detector differ about" in hint(run)
    run.hands.key("Tab")
    assert run.hands.desk.canvas._layers.selected.name == "coin"
    run.hands.key("Esc")
    assert strip(run) == "1 loose, 1 missed"
    assert run.workspace.view.selected == AnnotationRef(LOOSE)
    assert "Enter takes that · Esc keeps yours" in hint(run)
    assert run.window.menus.actions["accept"].isEnabled()
    run.hands.key("Return")
    assert run.workspace.annotations[LOOSE].box == pytest.approx(pixels(BOXES[2]))
    assert "keeps your box" in hint(run)
    run.hands.key("Return")
    assert strip(run) == "no differences"
    assert MISSED in run.workspace.annotations
    run.hands.key("Tab")
    assert run.window.status.currentMessage() == "You and the detector do not differ on this image."


def test_that_a_box_that_is_there_twice_says_so(run: Running) -> None:
    image = run.workspace.current_image.id
    run.workspace.execute(Command("again", None, (Edit(None, Annotation(4, image, 1, pixels(BOXES[0]))),)))
    run.hands.key("X")
    assert "twice: die" in labels(run)
    assert strip(run) == "1 extra, 1 loose, 2 missed"
    while run.workspace.view.selected != AnnotationRef(4):
        run.hands.key("Tab")
    assert "Another box has this object already: Del deletes this one" in hint(run)
    run.hands.key("Del")
    assert strip(run) == "1 extra, 1 loose, 1 missed"


def test_that_esc_keeps_a_loose_box_and_delete_removes_a_missed_one(run: Running) -> None:
    before = run.workspace.annotations[LOOSE]
    run.hands.key("X")
    for one in (LOOSE, MISSED):
        run.workspace.change_view(replace(run.workspace.view, selected=AnnotationRef(one)))
        run.hands.key("Esc" if one == LOOSE else "Del")
    assert run.workspace.annotations[LOOSE] == before
    assert MISSED not in run.workspace.annotations
    assert strip(run) == "1 extra"


def test_that_enter_says_why_a_locked_box_stays(run: Running) -> None:
    before = run.workspace.annotations[LOOSE]
    locked = replace(before, locked=True)
    run.workspace.execute(Command("lock", before.image_id, (Edit(before, locked),)))
    run.hands.key("X")
    run.workspace.change_view(replace(run.workspace.view, selected=AnnotationRef(LOOSE)))
    run.hands.key("Return")
    assert run.workspace.annotations[LOOSE] == locked
    assert "locked" in run.window.status.currentMessage()


def test_that_esc_deselects_a_box_that_nobody_differs_about(run: Running) -> None:
    run.hands.key("X")
    run.workspace.change_view(replace(run.workspace.view, selected=AnnotationRef(AGREED)))
    run.hands.key("Esc")
    assert run.workspace.view.selected is None
    assert strip(run) == "1 extra, 1 loose, 1 missed"


def test_that_differences_are_shown_of_reviewed_images_and_after_the_next_start(run: Running, tmp_path: Path) -> None:
    run.hands.key("X")
    run.hands.key("Shift+Space")
    assert run.workspace.current_image.reviewed
    assert strip(run) == "1 extra, 1 loose, 1 missed"
    folder = run.application.session.folder
    run.application.close_project()
    run.open(folder)
    assert run.workspace.view.show_differences
    assert strip(run) == "1 extra, 1 loose, 1 missed"


def test_that_a_threshold_changes_what_is_extra_at_once(run: Running) -> None:
    run.hands.key("X")
    calls = run.detector.calls
    for _ in range(4):
        run.hands.key("PgUp")
    assert strip(run) == "1 loose, 1 missed"
    assert run.detector.calls == calls
