"""Backbones under the names that torchvision's checkpoints use: `body.*` and `fpn.*`.

Shapes: N images, a batch of (N, 3, H, W) float32 gives one map (N, channels, H / stride, W / stride) per level, finest
first, as an ordered dict. Pyramids want H and W to be multiples of 32.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.detection.backbone_utils import BackboneWithFPN, mobilenet_backbone
from torchvision.models.resnet import Bottleneck, ResNet
from torchvision.ops import FeaturePyramidNetwork, FrozenBatchNorm2d
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

from detector.classic_backbones import OneMap, vgg16, zf

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


class AffineNorm(FrozenBatchNorm2d):
    """Batch norm with fixed statistics whose scale and shift are trained, as mmdetection's pytorch style has it."""

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__(num_features, eps)
        for name in ("weight", "bias"):
            value = self._buffers.pop(name)
            assert value is not None
            self.register_parameter(name, nn.Parameter(value))


@dataclass(frozen=True, slots=True)
class ResNetShape:
    """A ResNet or ResNeXt of bottlenecks (He et al. 2015; Xie et al. 2017): blocks of layer1 ... layer4, and widths."""

    blocks: tuple[int, int, int, int]
    groups: int = 1
    width_per_group: int = 64

    def body(self, norm: Callable[..., nn.Module]) -> ResNet:
        """Return the network for classification, with random weights.

        Norms that do not measure anything do not keep the sum of many random blocks small either: where they are
        frozen, each block adds its share of the variance (Zhang et al. 2019, Fixup, in its simplest form).
        """
        body = ResNet(
            Bottleneck, list(self.blocks), groups=self.groups, width_per_group=self.width_per_group, norm_layer=norm
        )
        for block in (module for module in body.modules() if isinstance(module, Bottleneck)):
            if isinstance(block.bn3, FrozenBatchNorm2d):
                nn.init.constant_(block.bn3.state_dict()["weight"], sum(self.blocks) ** -0.5)
        return body


RESNET_50 = ResNetShape((3, 4, 6, 3))
RESNET_101 = ResNetShape((3, 4, 23, 3))


def _resnet_fpn(
    shape: ResNetShape, norm: Callable[..., nn.Module], fpn_norm: Callable[..., nn.Module] | None = None
) -> nn.Module:
    """Return a pyramid of 256 channels at strides 4 ... 64; the last level is every second cell of the one before."""
    return BackboneWithFPN(
        shape.body(norm),
        return_layers={f"layer{n + 1}": str(n) for n in range(4)},
        in_channels_list=[256, 512, 1024, 2048],
        out_channels=256,
        extra_blocks=LastLevelMaxPool(),
        norm_layer=fpn_norm,
    )


def _resnet_c4(shape: ResNetShape) -> nn.Module:
    """Return conv1 ... layer3 as one map of 1024 channels at stride 16; layer4 is the head of such a system."""
    return OneMap(IntermediateLayerGetter(shape.body(FrozenBatchNorm2d), {"layer3": "0"}), 1024)


def mobilenet_v3_large_fpn() -> nn.Module:
    """Return torchvision's MobileNetV3-FPN: 256 channels at strides 32, 32, 64."""
    backbone: nn.Module = mobilenet_backbone(
        backbone_name="mobilenet_v3_large", weights=None, fpn=True, norm_layer=FrozenBatchNorm2d, trainable_layers=6
    )
    return backbone


BACKBONES: dict[str, Callable[[], nn.Module]] = {
    "slim_fpn": slim_fpn,
    # Frozen batch norm; `_affine`: its scale and shift are trained; `_v2`: live batch norm, in the pyramid too.
    "resnet50_fpn": partial(_resnet_fpn, RESNET_50, FrozenBatchNorm2d),
    "resnet50_fpn_affine": partial(_resnet_fpn, RESNET_50, AffineNorm),
    "resnet50_fpn_v2": partial(_resnet_fpn, RESNET_50, nn.BatchNorm2d, nn.BatchNorm2d),
    "resnet101_fpn": partial(_resnet_fpn, RESNET_101, FrozenBatchNorm2d),
    "resnet101_fpn_affine": partial(_resnet_fpn, RESNET_101, AffineNorm),
    "resnext101_32x4d_fpn_affine": partial(_resnet_fpn, replace(RESNET_101, groups=32, width_per_group=4), AffineNorm),
    "resnext101_64x4d_fpn_affine": partial(_resnet_fpn, replace(RESNET_101, groups=64, width_per_group=4), AffineNorm),
    "resnext101_32x8d_fpn": partial(_resnet_fpn, replace(RESNET_101, groups=32, width_per_group=8), FrozenBatchNorm2d),
    "resnet50_c4": partial(_resnet_c4, RESNET_50),
    "resnet101_c4": partial(_resnet_c4, RESNET_101),
    "mobilenet_v3_large_fpn": mobilenet_v3_large_fpn,
    "vgg16": vgg16,
    "zf": zf,
}


def stride_in_first(network: nn.Module) -> None:
    """Move the stride of every bottleneck into its first 1x1 convolution, in place: Caffe's and Detectron's ResNets."""
    for module in network.modules():
        if isinstance(module, Bottleneck):
            module.conv1.stride, module.conv2.stride = module.conv2.stride, module.conv1.stride
