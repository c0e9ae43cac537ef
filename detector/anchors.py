"""Anchors whose stride is said, not guessed (Ren et al. 2015, section 3.1.1).

Shapes: A anchors of all levels, k anchors of one cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torchvision.models.detection.anchor_utils import AnchorGenerator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchvision.models.detection.image_list import ImageList

    from detector.system import System

LEGACY_BASE = 16


class ExactTypeAnchors(AnchorGenerator):
    """torchvision's anchors in float32, also beside maps of sixteen bits, in whose type the stock ones lose pixels.

    Images mostly come in one size after the other: the anchors of the last one are kept.
    """

    _kept: tuple[object, Tensor] | None = None

    def set_cell_anchors(self, _dtype: torch.dtype, device: torch.device) -> None:
        """Bring the anchors of a cell to `device`."""
        super().set_cell_anchors(torch.float32, device)

    def forward(self, image_list: ImageList, feature_maps: list[Tensor]) -> list[Tensor]:
        """Return one (A, 4) tensor per image, level by level, in pixels of the padded batch; not to be written to."""
        shapes = [level.shape[-2:] for level in feature_maps]
        wanted = image_list.tensors.shape[-2:], shapes, feature_maps[0].device
        if self._kept is None or self._kept[0] != wanted:
            with torch.inference_mode(mode=False), torch.no_grad():  # training may use what a look has made
                self._kept = wanted, self._made(image_list, feature_maps)
        return [self._kept[1]] * len(image_list.image_sizes)

    def _made(self, image_list: ImageList, feature_maps: list[Tensor]) -> Tensor:
        anchors: Tensor = super().forward(image_list, feature_maps)[0]
        return anchors


class FixedStrideAnchors(ExactTypeAnchors):
    """torchvision's anchors on a grid of known strides; `cells`, if given, are (k, 4) boxes around each cell's origin.

    The stock generator takes the stride to be image side // map side, which is 61 instead of 64 for the coarsest level
    of an image 800 pixels high. Right for torchvision's own checkpoints, which were trained with the quirk; wrong for
    all others.
    """

    def __init__(
        self,
        sizes: tuple[tuple[int, ...], ...],
        ratios: tuple[tuple[float, ...], ...],
        strides: tuple[int, ...],
        cells: Sequence[Tensor] = (),
    ) -> None:
        super().__init__(sizes, ratios)  # type: ignore[no-untyped-call]
        self.strides = strides
        if cells:
            self.cell_anchors = list(cells)

    def _made(self, _image_list: ImageList, feature_maps: list[Tensor]) -> Tensor:
        device = feature_maps[0].device
        grid_sizes = [[int(side) for side in level.shape[-2:]] for level in feature_maps]
        steps = [[torch.tensor(stride, device=device)] * 2 for stride in self.strides]
        self.set_cell_anchors(torch.float32, device)
        return torch.cat(self.grid_anchors(grid_sizes, steps))


def anchors_of(system: System) -> AnchorGenerator:
    """Return the generator of the anchors of `system`; the order in a cell is ratio first, then size."""
    ratios = (system.aspect_ratios,) * len(system.anchor_sizes)
    if not system.fixed_strides:
        return ExactTypeAnchors(system.anchor_sizes, ratios)  # type: ignore[no-untyped-call]
    cells = {"rounded": None, "exact": exact_cell, "legacy": legacy_cell}[system.anchors]
    with torch.device("cpu"):  # values, as torchvision's own are, also where weights are none yet, on "meta"
        own = [] if cells is None else [cells(sizes, system.aspect_ratios) for sizes in system.anchor_sizes]
    return FixedStrideAnchors(system.anchor_sizes, ratios, system.strides, own)


def exact_cell(sizes: Sequence[float], ratios: Sequence[float]) -> Tensor:
    """Return (k, 4) anchors of area size x size, height / width = ratio, centred at the origin, not rounded.

    As mmdetection with a centre offset of 0, and Detectron2 with its blocks in this order.
    """
    tall = torch.tensor(ratios, dtype=torch.float64).sqrt()
    heights = (tall[:, None] * torch.tensor(sizes, dtype=torch.float64)).flatten()
    widths = (torch.tensor(sizes, dtype=torch.float64) / tall[:, None]).flatten()
    return (torch.stack((-widths, -heights, widths, heights), dim=1) / 2).float()


def legacy_cell(sizes: Sequence[float], ratios: Sequence[float]) -> Tensor:
    """Return (k, 4) anchors as py-faster-rcnn makes them, their inclusive corners turned into continuous ones.

    A square of 16 pixels gets each ratio, with sides rounded half to even, and then each scale, size / 16; all are
    centred in the middle of the cell.
    """
    widths = (LEGACY_BASE**2 / torch.tensor(ratios, dtype=torch.float64)).sqrt().round()
    heights = (widths * torch.tensor(ratios, dtype=torch.float64)).round()
    scales = torch.tensor(sizes, dtype=torch.float64) / LEGACY_BASE
    halves = torch.stack((-widths, -heights, widths, heights), dim=1) / 2  # (ratios, 4)
    return (halves[:, None] * scales[:, None] + LEGACY_BASE / 2).flatten(0, 1).float()
