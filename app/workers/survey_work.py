"""Finding out about many images: what was said and decided about them is read and compared, image by image.

For a thread of a pool. Nothing here imports torch, and no image file is looked at.
"""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.model.category_mapping import with_names
from app.model.findings import Finder
from app.store.decisions import Decisions
from app.store.kept_predictions import KeptPredictions

if TYPE_CHECKING:
    from app.model.category_mapping import Terms
    from app.model.findings import Finding
    from app.store.location import Location
    from detector.types import Thresholds


@dataclass(frozen=True, slots=True)
class SurveyRequest:
    """Which images of a project are to be surveyed, by what a model version said of them; `cancel` ends it early.

    `pairs` is that of `Finder`: the thread of the pool alone touches it.
    """

    location: Location
    model_version: str
    terms: Terms
    thresholds: Thresholds
    image_ids: tuple[int, ...]
    pairs: dict[tuple[str, float], tuple[str, float]] = field(default_factory=dict, compare=False, repr=False)
    cancel: threading.Event = field(default_factory=threading.Event, compare=False)


def survey(request: SurveyRequest) -> dict[int, Finding | None]:
    """Return the finding of each image, None of one that the model has not looked at; less if it was cancelled.

    Raises StoreError where nothing can be read.
    """
    found: dict[int, Finding | None] = {}
    finders: dict[tuple[str, ...], Finder] = {}
    with (
        closing(KeptPredictions(request.location.cache, request.model_version)) as kept,
        closing(Decisions(request.location)) as decided,
    ):
        for image_id in request.image_ids:
            if request.cancel.is_set():
                break
            prediction, decisions = kept.newest(image_id), decided.of(image_id)
            if prediction is None or decisions is None:
                found[image_id] = None
                continue
            terms, names = request.terms, prediction.categories
            if names not in finders:  # one, but for files that were written by hand
                finders[names] = Finder(terms.categories, request.thresholds, terms.aliases(names), request.pairs)
            found[image_id] = finders[names].find(with_names(prediction, terms.shown(names)), decisions)
    return found
