"""RoI pooling whose scales are said, not learnt from the first image.

Shapes: R RoIs of all images of a batch, C channels.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torchvision.ops import MultiScaleRoIAlign, roi_align, roi_pool
from torchvision.ops.poolers import LevelMapper

if TYPE_CHECKING:
    from detector.system import System


class FixedScaleRoIAlign(MultiScaleRoIAlign):
    """torchvision's `MultiScaleRoIAlign` for maps of known strides.

    The stock pooler takes its scales from the first image it ever sees: a thin crop first gives wrong scales for good.
    RoIs go to level floor(4 + log2(sqrt(area) / canonical_scale)), clamped to the levels that there are (Lin et al.
    2017, formula 1).
    """

    scales: list[float]  # type: ignore[assignment]  # torchvision says None, for it does not know them yet
    map_levels: LevelMapper  # type: ignore[assignment]

    def __init__(
        self, strides: tuple[int, ...], output_size: int, sampling_ratio: int, canonical_scale: int = 224
    ) -> None:
        names = [str(level) for level in range(len(strides))]
        super().__init__(names, output_size, sampling_ratio, canonical_scale=canonical_scale)
        self.scales = [1 / stride for stride in strides]
        finest, coarsest = int(math.log2(min(strides))), int(math.log2(max(strides)))
        self.map_levels = LevelMapper(finest, coarsest, canonical_scale, self.canonical_level)


class AlignedRoIAlign(FixedScaleRoIAlign):
    """The same with RoIs moved by half a pixel, as mmdetection and Detectron2 have it."""

    def forward(self, x: dict[str, Tensor], boxes: list[Tensor], _image_shapes: list[tuple[int, int]]) -> Tensor:
        """Return (R, C, output, output)."""
        rois, maps = rois_of(boxes), [x[name] for name in self.featmap_names]
        levels = self.map_levels(boxes) if len(maps) > 1 else torch.zeros(len(rois), device=rois.device)
        size = self.output_size
        pooled = maps[0].new_zeros(len(rois), maps[0].shape[1], *size)
        for level, (features, scale) in enumerate(zip(maps, self.scales, strict=True)):
            mine = torch.where(levels == level)[0]
            # In float32, also where autocast made sixteen bits of the maps: they would move a RoI by pixels.
            part = roi_align(out_of_sixteen_bits(features), rois[mine], size, scale, self.sampling_ratio, aligned=True)
            pooled[mine] = part.to(pooled.dtype)
        return pooled


class RoiPool(nn.Module):
    """Max pooling over the cells of a RoI (Girshick 2015, section 2.1), with the rounding and +1 of Caffe."""

    def __init__(self, stride: int, output_size: int) -> None:
        super().__init__()
        self.scale, self.output_size = 1 / stride, (output_size, output_size)

    def forward(self, x: dict[str, Tensor], boxes: list[Tensor], _image_shapes: list[tuple[int, int]]) -> Tensor:
        """Return (R, C, output, output)."""
        pooled: Tensor = roi_pool(out_of_sixteen_bits(x["0"]), rois_of(boxes), self.output_size, self.scale)
        return pooled.to(x["0"].dtype)


def pooling_of(system: System) -> FixedScaleRoIAlign | RoiPool:
    """Return the RoI pooling of `system`."""
    if system.roi_pooling == "pool":
        return RoiPool(system.roi_strides[0], system.roi_resolution)
    align = AlignedRoIAlign if system.roi_pooling == "aligned" else FixedScaleRoIAlign
    return align(system.roi_strides, system.roi_resolution, system.roi_sampling_ratio, system.canonical_scale)


def out_of_sixteen_bits(value: Tensor) -> Tensor:
    """Return `value` in float32 where it has 16 bits: places in a large image need more."""
    return value.float() if value.dtype in (torch.bfloat16, torch.float16) else value


def rois_of(boxes: list[Tensor]) -> Tensor:
    """Return (R, 5): the index of the image and the box."""
    return torch.cat([torch.cat((box.new_full((len(box), 1), index), box), dim=1) for index, box in enumerate(boxes)])
