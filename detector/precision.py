"""The fast precision: batch norm folded, channels last, sixteen bits where the hardware has them, few large operators.

Convolutions and linear layers alone become coarser: decoding of boxes, softmax and NMS stay float32. Exact precision is
the network as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.faster_rcnn import TwoMLPHead
from torchvision.ops import FrozenBatchNorm2d

from detector.model import FasterRCNN
from detector.roi import FixedScaleRoIAlign
from detector.sampled_roi import SampledRoIAlign

if TYPE_CHECKING:
    from detector.fast_rcnn import FastRCNN
    from detector.model import Network

Norm = nn.BatchNorm2d | FrozenBatchNorm2d

FEWEST_CONVOLVED = 16
"""RoIs; of one it takes five times as long as a product of matrices."""


class LowPrecision(nn.Module):
    """`inner` in `dtype`: its inputs are cast down, its outputs to `out`, by default back to float32."""

    def __init__(self, inner: nn.Module, dtype: torch.dtype, out: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.inner = inner.to(dtype)
        self.dtype, self.out = dtype, out

    def forward(self, inputs: object) -> object:
        """Return what `inner` returns, in `out`."""
        return _cast(self.inner(_cast(inputs, self.dtype)), self.out)


class ChannelsLastMLP(nn.Module):
    """`TwoMLPHead` for pooled features whose channels lie last: the columns of its first weights lie like them.

    In float32 the first layer is a convolution with a kernel as large as what was pooled, as long as there are some
    RoIs. It is the same product, but libraries of convolutions are quicker at it than those of matrices: 22 ms in place
    of 48 for 150 RoIs of a ResNet-50 pyramid.
    """

    def __init__(self, head: TwoMLPHead, bins: int) -> None:
        super().__init__()
        self.fc6, self.fc7, self.bins = head.fc6, head.fc7, bins
        weight = head.fc6.weight.detach().unflatten(1, (-1, bins * bins))
        self.fc6.weight = nn.Parameter(weight.transpose(1, 2).flatten(1), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (R, D) of pooled features (R, C, S, S)."""
        if x.dtype == torch.float32 and len(x) >= FEWEST_CONVOLVED:
            kernels = self.fc6.weight.unflatten(1, (self.bins, self.bins, -1)).permute(0, 3, 1, 2)  # (D, C, S, S)
            hidden = functional.conv2d(x, kernels, self.fc6.bias).flatten(1)
        else:
            hidden = self.fc6(x.permute(0, 2, 3, 1).flatten(1))
        return functional.relu(self.fc7(functional.relu(hidden)))


def sixteen_bit_type(device: torch.device) -> torch.dtype | None:
    """Return the 16-bit type in which `device` multiplies faster than in float32, or None."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device.type == "cpu":
        # Younger than the oldest torch that we support: there the CPU stays in float32.
        capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
        return torch.bfloat16 if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else None
    return None


def make_fast(model: Network, device: torch.device) -> None:
    """Change `model`, in eval mode, in place to its fast form on `device`: it cannot be trained or saved any more."""
    assert not model.training, "a folded network cannot learn"
    fold_batch_norm(model)
    model.to(memory_format=torch.channels_last)
    model.rpn.decodes_best_only = model.transform.normalizes_last = True
    model.transform.takes_bytes = device.type == "cpu"
    takes_sixteen = isinstance(model, FasterRCNN) and device.type == "cpu" and _sample_rois(model.roi_heads)
    dtype = sixteen_bit_type(device)
    if dtype is None:
        return
    model.backbone = LowPrecision(model.backbone, dtype, dtype if takes_sixteen else torch.float32)
    model.rpn.head = LowPrecision(model.rpn.head, dtype)
    if isinstance(model, FasterRCNN):
        model.roi_heads.box_head = LowPrecision(model.roi_heads.box_head, dtype)


def takes_sixteen_bits(heads: FastRCNN) -> bool:
    """Return whether the pooling of `heads`, in its fast form on a CPU, wants maps of sixteen bits: others unfold them.

    A sampling ratio of 0 means one that depends on the RoI, which `SampledRoIAlign` does not have.
    """
    pooling = heads.box_roi_pool
    return isinstance(pooling, SampledRoIAlign) or (
        isinstance(pooling, FixedScaleRoIAlign) and pooling.sampling_ratio > 0
    )


def _sample_rois(heads: FastRCNN) -> bool:
    """Let `heads` pool by `SampledRoIAlign` if they can; return whether they do.

    A GPU has a kernel for RoIAlign. torchvision's for the CPU does one bin after the other: it took 1,059 ms for 1,000
    RoIs of a ResNet-50 pyramid where this takes 117, and 29 in sixteen bits.
    """
    if not takes_sixteen_bits(heads):
        return False
    pooling = heads.box_roi_pool
    assert isinstance(pooling, FixedScaleRoIAlign)
    sampled = SampledRoIAlign(pooling)
    heads.box_roi_pool = sampled
    if type(heads.box_head) is TwoMLPHead:
        heads.box_head = ChannelsLastMLP(heads.box_head, sampled.bins)
    return True


def fold_batch_norm(module: nn.Module) -> None:
    """Fold each batch norm that directly follows a convolution among its parent's children into that convolution.

    conv then norm: y = (w * x + b - mean) / sqrt(var + eps) * gamma + beta is a convolution again. Equal to rounding.
    """
    previous: nn.Module | None = None
    for name, child in list(module.named_children()):
        if isinstance(child, Norm) and isinstance(previous, nn.Conv2d):
            _fold(previous, child)
            setattr(module, name, nn.Identity())
        else:
            fold_batch_norm(child)
        previous = child


@torch.no_grad()
def _fold(conv: nn.Conv2d, norm: Norm) -> None:
    values = norm.state_dict()
    scale = values["weight"] * (values["running_var"] + norm.eps).rsqrt()
    bias = values["bias"] - values["running_mean"] * scale
    if conv.bias is not None:
        bias = bias + conv.bias * scale
    conv.weight.mul_(scale.reshape(-1, 1, 1, 1))
    conv.bias = nn.Parameter(bias.detach(), requires_grad=False)


def _cast(value: object, dtype: torch.dtype) -> object:
    if isinstance(value, Tensor):
        return value.to(dtype)
    if isinstance(value, dict):
        return {name: _cast(part, dtype) for name, part in value.items()}
    assert isinstance(value, list | tuple)
    return type(value)(_cast(part, dtype) for part in value)
