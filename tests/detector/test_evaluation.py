from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from detector import coco_evaluation
from detector.evaluation import (
    category_curves,
    category_precision,
    hits_and_mistakes,
    matched_ious,
    mean_average_precision,
    proposal_recall,
)
from detector.types import Detections, Sample

NAMES = ("cat", "dog", "owl")
PIXEL = np.zeros((1, 1, 3), dtype=np.uint8)


def make_truth(boxes: object, labels: object, iscrowd: object = ()) -> Sample:
    return Sample(PIXEL, np.asarray(boxes), np.asarray(labels), "truth", np.asarray(iscrowd, dtype=np.bool_))


def make_detections(boxes: object, scores: object, labels: object) -> Detections:
    scores = np.asarray(scores, dtype=np.float32)
    return Detections(np.asarray(boxes), scores, np.asarray(labels), np.arange(len(scores)))


def random_boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    corners = rng.uniform(0, 400, (count, 2))
    return np.concatenate([corners, corners + rng.uniform(5, 150, (count, 2))], axis=1)


def random_images(seed: int, crowds: bool = True, images: int = 12) -> tuple[list[Sample], list[Detections]]:
    """Detections that scatter around the truth, miss some, invent some, and tie in their scores."""
    rng = np.random.default_rng(seed)
    truths, found = [], []
    for _ in range(images):
        count = int(rng.integers(0, 9))
        boxes, labels = random_boxes(rng, count), rng.integers(1, 3, count)
        truths.append(make_truth(boxes, labels, rng.random(count) < 0.2 if crowds else ()))
        seen = np.repeat(np.arange(count), 2)
        near = boxes[seen] + rng.normal(0, 6, (len(seen), 4))
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        extra = int(rng.integers(0, 130))
        everything = np.concatenate([near, random_boxes(rng, extra)])
        order = rng.permutation(len(everything))
        scores = np.sort(rng.integers(0, 50, len(everything)) / 50)[::-1]
        found.append(make_detections(everything[order], scores, np.r_[labels[seen], rng.integers(1, 3, extra)][order]))
    return truths, found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("crowds", [False, True])
def test_that_our_average_precision_equals_pycocotools(seed: int, crowds: bool) -> None:
    truths, found = random_images(seed, crowds)
    theirs, ours = coco_evaluation.evaluate(truths, found, NAMES).figures, mean_average_precision(truths, found, NAMES)
    assert set(ours) == {"AP", "AP50", "AP75", "AP/cat", "AP/dog", "AP/owl"}
    for name, value in ours.items():
        np.testing.assert_allclose(value, theirs[name], atol=1e-12, err_msg=name)
    assert 0 < ours["AP"] < ours["AP50"] < 1
    assert math.isnan(ours["AP/owl"])


@pytest.mark.parametrize("seed", range(3))
def test_that_our_curves_are_those_of_pycocotools(seed: int) -> None:
    truths, found = random_images(seed)
    theirs = coco_evaluation.evaluate(truths, found, NAMES).curves
    for label in (1, 2, 3):
        ours = category_curves(truths, found, label)
        np.testing.assert_allclose(ours, theirs[label - 1], atol=1e-12)
        np.testing.assert_array_equal(ours.mean(axis=1), category_precision(truths, found, label))
    assert np.isnan(theirs[2]).all(), "there is no owl"
    assert np.all(np.diff(theirs[:2], axis=2) <= 0)


def test_that_perfect_detections_score_one_in_every_figure() -> None:
    boxes = [(0, 0, 10, 10), (20, 20, 80, 80), (100, 100, 300, 300)]
    truths, found = [make_truth(boxes, [1, 2, 2])], [make_detections(boxes, [0.9, 0.8, 0.7], [1, 2, 2])]
    figures = coco_evaluation.evaluate(truths, found, NAMES[:2]).figures
    assert figures.pop("AR1") == pytest.approx(0.75)  # one detection per category: one of the two dogs
    assert figures == pytest.approx(dict.fromkeys(figures, 1.0))
    assert {"AP", "AP50", "AP75", "APs", "APm", "APl", "AR10", "AR100", "AP/cat", "AP/dog"} == set(figures)
    assert mean_average_precision(truths, found)["AP"] == pytest.approx(1)


def test_that_average_precision_by_hand_is_met() -> None:
    # Hit at IoU 1, a second hit on the same object (a mistake), then the other object: precision 1, 1/2, 2/3.
    truths = [make_truth([(0, 0, 10, 10), (50, 50, 60, 60)], [1, 1])]
    found = [make_detections([(0, 0, 10, 10), (0, 0, 10, 10), (50, 50, 60, 60)], [0.9, 0.8, 0.7], [1, 1, 1])]
    assert mean_average_precision(truths, found)["AP"] == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)


def test_that_a_detection_in_a_crowd_is_neither_hit_nor_mistake() -> None:
    truths = [make_truth([(0, 0, 10, 10), (50, 50, 150, 150)], [1, 1], [False, True])]
    found = [make_detections([(60, 60, 70, 70), (80, 80, 90, 90), (0, 0, 10, 10)], [0.9, 0.8, 0.7], [1, 1, 1])]
    assert mean_average_precision(truths, found)["AP"] == pytest.approx(1)


def test_that_detections_of_a_category_nobody_annotated_do_not_change_the_mean() -> None:
    truths, found = [make_truth([(0, 0, 10, 10)], [1])], [make_detections([(0, 0, 10, 10)] * 2, [0.9, 0.8], [2, 1])]
    assert mean_average_precision(truths, found)["AP"] == pytest.approx(1)


@pytest.mark.parametrize("images", [0, 2])
def test_that_there_is_no_figure_without_ground_truth(images: int) -> None:
    truths = [make_truth([], [])] * images
    found = [make_detections([(0, 0, 5, 5)], [0.5], [1])] * images
    assert all(math.isnan(value) for value in mean_average_precision(truths, found, NAMES).values())
    assert math.isnan(proposal_recall([truth.gt_boxes for truth in truths], [each.boxes for each in found]))
    if images:
        assert all(math.isnan(value) for value in coco_evaluation.evaluate(truths, found, NAMES).figures.values())


def test_that_finding_nothing_scores_zero() -> None:
    truths, found = [make_truth([(0, 0, 10, 10)], [1])], [make_detections([], [], [])]
    assert mean_average_precision(truths, found)["AP"] == 0
    assert proposal_recall([truths[0].gt_boxes], [found[0].boxes]) == 0
    assert coco_evaluation.evaluate(truths, found, ("cat",)).figures["AP"] == 0


def test_that_pycocotools_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    coco_evaluation.evaluate(*random_images(0), NAMES)
    assert capsys.readouterr().out == ""


def test_that_a_missing_image_is_a_mistake_of_the_caller() -> None:
    truths, found = random_images(0)
    with pytest.raises(ValueError, match="shorter"):
        mean_average_precision(truths, found[:-1])
    with pytest.raises(ValueError, match="shorter"):
        proposal_recall([truth.gt_boxes for truth in truths], [each.boxes for each in found[:-1]])
    with pytest.raises(ValueError, match="12 images but detections of 11"):
        coco_evaluation.evaluate(truths, found[:-1], NAMES)


def scattered_proposals(seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Objects apart from each other, as in the usual image: there greedy by IoU and greedy by score agree."""
    rng = np.random.default_rng(seed)
    truths, proposals = [], []
    for _ in range(15):
        cells = rng.permutation(16)[: rng.integers(0, 10)]
        corners = np.stack([cells % 4, cells // 4], axis=1) * 200.0
        boxes = np.concatenate([corners, corners + rng.uniform(40, 120, (len(cells), 2))], axis=1)
        near = boxes + rng.normal(0, 8, boxes.shape)
        elsewhere = random_boxes(rng, 30) + 1000
        proposals.append(np.concatenate([near, elsewhere])[rng.permutation(len(near) + 30)].astype(np.float32))
        truths.append(boxes.astype(np.float32))
    return truths, proposals


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limit", [10, 1000])
def test_that_proposal_recall_equals_pycocotools_without_categories(seed: int, limit: int) -> None:
    truths, proposals = scattered_proposals(seed)
    samples = [make_truth(boxes, [1] * len(boxes)) for boxes in truths]
    found = [make_detections(boxes, np.linspace(1, 0.01, len(boxes)), [1] * len(boxes)) for boxes in proposals]
    # With one category, COCOeval with and without useCats are the same sum.
    theirs = coco_evaluation.evaluate(samples, found, ("object",)).figures["AR10" if limit == 10 else "AR100"]
    assert proposal_recall(truths, proposals, limit) == pytest.approx(theirs, abs=1e-12)
    assert 0 < proposal_recall(truths, proposals, limit) < proposal_recall(truths, proposals, limit, 0.5) <= 1


def coco_recall_without_categories(truths: list[Sample], found: list[Detections]) -> dict[int, float]:
    """AR at 100, 300 and 1000 by COCOeval itself."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    true = [(each.gt_boxes, each.labels, np.ones(len(each.labels))) for each in truths]
    sides = []
    for rows in (true, [(each.boxes, each.labels, each.scores) for each in found]):
        side, annotations = COCO(), []
        for number, row in enumerate(rows, start=1):
            for (x1, y1, x2, y2), label, score in zip(row[0].astype(float), *row[1:], strict=True):
                annotations.append({
                    "id": len(annotations) + 1, "image_id": number, "category_id": int(label), "iscrowd": 0,
                    "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "score": float(score),
                })  # fmt: skip
        side.dataset = {
            "images": [{"id": number} for number in range(1, len(rows) + 1)],
            "categories": [{"id": label} for label in (1, 2, 3)],
            "annotations": annotations,
        }
        side.createIndex()
        sides.append(side)
    evaluation = COCOeval(*sides, "bbox")
    evaluation.params.useCats, evaluation.params.maxDets = 0, [100, 300, 1000]
    evaluation.evaluate()
    evaluation.accumulate()
    recall = evaluation.eval["recall"]  # (T, 1, areas, limits)
    return {limit: float(recall[:, 0, 0, row].mean()) for row, limit in enumerate(evaluation.params.maxDets)}


@pytest.mark.parametrize("seed", range(3))
def test_that_proposal_recall_equals_cocoeval_with_use_cats_0(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truths, proposals = scattered_proposals(seed)
    proposals = [np.concatenate([random_boxes(rng, 150) + 2000, boxes]).astype(np.float32) for boxes in proposals]
    samples = [make_truth(boxes, rng.integers(1, 4, len(boxes))) for boxes in truths]
    # As proposals have it in a results list: one category for all.
    found = [make_detections(boxes, np.linspace(1, 0.01, len(boxes)), [1] * len(boxes)) for boxes in proposals]
    theirs = coco_recall_without_categories(samples, found)
    ours = {limit: proposal_recall(truths, proposals, limit) for limit in theirs}
    assert ours == pytest.approx(theirs, abs=1e-12)
    assert ours[100] == 0, "the best hundred are all elsewhere"
    assert 0 < ours[300] <= ours[1000] < 1


def test_that_several_limits_at_once_are_matched_as_each_alone() -> None:
    truths, proposals = scattered_proposals(3)
    ious = matched_ious(truths, proposals, (1, 7, 40))
    assert ious.shape == (3, sum(map(len, truths)))
    for row, limit in zip(ious, (1, 7, 40), strict=True):
        np.testing.assert_array_equal(row, matched_ious(truths, proposals, (limit,))[0])
    assert matched_ious([], [], (100, 300)).shape == (2, 0)


def test_that_more_proposals_never_lower_the_recall_and_a_proposal_serves_one_object() -> None:
    truths, proposals = scattered_proposals(9)
    recalls = [proposal_recall(truths, proposals, limit) for limit in (1, 5, 20, 40)]
    assert all(fewer <= more for fewer, more in pairwise(recalls))
    assert recalls[0] < recalls[-1]
    twins = [[(0, 0, 10, 10), (0, 0, 10, 10)]]
    assert proposal_recall(twins, [[(0, 0, 10, 10)]]) == 0.5


def test_that_the_best_detection_of_an_object_is_the_hit_and_the_others_are_mistakes() -> None:
    truth = make_truth([(0, 0, 10, 10), (50, 50, 60, 60)], [1, 2])
    found = make_detections(
        [(0, 0, 10, 9), (0, 0, 10, 10), (50, 50, 60, 60), (50, 50, 60, 60)], [0.5, 0.9, 0.8, 0.7], [1, 1, 2, 1]
    )
    hits, mistakes = hits_and_mistakes(truth, found)
    assert hits.tolist() == [False, True, True, False]
    assert mistakes.tolist() == [True, False, False, True]  # the last is of another category than the object


def test_that_a_hit_needs_half_of_the_union() -> None:
    truth = make_truth([(0, 0, 10, 10)] * 2, [1, 1])
    hits, _ = hits_and_mistakes(truth, make_detections([(0, 0, 10, 5), (0, 0, 10, 4.9)], [0.9, 0.8], [1, 1]))
    assert hits.tolist() == [True, False]


def test_that_in_a_crowd_there_are_neither_hits_nor_mistakes() -> None:
    truth = make_truth([(50, 50, 150, 150)], [1], [True])
    hits, mistakes = hits_and_mistakes(truth, make_detections([(60, 60, 70, 70), (0, 0, 9, 9)], [0.9, 0.8], [1, 1]))
    assert (hits.tolist(), mistakes.tolist()) == ([False, False], [False, True])


@pytest.mark.parametrize(("objects", "detections"), [(0, 0), (2, 0), (0, 2)])
def test_that_images_without_objects_or_detections_have_no_hits(objects: int, detections: int) -> None:
    boxes = [(0, 0, 10, 10), (20, 20, 30, 30)]
    found = make_detections(np.reshape(boxes[:detections], (-1, 4)), [0.9, 0.8][:detections], [1, 1][:detections])
    hits, mistakes = hits_and_mistakes(make_truth(boxes[:objects], [1, 1][:objects]), found)
    assert hits.tolist() == [False] * detections
    assert mistakes.tolist() == [True] * detections


@pytest.mark.parametrize("seed", range(4))
def test_that_the_hits_are_those_that_average_precision_counts(seed: int) -> None:
    truths, found = random_images(seed, images=1)
    hits, mistakes = hits_and_mistakes(truths[0], found[0])
    assert not (hits & mistakes).any()
    for label in (1, 2):
        mine, objects = found[0].labels == label, np.count_nonzero((truths[0].labels == label) & ~truths[0].iscrowd)
        if not objects:
            continue
        order = np.argsort(-found[0].scores[mine], kind="stable")[:100]
        true, false = (np.cumsum(marks[mine][order]) for marks in (hits, mistakes))
        counted = (hits | mistakes)[mine][order]
        precision = np.maximum.accumulate((true / np.maximum(true + false, 1))[counted][::-1])[::-1]
        recall = (true / objects)[counted]
        expected = np.mean([precision[recall >= point].max(initial=0.0) for point in np.linspace(0, 1, 101)])
        only = make_detections(found[0].boxes[mine], found[0].scores[mine], [1] * int(mine.sum()))
        kept = truths[0].labels == label
        alone = make_truth(truths[0].gt_boxes[kept], [1] * int(kept.sum()), truths[0].iscrowd[kept])
        assert mean_average_precision([alone], [only])["AP50"] == pytest.approx(expected)
