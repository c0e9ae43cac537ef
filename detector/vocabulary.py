"""The same network for other categories: rows of the last two layers survive by name (reference, section 11.2).

Shapes: K categories, n examples, D the width of the second stage. Row 0 is background, row `label` its category.
"""

from __future__ import annotations

import copy
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from torch.nn import functional
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from torch import Tensor

    from detector.model import FasterRCNN

NEW_ROW_STD = 0.01  # Girshick 2015, section 2.3
_NO_ALIASES: Mapping[str, str] = MappingProxyType({})


def transfer(
    model: FasterRCNN, known: Sequence[str], wanted: Sequence[str], aliases: Mapping[str, str] = _NO_ALIASES
) -> FasterRCNN:
    """Return a copy of `model`, whose labels are `known`, with the labels `wanted`; `model` stays as it is.

    `aliases` says which known names became which wanted ones. The rows of surviving categories and of background are
    copied as they are, and so is every other tensor. A new category gets the mean box rows of those that survive (of
    all, where none does), and a class row of N(0, 0.01) that knows nothing yet: see `imprint`.
    """
    sources = _sources(known, wanted, aliases)
    rows = [0, *(source or 0 for source in sources)]  # new ones are overwritten below
    new = [label for label, source in enumerate(sources, 1) if source is None]
    kept = sorted({source for source in sources if source is not None}) or list(range(1, len(known) + 1))
    old = model.roi_heads.box_predictor
    weight = old.cls_score.weight
    predictor = FastRCNNPredictor(weight.shape[1], len(wanted) + 1).to(weight.device, weight.dtype)
    with torch.no_grad():
        for name, before in old.cls_score.named_parameters():
            predictor.cls_score.get_parameter(name).copy_(before[rows])
        predictor.cls_score.bias[new] = 0.0
        predictor.cls_score.weight[new] = NEW_ROW_STD * torch.randn_like(predictor.cls_score.weight[new])
        for name, before in old.bbox_pred.named_parameters():
            deltas = before.unflatten(0, (-1, 4))  # (K + 1, 4, D) or (K + 1, 4)
            after = deltas[rows]
            after[new] = deltas[kept].mean(dim=0)
            predictor.bbox_pred.get_parameter(name).copy_(after.flatten(0, 1))
    grown = copy.deepcopy(model)
    grown.roi_heads.box_predictor = predictor.train(old.training)
    return grown


def new_labels(known: Sequence[str], wanted: Sequence[str], aliases: Mapping[str, str] = _NO_ALIASES) -> list[int]:
    """Return the labels of `wanted` that `transfer` has no row for, ascending."""
    return [label for label, source in enumerate(_sources(known, wanted, aliases), 1) if source is None]


def imprint(model: FasterRCNN, label: int, hidden: Tensor, new: Collection[int] = ()) -> None:
    """Make the class row of a new `label` from examples, so that it can be used at once. Changes `model` in place.

    `hidden` (n, D), n > 0, are the vectors that the examples have before the last layers. The row points along the mean
    of their unit vectors, as long as the rows of the other categories are on average, with their mean bias (Qi et al.
    2018, without the cosine). Labels in `new` do not count among the others; where none is left, background stands in.
    """
    classes = model.roi_heads.box_predictor.cls_score
    others = [row for row in range(1, classes.out_features) if row != label and row not in new] or [0]
    with torch.no_grad():
        direction = functional.normalize(functional.normalize(hidden.float()).mean(dim=0), dim=0)
        classes.weight[label] = direction * classes.weight[others].norm(dim=1).mean()
        classes.bias[label] = classes.bias[others].mean()


def _sources(known: Sequence[str], wanted: Sequence[str], aliases: Mapping[str, str]) -> list[int | None]:
    """Return (K,) the known label that each wanted one comes from, None for a new one.

    Of several that became one, that which had the name already counts, or else the first.
    """
    sources: dict[str, int] = {}
    for label, name in enumerate(known, 1):
        became = aliases.get(name, name)
        if became not in sources or (name == became and known[sources[became] - 1] != name):
            sources[became] = label
    return [sources.get(name) for name in wanted]
