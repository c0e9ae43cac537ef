"""COCO's figures from pycocotools, the reference.

Shapes: N images, M ground-truth boxes, K categories, T = 10 IoU thresholds.
"""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from detector.coco import xywh
from detector.evaluation import mean_or_nan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detector.evaluation import Annotated
    from detector.types import Detections

ALL_AREAS, HUNDRED_DETECTIONS = 0, 2  # positions in the axes of COCOeval's arrays


class CocoEvaluation(NamedTuple):
    """COCO's `figures`, each in [0, 1], and `curves` (K, T, 101) as `evaluation.category_curves` has them.

    By name: AP, AP50, AP75; APs, APm, APl by the area of the box; AR1, AR10, AR100; and `AP/name` for every category.
    NaN where there is nothing to find.
    """

    figures: dict[str, float]
    curves: NDArray[np.float64]


def evaluate(
    truths: Sequence[Annotated], detections: Sequence[Detections], category_names: Sequence[str]
) -> CocoEvaluation:
    """Return COCO's figures and curves. Raises ValueError if there are not as many detections as images."""
    evaluated = _evaluate_by_pycocotools(truths, detections, len(category_names))
    precision, recall = evaluated["precision"], evaluated["recall"]  # (T, 101, K, 4 areas, 3 limits), (T, K, 4, 3)
    precision = precision[..., HUNDRED_DETECTIONS]
    of_all = precision[..., ALL_AREAS]
    figures = {"AP": of_all, "AP50": of_all[0], "AP75": of_all[5]}
    figures |= {name: precision[..., area] for area, name in enumerate(("APs", "APm", "APl"), start=1)}
    figures |= {name: recall[..., ALL_AREAS, limit] for limit, name in enumerate(("AR1", "AR10", "AR100"))}
    figures |= {f"AP/{name}": of_all[..., index] for index, name in enumerate(category_names)}
    curves = np.moveaxis(of_all, 2, 0)
    return CocoEvaluation(
        {name: mean_or_nan(values[values > -1]) for name, values in figures.items()},  # -1: no ground truth
        np.where(curves > -1, curves, np.nan),
    )


def _evaluate_by_pycocotools(
    truths: Sequence[Annotated], detections: Sequence[Detections], categories: int
) -> dict[str, Any]:
    """Return `COCOeval.eval`. Not `stats`: its first figure is fixed to 100 detections, and it prints."""
    from pycocotools.coco import COCO  # noqa: PLC0415  # absent where only training runs
    from pycocotools.cocoeval import COCOeval  # noqa: PLC0415

    if len(truths) != len(detections):
        raise ValueError(f"{len(truths)} images but detections of {len(detections)}")
    images = [{"id": image_id} for image_id in range(1, len(truths) + 1)]
    true = [(truth.gt_boxes, truth.labels, truth.iscrowd, np.ones(len(truth.labels))) for truth in truths]
    found = [(each.boxes, each.labels, np.zeros(len(each), np.bool_), each.scores) for each in detections]
    sides: list[Any] = []
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools reports its progress by print
        for rows in (true, found):
            side = COCO()
            side.dataset = {
                "images": images,
                "categories": [{"id": label, "name": str(label)} for label in range(1, categories + 1)],
                "annotations": _annotations(rows),
            }
            side.createIndex()
            sides.append(side)
        evaluation = COCOeval(sides[0], sides[1], "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
    result: dict[str, Any] = evaluation.eval
    return result


def _annotations(rows: Sequence[tuple[NDArray[Any], ...]]) -> list[dict[str, Any]]:
    """Return COCO annotations from (boxes, labels, iscrowd, scores) of each image; ids from 1, since 0 is misread."""
    annotations: list[dict[str, Any]] = []
    for image_id, (boxes, labels, iscrowd, scores) in enumerate(rows, start=1):
        for bbox, label, crowd, score in zip(xywh(boxes), labels, iscrowd, scores, strict=True):
            annotations.append({
                "id": len(annotations) + 1, "image_id": image_id, "category_id": int(label), "bbox": bbox,
                "area": bbox[2] * bbox[3], "iscrowd": int(crowd), "score": float(score),
            })  # fmt: skip
    return annotations
