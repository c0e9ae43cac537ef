"""A network that learns, with all that it needs to go on: optimizer, moving average, scale of the gradients.

Shapes: N images of a batch, M ground-truth boxes and J rejected ones of one image.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from detector.batches import PROPOSALS, ProposedSample
from detector.model import FasterRCNN, ProposalNetwork
from detector.precision import sixteen_bit_type
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from torch.utils.hooks import RemovableHandle

    from detector.model import Network
    from detector.processes import Division
    from detector.schedule import Schedule
    from detector.targets import Target
    from detector.types import Sample

MODEL, AVERAGE, OPTIMIZER, RANDOM = "model.", "average.", "optimizer.", "random."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a training goes on from after `step` steps of its `stage`: weights, optimizer, random numbers, by name."""

    step: int
    images_seen: int
    seconds: float
    tensors: dict[str, Tensor]
    scale: dict[str, Any]
    stage: str = ""


class Learner:
    """`model` in training by the losses that `part`, which shares its parameters, returns of a batch.

    A context: at its end `model` holds the moving average of its weights, in eval mode, if it has learnt anything.
    `averaged` is that average.
    """

    def __init__(self, model: Network, part: nn.Module, schedule: Schedule, device: torch.device) -> None:
        model.to(device).to(memory_format=torch.channels_last).train()
        model.zero_grad(set_to_none=True)  # what is frozen now would bound the gradient of the rest by an old one
        self._frozen = _freeze(model, schedule.frozen)
        if schedule.frozen_norms:
            freeze_norms(model)
        self._model, self._schedule, self._device = model, schedule, device
        self._part = DistributedDataParallel(part) if dist.is_available() and dist.is_initialized() else part
        self._optimizer = _optimizer(model, schedule)
        self._average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(schedule.ema_decay), use_buffers=True)
        self._average.eval()
        averaged = self._average.module
        assert isinstance(averaged, FasterRCNN | ProposalNetwork)
        self.averaged: Network = averaged
        half = schedule.mixed and needs_scale(device)
        self._dtype = torch.float16 if half else torch.bfloat16
        self._scaler = torch.amp.GradScaler(device.type, enabled=half)
        self._has_learnt = False
        self._hooks = _with_single_values(model)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        for hook in self._hooks:
            hook.remove()
        for parameter in self._frozen:
            parameter.requires_grad_(True)
        if self._has_learnt:
            self._model.load_state_dict(self.averaged.state_dict())
        self._model.eval()

    def learn(self, samples: Sequence[Sample], rate: float, division: Division | None = None) -> dict[str, float]:
        """Take one step and return its losses. Raises DetectorError, naming the images, if one is not finite.

        With a `division`, `samples` are this process's share of the images of the step: gradients and losses are means
        over all of them, whoever has how many. Without one each process counts alike.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["rate_factor"]
        self._optimizer.zero_grad(set_to_none=True)
        passes = division.split(samples) if division else [samples]
        losses: dict[str, float] = {}
        for number, part in enumerate(passes, 1):
            weight = division.weight(len(part)) if division else 1.0
            # DistributedDataParallel takes the mean over the processes, not the sum.
            factor = weight * division.share.ranks if division else 1.0
            with self._without_exchange() if number < len(passes) else nullcontext():
                for name, loss in self._pass(part, factor).items():
                    losses[name] = losses.get(name, 0.0) + weight * loss
        if math.isfinite(self._schedule.max_norm):
            self._scaler.unscale_(self._optimizer)
            nn.utils.clip_grad_norm_(self._model.parameters(), self._schedule.max_norm)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._average.update_parameters(self._model)
        self._has_learnt = True
        return _summed(losses, self._device) if division and division.share.ranks > 1 else losses

    def _without_exchange(self) -> AbstractContextManager[None]:
        """Let gradients of a pass stay here: they go to the other processes with those of the last one."""
        part = self._part
        return part.no_sync() if isinstance(part, DistributedDataParallel) else nullcontext()

    def _pass(self, samples: Sequence[Sample], factor: float) -> dict[str, float]:
        """Return the losses of `samples`, and add `factor` times their gradients to those there are."""
        images = [_to_tensor(sample, self._device) for sample in samples]
        targets = [to_target(sample, self._device) for sample in samples]
        with torch.autocast(self._device.type, self._dtype, enabled=self._schedule.mixed):
            losses: dict[str, Tensor] = self._part(images, targets)
        together = torch.stack(list(losses.values()))
        values: list[float] = together.tolist()
        if not all(map(math.isfinite, values)):
            names = ", ".join(sample.name for sample in samples)
            raise DetectorError(
                f"The loss is no longer a finite number at {names}: check their boxes or lower the rate."
            )
        total = together.sum()
        self._scaler.scale(total if factor == 1 else total * factor).backward()
        return dict(zip(losses, values, strict=True))

    def snapshot(self, step: int, images_seen: int, seconds: float) -> Snapshot:
        """Return what `restore` wants. On the CPU its tensors are those that the next step changes."""
        tensors = {MODEL + name: value for name, value in self._model.state_dict().items()}
        if self._schedule.ema_decay:
            tensors |= {AVERAGE + name: value for name, value in self._average.state_dict().items()}
        for index, parameter in enumerate(self._parameters()):
            kept = self._optimizer.state.get(parameter, {})
            tensors |= {f"{OPTIMIZER}{index}.{key}": value for key, value in kept.items() if value is not None}
        tensors[f"{RANDOM}cpu"] = torch.get_rng_state()
        if self._device.type == "cuda":
            tensors[f"{RANDOM}cuda"] = torch.cuda.get_rng_state(self._device)
        return Snapshot(step, images_seen, seconds, tensors, self._scaler.state_dict())

    def restore(self, snapshot: Snapshot) -> None:
        """Go on as if the steps before `snapshot` had been taken here. Raises DetectorError where it does not fit."""
        tensors = snapshot.tensors
        try:
            self._model.load_state_dict(_below(MODEL, tensors))
            if self._schedule.ema_decay:
                self._average.load_state_dict(_below(AVERAGE, tensors))
            else:
                self.averaged.load_state_dict(self._model.state_dict())
            parameters = self._parameters()
            for name, value in _below(OPTIMIZER, tensors).items():
                index, _, key = name.partition(".")
                parameter = parameters[int(index)]
                # Laid out in memory like the parameter: fused optimizers go through both as they lie there.
                kept = torch.empty_like(parameter if value.ndim else value, device=self._device, requires_grad=False)
                self._optimizer.state[parameter][key] = kept.copy_(value)
            torch.set_rng_state(tensors[f"{RANDOM}cpu"])
            if self._device.type == "cuda" and f"{RANDOM}cuda" in tensors:
                torch.cuda.set_rng_state(tensors[f"{RANDOM}cuda"], self._device)
            if self._scaler.is_enabled() and snapshot.scale:
                self._scaler.load_state_dict(snapshot.scale)
        except (KeyError, IndexError, ValueError, RuntimeError) as error:
            raise DetectorError("The state of the training is damaged, or of another network.") from error
        self._has_learnt = snapshot.step > 0

    def _parameters(self) -> list[nn.Parameter]:
        return [parameter for group in self._optimizer.param_groups for parameter in group["params"]]


def _summed(losses: dict[str, float], device: torch.device) -> dict[str, float]:
    """Return the sums over all processes."""
    values = torch.tensor(list(losses.values()), device=device)
    dist.all_reduce(values)
    return dict(zip(losses, values.tolist(), strict=True))


def needs_scale(device: torch.device) -> bool:
    """Return whether `device` has no bfloat16 but float16, in which small gradients are lost without a scale."""
    return device.type == "cuda" and sixteen_bit_type(device) == torch.float16


def to_target(sample: Sample, device: torch.device) -> Target:
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
    if isinstance(sample, ProposedSample):
        target[PROPOSALS] = torch.tensor(sample.proposals, device=device)
    return target


def _to_tensor(sample: Sample, device: torch.device) -> Tensor:
    """Return the image as (3, H, W) float32 in [0, 1]; it travels to the device as bytes."""
    return torch.tensor(sample.image, device=device).permute(2, 0, 1).float().div_(255)


def _is_usable(boxes: Tensor) -> Tensor:
    """Return (M,) bool: at least a pixel wide and high."""
    return ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(1)


def _touches(boxes: Tensor, image_size: tuple[int, int]) -> Tensor:
    """Return (M,) bool: some of the box lies in the image; one that does not would match every anchor equally badly."""
    height, width = image_size
    return (boxes[:, 2:] > 0).all(1) & (boxes[:, 0] < width) & (boxes[:, 1] < height)


def freeze_norms(model: nn.Module) -> None:
    """Keep the statistics of all batch norms of `model` as they are, until it is put into training mode again."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def _freeze(model: nn.Module, prefixes: tuple[str, ...]) -> list[nn.Parameter]:
    """Freeze what is named by `prefixes`, dropout and norms too; return the parameters that would else be trained."""
    for name, module in model.named_modules():
        if f"{name}.".startswith(prefixes):
            module.eval()
    frozen = [p for name, p in model.named_parameters() if name.startswith(prefixes) and p.requires_grad]
    for parameter in frozen:
        parameter.requires_grad_(False)
    return frozen


def _with_single_values(model: Network) -> list[RemovableHandle]:
    """Let norms that measure go by what they have measured where there is one value alone; return the hooks for it.

    That is the coarsest map of an image that is no larger than a stride.
    """
    live = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d) and module.training]
    return [module.register_forward_pre_hook(_measure_or_not) for module in live]


def _measure_or_not(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    (maps,) = inputs  # (N, C, H, W)
    module.training = maps.numel() > maps.shape[1]


def _optimizer(model: nn.Module, schedule: Schedule) -> torch.optim.Optimizer:
    """Biases and norms, which have one dimension, are a group of their own."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    decay = schedule.weight_decay
    groups: list[dict[str, Any]] = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay, "rate_factor": 1.0},
        {
            "params": [p for p in parameters if p.ndim <= 1],
            "weight_decay": decay if schedule.decays_biases else 0.0,
            "rate_factor": schedule.bias_rate,
        },
    ]
    if schedule.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=schedule.learning_rate, momentum=schedule.momentum, fused=True)
    return torch.optim.AdamW(groups, lr=schedule.learning_rate, fused=True)


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
