"""Approximate joint training (Ren et al. 2015, section 3.2), as a generator of steps: its caller decides when to go on.

Shapes: N images of a batch, M ground-truth boxes and J rejected ones of one image.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from detector.model import FasterRCNN
from detector.types import DetectorError, Sample

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from detector.targets import Target


@dataclass(frozen=True, slots=True)
class Schedule:
    """How to train: AdamW with a linear warm-up and a cosine to zero, and a moving average of the weights.

    `ema_decay` is the decay per step of the average that is kept at the end; `max_norm` bounds the gradient. `mixed`
    runs convolutions and linear layers in bfloat16. `frozen_norms` keeps the statistics of batch norm as they are and
    uses them, as small batches of a model that is trained already need it; scale and shift are trained all the same.
    """

    steps: int
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warmup_steps: int = 200
    max_norm: float = 5.0
    ema_decay: float = 0.999
    mixed: bool = True
    frozen_norms: bool = False

    def rate(self, step: int) -> float:
        """Return the learning rate of 0-based `step`."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        progress = (step - self.warmup_steps) / max(self.steps - self.warmup_steps, 1)
        return self.learning_rate * (1 + math.cos(math.pi * min(progress, 1.0))) / 2


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """One step that has been taken: `losses` by torchvision's names, `seconds` since the start of the training.

    `average` is the network whose weights are the moving average so far: the one to save or to measure, in eval mode.
    """

    step: int
    steps: int
    images_seen: int
    losses: dict[str, float]
    learning_rate: float
    seconds: float
    average: FasterRCNN

    @property
    def loss(self) -> float:
        """Sum of the four losses."""
        return sum(self.losses.values())


def train_joint(
    model: FasterRCNN, batches: Iterable[Sequence[Sample]], schedule: Schedule, device: torch.device
) -> Generator[TrainingStep, None, None]:
    """Train all of `model`, one batch per step, and yield after each; end after `schedule.steps` or the last batch.

    A ground-truth box of label 0 is an object for the RPN and background for the head: something worth a proposal that
    has no category. Boxes thinner than a pixel or outside the image are left out; crowds are neither object nor
    background; of an image that is not reviewed only what a person decided on counts: see `targets`.

    When the generator ends or is closed, `model` holds the moving average of its weights, in eval mode. In a process
    group each process brings its own batches and the gradients are averaged. Raises DetectorError, naming the images,
    on a loss that is not finite.
    """
    model.to(device).to(memory_format=torch.channels_last).train()
    if schedule.frozen_norms:
        _freeze_norms(model)
    network = DistributedDataParallel(model) if dist.is_available() and dist.is_initialized() else model
    optimizer = torch.optim.AdamW(_groups(model, schedule.weight_decay), lr=schedule.learning_rate, fused=True)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(schedule.ema_decay), use_buffers=True)
    average.eval()
    averaged = average.module
    assert isinstance(averaged, FasterRCNN)
    # Boxes are decoded in the type of the deltas: in bfloat16 a pixel of a large image would be lost.
    hooks = [m.register_forward_hook(_to_float32) for m in (model.rpn.head, model.roi_heads.box_predictor)]
    start, seen = time.monotonic(), 0
    try:
        for step, samples in zip(range(schedule.steps), batches, strict=False):
            rate = schedule.rate(step)
            for group in optimizer.param_groups:
                group["lr"] = rate
            losses = _losses(network, samples, schedule.mixed, device)
            optimizer.zero_grad(set_to_none=True)
            torch.stack(list(losses.values())).sum().backward()
            nn.utils.clip_grad_norm_(model.parameters(), schedule.max_norm)
            optimizer.step()
            average.update_parameters(model)
            seen += len(samples)
            values = {name: float(value.detach()) for name, value in losses.items()}
            seconds = time.monotonic() - start
            yield TrainingStep(step + 1, schedule.steps, seen, values, rate, seconds, averaged)
    finally:
        for hook in hooks:
            hook.remove()
        if seen:
            model.load_state_dict(averaged.state_dict())
        model.eval()


def _losses(network: nn.Module, samples: Sequence[Sample], mixed: bool, device: torch.device) -> dict[str, Tensor]:
    images = [_to_tensor(sample, device) for sample in samples]
    targets = [_to_target(sample, device) for sample in samples]
    with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
        losses: dict[str, Tensor] = network(images, targets)
    if not all(bool(loss.isfinite()) for loss in losses.values()):
        names = ", ".join(sample.name for sample in samples)
        raise DetectorError(f"The loss is no longer a finite number at {names}: check their boxes or lower the rate.")
    return losses


def _to_tensor(sample: Sample, device: torch.device) -> Tensor:
    """Return the image as (3, H, W) float32 in [0, 1]; it travels to the device as bytes."""
    return torch.tensor(sample.image, device=device).permute(2, 0, 1).float().div_(255)


def _to_target(sample: Sample, device: torch.device) -> Target:
    """Return what `detector.targets` says: beside boxes and labels only what distinguishes the image."""
    boxes, crowd = torch.tensor(sample.gt_boxes), torch.tensor(sample.iscrowd)
    usable = _is_usable(boxes) & _touches(boxes, sample.image_size) & ~crowd
    target = {"boxes": boxes[usable].to(device), "labels": torch.tensor(sample.labels)[usable].to(device)}
    if bool(crowd.any()):
        target["ignore"] = boxes[crowd].to(device)
    if len(sample.rejected_boxes):
        rejected = torch.tensor(sample.rejected_boxes)
        target["rejected"] = rejected[_is_usable(rejected)].to(device)
    if not sample.reviewed:
        target["reviewed"] = torch.tensor(data=False)
    return target


def _is_usable(boxes: Tensor) -> Tensor:
    """Return (M,) bool: at least a pixel wide and high."""
    return ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(1)


def _touches(boxes: Tensor, image_size: tuple[int, int]) -> Tensor:
    """Return (M,) bool: some of the box lies in the image; one that does not would match every anchor equally badly."""
    height, width = image_size
    return (boxes[:, 2:] > 0).all(1) & (boxes[:, 0] < width) & (boxes[:, 1] < height)


def _freeze_norms(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def _to_float32(_module: nn.Module, _inputs: object, output: object) -> object:
    if isinstance(output, Tensor):
        return output.float()
    assert isinstance(output, list | tuple)
    return type(output)(_to_float32(_module, _inputs, part) for part in output)


def _groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Biases and norms are not decayed: they have one dimension."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
