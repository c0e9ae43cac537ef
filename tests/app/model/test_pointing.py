"""What a click may take of a prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.model.geometry import as_boxes
from app.model.pointing import MOST, TWIN_IOU, Pointing
from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.annotations import Box

NOTHING = as_boxes(())


def pointing(
    proposals: Sequence[tuple[Box, float]], refined: Sequence[tuple[int, Box, float]] = (), labels: int = 2
) -> Pointing:
    """`proposals` are boxes and objectness; `refined` the index of a proposal, a box and a score, best first."""
    found = Proposals(as_boxes([box for box, _ in proposals]), [objectness for _, objectness in proposals])
    candidates = Candidates(
        as_boxes([box for _, box, _ in refined]),
        [score for _, _, score in refined],
        [1 + index % labels for index in range(len(refined))],
        [index for index, _, _ in refined],
    )
    return Pointing(Prediction((480, 640), found, candidates, ("bolt", "nut"), "v1", 0.02))


def taken(pointing: Pointing, x: float, y: float, annotated: Sequence[Box] = ()) -> list[Box]:
    return [tuple(box) for box in pointing.at(x, y, as_boxes(annotated)).tolist()]


A, A_REFINED, B = (100.0, 100.0, 200.0, 200.0), (120.0, 120.0, 180.0, 180.0), (140.0, 40.0, 360.0, 260.0)


def test_that_of_two_proposals_the_one_with_its_centre_under_the_pointer_comes_first():
    both = pointing([(B, 0.9), (A, 0.8)])
    assert taken(both, 150, 150) == [A, B]
    assert taken(both, 195, 150) == [B, A]
    assert taken(both, 250, 150) == [B]


def test_that_at_the_same_place_objectness_decides():
    inner = (125.0, 125.0, 175.0, 175.0)
    assert taken(pointing([(A, 0.9), (inner, 0.8)]), 150, 150) == [A, inner]
    assert taken(pointing([(inner, 0.9), (A, 0.8)]), 150, 150) == [inner, A]


def test_that_a_refined_box_comes_before_its_proposal_the_more_the_higher_its_score():
    assert taken(pointing([(A, 0.9)], [(0, A_REFINED, 0.7)]), 150, 150) == [A_REFINED, A]
    off = (110.0, 110.0, 170.0, 170.0)  # its centre is 10 pixels off
    assert taken(pointing([(A, 0.9)], [(0, off, 0.05)]), 150, 150) == [A, off]
    assert taken(pointing([(A, 0.9)], [(0, off, 0.99)]), 150, 150) == [off, A]


def test_that_a_proposal_is_refined_for_its_likeliest_category():
    unlikely = (90.0, 90.0, 230.0, 230.0)
    assert taken(pointing([(A, 0.9)], [(0, A_REFINED, 0.8), (0, unlikely, 0.1)]), 150, 150) == [A_REFINED, A]


def test_that_an_object_with_its_box_is_not_offered_again():
    both = pointing([(A, 0.9), (B, 0.8)])
    assert taken(both, 150, 150, [(102, 102, 200, 200)]) == [B]
    assert taken(both, 150, 150, [A, B]) == []


def test_that_twins_are_one_choice_and_that_there_are_few():
    twins = [((100.0 + step, 100.0, 200.0 + step, 200.0), 0.9 - step / 100) for step in range(10)]
    assert len(taken(pointing(twins), 150, 150)) == 1
    scales = [((150 - side, 150 - side, 150 + side, 150 + side), 0.9) for side in (4 * 1.3**n for n in range(12))]
    assert len(taken(pointing(scales), 150, 150)) == MOST


def test_that_nothing_under_the_pointer_is_nothing():
    assert pointing([]).at(5, 5, NOTHING).shape == (0, 4)
    assert pointing([(A, 0.9)]).at(5, 5, NOTHING).shape == (0, 4)


def test_that_a_box_without_area_is_no_error():
    flat = (150.0, 100.0, 150.0, 200.0)
    assert taken(pointing([(flat, 0.9), (A, 0.5)]), 150, 150) == [flat, A]


@pytest.mark.parametrize("seed", range(5))
def test_that_it_agrees_with_looking_at_every_pair(seed):
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 300, (60, 2))
    boxes = np.concatenate((corners, corners + rng.uniform(5, 200, (60, 2))), axis=1)
    objectness = np.sort(rng.uniform(0, 1, 60))[::-1]
    chosen = taken(
        pointing([(tuple(box), float(value)) for box, value in zip(boxes, objectness, strict=True)]), 150, 150
    )

    def weight(box, value):
        x1, y1, x2, y2 = box
        offset = ((150 - (x1 + x2) / 2) / (x2 - x1)) ** 2 + ((150 - (y1 + y2) / 2) / (y2 - y1)) ** 2
        return value * np.exp(-10 * offset)

    def iou(a, b):
        wide, high = (min(a[2 + axis], b[2 + axis]) - max(a[axis], b[axis]) for axis in (0, 1))
        overlap = max(wide, 0) * max(high, 0)
        return overlap / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - overlap)

    boxes = np.float64(np.float32(boxes))
    under = [
        (weight(box, value), tuple(box))
        for box, value in zip(boxes.tolist(), np.float32(objectness), strict=True)
        if box[0] <= 150 <= box[2] and box[1] <= 150 <= box[3]
    ]
    kept = []
    for _, box in sorted(under, reverse=True):
        if all(iou(box, other) <= TWIN_IOU for other in kept):
            kept.append(box)
    assert chosen == kept[:MOST]
    assert len(kept) > 2
