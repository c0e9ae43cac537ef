"""The backbones of the paper that have one map at stride 16: ZF and VGG-16 (Ren et al. 2015, section 4).

Shapes: a batch of (N, 3, H, W) float32 gives {"0": (N, channels, about H / 16, about W / 16)}. Pools round up, as
Caffe's do: 600 x 800 pixels give 39 x 51 cells of ZF and 38 x 50 of VGG-16.
"""

from __future__ import annotations

from collections import OrderedDict

import torchvision
from torch import Tensor, nn
from torch.nn import functional

CONV5_3 = 30  # layers of torchvision's `vgg16().features` without the last pool


class OneMap(nn.Module):
    """A `body` that gives one map, or a dict of one, of `out_channels` channels."""

    def __init__(self, body: nn.Module, out_channels: int) -> None:
        super().__init__()
        self.body, self.out_channels = body, out_channels

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Return the map as `"0"`."""
        found = self.body(x)
        levels: dict[str, Tensor] = OrderedDict([("0", found)]) if isinstance(found, Tensor) else found
        return levels


class ResponseNorm(nn.Module):
    """Caffe's local response normalisation within a channel: over 3 x 3 cells, alpha 5e-5, beta 0.75."""

    def forward(self, x: Tensor) -> Tensor:
        """Return a map of the same shape."""
        wide = x.float()  # in float16 the square of an activation of 256 is infinite
        return x * (1 + 5e-5 * functional.avg_pool2d(wide * wide, 3, 1, 1)).pow(-0.75).to(x.dtype)


def zf() -> nn.Module:
    """Return the ZF network up to conv5 (Zeiler and Fergus 2014): 256 channels at stride 16."""
    body = nn.Sequential(
        nn.Conv2d(3, 96, 7, 2, 3),
        nn.ReLU(inplace=True),
        ResponseNorm(),
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        nn.Conv2d(96, 256, 5, 2, 2),
        nn.ReLU(inplace=True),
        ResponseNorm(),
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        nn.Conv2d(256, 384, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(384, 384, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(inplace=True),
    )
    # The reference starts from ImageNet, which is not to be had in PyTorch; from scratch it needs an honest scale.
    for module in body:
        if isinstance(module, nn.Conv2d):
            assert module.bias is not None
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    return OneMap(body, 256)


def vgg16() -> nn.Module:
    """Return VGG-16 up to conv5_3 (Simonyan and Zisserman 2015): 512 channels at stride 16."""
    body = torchvision.models.vgg16(weights=None).features[:CONV5_3]
    for module in body:
        if isinstance(module, nn.MaxPool2d):
            module.ceil_mode = True
    return OneMap(body, 512)
