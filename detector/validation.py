"""What a network in training is worth: measured on a dataset after each epoch.

Shapes: K categories of the model.
"""

from __future__ import annotations

import copy
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

from detector.evaluation import mean_average_precision
from detector.filtering import select
from detector.image_files import ImageFile, one_ahead, read_or_error
from detector.measurement import matching_labels, relabelled
from detector.metrics import by_recall
from detector.predictor import Predictor
from detector.processes import ALONE, gathered
from detector.types import DetectorError, Thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from detector.coco import CocoDataset
    from detector.model import Network
    from detector.processes import Share
    from detector.types import Detections, Proposals

DETECTIONS, PROPOSALS = ("AP", "AP50", "AP75"), ("AR100", "AR300")
THRESHOLDS = Thresholds(0.05)


def validate(
    model: Network,
    categories: Sequence[str],
    dataset: CocoDataset,
    device: torch.device,
    *,
    proposals: bool,
    share: Share = ALONE,
) -> dict[str, float]:
    """Return COCO's AP, AP50 and AP75 of `model` on `dataset`, or with `proposals` its AR100 and AR300 of any category.

    `categories` are the names of labels 1..K; those of the dataset are matched by name. `model` is in eval mode and
    stays as it is. An image that cannot be read does not count. NaN where there is nothing to find.

    Of several processes each looks at its `share` of the images, and the first one counts; the others return {}.
    """
    predictor = Predictor(copy.deepcopy(model), categories, "", device=device, score_floor=THRESHOLDS.score_thresh)
    label_of = matching_labels(categories, dataset.category_names)
    images = [image for image in dataset.images if image.path]
    mine = share.of(range(len(images)))
    files = [ImageFile(image.path, image.file_name) for image in map(images.__getitem__, mine) if image.path]
    seen: list[tuple[int, Proposals, Detections]] = []
    for index, (_, pixels) in zip(mine, one_ahead(read_or_error, files), strict=True):
        if not isinstance(pixels, DetectorError):
            said = predictor.predict(pixels)
            seen.append((index, said.proposals, relabelled(select(said.candidates, THRESHOLDS), label_of)))
    everything = sorted(chain.from_iterable(gathered(seen, share)), key=itemgetter(0))
    if not share.is_first:
        return {}
    truths = [images[index] for index, *_ in everything]
    if proposals:
        figures = by_recall(truths, [proposed for _, proposed, _ in everything]).figures
        return {name: figures[name] for name in PROPOSALS}
    figures = mean_average_precision(truths, [found for *_, found in everything], dataset.category_names)
    return {name: figures[name] for name in DETECTIONS}
