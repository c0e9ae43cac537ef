"""RoI pooling whose scales are said, not learnt from the first image."""

from __future__ import annotations

import math

from torchvision.ops import MultiScaleRoIAlign
from torchvision.ops.poolers import LevelMapper


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
