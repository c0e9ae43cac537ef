"""An evaluation apart from the detecting: reading what people decided, and measuring predictions against it.

Both functions are for a thread of a pool: they take as long as the project is large. Nothing here imports torch.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.model.category_mapping import AGNOSTIC, with_names
from app.store.corrections import read_corrections
from app.store.kept_predictions import KeptPredictions
from app.store.prediction_cache import file_stamp
from app.workers.evaluation_values import Measured, ReviewedImages, Tallies
from detector.evaluation import MAX_DETECTIONS, hits_and_mistakes
from detector.evaluation_summary import summarise
from detector.filtering import OBJECT_IOU, CandidateFilter
from detector.tiling import is_seen_so
from detector.types import Detections, Proposals, Thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.workers.evaluation_values import EvaluationRequest
    from detector.corrections import CorrectedImage
    from detector.types import IntArray, Prediction

PROPOSALS = 100
"""AR@100 is what is asked of the proposals."""


def read_reviewed(request: EvaluationRequest) -> ReviewedImages | None:
    """Return what people decided on the images of `request`, and on which of them the model must look first.

    An image that is not reviewed any more by now is passed over. None if it was cancelled. Raises StoreError.
    """
    stored = read_corrections(request.location, None).corrections
    images = tuple(one for one in stored.images if one.reviewed and one.name in request.images)
    image_ids = tuple(request.images[one.name] for one in images)
    with closing(KeptPredictions(request.location.cache, request.model_version)) as kept:
        seen = kept.seen()
    lacking = []
    for image, image_id in zip(images, image_ids, strict=True):
        if request.cancel.is_set():
            return None
        # The stamp of a file that is gone is empty: the detector is asked, and says what is wrong with it.
        look = seen.get(image_id)
        if look is None or look.stamp != file_stamp(image.path) or not look.is_so(request.tile, image.size):
            lacking.append(image_id)
    return ReviewedImages(images, image_ids, stored.categories, tuple(lacking))


def measure(request: EvaluationRequest, reviewed: ReviewedImages, score_thresh: float) -> Measured | None:
    """Return how good the predictions of these images are, those left out that have none.

    An agnostic model is measured as if there were one category. None if it was cancelled. Raises StoreError where the
    predictions cannot be read.
    """
    names = (AGNOSTIC,) if request.is_agnostic else reviewed.categories
    rows: list[_Row] = []
    unseen: list[int] = []
    said: tuple[str, ...] = ()
    with closing(KeptPredictions(request.location.cache, request.model_version)) as kept:
        for image, image_id in zip(reviewed.images, reviewed.image_ids, strict=True):
            if request.cancel.is_set():
                return None
            prediction = kept.get(image_id, file_stamp(image.path))
            if prediction is None or not is_seen_so(prediction.looks, prediction.image_size, request.tile):
                unseen.append(image_id)
                continue
            said = prediction.categories
            truth = replace(image, labels=np.ones_like(image.labels)) if request.is_agnostic else image
            best = prediction.proposals
            # Copies: a slice would keep all thousand of an image in memory.
            proposals = Proposals(best.boxes[:PROPOSALS].copy(), best.objectness[:PROPOSALS].copy())
            rows.append(_Row(truth, image_id, *_detected(prediction, request, names), proposals))
    truths, found = [row.truth for row in rows], [row.found for row in rows]
    difficult = [truth.iscrowd | truth.difficult for truth in truths]
    counted = {int(label) for truth in truths for label in truth.labels[~truth.iscrowd]}
    return Measured(
        request=request,
        evaluation=summarise(truths, found, [row.proposals for row in rows], names, score_thresh, difficult=difficult),
        tallies=_tallies(truths, [row.suggested for row in rows], len(names)),
        image_ids=tuple(row.image_id for row in rows),
        names=tuple(truth.name for truth in truths),
        unknown=tuple(name for label, name in enumerate(names, 1) if label in counted and name not in request.shown),
        left_out=tuple(name for name, shown in zip(said, request.shown, strict=False) if shown not in names),
        unseen=tuple(unseen),
    )


class _Row(NamedTuple):
    """One image: what people decided, its id, what was found, what of that is suggested, and the best proposals."""

    truth: CorrectedImage
    image_id: int
    found: Detections
    suggested: Detections
    proposals: Proposals


def _detected(
    prediction: Prediction, request: EvaluationRequest, names: Sequence[str]
) -> tuple[Detections, Detections]:
    """Return what NMS leaves of a prediction at any score, and what the canvas suggests: one of those on a place.

    Both are labelled as `names` has it.
    """
    called = with_names(prediction, request.shown)
    everything = Thresholds(0.0, request.nms_thresh, len(called.candidates))
    place = {name: label for label, name in enumerate(names, 1)}
    label_of = np.array([0, *(place.get(name, 0) for name in called.categories)], dtype=np.int64)
    ready = CandidateFilter(called.candidates)  # NMS once, for both
    suggested = ready.select(replace(everything, object_thresh=OBJECT_IOU))
    most = MAX_DETECTIONS * prediction.looks
    return _labelled(ready.select(everything), label_of, most), _labelled(suggested, label_of, most)


def _labelled(found: Detections, label_of: IntArray, most: int) -> Detections:
    """Return the best detections with the labels that `label_of` (K + 1,) gives for theirs, without those of none."""
    labels = label_of[found.labels]
    # Cut off last: what the project has no category for takes nobody's place.
    kept = np.flatnonzero(labels)[:most]
    return Detections(found.boxes[kept], found.scores[kept], labels[kept], found.candidate_indices[kept])


def _tallies(truths: Sequence[CorrectedImage], found: Sequence[Detections], categories: int) -> Tallies:
    hits, mistakes = [np.zeros(0, dtype=np.bool_)], [np.zeros(0, dtype=np.bool_)]
    boxes = np.zeros((len(truths), categories), dtype=np.int64)
    for index, (truth, detections) in enumerate(zip(truths, found, strict=True)):
        hit, mistake = hits_and_mistakes(truth, detections)
        hits.append(hit)
        mistakes.append(mistake)
        boxes[index] = np.bincount(truth.labels[~truth.iscrowd], minlength=categories + 1)[1:]
    return Tallies(
        images=np.repeat(np.arange(len(truths)), [len(one) for one in found]),
        labels=np.concatenate([*(one.labels for one in found), np.zeros(0, np.int64)]),
        scores=np.concatenate([*(one.scores for one in found), np.zeros(0, np.float32)]),
        hits=np.concatenate(hits),
        mistakes=np.concatenate(mistakes),
        boxes=boxes,
    )
