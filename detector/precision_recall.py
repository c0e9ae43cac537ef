"""Precision over recall, category by category, in the form that a plot and a table take.

Shapes: P points of a line, K categories, T = 10 IoU thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from detector.evaluation import RECALL_POINTS
from detector.voc import ELEVEN_POINTS, area_ap, eleven_point_ap, envelope, interpolated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detector.voc import VocCurve


MEASURED = "measured"


class Line(NamedTuple):
    """`recall` (P,) in [0, 1], never falling; `precision` (P,) in [0, 1]; `ap`, the one number that sums it up."""

    title: str
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    ap: float


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionRecall:
    """The lines of one category that has objects. The last line is the one whose `ap` the metric is named after."""

    name: str
    label: int
    lines: tuple[Line, ...]


def of_coco(name: str, label: int, curves: NDArray[np.float64]) -> PrecisionRecall:
    """Return the lines at IoU 0.5, at 0.75 and the mean over the IoUs, from `evaluation.category_curves` (T, 101)."""
    lines = {"IoU 0.50": curves[0], "IoU 0.75": curves[5], "IoU 0.50–0.95": curves.mean(axis=0)}
    return PrecisionRecall(
        name, label, tuple(Line(title, RECALL_POINTS, line, float(line.mean())) for title, line in lines.items())
    )


def of_voc07(name: str, label: int, curve: VocCurve) -> PrecisionRecall:
    """Return the curve as it was measured, and its eleven points."""
    ap = eleven_point_ap(curve)
    eleven = Line("11 points", ELEVEN_POINTS, interpolated(curve), ap)
    return PrecisionRecall(name, label, (Line(MEASURED, curve.recall, curve.precision, ap), eleven))


def of_voc(name: str, label: int, curve: VocCurve) -> PrecisionRecall:
    """Return the curve as it was measured, and the envelope whose area is the average precision."""
    ap = area_ap(curve)
    steps = Line("envelope", *_steps(curve.recall, envelope(curve)), ap)
    return PrecisionRecall(name, label, (Line(MEASURED, curve.recall, curve.precision, ap), steps))


def _steps(
    recall: NDArray[np.float64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners of the steps whose area is summed: each height holds from the recall before it to its own."""
    starts = np.concatenate([np.zeros(1), recall])[: len(recall)]
    return np.stack([starts, recall], axis=1).ravel(), np.repeat(heights, 2)
