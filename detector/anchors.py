"""Anchors whose stride is said, not guessed (Ren et al. 2015, section 3.1.1).

Shapes: A anchors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torchvision.models.detection.anchor_utils import AnchorGenerator

if TYPE_CHECKING:
    from torchvision.models.detection.image_list import ImageList


class FixedStrideAnchors(AnchorGenerator):
    """torchvision's anchors on a grid of known strides.

    The stock generator takes the stride to be image side // map side, which is 61 instead of 64 for the coarsest level
    of an image 800 pixels high. Right for torchvision's own checkpoints, which were trained with the quirk; wrong for
    all others.
    """

    def __init__(
        self, sizes: tuple[tuple[int, ...], ...], ratios: tuple[tuple[float, ...], ...], strides: tuple[int, ...]
    ) -> None:
        super().__init__(sizes, ratios)  # type: ignore[no-untyped-call]
        self.strides = strides

    def forward(self, image_list: ImageList, feature_maps: list[Tensor]) -> list[Tensor]:
        """Return one (A, 4) tensor per image, level by level, in pixels of the padded batch."""
        device = feature_maps[0].device
        grid_sizes = [[int(side) for side in level.shape[-2:]] for level in feature_maps]
        steps = [[torch.tensor(stride, device=device)] * 2 for stride in self.strides]
        self.set_cell_anchors(torch.float32, device)
        anchors = torch.cat(self.grid_anchors(grid_sizes, steps))
        return [anchors] * len(image_list.image_sizes)
