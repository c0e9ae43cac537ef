"""Whether a calibrated score says how often its detections are right, and leaves alone what it knows nothing about."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.calibration import EDGE, IDENTITY, MIN_SCALE, PRIOR_WEIGHT, Calibration, apply, fit


def detections(count: int, scale: float, shift: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and hits for which the calibration (scale, shift) is true."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, count)
    hits = rng.random(count) < 1 / (1 + np.exp(-(scale * logits + shift)))
    return 1 / (1 + np.exp(-logits)), hits


def penalised_loss(scores: np.ndarray, hits: np.ndarray, prior_weight: float, scale: float, shift: float) -> float:
    z = np.log(scores / (1 - scores))
    chances = 1 / (1 + np.exp(-(scale * z + shift)))
    loss = -np.where(hits, np.log(chances), np.log(1 - chances)).sum()
    return float(loss + prior_weight * ((scale - 1) ** 2 + shift**2) / 2)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (0.4, -1.0), (2.0, 0.7)])
def test_that_many_detections_bring_back_the_true_numbers(scale: float, shift: float) -> None:
    found = fit(*detections(20_000, scale, shift), prior_weight=1.0)
    assert found == pytest.approx((scale, shift), abs=0.1)


def test_that_a_calibrated_score_is_the_share_of_hits() -> None:
    scores, hits = detections(20_000, 0.5, -1.5)
    after = apply(scores, np.ones(len(scores), dtype=int), [fit(scores, hits)])
    for low in np.arange(0.05, 0.65, 0.1):
        chosen = (after >= low) & (after < low + 0.1)
        assert hits[chosen].mean() == pytest.approx(after[chosen].mean(), abs=0.05)


def test_that_the_answer_is_the_minimum_that_a_search_finds() -> None:
    scores, hits = detections(30, 0.6, 0.5, seed=3)
    found = fit(scores, hits, prior_weight=2.0)
    best = penalised_loss(scores, hits, 2.0, *found)
    for scale in np.linspace(0.06, 3, 60):
        for shift in np.linspace(-3, 3, 61):
            assert best <= penalised_loss(scores, hits, 2.0, scale, shift) + 1e-9


def test_that_nothing_known_changes_nothing() -> None:
    assert fit([], [], PRIOR_WEIGHT) == IDENTITY == (1.0, 0.0)


def test_that_few_detections_hardly_move_a_score_and_more_move_it_further() -> None:
    moved = [abs(float(apply([0.5], [1], [fit([0.9] * n, [False] * n)])[0]) - 0.5) for n in (1, 10, 1000)]
    assert moved[0] < 0.03
    assert moved[0] < moved[1] < moved[2]


@pytest.mark.parametrize("hit", [False, True])
def test_that_nothing_but_hits_or_misses_gives_finite_numbers(hit: bool) -> None:
    scale, shift = fit([0.0, 1.0] * 5000, [hit] * 10_000, prior_weight=1e-3)
    assert np.isfinite([scale, shift]).all()
    assert scale >= MIN_SCALE
    assert (shift > 0) == hit


def test_that_scores_of_the_wrong_order_keep_their_order() -> None:
    scores = np.linspace(0.05, 0.95, 400)
    hits = scores < 0.5
    scale, shift = fit(scores, hits)
    assert scale == MIN_SCALE
    best = penalised_loss(scores, hits, PRIOR_WEIGHT, scale, shift)
    assert all(best <= penalised_loss(scores, hits, PRIOR_WEIGHT, scale, other) for other in np.linspace(-2, 2, 81))


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40),
    st.floats(0.01, 100),
    st.lists(st.floats(0, 1, width=32), min_size=2, max_size=20),
)
def test_that_any_calibration_keeps_scores_in_range_and_in_order(
    known: list[tuple[float, bool]], prior_weight: float, scores: list[float]
) -> None:
    found = fit([score for score, _ in known], [hit for _, hit in known], prior_weight)
    assert np.isfinite(found).all()
    assert found.scale >= MIN_SCALE
    after = apply(sorted(scores), [1] * len(scores), [found])
    assert ((after >= 0) & (after <= 1)).all()
    assert (np.diff(after) >= 0).all() or found == IDENTITY


def test_that_each_label_has_its_own_calibration_and_the_identity_is_exact() -> None:
    scores = np.array([0.0, 0.1, 0.3, 1.0, 0.3], dtype=np.float32)
    after = apply(scores, [1, 1, 2, 1, 3], [Calibration(), (1.0, -1.0), (2.0, 0.0)])
    assert after.dtype == np.float32
    assert after[[0, 1, 3]].tolist() == scores[[0, 1, 3]].tolist()
    assert after[2] == pytest.approx(1 / (1 + 7 / 3 * np.e), rel=1e-5)
    assert after[4] == pytest.approx(9 / 58, rel=1e-5)


def test_that_the_ends_of_the_scale_stay_inside_it() -> None:
    after = apply([0.0, EDGE, 1.0], [1, 1, 1], [(0.5, 0.0)])
    assert after[0] == after[1] == pytest.approx(1e-3, rel=1e-2)
    assert after[2] == pytest.approx(0.999, rel=1e-3)


def test_that_without_calibrations_scores_stay_as_they_are() -> None:
    scores = np.array([0.2, 0.7], dtype=np.float32)
    assert apply(scores, [1, 2], ()).tobytes() == scores.tobytes()
    assert apply([], [], [(2.0, 0.0)]).shape == (0,)


@pytest.mark.parametrize(
    ("scores", "hits", "prior_weight"),
    [([float("nan")], [True], 1.0), ([0.5, 0.5], [True], 1.0), ([0.5], [True], 0.0)],
)
def test_that_what_is_no_set_of_detections_is_an_error_of_the_caller(
    scores: list[float], hits: list[bool], prior_weight: float
) -> None:
    with pytest.raises(ValueError, match="one finite score"):
        fit(scores, hits, prior_weight)
