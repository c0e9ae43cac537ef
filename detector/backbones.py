"""Feature pyramids under the names that torchvision's checkpoints use: `body.*` and `fpn.*`.

Shapes: N images, a batch of (N, 3, H, W) float32 with H and W multiples of 32 gives one map (N, channels, H / stride,
W / stride) per level, finest first, as an ordered dict.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torchvision.models import resnet50
from torchvision.models.detection.backbone_utils import BackboneWithFPN, mobilenet_backbone
from torchvision.ops import FeaturePyramidNetwork, FrozenBatchNorm2d
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

if TYPE_CHECKING:
    from collections.abc import Callable


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2015, figure 5 left)."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = (
            nn.Sequential(nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))
            if stride != 1 or in_channels != channels
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, channels, H / stride, W / stride)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        out: Tensor = self.relu(y + self.downsample(x))
        return out


class SlimResNet(nn.Module):
    """A residual network small enough to be trained from scratch on two cores.

    `widths[0]` is the stem at stride 2; stage i has `blocks[i]` basic blocks of `widths[i + 1]` channels at stride
    4, 8, 16, 32. `forward` returns the last three stages as `"0"`, `"1"`, `"2"`: strides 8, 16 and 32.
    """

    def __init__(self, widths: tuple[int, ...], blocks: tuple[int, ...]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU(inplace=True)
        stages = []
        for in_channels, channels, count in zip(widths[:-1], widths[1:], blocks, strict=True):
            first = BasicBlock(in_channels, channels, 2)
            stages.append(nn.Sequential(first, *(BasicBlock(channels, channels, 1) for _ in range(count - 1))))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> OrderedDict[str, Tensor]:
        """Return the maps at strides 8, 16 and 32."""
        x = self.layer1(self.relu(self.bn1(self.conv1(x))))
        levels = OrderedDict()
        for name, stage in (("0", self.layer2), ("1", self.layer3), ("2", self.layer4)):
            x = stage(x)
            levels[name] = x
        return levels


class SlimPyramid(nn.Module):
    """`SlimResNet` and a feature pyramid of `out_channels` at strides 8, 16 and 32 (Lin et al. 2017)."""

    def __init__(self, widths: tuple[int, ...], blocks: tuple[int, ...], out_channels: int) -> None:
        super().__init__()
        self.body = SlimResNet(widths, blocks)
        self.fpn = FeaturePyramidNetwork(list(widths[-3:]), out_channels)
        self.out_channels = out_channels

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Return three maps of `out_channels` channels."""
        levels: dict[str, Tensor] = self.fpn(self.body(x))
        return levels


def slim_fpn() -> nn.Module:
    """Return the backbone of the embedded detector: 96 channels at strides 8, 16, 32."""
    return SlimPyramid(widths=(32, 64, 96, 160, 256), blocks=(1, 2, 2, 2), out_channels=96)


def _resnet50_fpn(body_norm: Callable[..., nn.Module], fpn_norm: Callable[..., nn.Module] | None) -> nn.Module:
    body = resnet50(weights=None, norm_layer=body_norm)
    return BackboneWithFPN(
        body,
        return_layers={f"layer{n + 1}": str(n) for n in range(4)},
        in_channels_list=[256, 512, 1024, 2048],
        out_channels=256,
        extra_blocks=LastLevelMaxPool(),
        norm_layer=fpn_norm,
    )


def resnet50_fpn() -> nn.Module:
    """Return torchvision's R-50-FPN: frozen batch norm, 256 channels at strides 4 ... 64."""
    return _resnet50_fpn(FrozenBatchNorm2d, None)


def resnet50_fpn_v2() -> nn.Module:
    """Return torchvision's second R-50-FPN: live batch norm, in the pyramid too."""
    return _resnet50_fpn(nn.BatchNorm2d, nn.BatchNorm2d)


def mobilenet_v3_large_fpn() -> nn.Module:
    """Return torchvision's MobileNetV3-FPN: 256 channels at strides 32, 32, 64."""
    backbone: nn.Module = mobilenet_backbone(
        backbone_name="mobilenet_v3_large", weights=None, fpn=True, norm_layer=FrozenBatchNorm2d, trainable_layers=6
    )
    return backbone


BACKBONES: dict[str, Callable[[], nn.Module]] = {
    "slim_fpn": slim_fpn,
    "resnet50_fpn": resnet50_fpn,
    "resnet50_fpn_v2": resnet50_fpn_v2,
    "mobilenet_v3_large_fpn": mobilenet_v3_large_fpn,
}
