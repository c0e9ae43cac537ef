"""Scores that say which share of such detections is right: Platt 1999, one pair of numbers for each category.

Shapes: n detections, K categories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from detector.types import FloatArray, IntArray

    Doubles = NDArray[np.float64]

EDGE = 1e-6  # scores of 0 and 1 count as this far inside, where their logit is finite
MIN_SCALE = 0.05  # keeps the order of detections, also where higher scores are right less often
PRIOR_WEIGHT = 10.0
ITERATIONS = 50
TOLERANCE = 1e-9


class Calibration(NamedTuple):
    """`score` becomes `sigmoid(scale * logit(score) + shift)`; `scale` > 0."""

    scale: float = 1.0
    shift: float = 0.0


IDENTITY = Calibration()


def fit(scores: ArrayLike, hits: ArrayLike, prior_weight: float = PRIOR_WEIGHT) -> Calibration:
    """Return the calibration under which `scores` (n,) in [0, 1] say how often their detections are right.

    `hits` (n,) bool: the detection covers a ground-truth box of its category at IoU 0.5 or more. Logistic regression on
    the logits, with a ridge of `prior_weight` > 0 towards the identity: without detections it is the identity, and a
    few hardly move it. Raises ValueError for scores that are not finite or two lengths.
    """
    z = _logits(scores)
    y = np.asarray(hits, dtype=np.float64).reshape(-1)
    if z.shape != y.shape or not np.isfinite(z).all() or prior_weight <= 0:
        raise ValueError("one finite score for each hit or miss, and a positive prior weight, are needed")
    design = np.stack([z, np.ones_like(z)], axis=1)  # (n, 2)
    best = _minimum(design, y, np.array([1.0, 0.0]), prior_weight)
    if best[0] < MIN_SCALE:  # the loss is convex: its minimum under the bound lies on the bound
        shift = _minimum(design[:, 1:], y, np.zeros(1), prior_weight, offset=MIN_SCALE * z)
        best = np.array([MIN_SCALE, shift[0]])
    return Calibration(float(best[0]), float(best[1]))


def apply(scores: ArrayLike, labels: ArrayLike, calibrations: Sequence[tuple[float, float]]) -> FloatArray:
    """Return calibrated scores (n,) float32 in [0, 1] of detections with `labels` (n,) in 1..K.

    `calibrations` holds K pairs (scale, shift), or nothing for the identity; that leaves scores alone to the bit.
    """
    before: FloatArray = np.asarray(scores, dtype=np.float32)
    if not len(calibrations):
        return before
    rows: IntArray = np.asarray(labels, dtype=np.int64) - 1
    scale, shift = np.asarray(calibrations, dtype=np.float64)[rows].T
    after = _sigmoid(scale * _logits(before) + shift).astype(np.float32)
    return np.where((scale == 1.0) & (shift == 0.0), before, after)


def _minimum(
    design: Doubles, hits: Doubles, start: Doubles, prior_weight: float, offset: Doubles | float = 0.0
) -> Doubles:
    """Return what minimises the log loss of `sigmoid(design @ w + offset)` and the ridge around `start`: Newton."""

    def loss(w: Doubles) -> float:
        z = design @ w + offset
        return float((np.logaddexp(0, z) - hits * z).sum() + prior_weight * ((w - start) ** 2).sum() / 2)

    weights = start
    for _ in range(ITERATIONS):
        chances = _sigmoid(design @ weights + offset)
        gradient = design.T @ (chances - hits) + prior_weight * (weights - start)
        curvature = (design.T * (chances * (1 - chances))) @ design + prior_weight * np.eye(len(start))
        step = np.linalg.solve(curvature, gradient)
        while np.abs(step).max() > TOLERANCE and loss(weights - step) > loss(weights):
            step = step / 2  # the parabola promised too much
        weights = weights - step
        if np.abs(step).max() <= TOLERANCE:
            break
    return weights


def _logits(scores: ArrayLike) -> Doubles:
    inside = np.clip(np.asarray(scores, dtype=np.float64).reshape(-1), EDGE, 1 - EDGE)
    return np.log(inside) - np.log1p(-inside)


def _sigmoid(z: Doubles) -> Doubles:
    """Return 1 / (1 + exp(-z)) without overflow."""
    return np.exp(-np.logaddexp(0, -z))
