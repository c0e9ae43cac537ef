"""What goes through a network in one pass: how many images of one size, and how they come to the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from detector.types import ByteArray

AT_ONCE = {"cuda": 8, "mps": 4}
"""How many images a device sees best in one pass, any other device one.

A CPU is busy with one: a pass over four of 640 x 480 took 0.98 of the time of four passes for the embedded network,
0.86 for MobileNet-320, but 1.20 for MobileNet-FPN and 1.33 for ResNet-50-FPN, whose maps do not fit its caches any
more; and the image that comes on screen meanwhile would have to wait for four.
"""

MOST_PIXELS = 32_000_000
"""Of the images of a pass together: as floats 384 MB, before the network shrinks them."""


def images_at_once(device: torch.device, size: tuple[int, int]) -> int:
    """Return how many images of `size` (height, width) `device` sees best in one pass: 1 or more."""
    return max(1, min(AT_ONCE.get(device.type, 1), MOST_PIXELS // (size[0] * size[1])))


def upload(images: Sequence[ByteArray], device: torch.device, *, as_bytes: bool = False) -> list[Tensor]:
    """Return images of one size as (3, H, W) float32 in [0, 1] on `device`, or uint8, after one journey as bytes.

    To CUDA that is a journey from pinned memory, for whose end nobody waits. A quarter of the bytes travel, since they
    become floats there.
    """
    together = torch.from_numpy(np.stack(images))  # (N, H, W, 3)
    if device.type == "cuda":
        together = together.pin_memory().to(device, non_blocking=True)
    if as_bytes:
        return list(together.to(device).permute(0, 3, 1, 2))
    # Planes, as torchvision has them: resizing what lies pixel by pixel takes several times as long.
    return list(together.to(device).permute(0, 3, 1, 2).contiguous().float().div_(255))
