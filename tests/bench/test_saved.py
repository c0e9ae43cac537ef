from __future__ import annotations

import numpy as np
import pytest

from bench.saved import unfinished, work_saved
from detector.held_out import ALL, SUGGESTED
from detector.types import Candidates, Prediction, Proposals, Sample

BOXES = np.array([[0, 0, 20, 20], [40, 40, 80, 80]], dtype=np.float32)


def test_that_work_saved_counts_what_is_left_to_correct():
    sample = Sample(np.zeros((100, 100, 3), dtype=np.uint8), BOXES, np.array([1, 2]))
    candidates = Candidates(
        BOXES[[0, 0, 1]], np.array([0.9, 0.8, 0.3], dtype=np.float32), np.array([1, 2, 2]), np.array([0, 0, 1])
    )
    proposals = Proposals(BOXES, np.ones(2, dtype=np.float32))
    prediction = Prediction((100, 100), proposals, candidates, ("one", "two"), "v", 0.02)
    assert work_saved([sample], [prediction], SUGGESTED) == 1.0
    assert work_saved([sample], [prediction], ALL) == 0.5, "the second one of the first object is false"
    assert work_saved([sample] * 2, [prediction] * 2, ALL) == pytest.approx(0.5)


def test_that_an_image_looks_unfinished_where_most_of_its_boxes_are_left_out():
    boxes = np.array([[15 * place, 0, 15 * place + 10, 10] for place in range(6)], dtype=np.float32)
    scores = np.full(6, 0.9, dtype=np.float32)
    prediction = Prediction(
        (100, 100),
        Proposals(boxes, scores),
        Candidates(boxes, scores, np.ones(6, int), np.arange(6)),
        ("one",),
        "v",
        0.02,
    )
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    samples = [Sample(image, boxes[:count], np.ones(count, int), f"{count}.png") for count in (0, 1, 2, 6)]
    assert unfinished(samples, [prediction] * 4) == ["0.png", "1.png"]
