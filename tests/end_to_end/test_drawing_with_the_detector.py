"""The detector lends a hand with drawn boxes: a closer fit is offered, and taken with one key."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from whole_application import CATEGORIES, MadeUpDetector, running

from app.model import edits
from app.model.annotations import Provenance
from detector.types import Refinement

DRAWN, CLOSER = (300.0, 60.0, 400.0, 160.0), (305.0, 66.0, 392.0, 155.0)


class Fitting(MadeUpDetector):
    """Fits every box to the same place, and takes what is in it for a coin rather than a die."""

    sure = 0.9

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[object, int]] = []

    def refine(self, key, boxes):
        self.asked.append((key, len(boxes)))
        count = len(boxes)
        return Refinement(
            np.tile(np.float32(CLOSER), (count, 2, 1)),
            np.tile([2, 1], (count, 1)),
            np.tile([0.75, 0.125], (count, 1)),
            np.full(count, self.sure),
            CATEGORIES,
            self.model_version,
        )


@pytest.fixture
def detector():
    return Fitting()


@pytest.fixture
def run(tmp_path, detector):
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (640, 480), "gray").save(folder / name)
    with running(tmp_path, detector) as run:
        run.open(folder)
        run.hands.wait(run.settled, "the detector has looked")
        for name in CATEGORIES:
            workspace = run.workspace
            category = edits.new_category(name, workspace.categories, workspace.next_ids().category)
            assert run.hands.desk.execute(edits.add_category(category))
        run.hands.key("1")
        yield run


def draw(run):
    run.hands.key("W")
    run.hands.drag(DRAWN[:2], DRAWN[2:])
    (annotation,) = run.workspace.annotations.values()
    assert annotation.box == pytest.approx(DRAWN, abs=2)
    return annotation


def offer(run):
    run.hands.wait(lambda: run.hands.desk.refining.offer is not None, "the detector offers something")
    return run.hands.desk.refining.offer


def the_box(run):
    (annotation,) = run.workspace.annotations.values()
    return annotation


def test_that_one_key_takes_the_closer_fit_and_undo_takes_it_back(run):
    drawn = draw(run)
    assert offer(run).box == CLOSER
    assert the_box(run).box == drawn.box, "nothing is changed without a person's act"
    run.hands.key("Return")
    assert the_box(run).box == CLOSER
    assert (the_box(run).provenance, the_box(run).id) == (Provenance.DRAWN, drawn.id)
    assert run.hands.desk.refining.offer is None
    run.hands.key("Ctrl+Z")
    assert the_box(run) == drawn


def test_that_the_offer_is_painted_with_its_key_and_the_likeliest_categories(run, tmp_path):
    draw(run)
    offer(run)
    _, words = run.hands.desk.canvas._live.offered
    assert words == "Enter fits it · 2 coin 0.75 · 1 die 0.13"  # an eighth
    run.hands.picture(tmp_path / "offer.png")
    run.hands.key("2")
    assert run.workspace.category(the_box(run).category_id).name == "coin"
    assert run.hands.desk.canvas._live.offered is None


def test_that_escape_refuses_the_offer_before_it_lets_go_of_the_box(run):
    drawn = draw(run)
    offer(run)
    run.hands.key("Esc")
    assert run.hands.desk.refining.offer is None
    assert run.workspace.selected == drawn
    run.hands.key("Esc")
    assert run.workspace.selected is None
    assert the_box(run) == drawn


@pytest.mark.parametrize("key", ["Tab", "Left", "D", "Del", "H"])
def test_that_the_offer_ends_with_the_box_as_it_was_drawn(run, key):
    draw(run)
    offer(run)
    run.hands.key(key)
    assert run.hands.desk.refining.offer is None
    assert run.hands.desk.canvas._live.offered is None
    before = dict(run.workspace.annotations)
    if key == "H":
        run.hands.key("Return")
        assert dict(run.workspace.annotations) == before, "nobody changes what is hidden"


def test_that_without_an_offer_enter_changes_no_annotation(run, detector):
    detector.sure = 0.1
    drawn = draw(run)
    run.hands.wait(lambda: detector.asked[-1][1] == 1, "the detector has looked at the box")
    run.hands.wait(run.settled, "and has said so")
    run.hands.key("Return")
    assert the_box(run) == drawn
    assert run.hands.desk.refining.offer is None


def test_that_taking_up_the_tool_makes_ready_and_the_box_needs_no_detection(run, detector):
    calls = detector.calls
    run.hands.key("W")
    run.hands.wait(lambda: bool(detector.asked), "the detector makes ready")
    assert detector.asked[0][1] == 0
    run.hands.drag(DRAWN[:2], DRAWN[2:])
    offer(run)
    assert detector.calls == calls


def test_that_a_box_given_another_way_is_not_asked_about(run, detector):
    run.hands.key("Tab")
    run.hands.key("Return")
    run.hands.key("Ctrl+D")
    assert len(run.workspace.annotations) == 1
    run.hands.key("I")  # whatever was asked before this has been answered when it has
    run.hands.wait(run.settled, "the detector has looked again")
    assert detector.asked == []


def test_that_a_tool_that_is_taken_to_another_image_asks_nothing_there(run, detector):
    run.hands.key("W")
    run.hands.key("D")
    run.hands.wait_for_image()
    run.hands.key("I")
    run.hands.wait(run.settled, "the detector has looked again")
    assert [count for _, count in detector.asked] in ([], [0])
    assert not run.hands.desk.canvas.drawing
