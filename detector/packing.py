"""A prediction as bytes, for a cache and for the wire: small, to the last bit, and read as if a stranger wrote it."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

import numpy as np

from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

MOST_BYTES = 64 * 2**20  # of a prediction: a hundred times what the most tiles give
MOST_HEADER = 2**20  # of those: categories and the like
UNREADABLE = (
    ArithmeticError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What `decode` raises for bytes that `encode` did not write."""

_FAST = 1  # zlib: boxes hardly compress further, and this runs beside the labeler


def encode(prediction: Prediction) -> bytes:
    """Return the prediction as bytes that keep every bit of it."""
    proposals, candidates = prediction.proposals, prediction.candidates
    header = {
        "image_size": prediction.image_size,
        "categories": prediction.categories,
        "model_version": prediction.model_version,
        "score_floor": prediction.score_floor,
        "counts": [len(proposals), len(candidates)],
        "looks": prediction.looks,
        "is_reduced": prediction.is_reduced,
    }
    arrays = (
        proposals.boxes.astype("<f4"),
        proposals.objectness.astype("<f4"),
        candidates.boxes.astype("<f4"),
        candidates.scores.astype("<f4"),
        candidates.labels.astype("<i4"),
        candidates.proposal_indices.astype("<i4"),
    )
    body = b"".join(array.tobytes() for array in arrays)
    return zlib.compress(json.dumps(header).encode() + b"\n" + body, _FAST)


def decode(data: bytes) -> Prediction:
    """Read what `encode` wrote. Raises an error of `UNREADABLE` on anything else: anybody may have made it."""
    unpacker = zlib.decompressobj()
    header_text, body = unpacker.decompress(data, MOST_BYTES).split(b"\n", 1)
    if len(header_text) > MOST_HEADER:
        raise ValueError("that many categories were never named")  # read, these bytes would take fifty times the room
    header = json.loads(header_text)
    proposal_count, candidate_count = header["counts"]
    if unpacker.unconsumed_tail or min(proposal_count, candidate_count) < 0:
        raise ValueError("that many boxes were never found in an image")
    counts = (4 * proposal_count, proposal_count, 4 * candidate_count, *(candidate_count,) * 3)
    kinds = ("<f4", "<f4", "<f4", "<f4", "<i4", "<i4")
    arrays, offset = [], 0
    for kind, count in zip(kinds, counts, strict=True):
        arrays.append(np.frombuffer(body, dtype=kind, count=count, offset=offset))
        offset += 4 * count
    boxes, objectness, candidate_boxes, scores, labels, proposal_indices = arrays
    height, width = map(int, header["image_size"])
    categories = tuple(header["categories"])
    _check(arrays, len(categories), proposal_count)
    if not all(isinstance(text, str) for text in (*categories, header["model_version"])):
        raise TypeError("a category is a text")
    return Prediction(
        image_size=(height, width),
        proposals=Proposals(boxes.reshape(-1, 4), objectness),
        candidates=Candidates(
            candidate_boxes.reshape(-1, 4), scores, labels.astype(np.int64), proposal_indices.astype(np.int64)
        ),
        categories=categories,
        model_version=header["model_version"],
        score_floor=float(header["score_floor"]),
        looks=int(header.get("looks", 1)),
        is_reduced=bool(header.get("is_reduced", False)),
    )


def _check(arrays: Sequence[NDArray[Any]], categories: int, proposals: int) -> None:
    """Raise ValueError where an array has what no detector says."""
    boxes, objectness, candidate_boxes, scores, labels, proposal_indices = arrays
    if not all(np.isfinite(one).all() for one in (boxes, objectness, candidate_boxes, scores)):
        raise ValueError("a box or a score is no number")
    if labels.size and not (labels.min() >= 1 and labels.max() <= categories):
        raise ValueError("a label has no category")
    if proposal_indices.size and not (proposal_indices.min() >= 0 and proposal_indices.max() < proposals):
        raise ValueError("a candidate has no proposal")
