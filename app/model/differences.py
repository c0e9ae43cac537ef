"""Where the detector and the person differ on one image: what one of them lacks, and what they have differently.

Shapes: D detections, best first; M annotations; L loose pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.model.geometry import areas, as_boxes, intersections, iou
from app.model.review import ANY_LABEL, DECIDED_IOU, AnnotationRef, SuggestionRef

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from app.model.annotations import Annotation, Box, Suggestion
    from app.model.review import Review
    from detector.types import Detections, IntArray, Thresholds

SAME_BOX_IOU = 0.75
"""Two boxes of one object that overlap less than this are not the same box to a person."""


class Kind(StrEnum):
    """What the difference is."""

    EXTRA = "extra"
    """The detector found what has no annotation."""
    DOUBT = "doubt"
    """The detector gives an annotation another category."""
    LOOSE = "loose"
    """Both have the object, but not the same box."""
    MISSED = "missed"
    """There is an annotation, and the detector found nothing there, or what another annotation has already."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where both differ. `ref` is the suggestion of an extra or a doubt, the annotation of the others.

    `score` is the detector's; `box` is where the detector has the object of a loose pair, and `overlap` their IoU. Of a
    missed one `overlap` is the IoU with the annotation that has the same object already; None where none has.
    """

    kind: Kind
    ref: AnnotationRef | SuggestionRef
    score: float | None = None
    box: Box | None = None
    overlap: float | None = None


class Comparison(NamedTuple):
    """Rows of detections and annotations.

    `extra`: detections that match no annotation, best first; `missed`: annotations that no detection matches;
    `loose` (L, 2): matches of (detection, annotation) whose IoU is under `SAME_BOX_IOU`.
    """

    extra: IntArray
    missed: IntArray
    loose: IntArray


def compare(
    boxes: ArrayLike, labels: IntArray, gt_boxes: ArrayLike, gt_labels: IntArray, iscrowd: NDArray[np.bool_]
) -> Comparison:
    """Compare detections (D, 4), (D,) in the order of their scores with annotations (M, 4), (M,), (M,).

    Matched greedily as COCO's evaluation does: each detection takes the free annotation of its label that it overlaps
    most, at least `DECIDED_IOU`. `ANY_LABEL` of a detection is that of every annotation, `NO_LABEL` of an annotation
    that of no detection. A crowd is never missed nor loose, and what lies in one of its label by half is not extra.
    """
    overlaps = iou(boxes, gt_boxes)  # (D, M)
    same = (labels[:, None] == gt_labels[None, :]) | (labels == ANY_LABEL)[:, None]  # (D, M)
    free = np.where(same & ~iscrowd[None, :], overlaps, 0.0)
    matches = np.full(len(labels), -1, dtype=np.int64)  # (D,)
    if len(gt_labels):
        for row in np.flatnonzero((free >= DECIDED_IOU).any(axis=1)):
            best = int(free[row].argmax())
            if free[row, best] >= DECIDED_IOU:
                matches[row] = best
                free[:, best] = 0.0
    missed = ~iscrowd
    missed[matches[matches >= 0]] = False
    is_extra = (matches < 0) & ~(_covered(boxes, gt_boxes) & same & iscrowd[None, :]).any(axis=1)
    matched = np.flatnonzero(matches >= 0)
    pairs = np.stack([matched, matches[matched]], axis=1)
    loose = pairs[overlaps[pairs[:, 0], pairs[:, 1]] < SAME_BOX_IOU]
    return Comparison(np.flatnonzero(is_extra), np.flatnonzero(missed), loose)


def differences_of(
    review: Review,
    thresholds: Thresholds,
    suggestions: Sequence[Suggestion],
    annotations: Mapping[int, Annotation],
    kept: Container[Annotation],
) -> tuple[Difference, ...]:
    """Return what nobody has settled, in the order of Tab: the least certain score first, then what was missed.

    `suggestions` are those of `review` at `thresholds`. An extra and a doubt are settled by any decision that makes
    them no suggestions. The rest is settled where the person has kept the annotation as it is, and where they have
    moved, relabelled or rejected before what the detector says now.
    """
    found, people = review.detections(thresholds), list(annotations.values())
    gt_boxes, crowds = as_boxes([one.box for one in people]), np.array([one.iscrowd for one in people], dtype=np.bool_)
    labels, gt_labels = review.labels_of(found, people)
    compared = compare(found.boxes, labels, gt_boxes, gt_labels, crowds)
    candidates = found.candidate_indices
    alone = set(candidates[compared.extra].tolist())
    differences = [
        Difference(Kind.EXTRA if one.relabels is None else Kind.DOUBT, SuggestionRef(one.index), one.score)
        for one in suggestions
        if one.relabels is not None or one.index in alone
    ]
    refused = review.refused(found, SAME_BOX_IOU)  # (D,)
    for row, place in compared.loose.tolist():
        if not refused[row] and people[place] not in kept:
            x1, y1, x2, y2 = found.boxes[row].tolist()
            score, overlap = float(found.scores[row]), float(iou(found.boxes[row], gt_boxes[place])[0, 0])
            ref = AnnotationRef(people[place].id)
            differences.append(Difference(Kind.LOOSE, ref, score, (x1, y1, x2, y2), overlap))
    differences.sort(key=lambda one: abs((one.score or 0.0) - 0.5))
    return *differences, *_missed(compared, found, people, gt_boxes, kept)


def _missed(
    compared: Comparison,
    found: Detections,
    people: Sequence[Annotation],
    gt_boxes: NDArray[np.float64],
    kept: Container[Annotation],
) -> Iterator[Difference]:
    """Yield the annotations, in reading order, where the detector has nothing, also nothing of another category."""
    others = iou(gt_boxes[compared.missed], found.boxes[compared.extra])  # (missed, extra)
    is_seen = [bool(row.any()) for row in others >= DECIDED_IOU]
    rows = zip(compared.missed.tolist(), is_seen, _repeated(compared.missed, people, gt_boxes).tolist(), strict=True)
    missed = [(people[place], overlap) for place, seen, overlap in rows if not seen]
    for one, overlap in sorted(missed, key=lambda row: (row[0].box[1], row[0].box[0], row[0].id)):
        is_moved = one.origin is not None and bool((iou(one.origin.box, found.boxes) >= SAME_BOX_IOU).any())
        if not is_moved and one not in kept:
            is_again = overlap >= SAME_BOX_IOU  # the same box to a person
            yield Difference(Kind.MISSED, AnnotationRef(one.id), overlap=overlap if is_again else None)


def _repeated(missed: IntArray, people: Sequence[Annotation], gt_boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the greatest IoU of each missed annotation with one of its category that is not missed (missed,)."""
    is_there = np.array([not one.iscrowd for one in people], dtype=np.bool_)  # (M,)
    is_there[missed] = False
    categories = np.array([one.category_id for one in people])
    same = categories[missed, None] == categories[None, is_there]
    best: NDArray[np.float64] = np.where(same, iou(gt_boxes[missed], gt_boxes[is_there]), 0.0).max(axis=1, initial=0.0)
    return best


def _covered(boxes: ArrayLike, gt_boxes: ArrayLike) -> NDArray[np.bool_]:
    """Return (D, M): at least half of the detection lies in the annotation."""
    inner, outer = as_boxes(boxes), as_boxes(gt_boxes)
    result: NDArray[np.bool_] = intersections(inner, outer) >= areas(inner)[:, None] / 2
    return result
