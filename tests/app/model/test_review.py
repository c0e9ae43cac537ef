from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest

from app.model.annotations import Annotation, Category, Origin, Provenance, Rejection
from app.model.review import AnnotationRef, Review, SuggestionRef, walking_order
from detector.types import Candidates, Prediction, Proposals, Thresholds

BOLT = Category(1, "bolt", "#ff0000")
NUT = Category(2, "nut", "#00ff00")
BOX = (10.0, 10.0, 50.0, 50.0)
NEAR = (12.0, 10.0, 52.0, 50.0)
BESIDE = (21.5, 10.0, 61.5, 50.0)
"""Overlaps BOX and NEAR too little to be the same object, and enough to be decided with it."""
FAR = (100.0, 10.0, 140.0, 50.0)
Predict = Callable[..., Prediction]


def names(review: Review, score: float = 0.3) -> list[str]:
    return [suggestion.name for suggestion in review.suggestions(Thresholds(score_thresh=score))]


def test_that_undecided_detections_are_suggestions_best_first(predict: Predict) -> None:
    review = Review(predict((BOX, "bolt", 0.6), (FAR, "nut", 0.9), (FAR, "nut", 0.2)))
    review.decide([], [], [NUT])
    nut, bolt = review.suggestions(Thresholds(score_thresh=0.3))
    assert (nut.name, nut.category_id, nut.box, nut.index) == ("nut", 2, FAR, 0)
    assert (bolt.name, bolt.category_id, bolt.model_version) == ("bolt", None, "v1")
    assert bolt.score == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("annotation", "shown"),
    [
        pytest.param(Annotation(1, 1, 1, NEAR), False, id="same category over it"),
        pytest.param(Annotation(1, 1, 2, NEAR), True, id="another category over it"),
        pytest.param(Annotation(1, 1, 1, FAR), True, id="same category elsewhere"),
        pytest.param(
            Annotation(1, 1, 1, FAR, Provenance.MOVED, Origin(BOX, "bolt", 0.8, "v0")), False, id="moved away from it"
        ),
        pytest.param(
            Annotation(1, 1, 2, BOX, Provenance.RELABELLED, Origin(BOX, "bolt", 0.8, "v0")), False, id="relabelled"
        ),
    ],
)
def test_that_a_decision_hides_its_detection_and_no_other(
    predict: Predict, annotation: Annotation, shown: bool
) -> None:
    review = Review(predict((BOX, "bolt", 0.8)))
    review.decide([annotation], [], [BOLT, NUT])
    assert names(review) == (["bolt"] if shown else [])


def test_that_a_detection_over_a_box_of_another_category_doubts_that_category(predict: Predict) -> None:
    review = Review(predict((BOX, "bolt", 0.9), (FAR, "bolt", 0.8)))
    review.decide([Annotation(3, 1, 1, FAR), Annotation(7, 1, 2, NEAR)], [], [BOLT, NUT])
    (doubt,) = review.suggestions(Thresholds(score_thresh=0.3))
    assert (doubt.name, doubt.relabels) == ("bolt", 7)
    review.decide([Annotation(7, 1, 2, (10.0, 10.0, 28.0, 50.0))], [], [BOLT, NUT])
    assert [one.relabels for one in review.suggestions(Thresholds(score_thresh=0.3))] == [None, None]


def test_that_a_rejection_hides_its_own_name_only(predict: Predict) -> None:
    review = Review(predict((BOX, "bolt", 0.8), (BESIDE, "nut", 0.7)))
    review.decide([], [Rejection(1, 1, Origin(NEAR, "bolt", 0.9, "v0"))], [BOLT, NUT])
    assert names(review) == ["nut"]


def test_that_an_object_has_one_suggestion_and_none_when_that_is_decided(predict: Predict) -> None:
    review = Review(predict((BOX, "bolt", 0.8), (NEAR, "nut", 0.7), (FAR, "nut", 0.4)))
    assert names(review) == ["bolt", "nut"]
    assert names(review, 0.5) == ["bolt"]
    review.decide([], [Rejection(1, 1, Origin(BOX, "bolt", 0.8, "v0"))], [BOLT, NUT])
    assert names(review) == ["nut"], "the one far away"
    review.decide([Annotation(1, 1, 1, BOX)], [], [BOLT, NUT])
    assert names(review) == ["nut"], "no doubt about a box that the best detection agrees with"
    assert [one.relabels for one in review.suggestions(Thresholds(score_thresh=0.3))] == [None]


def test_that_a_detection_that_its_categorys_threshold_hides_hides_no_other_of_the_object(predict: Predict) -> None:
    review = Review(predict((BOX, "bolt", 0.8), (NEAR, "nut", 0.7)))
    review.decide([], [], [replace(BOLT, score_thresh=0.9), NUT])
    assert names(review) == ["nut"]


@pytest.mark.parametrize(
    ("renamed", "shown"),
    [
        ({"nail": "bolt"}, ["nut"]),
        ({"nail": "nut"}, ["bolt"]),
        ({}, ["bolt", "nut"]),
        ({"bolt": "nut"}, ["bolt", "nut"]),
    ],
)
def test_that_a_rejection_hides_what_its_name_became(
    predict: Predict, renamed: dict[str, str], shown: list[str]
) -> None:
    review = Review(predict((BOX, "bolt", 0.8), (BESIDE, "nut", 0.7)), renamed)
    review.decide([], [Rejection(1, 1, Origin(NEAR, "nail", 0.9, "v0"))], [BOLT, NUT])
    assert names(review) == shown


def test_that_a_rejection_under_a_name_that_another_category_had_before_holds(predict: Predict) -> None:
    review = Review(predict((BOX, "bolt", 0.8)), {"bolt": "nut", "nut": "bolt"})
    review.decide([], [Rejection(1, 1, Origin(NEAR, "bolt", 0.9, "v0"))], [BOLT, NUT])
    assert names(review) == []


def test_that_a_box_moved_away_from_a_suggestion_hides_what_its_name_became(predict: Predict) -> None:
    review = Review(predict((BOX, "bolt", 0.8)), {"nail": "bolt"})
    review.decide([Annotation(1, 1, 1, FAR, Provenance.MOVED, Origin(BOX, "nail", 0.8, "v0"))], [], [BOLT])
    assert names(review) == []


def test_that_a_name_the_project_lacks_is_decided_by_any_annotation(predict: Predict) -> None:
    review = Review(predict((BOX, "gear", 0.8)))
    annotation = Annotation(1, 1, 2, NEAR)
    review.decide([annotation], [], [BOLT, NUT])
    assert names(review) == []
    review.decide([annotation], [], [BOLT, NUT, Category(3, "gear", "#0000ff")])
    assert names(review) == ["gear"]


def test_that_a_rejection_of_another_name_does_not_decide_a_name_the_project_lacks(predict: Predict) -> None:
    review = Review(predict((BOX, "gear", 0.8)))
    review.decide([], [Rejection(1, 1, Origin(BOX, "bolt", 0.9, "v0"))], [BOLT])
    assert names(review) == ["gear"]


def test_that_the_score_slider_counts_what_it_hides(predict: Predict) -> None:
    review = Review(predict((BOX, "bolt", 0.8), (NEAR, "bolt", 0.7), (FAR, "nut", 0.2)))
    assert review.hidden_by_score(Thresholds(score_thresh=0.5)) == 1
    assert review.hidden_by_score(Thresholds(score_thresh=0.9)) == 2
    assert review.hidden_by_score(Thresholds(score_thresh=0.5, nms_thresh=1.0)) == 1


def test_that_an_image_without_candidates_has_no_suggestions(predict: Predict) -> None:
    review = Review(predict())
    review.decide([Annotation(1, 1, 1, BOX)], [], [BOLT])
    assert names(review) == []
    assert review.hidden_by_score(Thresholds()) == 0


def test_that_tab_walks_from_the_least_certain_suggestion_to_the_annotations_in_reading_order(
    predict: Predict,
) -> None:
    review = Review(predict((BOX, "bolt", 0.95), (FAR, "nut", 0.55), ((60.0, 60.0, 90.0, 90.0), "bolt", 0.4)))
    annotations = [Annotation(1, 1, 1, (50, 80, 60, 90)), Annotation(2, 1, 1, (90, 5, 95, 9))]
    order = walking_order(review.suggestions(Thresholds(score_thresh=0.1)), annotations)
    assert order == (SuggestionRef(1), SuggestionRef(2), SuggestionRef(0), AnnotationRef(2), AnnotationRef(1))


def test_that_a_slider_step_over_300_detections_takes_a_small_part_of_a_frame() -> None:
    corners = np.array([(40.0 * column, 40.0 * row) for column in range(20) for row in range(15)], dtype=np.float32)
    boxes = np.concatenate([corners, corners + 30], axis=1)
    scores = np.linspace(0.99, 0.3, 300, dtype=np.float32)
    prediction = Prediction(
        (600, 800),
        Proposals(boxes, scores),
        Candidates(boxes, scores, np.ones(300, np.int64), np.arange(300)),
        ("bolt",),
        "v1",
        0.05,
    )
    review = Review(prediction)
    annotations = [Annotation(index, 1, 1, tuple(map(float, box))) for index, box in enumerate(boxes[::3])]
    review.decide(annotations, [], [BOLT])
    assert len(review.suggestions(Thresholds(score_thresh=0.1, detections_per_img=300))) == 200
    times = []
    for step in range(50):
        start = perf_counter()
        review.suggestions(Thresholds(score_thresh=0.1 + step / 100, detections_per_img=300))
        times.append(perf_counter() - start)
    assert min(times) < 0.004  # a quarter of a 16 ms frame, on a machine busy with something else
