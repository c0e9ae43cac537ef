"""RoIAlign as one sum of weighted cells: the fast form on a CPU, where torchvision's goes through the cells one by one.

Shapes: N images, L levels, R RoIs of all images, C channels, S bins of a side, T samples of a side (S times the
sampling ratio), P cells of all maps.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from detector.roi import AlignedRoIAlign, rois_of

if TYPE_CHECKING:
    from detector.roi import FixedScaleRoIAlign

CORNERS = 2  # of a bilinear sample, on each axis


class SampledRoIAlign(nn.Module):
    """What `pooling` returns, to rounding, in the type of the maps and channels last; for a fixed sampling ratio.

    RoIAlign is linear in the maps: a bin is the mean of its bilinear samples (He et al. 2017, section 3), hence a sum
    of weighted cells. All bins of all RoIs on all levels are one `embedding_bag` over a table of all cells.
    """

    def __init__(self, pooling: FixedScaleRoIAlign) -> None:
        super().__init__()
        assert pooling.sampling_ratio > 0, "a ratio that depends on the RoI gives no table of one width"
        self.pooling, self.names, self.scales = pooling, pooling.featmap_names, pooling.scales
        self.bins, self.samples = int(pooling.output_size[0]), int(pooling.sampling_ratio)
        self.is_aligned = isinstance(pooling, AlignedRoIAlign)

    def forward(self, x: dict[str, Tensor], boxes: list[Tensor], _image_shapes: list[tuple[int, int]]) -> Tensor:
        """Return (R, C, S, S)."""
        maps = [x[name].permute(0, 2, 3, 1) for name in self.names]  # (N, h, w, C) each
        table = torch.cat([level.flatten(0, 2) for level in maps])  # (P, C)
        rois = rois_of(boxes)  # (R, 5)
        is_single = len(maps) == 1
        levels = rois.new_zeros(len(rois), dtype=torch.int64) if is_single else self.pooling.map_levels(boxes)
        sizes = torch.tensor([level.shape[1:3] for level in maps], device=rois.device)[levels]  # (R, 2)
        places, weights = self._taps(rois, torch.tensor(self.scales, device=rois.device)[levels], sizes)
        starts = [0, *accumulate(level[..., 0].numel() for level in maps)][:-1]
        first = torch.tensor(starts, device=rois.device)[levels] + rois[:, 0].long() * sizes.prod(1)  # (R,)
        rows, columns = (first[:, None, None] + places[:, 0] * sizes[:, 1, None, None]), places[:, 1]  # (R, S, taps)
        cells = rows[:, :, None, :, None] + columns[:, None, :, None, :]  # (R, S, S, taps, taps)
        shares = weights[:, 0, :, None, :, None] * weights[:, 1, None, :, None, :]
        taps = (self.samples * CORNERS) ** 2
        pooled = functional.embedding_bag(
            cells.reshape(-1, taps), table, per_sample_weights=shares.reshape(-1, taps).to(table.dtype), mode="sum"
        )
        return pooled.view(len(rois), self.bins, self.bins, table.shape[1]).permute(0, 3, 1, 2)

    def _taps(self, rois: Tensor, scales: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor]:
        """Return for each bin of an axis the cells that it sums and their weights, each (R, 2, S, taps); y, then x.

        Places are reckoned as torchvision does it: a sample more than a cell outside is 0, one outside by less lies on
        the border.
        """
        corners = rois[:, 1:] * scales[:, None] - (0.5 if self.is_aligned else 0.0)
        start, sides = corners[:, [1, 0]], corners[:, [3, 2]] - corners[:, [1, 0]]  # (R, 2)
        if not self.is_aligned:
            sides = sides.clamp(min=1)
        count = self.bins * self.samples
        steps = (torch.arange(count, device=rois.device) + 0.5) / count
        at = start[..., None] + sides[..., None] * steps  # (R, 2, T)
        last = sizes[..., None] - 1  # (R, 2, 1)
        is_inside = (at >= -1) & (at <= last + 1)
        low = at.clamp(min=0).floor().minimum(last)
        share = (at.clamp(min=0) - low).masked_fill(low >= last, 0.0)  # of the cell behind
        # A place that is no number has a cell all the same, whose weight is no number either: scores tell of it.
        places = torch.stack((low, (low + 1).minimum(last)), dim=-1).nan_to_num(0.0).long()
        weights = torch.stack((1 - share, share), dim=-1) * (is_inside[..., None] / self.samples)
        shape = (len(rois), 2, self.bins, self.samples * CORNERS)
        return places.view(shape), weights.view(shape)
