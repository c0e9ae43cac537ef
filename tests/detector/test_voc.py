"""The average precision of PASCAL VOC, on a case worked by hand and against a plain twin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detector.types import Detections, Sample
from detector.voc import ELEVEN_POINTS, VocCurve, area_ap, category_curve, eleven_point_ap, envelope, interpolated

PIXEL = np.zeros((1, 1, 3), dtype=np.uint8)


def make_truth(boxes: object, labels: object, iscrowd: object = ()) -> Sample:
    return Sample(PIXEL, np.asarray(boxes), np.asarray(labels), "truth", np.asarray(iscrowd, dtype=np.bool_))


def make_detections(boxes: object, scores: object, labels: object) -> Detections:
    scores = np.asarray(scores, dtype=np.float32)
    return Detections(np.asarray(boxes), scores, np.asarray(labels), np.arange(len(scores)))


def marks(*rows: object) -> list[np.ndarray]:
    return [np.asarray(row, dtype=np.bool_) for row in rows]


# --- by hand ----------------------------------------------------------------------------------------------------------
#
# Three objects to find, A and B in image 1 and D in image 2, and a difficult one, C, in image 1.
#
#   score  image  detection                         counts as            true  false  recall  precision
#   0.95   1      on C, difficult                   neither                 0      0     0       0
#   0.90   1      on A                              true                    1      0    1/3      1
#   0.80   1      on A again                        false: a duplicate      1      1    1/3     1/2
#   0.70   2      on nothing                        false                   1      2    1/3     1/3
#   0.60   1      on C again                        neither                 1      2    1/3     1/3
#   0.50   2      on D                              true                    2      2    2/3     1/2
#   0.40   1      between A and B, nearer to A      false: no second choice 2      3    2/3     2/5
#
# B is never found, the recall ends at 2/3. The highest precision at a recall of at least t is 1 for t up to 1/3, 1/2 up
# to 2/3, and 0 beyond. 11 points: 0 .1 .2 .3 have 1, .4 .5 .6 have 1/2, the others 0: (4 + 1.5) / 11 = 1/2. The area
# is 1/3 * 1 + 1/3 * 1/2 = 1/2.
A, B, C, D = (10, 10, 59, 59), (25, 10, 74, 59), (200, 200, 249, 249), (100, 100, 149, 149)
NEARER_TO_A = (15, 10, 64, 59)  # IoU 45/55 with A, 40/60 with B, which is free and would be enough
NOWHERE = (300, 300, 349, 349)
TRUTHS = [make_truth([A, B, C], [1, 1, 1]), make_truth([D], [1])]
DIFFICULT = marks([False, False, True], [False])
FOUND = [
    make_detections([C, A, A, C, NEARER_TO_A], [0.95, 0.9, 0.8, 0.6, 0.4], [1] * 5),
    make_detections([NOWHERE, D], [0.7, 0.5], [1, 1]),
]


def test_that_the_curve_worked_by_hand_is_met() -> None:
    curve = category_curve(TRUTHS, FOUND, 1, DIFFICULT)
    assert curve.objects == 3
    np.testing.assert_allclose(curve.recall, np.array([0, 1, 1, 1, 1, 2, 2]) / 3)
    np.testing.assert_allclose(curve.precision, [0, 1, 1 / 2, 1 / 3, 1 / 3, 1 / 2, 2 / 5])


def test_that_both_average_precisions_worked_by_hand_are_met() -> None:
    curve = category_curve(TRUTHS, FOUND, 1, DIFFICULT)
    np.testing.assert_allclose(interpolated(curve), [1, 1, 1, 1, 0.5, 0.5, 0.5, 0, 0, 0, 0])
    np.testing.assert_allclose(envelope(curve), [1, 1, 1 / 2, 1 / 2, 1 / 2, 1 / 2, 2 / 5])
    assert eleven_point_ap(curve) == pytest.approx(5.5 / 11)
    assert area_ap(curve) == pytest.approx(1 / 3 + 1 / 6)


def test_that_an_object_which_is_not_difficult_has_to_be_found() -> None:
    # Without the mark C is a fourth object: 0.95 finds it, and 0.60 is its duplicate.
    curve = category_curve(TRUTHS, FOUND, 1, marks([False] * 3, [False]))
    assert curve.objects == 4
    np.testing.assert_allclose(curve.precision, [1, 1, 2 / 3, 2 / 4, 2 / 5, 3 / 6, 3 / 7])


def test_that_crowds_are_difficult_unless_somebody_says_what_is() -> None:
    crowd = [make_truth([A, B, C], [1, 1, 1], [False, False, True]), TRUTHS[1]]
    for ours, theirs in zip(category_curve(crowd, FOUND, 1), category_curve(TRUTHS, FOUND, 1, DIFFICULT), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_that_a_recall_of_exactly_three_tenths_reaches_the_fourth_point() -> None:
    # 3 of 10 objects found, no mistake. np.linspace(0, 1, 11)[3] is 0.30000000000000004 and would not be reached.
    boxes = [(100 * place, 0, 100 * place + 50, 50) for place in range(10)]
    truths = [make_truth(boxes, [1] * 10)]
    curve = category_curve(truths, [make_detections(boxes[:3], [0.9, 0.8, 0.7], [1] * 3)], 1)
    assert curve.recall[-1] == 0.3 == ELEVEN_POINTS[3]
    assert eleven_point_ap(curve) == pytest.approx(4 / 11)
    assert area_ap(curve) == pytest.approx(0.3)


@pytest.mark.parametrize("tenths", range(11))
def test_that_every_point_is_reached_by_its_own_recall(tenths: int) -> None:
    for objects in (10, 20, 30, 70, 130):
        recall = np.array([objects * tenths // 10 / objects])
        assert np.count_nonzero(interpolated(VocCurve(recall, np.ones(1), objects))) == tenths + 1


def test_that_corners_are_pixels_inside_and_the_iou_must_exceed_a_half() -> None:
    # 0..9 is 10 pixels wide; 5 of its 10 rows are exactly half, which is not enough, and 5.3 rows are. Without the +1
    # the latter would be 4.3 of 9.
    truths = [make_truth([(0, 0, 9, 9)], [1])]
    for bottom, right in ((4, 0), (4.3, 1), (5, 1)):
        curve = category_curve(truths, [make_detections([(0, 0, 9, bottom)], [0.9], [1])], 1)
        assert curve.precision.tolist() == [right]


def test_that_the_best_score_of_the_whole_set_decides_and_not_the_order_of_the_images() -> None:
    forth = category_curve(TRUTHS, FOUND, 1, DIFFICULT)
    back = category_curve(TRUTHS[::-1], FOUND[::-1], 1, DIFFICULT[::-1])
    np.testing.assert_array_equal(forth.precision, back.precision)
    np.testing.assert_array_equal(forth.recall, back.recall)


def test_that_other_categories_neither_help_nor_harm() -> None:
    truths = [make_truth([A, B, C, D], [1, 1, 1, 2]), TRUTHS[1]]
    found = [make_detections([*FOUND[0].boxes, A, D], [*FOUND[0].scores, 0.99, 0.98], [1] * 5 + [2, 2]), FOUND[1]]
    curve = category_curve(truths, found, 1, marks([False, False, True, False], [False]))
    assert eleven_point_ap(curve) == pytest.approx(0.5)
    assert area_ap(category_curve(truths, found, 2)) == pytest.approx(0.5)  # a mistake, then the object


# --- without anything -------------------------------------------------------------------------------------------------


def test_that_without_objects_there_is_no_figure() -> None:
    for truths, found in (([], []), ([make_truth([], [])], [make_detections([A], [0.9], [1])])):
        curve = category_curve(truths, found, 1)
        assert curve.objects == 0
        assert math.isnan(eleven_point_ap(curve))
        assert math.isnan(area_ap(curve))


def test_that_only_difficult_objects_are_none() -> None:
    curve = category_curve([make_truth([A], [1])], [make_detections([A], [0.9], [1])], 1, marks([True]))
    assert curve.objects == 0
    assert math.isnan(area_ap(curve))


def test_that_finding_nothing_scores_zero() -> None:
    curve = category_curve([make_truth([A], [1])], [make_detections([], [], [])], 1)
    assert (curve.objects, len(curve.recall)) == (1, 0)
    assert eleven_point_ap(curve) == area_ap(curve) == 0


def test_that_images_and_detections_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="shorter"):
        category_curve(TRUTHS, FOUND[:1], 1)
    with pytest.raises(ValueError, match="shorter"):
        category_curve(TRUTHS, FOUND, 1, DIFFICULT[:1])


# --- a twin -----------------------------------------------------------------------------------------------------------


def plain_voc_ap(
    truths: list[Sample], found: list[Detections], label: int, difficult: list[np.ndarray], eleven: bool
) -> float:
    """The rules as a loop over detections, in the order of their scores, that remembers which object was found."""
    flat = [
        (float(score), image, box.astype(float).tolist())
        for image, each in enumerate(found)
        for box, score, own in zip(each.boxes, each.scores, each.labels, strict=True)
        if own == label
    ]
    objects = {
        (image, row): bool(difficult[image][row])
        for image, truth in enumerate(truths)
        for row in range(len(truth.labels))
        if truth.labels[row] == label
    }
    total = sum(not hard for hard in objects.values())
    taken: set[tuple[int, int]] = set()
    true = false = 0
    points = []
    for _, image, box in sorted(flat, key=lambda entry: -entry[0]):
        best, target = -1.0, None
        for key in objects:
            overlap = plain_iou(box, truths[image].gt_boxes[key[1]].tolist()) if key[0] == image else -1.0
            if overlap > best:
                best, target = overlap, key
        if best > 0.5 and objects[target]:
            pass
        elif best > 0.5 and target not in taken:
            taken.add(target)
            true += 1
        else:
            false += 1
        points.append((true / total, true / (true + false) if true + false else 0.0))
    if eleven:
        return sum(max((p for r, p in points if r >= tenth / 10), default=0.0) for tenth in range(11)) / 11
    area, before = 0.0, 0.0
    for recall in sorted({r for r, _ in points}):
        area += (recall - before) * max(p for r, p in points if r >= recall)
        before = recall
    return area


def plain_iou(one: list[float], other: list[float]) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0]) + 1
    height = min(one[3], other[3]) - max(one[1], other[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (one, other)]
    return width * height / (sum(areas) - width * height)


@pytest.mark.parametrize("seed", range(8))
def test_that_a_plain_loop_gives_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truths, found, difficult = [], [], []
    for _ in range(10):
        count = int(rng.integers(0, 8))
        corners = rng.uniform(0, 150, (count, 2))  # crowded: boxes overlap
        boxes = np.concatenate([corners, corners + rng.uniform(5, 90, (count, 2))], axis=1)
        truths.append(make_truth(boxes, rng.integers(1, 3, count)))
        difficult.append(rng.random(count) < 0.25)
        near = np.repeat(boxes, 3, axis=0) + rng.normal(0, 6, (3 * count, 4))
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        labels = np.where(rng.random(3 * count) < 0.8, np.repeat(truths[-1].labels, 3), 1)
        scores = rng.integers(0, 30, 3 * count) / 30  # ties
        found.append(make_detections(near, scores, labels))
    for label in (1, 2):
        curve = category_curve(truths, found, label, difficult)
        for ours, eleven in ((eleven_point_ap(curve), True), (area_ap(curve), False)):
            assert ours == pytest.approx(plain_voc_ap(truths, found, label, difficult, eleven), abs=1e-12)
            assert 0 < ours < 1
