from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.ops import nms

from detector import filtering
from detector.filtering import KEPT_LISTS, CandidateFilter, select
from detector.types import Candidates, FloatArray, IntArray, Thresholds

if TYPE_CHECKING:
    from numpy.typing import NDArray


def make_candidates(boxes: object, scores: object, labels: object) -> Candidates:
    scores = np.asarray(scores, dtype=np.float32)
    order = np.argsort(-scores, kind="stable")
    boxes = np.asarray(boxes, dtype=np.float32).reshape(-1, 4)
    return Candidates(boxes[order], scores[order], np.asarray(labels, dtype=np.int64)[order], order)


def random_candidates(count: int, categories: int, seed: int = 0) -> Candidates:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 60, (count, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(1, 50, (count, 2))], axis=1)
    return make_candidates(boxes, rng.random(count), rng.integers(1, categories + 1, count))


def iou_float32(a: FloatArray, b: FloatArray) -> np.float32:
    """torchvision's kernel, one pair at a time."""
    zero = np.float32(0)
    width = max(zero, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(zero, min(a[3], b[3]) - max(a[1], b[1]))
    inter = np.float32(width * height)
    with np.errstate(all="ignore"):
        union = np.float32((a[2] - a[0]) * (a[3] - a[1])) + np.float32((b[2] - b[0]) * (b[3] - b[1])) - inter
        return np.float32(inter / union)


def kept_by_the_definition(candidates: Candidates, nms_thresh: float) -> list[int]:
    kept: list[int] = []
    for index in range(len(candidates)):
        rivals = [other for other in kept if candidates.labels[other] == candidates.labels[index]]
        ious = [float(iou_float32(candidates.boxes[other], candidates.boxes[index])) for other in rivals]
        if not any(iou > nms_thresh for iou in ious):
            kept.append(index)
    return kept


def selected_by_the_definition(
    candidates: Candidates, thresholds: Thresholds, own: FloatArray | None = None
) -> list[int]:
    """Threshold first, as the paper does: the order of the two steps must not matter."""
    labels = range(5)
    least = {label: np.float32(thresholds.score_thresh) for label in labels}
    if own is not None:
        least |= {label: own[label] for label in labels if not np.isnan(own[label])}
    passing = [i for i, score in enumerate(candidates.scores) if score > least[candidates.labels[i]]]
    part = Candidates(
        candidates.boxes[passing], candidates.scores[passing], candidates.labels[passing], np.arange(len(passing))
    )
    return [passing[i] for i in kept_by_the_definition(part, thresholds.nms_thresh)][: thresholds.detections_per_img]


coordinates = st.integers(0, 12).map(float) | st.floats(0, 12, width=32)  # whole numbers make ties and equal boxes


@st.composite
def candidate_sets(draw: st.DrawFn) -> Candidates:
    count = draw(st.integers(0, 24))
    rows = draw(st.lists(st.tuples(*[coordinates] * 4), min_size=count, max_size=count))
    boxes = [(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in rows]
    scores = st.sampled_from([0.0, 0.05, 0.5, 1.0]) | st.floats(0, 1, width=32)
    return make_candidates(
        boxes,
        draw(st.lists(scores, min_size=count, max_size=count)),
        draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)),
    )


fractions = st.sampled_from([0.0, 0.05, 0.3, 1 / 3, 0.5, 0.7, 1.0]) | st.floats(0, 1)


@settings(max_examples=300)
@given(candidate_sets(), fractions)
def test_that_the_kept_set_equals_greedy_nms_by_its_definition(candidates: Candidates, nms_thresh: float) -> None:
    assert CandidateFilter(candidates).kept(nms_thresh).tolist() == kept_by_the_definition(candidates, nms_thresh)


@settings(max_examples=200)
@given(candidate_sets(), fractions, fractions, st.integers(0, 10))
def test_that_select_equals_threshold_then_nms_then_the_best_n(
    candidates: Candidates, score_thresh: float, nms_thresh: float, best: int
) -> None:
    thresholds = Thresholds(score_thresh, nms_thresh, best)
    detections = select(candidates, thresholds)
    assert detections.candidate_indices.tolist() == selected_by_the_definition(candidates, thresholds)
    indices = detections.candidate_indices
    np.testing.assert_array_equal(detections.boxes, candidates.boxes[indices])
    np.testing.assert_array_equal(detections.scores, candidates.scores[indices])
    np.testing.assert_array_equal(detections.labels, candidates.labels[indices])


own_thresholds = st.lists(fractions | st.just(float("nan")), min_size=5, max_size=5).map(
    lambda scores: np.array(scores, dtype=np.float32)
)


@settings(max_examples=300)
@given(candidate_sets(), own_thresholds, fractions, fractions, st.integers(0, 10))
def test_that_a_label_with_a_threshold_of_its_own_is_held_against_that_alone(
    candidates: Candidates, own: FloatArray, score_thresh: float, nms_thresh: float, best: int
) -> None:
    thresholds = Thresholds(score_thresh, nms_thresh, best)
    live = CandidateFilter(candidates)
    everything = Thresholds(score_thresh, nms_thresh, len(candidates))
    passing = selected_by_the_definition(candidates, everything, own)
    assert live.select(thresholds, own).candidate_indices.tolist() == passing[:best]
    assert live.hidden(thresholds, own) == len(kept_by_the_definition(candidates, nms_thresh)) - len(passing)


def single_by_the_definition(candidates: Candidates, indices: list[int], object_thresh: float) -> list[int]:
    single: list[int] = []
    for index in indices:
        rivals = [other for other in single if candidates.labels[other] != candidates.labels[index]]
        ious = [float(iou_float32(candidates.boxes[other], candidates.boxes[index])) for other in rivals]
        if not any(iou > object_thresh for iou in ious):
            single.append(index)
    return single


@settings(max_examples=300)
@given(
    candidate_sets(),
    own_thresholds,
    st.lists(st.tuples(fractions, st.integers(0, 10)), min_size=1),
    fractions,
    fractions,
)
def test_that_one_detection_is_left_for_each_object(
    candidates: Candidates, own: FloatArray, moves: list[tuple[float, int]], nms_thresh: float, object_thresh: float
) -> None:
    live = CandidateFilter(candidates)  # for all of them: what it remembers of one must be right for the next
    with patch.object(filtering, "LOOKED_AT", 2):
        for score_thresh, limit in moves:
            wanted = Thresholds(score_thresh, nms_thresh, limit, object_thresh)
            several = replace(wanted, object_thresh=1.0, detections_per_img=len(candidates))
            for mine in (None, own):
                passing = selected_by_the_definition(candidates, several, mine)
                single = single_by_the_definition(candidates, passing, object_thresh)[:limit]
                assert live.select(wanted, mine).candidate_indices.tolist() == single


def test_that_objects_are_compared_once_for_each_iou_and_only_as_far_as_they_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[int] = []
    pairs_of = filtering._overlapping
    monkeypatch.setattr(filtering, "_overlapping", lambda *of: compared.append(len(of[1])) or pairs_of(*of))
    live = CandidateFilter(random_candidates(2000, 40))
    compared.clear()
    for score_thresh in np.linspace(0.99, 0.96, 30):
        live.select(Thresholds(float(score_thresh), 0.5, 100, 0.6))
    assert compared == [filtering.LOOKED_AT]
    compared.clear()
    live.select(Thresholds(0.0, 0.5, 100, 0.6))
    live.select(Thresholds(0.4, 0.5, 100, 0.6))
    assert sum(compared) < len(live.kept(0.5)), "no more than a hundred were asked for"
    compared.clear()
    live.select(Thresholds(0.0, 0.5, 2000, 0.6))
    live.select(Thresholds(0.1, 0.5, 2000, 0.6))
    assert compared[-1] == len(live.kept(0.5))
    for nms_thresh in np.linspace(0.2, 0.8, 2 * KEPT_LISTS):
        live.select(Thresholds(0.97, float(nms_thresh), 100, 0.6))
    assert len(live._single) == KEPT_LISTS


def test_that_thresholds_of_their_own_for_no_label_change_nothing() -> None:
    live = CandidateFilter(random_candidates(400, 4))
    none = np.full(5, np.nan, dtype=np.float32)
    for score_thresh in np.linspace(0, 1, 11):
        thresholds = Thresholds(float(score_thresh), 0.4, 10_000)
        np.testing.assert_array_equal(
            live.select(thresholds, none).candidate_indices, live.select(thresholds).candidate_indices
        )
        assert live.hidden(thresholds, none) == live.hidden(thresholds)


def torchvision_kept(candidates: Candidates, nms_thresh: float) -> IntArray:
    kept: list[NDArray[np.int64]] = []
    for label in np.unique(candidates.labels):
        rows = np.flatnonzero(candidates.labels == label)
        boxes, scores = torch.from_numpy(candidates.boxes[rows]), torch.from_numpy(candidates.scores[rows])
        kept.append(rows[nms(boxes, scores, nms_thresh).numpy()])
    return np.sort(np.concatenate(kept))


@pytest.mark.parametrize("nms_thresh", [0.0, 0.1, 0.3, 0.5, 0.7, 0.95, 1.0])
@pytest.mark.parametrize(("count", "categories"), [(1, 1), (300, 1), (700, 3), (900, 91)])
def test_that_the_kept_set_equals_torchvision_nms_per_label(count: int, categories: int, nms_thresh: float) -> None:
    candidates = random_candidates(count, categories, seed=count)
    np.testing.assert_array_equal(
        CandidateFilter(candidates).kept(nms_thresh), torchvision_kept(candidates, nms_thresh)
    )


@settings(max_examples=100)
@given(candidate_sets().filter(len), st.sampled_from([0.0, 0.3, 1 / 3, 0.5, 1.0]))
def test_that_ties_and_degenerate_boxes_are_kept_as_torchvision_keeps_them(
    candidates: Candidates, nms_thresh: float
) -> None:
    np.testing.assert_array_equal(
        CandidateFilter(candidates).kept(nms_thresh), torchvision_kept(candidates, nms_thresh)
    )


def test_that_a_higher_score_threshold_gives_a_prefix() -> None:
    candidate_filter = CandidateFilter(random_candidates(400, 4))
    everything = candidate_filter.select(Thresholds(0.0, 0.4, 10_000)).candidate_indices
    lengths = []
    for score_thresh in np.linspace(0, 1, 21):
        shown = candidate_filter.select(Thresholds(float(score_thresh), 0.4, 10_000)).candidate_indices
        np.testing.assert_array_equal(shown, everything[: len(shown)])
        lengths.append(len(shown))
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > lengths[10] > lengths[-1] == 0


def test_that_no_candidates_give_no_detections() -> None:
    empty = make_candidates([], [], [])
    detections = select(empty, Thresholds())
    assert len(detections) == 0
    assert detections.boxes.shape == (0, 4)
    assert CandidateFilter(empty).kept(0.5).tolist() == []


def test_that_detections_come_best_first_and_equal_scores_keep_their_order() -> None:
    boxes = [(10 * i, 0, 10 * i + 5, 5) for i in range(6)]
    detections = select(make_candidates(boxes, [0.6, 0.9, 0.6, 0.9, 0.6, 0.7], [1, 2, 3, 1, 2, 3]), Thresholds())
    assert np.all(np.diff(detections.scores) <= 0)
    assert detections.boxes[:, 0].tolist() == [10, 30, 50, 0, 20, 40]


def test_that_a_score_at_the_threshold_is_not_shown() -> None:
    candidates = make_candidates([(0, 0, 5, 5), (10, 0, 15, 5)], [0.5, np.nextafter(np.float32(0.5), 1)], [1, 1])
    assert select(candidates, Thresholds(score_thresh=0.5)).boxes[:, 0].tolist() == [10]


def test_that_an_iou_at_the_threshold_is_kept() -> None:
    halves = make_candidates([(0, 0, 10, 10), (0, 0, 10, 5)], [0.9, 0.8], [1, 1])  # IoU is exactly one half
    candidate_filter = CandidateFilter(halves)
    assert candidate_filter.kept(0.5).tolist() == [0, 1]
    assert candidate_filter.kept(float(np.nextafter(0.5, 0))).tolist() == [0]


def test_that_a_suppressed_candidate_suppresses_nobody() -> None:
    chain = make_candidates([(4 * i, 0, 4 * i + 10, 10) for i in range(7)], np.linspace(0.9, 0.3, 7), [1] * 7)
    assert CandidateFilter(chain).kept(0.3).tolist() == [0, 2, 4, 6]


def test_that_categories_do_not_suppress_each_other() -> None:
    same_box = make_candidates([(0, 0, 10, 10)] * 3, [0.9, 0.8, 0.7], [1, 2, 1])
    assert CandidateFilter(same_box).kept(0.5).tolist() == [0, 1]


def test_that_identical_boxes_survive_only_at_an_nms_threshold_of_one() -> None:
    same_box = CandidateFilter(make_candidates([(0, 0, 10, 10)] * 3, [0.9, 0.8, 0.7], [1, 1, 1]))
    assert same_box.kept(1.0).tolist() == [0, 1, 2]
    assert same_box.kept(0.99).tolist() == [0]


def test_that_a_kept_list_is_remembered_read_only_and_the_memory_is_bounded() -> None:
    candidate_filter = CandidateFilter(random_candidates(50, 1))
    first = candidate_filter.kept(0.5)
    assert candidate_filter.kept(0.5) is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1
    for step in range(3 * KEPT_LISTS):
        candidate_filter.kept(0.25 + step / 1000)
    assert len(candidate_filter._kept) == KEPT_LISTS
    np.testing.assert_array_equal(candidate_filter.kept(0.5), first)


def test_that_unsorted_candidates_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(AssertionError, match="descending"):
        CandidateFilter(Candidates(np.zeros((2, 4)), np.array([0.1, 0.9]), np.array([1, 1]), np.array([0, 1])))


def test_that_a_score_move_is_far_cheaper_than_building_the_filter() -> None:
    started = time.perf_counter()
    candidate_filter = CandidateFilter(random_candidates(2000, 4))
    building = time.perf_counter() - started
    candidate_filter.kept(0.5)
    moves = []
    for score_thresh in np.linspace(0.05, 0.95, 40):
        started = time.perf_counter()
        candidate_filter.select(Thresholds(float(score_thresh), 0.5, 500))
        moves.append(time.perf_counter() - started)
    assert np.median(moves) < building / 20


def test_that_a_move_of_the_score_slider_runs_no_nms_and_a_new_iou_runs_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[int] = []
    greedy = filtering._greedy

    def counting(*arguments: object) -> IntArray:
        runs.append(1)
        return greedy(*arguments)

    monkeypatch.setattr(filtering, "_greedy", counting)
    live = CandidateFilter(random_candidates(200, 3))
    for score in np.linspace(0.05, 0.95, 50).tolist():
        live.select(Thresholds(score, 0.5))
    assert len(runs) == 1
    for iou in [*np.linspace(0.2, 0.8, 50).tolist()] * 2:
        live.select(Thresholds(0.1, iou))
    assert len(runs) == 1 + 50, "back at a value that was there before, what it keeps is known"
