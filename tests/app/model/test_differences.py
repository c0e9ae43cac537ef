from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.annotations import Annotation, Category, Origin, Provenance, Rejection
from app.model.differences import SAME_BOX_IOU, Kind, compare
from app.model.geometry import iou
from app.model.kept import Kept
from app.model.open_image import OpenImage
from app.model.review import ANY_LABEL, DECIDED_IOU, NO_LABEL, AnnotationRef, SuggestionRef
from detector.types import Prediction, Thresholds

BOLT = Category(1, "bolt", "#ff0000")
NUT = Category(2, "nut", "#00ff00")
BOX = (10.0, 10.0, 50.0, 50.0)
LOOSE = (10.0, 10.0, 50.0, 36.0)  # IoU 0.65 with BOX
FAR = (100.0, 10.0, 140.0, 50.0)
Predict = Callable[..., Prediction]

boxes = st.lists(
    st.tuples(*[st.integers(0, 4)] * 2, *[st.integers(1, 3)] * 2).map(lambda v: (v[0], v[1], v[0] + v[2], v[1] + v[3])),
    max_size=6,
)


def slowly(found, labels, truth, gt_labels, crowd):
    """What `compare` promises, one pair at a time."""
    free = set(range(len(truth)))
    extra, loose = [], []
    for d, box in enumerate(found):
        fitting = [
            (-float(iou(box, truth[m])[0, 0]), m)
            for m in sorted(free)
            if labels[d] in (ANY_LABEL, gt_labels[m]) and not crowd[m]
        ]
        fitting = [(overlap, m) for overlap, m in fitting if -overlap >= DECIDED_IOU]
        if fitting:
            overlap, m = min(fitting)
            free.remove(m)
            if -overlap < SAME_BOX_IOU:
                loose.append((d, m))
        elif not any(
            crowd[m] and labels[d] in (ANY_LABEL, gt_labels[m]) and half_in(box, truth[m]) for m in range(len(truth))
        ):
            extra.append(d)
    return extra, [m for m in sorted(free) if not crowd[m]], loose


def half_in(box, crowd):
    width = max(0, min(box[2], crowd[2]) - max(box[0], crowd[0]))
    height = max(0, min(box[3], crowd[3]) - max(box[1], crowd[1]))
    return 2 * width * height >= (box[2] - box[0]) * (box[3] - box[1])


@given(found=boxes, truth=boxes, data=st.data())
def test_that_the_comparison_is_what_one_pair_at_a_time_gives(found, truth, data):
    labels = data.draw(st.lists(st.sampled_from([ANY_LABEL, 1, 2]), min_size=len(found), max_size=len(found)))
    gt_labels = data.draw(st.lists(st.sampled_from([NO_LABEL, 1, 2]), min_size=len(truth), max_size=len(truth)))
    crowd = data.draw(st.lists(st.booleans(), min_size=len(truth), max_size=len(truth)))
    made = compare(
        found, np.array(labels, dtype=np.int64), truth, np.array(gt_labels, dtype=np.int64), np.array(crowd, dtype=bool)
    )
    extra, missed, loose = slowly(found, labels, truth, gt_labels, crowd)
    assert (made.extra.tolist(), made.missed.tolist()) == (extra, missed)
    assert [tuple(pair) for pair in made.loose.tolist()] == loose


def differences(prediction, annotations=(), rejections=(), *, kept=None, categories=(BOLT, NUT), score=0.3):
    image = OpenImage(1, annotations, rejections, kept)
    image.predict(prediction, categories, Thresholds(score_thresh=score))
    return [(one.kind, one.ref) for one in image.differences]


def test_that_nothing_differs_before_the_detector_has_looked() -> None:
    image = OpenImage(1, [Annotation(1, 1, 1, BOX)], [])
    image.decide((BOLT,), Thresholds())
    assert image.differences == ()


def test_that_each_kind_is_found_and_the_least_certain_comes_first(predict: Predict) -> None:
    found = predict((BOX, "bolt", 0.9), (FAR, "nut", 0.55), ((150.0, 60.0, 190.0, 90.0), "bolt", 0.7))
    people = [
        Annotation(1, 1, 1, (60.0, 60.0, 90.0, 90.0)),
        Annotation(2, 1, 1, LOOSE),
        Annotation(3, 1, 2, (150.0, 60.0, 190.0, 90.0)),
        Annotation(4, 1, 1, (60.0, 10.0, 90.0, 40.0)),
    ]
    assert differences(found, people) == [
        (Kind.EXTRA, SuggestionRef(2)),
        (Kind.DOUBT, SuggestionRef(1)),
        (Kind.LOOSE, AnnotationRef(2)),
        (Kind.MISSED, AnnotationRef(4)),
        (Kind.MISSED, AnnotationRef(1)),
    ]


def test_that_the_least_certain_score_is_the_nearest_to_a_half(predict: Predict) -> None:
    image = OpenImage(1, [], [])
    found = predict((BOX, "bolt", 0.9), (FAR, "nut", 0.2), ((150.0, 60.0, 190.0, 90.0), "bolt", 0.45))
    image.predict(found, (BOLT, NUT), Thresholds(0.1))
    assert [round(one.score, 2) for one in image.differences] == [0.45, 0.2, 0.9]


def test_that_a_loose_pair_says_where_the_detector_has_the_object(predict: Predict) -> None:
    image = OpenImage(1, [Annotation(2, 1, 1, LOOSE)], [])
    image.predict(predict((BOX, "bolt", 0.9)), (BOLT,), Thresholds())
    (pair,) = image.differences
    assert (pair.box, pair.score) == (BOX, pytest.approx(0.9))
    assert pair.overlap == pytest.approx(0.65)


def test_that_a_good_fit_is_no_difference_and_a_threshold_makes_one(predict: Predict) -> None:
    found = predict((BOX, "bolt", 0.6))
    same = [Annotation(1, 1, 1, (12.0, 10.0, 50.0, 50.0))]
    assert differences(found, same) == []
    assert differences(found, same, score=0.7) == [(Kind.MISSED, AnnotationRef(1))]


def test_that_a_missed_box_says_that_another_one_has_its_object(predict: Predict) -> None:
    def overlaps(*people):
        image = OpenImage(1, people, [])
        image.predict(predict((BOX, "bolt", 0.8)), (BOLT, NUT), Thresholds())
        return [(one.kind, one.ref.id, one.overlap) for one in image.differences]

    first, again = Annotation(1, 1, 1, BOX), Annotation(2, 1, 1, (11.0, 10.0, 50.0, 50.0))
    assert overlaps(first, again) == [(Kind.MISSED, 2, pytest.approx(0.975))]
    assert overlaps(first, replace(again, box=FAR)) == [(Kind.MISSED, 2, None)]
    assert overlaps(first, replace(again, category_id=2)) == [(Kind.MISSED, 2, None)]
    far = [Annotation(number, 1, 1, FAR) for number in (2, 3)]
    assert overlaps(first, *far) == [(Kind.MISSED, 2, None), (Kind.MISSED, 3, None)], "neither is there already"


def test_that_a_rejection_settles_what_is_extra(predict: Predict) -> None:
    found = predict((BOX, "bolt", 0.6))
    assert differences(found, (), [Rejection(1, 1, Origin(BOX, "bolt", 0.6, "v0"))]) == []


def test_that_a_second_detection_of_an_annotated_object_is_not_extra(predict: Predict) -> None:
    found = predict((BOX, "bolt", 0.9), ((10.0, 10.0, 50.0, 38.0), "bolt", 0.8))
    image = OpenImage(1, [Annotation(1, 1, 1, BOX)], [])
    image.predict(found, (BOLT,), Thresholds(0.3, 0.9))
    assert image.differences == ()


def test_that_a_crowd_is_neither_missed_nor_full_of_extras(predict: Predict) -> None:
    crowd = Annotation(1, 1, 1, (0.0, 0.0, 100.0, 100.0), iscrowd=True)
    assert differences(predict((BOX, "bolt", 0.9)), [crowd]) == []
    assert differences(predict(), [crowd]) == []
    assert differences(predict((BOX, "nut", 0.9)), [crowd]) == [(Kind.EXTRA, SuggestionRef(0))]


@pytest.mark.parametrize("moved_to", [LOOSE, FAR])
def test_that_a_box_that_was_moved_away_from_that_detection_is_settled(predict: Predict, moved_to) -> None:
    moved = Annotation(1, 1, 1, moved_to, Provenance.MOVED, Origin(BOX, "bolt", 0.9, "v0"))
    assert differences(predict((BOX, "bolt", 0.8)), [moved]) == []


def test_that_a_box_that_was_relabelled_is_settled_and_not_missed(predict: Predict) -> None:
    relabelled = Annotation(1, 1, 2, BOX, Provenance.RELABELLED, Origin(BOX, "bolt", 0.9, "v0"))
    assert differences(predict((BOX, "bolt", 0.8)), [relabelled]) == []


def test_that_a_doubt_that_was_settled_does_not_come_back_as_missed(predict: Predict) -> None:
    doubted = [Annotation(1, 1, 2, BOX)]
    assert differences(predict((BOX, "bolt", 0.8)), doubted) == [(Kind.DOUBT, SuggestionRef(0))]
    rejected = [Rejection(1, 1, Origin(BOX, "bolt", 0.8, "v0"))]
    assert differences(predict((BOX, "bolt", 0.8)), doubted, rejected) == []


def test_that_a_detector_without_categories_finds_any_object(predict: Predict) -> None:
    assert differences(predict((BOX, "object", 0.8)), [Annotation(1, 1, 2, BOX)]) == []
    assert differences(predict((BOX, "object", 0.8)), [Annotation(1, 1, 2, LOOSE)]) == [(Kind.LOOSE, AnnotationRef(1))]


def test_that_what_was_kept_is_settled_until_it_changes(predict: Predict) -> None:
    loose, missed = Annotation(1, 1, 1, LOOSE), Annotation(2, 1, 1, FAR)
    found, kept = predict((BOX, "bolt", 0.8)), Kept()
    for one in (loose, missed):
        kept.add(one)
    assert differences(found, [loose, missed], kept=Kept(kept.to_json())) == []
    moved = Annotation(2, 1, 1, (100.0, 10.0, 140.0, 52.0))
    assert differences(found, [loose, moved], kept=kept) == [(Kind.MISSED, AnnotationRef(2))]


@pytest.mark.parametrize("text", ["", "[]", "nonsense", '{"a": 1}', '{"1": [null]}'])
def test_that_damaged_notes_of_what_was_kept_forget_it(text) -> None:
    assert Annotation(1, 1, 1, BOX) not in Kept(text)
