"""What changes in the weights of other programs besides their names (reference, section 9.2).

Shapes: K categories, D the width of the second stage. Names are those of this program.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torchvision.ops import FrozenBatchNorm2d

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.conversion_formats import Format
    from detector.system import System

STEM = "backbone.body.conv1.weight"
CLASS_ROWS = re.compile(r"roi_heads\.box_predictor\.cls_score\.(weight|bias)")
BOX_ROWS = re.compile(r"roi_heads\.box_predictor\.bbox_pred\.(weight|bias)")
ANCHOR_ROWS = re.compile(r"rpn\.head\.(cls_logits|bbox_pred)\.(weight|bias)")
NORM = ("weight", "bias", "running_mean", "running_var")
HALF = torch.finfo(torch.float16)


def rows_of_head(name: str, num_categories: int, form: Format) -> int | None:
    """Return how many rows a tensor of the last layers has in a file of this format, None for any other tensor."""
    if CLASS_ROWS.fullmatch(name):
        return num_categories + 1
    if BOX_ROWS.fullmatch(name):
        return 4 * (num_categories if form.background_last else num_categories + 1)
    return None


def background_first(name: str, value: Tensor, form: Format) -> Tensor:
    """Return class rows (K+1, D) or (K+1,) and box rows (4(K+1), D) or (4(K+1),) with background at the front.

    A format that has it last has no box rows for it: four rows of zeros stand in. Other tensors come back as they are.
    """
    if form.background_last and CLASS_ROWS.fullmatch(name):
        return torch.cat((value[-1:], value[:-1]))
    if form.background_last and BOX_ROWS.fullmatch(name):
        return torch.cat((value.new_zeros(4, *value.shape[1:]), value))
    return value


def with_rows(name: str, value: Tensor, rows: Sequence[int]) -> Tensor:
    """Return class and box rows of the labels `rows` alone, in this order; other tensors come back as they are."""
    if CLASS_ROWS.fullmatch(name):
        return value[list(rows)]
    if BOX_ROWS.fullmatch(name):
        boxes: Tensor = value.unflatten(0, (-1, 4))
        return boxes[list(rows)].flatten(0, 1)
    return value


def as_system(name: str, value: Tensor, form: Format, system: System) -> Tensor:
    """Return `value` for the pixels and the anchors of `system`: RGB, and anchors ordered by ratio, then by size."""
    if name == STEM and _is_bgr(form, system):
        return value.flip(1)
    if form.sizes_first and ANCHOR_ROWS.fullmatch(name):
        sizes, ratios = len(system.anchor_sizes[0]), len(system.aspect_ratios)
        blocks: Tensor = value.unflatten(0, (sizes, ratios, -1))
        return blocks.transpose(0, 1).flatten(0, 2)
    return value


def _is_bgr(form: Format, system: System) -> bool:
    """Tell whether the file wants BGR: all of Detectron2, and of mmdetection what keeps Caffe's conventions."""
    return form.family == "detectron2" or (form.family == "mmdetection" and system.caffe_stride)


@torch.no_grad()
def fold_extreme_norms(model: nn.Module) -> None:
    """Rewrite the channels of frozen batch norms whose statistics half precision cannot hold, in place.

    Such a channel gets mean 0 and variance 1 - epsilon, and the scale and shift that map everything as before. Without
    this, an epsilon of 0 and a variance below 6e-8 would divide by zero after saving.
    """
    for module in model.modules():
        if isinstance(module, FrozenBatchNorm2d):
            weight, bias, mean, variance = (getattr(module, name) for name in NORM)
            extreme = (variance < HALF.tiny) | (variance > HALF.max) | (mean.abs() > HALF.max)
            scale = weight * (variance + module.eps).rsqrt()
            bias[extreme] -= (mean * scale)[extreme]
            weight[extreme] = scale[extreme]
            mean[extreme] = 0.0
            variance[extreme] = 1.0 - module.eps
