from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.model.annotations import Annotation, Category, Origin, Rejection
from app.model.findings import TOLD, UNSEEN_WEIGHT, Decided, Finder
from app.model.kept import Kept
from app.model.open_image import OpenImage
from detector.effort import UNFINISHED_FROM
from detector.types import Candidates, Prediction, Proposals, Thresholds

BOLT, NUT = Category(1, "bolt", "#ff0000"), Category(2, "nut", "#00ff00")
BOX, FAR = (10.0, 10.0, 50.0, 50.0), (100.0, 10.0, 140.0, 50.0)
LOOSE, THIRD = (10.0, 10.0, 50.0, 36.0), (60.0, 60.0, 90.0, 90.0)
Predict = Callable[..., Prediction]


def finder(score: float = 0.5) -> Finder:
    return Finder((BOLT, NUT), Thresholds(score_thresh=score))


def with_proposals(prediction: Prediction, *proposals: tuple[tuple[float, ...], float]) -> Prediction:
    boxes = np.array([box for box, _ in proposals], dtype=np.float32).reshape(-1, 4)
    return replace(prediction, proposals=Proposals(boxes, np.array([objectness for _, objectness in proposals])))


def test_that_a_finding_counts_what_the_screen_would_show(predict: Predict) -> None:
    found = predict((BOX, "bolt", 0.9), (FAR, "nut", 0.625), (THIRD, "bolt", 0.8))
    decided = Decided(7, (Annotation(1, 7, 1, LOOSE), Annotation(2, 7, 1, (150.0, 60.0, 190.0, 90.0))))
    image = OpenImage(7, decided.annotations, [])
    image.predict(found, (BOLT, NUT), Thresholds())
    finding = finder().find(found, decided)
    assert finding.image_id == 7
    assert finding.suggestions == (("bolt", 0.8), ("nut", 0.625))
    assert [(one.name, one.score) for one in image.suggestions] == [
        (name, pytest.approx(score)) for name, score in finding.suggestions
    ]
    assert (finding.extra, finding.missed, finding.loose, finding.doubts) == (2, 1, 1, 0)
    assert finding.differences == len(image.differences) == 4


def test_that_another_category_is_one_difference(predict: Predict) -> None:
    finding = finder().find(predict((BOX, "bolt", 0.9)), Decided(1, (Annotation(1, 1, 2, BOX),)))
    assert (finding.doubts, finding.extra, finding.missed, finding.differences) == (1, 0, 0, 1)


def test_that_what_was_kept_is_no_difference(predict: Predict) -> None:
    annotation, kept = Annotation(1, 1, 1, FAR), Kept()
    kept.add(annotation)
    assert finder().find(predict(), Decided(1, (annotation,))).missed == 1
    assert finder().find(predict(), Decided(1, (annotation,), (), kept)).missed == 0


def test_that_the_least_certain_detections_are_the_most_useful(predict: Predict) -> None:
    scores = {score: finder().find(predict((BOX, "bolt", score)), Decided(1)).usefulness for score in (0.3, 0.5, 0.95)}
    assert scores == {0.3: pytest.approx(0.6), 0.5: pytest.approx(1.0), 0.95: pytest.approx(0.1)}
    both = finder().find(predict((BOX, "bolt", 0.5), (FAR, "nut", 0.3)), Decided(1))
    assert (both.usefulness, both.doubtful) == (pytest.approx(1.6), 2)


def test_that_usefulness_does_not_depend_on_the_score_threshold_and_suggestions_do(predict: Predict) -> None:
    found = predict((BOX, "bolt", 0.5), (FAR, "nut", 0.3), (THIRD, "nut", 0.1))
    findings = [finder(score).find(found, Decided(1)) for score in (0.05, 0.4, 0.9)]
    assert [finding.usefulness for finding in findings] == [pytest.approx(1.6)] * 3
    assert [len(finding.suggestions) for finding in findings] == [3, 1, 0]


def test_that_a_decision_makes_an_image_less_useful_and_a_review_ends_it(predict: Predict) -> None:
    found = predict((BOX, "bolt", 0.5), (FAR, "nut", 0.5))
    rejection = Rejection(1, 1, Origin(FAR, "nut", 0.5, "v0"))
    annotation = Annotation(1, 1, 1, BOX)
    assert finder().find(found, Decided(1, (), (rejection,))).usefulness == pytest.approx(1.0)
    assert finder().find(found, Decided(1, (annotation,), (rejection,))).usefulness == 0
    reviewed = finder().find(found, Decided(1, reviewed=True))
    assert (reviewed.usefulness, reviewed.doubtful, reviewed.extra) == (0, 0, 0)
    assert finder(0.3).find(found, Decided(1, reviewed=True)).extra == 2


ROW = [(20.0 * place, 10.0, 20.0 * place + 15, 30.0) for place in range(10)]


def unfinished(predict: Predict, sure: int, drawn: int, *, name: str = "bolt", score: float = 0.5) -> bool:
    """Return whether an image looks so where the detector finds `drawn` boxes that are there, and `sure` beside."""
    found = predict(*((box, name, score) for box in ROW[: sure + drawn]))
    annotations = tuple(Annotation(place, 1, 1, box) for place, box in enumerate(ROW[sure : sure + drawn], 1))
    return finder(0.4).find(found, Decided(1, annotations, reviewed=True)).unfinished


def test_that_a_reviewed_image_looks_unfinished_where_more_is_missing_than_there(predict: Predict) -> None:
    assert unfinished(predict, UNFINISHED_FROM, UNFINISHED_FROM - 1)
    assert unfinished(predict, UNFINISHED_FROM, 0)
    assert not unfinished(predict, UNFINISHED_FROM, UNFINISHED_FROM)
    assert not unfinished(predict, UNFINISHED_FROM - 1, 0), "so many a detector errs about on any image"


def test_that_only_sure_detections_of_categories_of_the_project_make_an_image_look_unfinished(predict: Predict) -> None:
    assert not unfinished(predict, 9, 1, score=0.45)
    assert not unfinished(predict, 9, 1, name="a stranger")


def test_that_what_was_rejected_or_lies_in_a_crowd_or_is_not_reviewed_does_not_look_unfinished(
    predict: Predict,
) -> None:
    found = predict(*((box, "bolt", 0.9) for box in ROW))
    assert finder().find(found, Decided(1, reviewed=True)).unfinished
    assert not finder().find(found, Decided(1)).unfinished
    rejections = tuple(Rejection(place, 1, Origin(box, "bolt", 0.9, "v1")) for place, box in enumerate(ROW[4:], 1))
    assert not finder().find(found, Decided(1, (), rejections, reviewed=True)).unfinished
    crowd = Annotation(1, 1, 1, (0.0, 0.0, 200.0, 100.0), iscrowd=True)
    assert not finder().find(found, Decided(1, (crowd,), reviewed=True)).unfinished


def test_that_strong_proposals_without_a_detection_or_decision_count_once_each(predict: Predict) -> None:
    proposals = ((BOX, 0.99), ((12.0, 10.0, 50.0, 50.0), 0.98), (FAR, 0.97), (THIRD, 0.95), ((0, 0, 5, 5), 0.5))
    nothing = with_proposals(predict(), *proposals)
    assert finder().find(nothing, Decided(1)).unseen == 3
    assert finder().find(nothing, Decided(1)).usefulness == pytest.approx(3 * UNSEEN_WEIGHT)
    assert finder().find(nothing, Decided(1, (Annotation(1, 1, 1, BOX),))).unseen == 2
    rejected = Rejection(1, 1, Origin(FAR, "nut", 0.5, "v0"))
    assert finder().find(nothing, Decided(1, (Annotation(1, 1, 1, BOX),), (rejected,))).unseen == 1
    some = with_proposals(predict((THIRD, "bolt", TOLD + 0.01)), *proposals)
    assert finder().find(some, Decided(1)).unseen == 2


def test_that_a_threshold_of_its_own_lets_more_of_a_category_be_looked_at(predict: Predict) -> None:
    own = Finder((replace(BOLT, score_thresh=0.06), NUT), Thresholds())
    assert own._floor == 0.06
    assert finder()._floor == TOLD


def test_that_cutting_the_candidates_changes_nothing_that_is_shown() -> None:
    random = np.random.default_rng(7)
    corners = random.uniform(0, 300, (400, 2))
    boxes = np.concatenate([corners, corners + random.uniform(20, 90, (400, 2))], axis=1).astype(np.float32)
    scores = np.sort(random.uniform(0.05, 1, 400).astype(np.float32))[::-1]
    labels = random.integers(1, 3, 400)
    found = Prediction(
        (400, 400),
        Proposals(boxes[:1], np.ones(1)),
        Candidates(boxes, scores, labels, np.zeros(400, dtype=np.int64)),
        ("bolt", "nut"),
        "v1",
        0.05,
    )
    for score in (0.1, 0.5, 0.8):
        image = OpenImage(1, [], [])
        image.predict(found, (BOLT, NUT), Thresholds(score))
        shown = [(one.name, round(one.score, 3)) for one in image.suggestions]
        assert list(finder(score).find(found, Decided(1)).suggestions) == shown


def test_that_equal_suggestions_of_many_images_are_kept_once(predict: Predict) -> None:
    one = finder()
    first, second = (one.find(predict((box, "bolt", 0.75)), Decided(1)) for box in (BOX, FAR))
    assert first.suggestions[0] is second.suggestions[0]
