"""The fast precision: batch norm folded, channels last, sixteen bits where the hardware has them.

Convolutions and linear layers alone become coarser: decoding of boxes, softmax and NMS stay float32. Exact precision is
the network as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torchvision.ops import FrozenBatchNorm2d

from detector.model import FasterRCNN

if TYPE_CHECKING:
    from detector.model import Network

Norm = nn.BatchNorm2d | FrozenBatchNorm2d


class LowPrecision(nn.Module):
    """`inner` in `dtype`: its inputs are cast down, its outputs are cast back to float32."""

    def __init__(self, inner: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.inner = inner.to(dtype)
        self.dtype = dtype

    def forward(self, inputs: object) -> object:
        """Return what `inner` returns, in float32."""
        return _cast(self.inner(_cast(inputs, self.dtype)), torch.float32)


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
    dtype = sixteen_bit_type(device)
    if dtype is None:
        return
    model.backbone = LowPrecision(model.backbone, dtype)
    model.rpn.head = LowPrecision(model.rpn.head, dtype)
    if isinstance(model, FasterRCNN):
        model.roi_heads.box_head = LowPrecision(model.roi_heads.box_head, dtype)


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
