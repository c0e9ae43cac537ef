"""torchvision's reference training loop, the peer of our training of the head.

It is `train_one_epoch` of torchvision's `references/detection`: the whole network in train mode, float32, two images a
batch, SGD. Everything but the second stage is frozen by `requires_grad_(False)`, unless all layers are to learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from detector.batches import mirror
from detector.head import HeadSchedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detector.model import FasterRCNN
    from detector.types import ByteArray, FloatArray, IntArray

BATCH = 2  # `--batch-size` of the reference
RATE = 0.02 / 8  # for one process; the reference is meant for eight

Annotated = tuple["ByteArray", "FloatArray", "IntArray"]


class Reference:
    """torchvision's loop over `model`, which it changes; only the second stage learns, or all layers.

    `optimizer` is `sgd`, the reference's own, or `adamw`, ours. Norms of the frozen part keep their statistics, which
    two images would spoil: that is kinder to the peer than a plain `train()`.
    """

    def __init__(self, model: FasterRCNN, optimizer: str = "sgd", *, all_layers: bool = False) -> None:
        model.requires_grad_(all_layers).train()
        model.roi_heads.requires_grad_(True)
        for module in (*model.backbone.modules(), *model.rpn.modules()):
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        self.model = model
        self.parameters = list((model if all_layers else model.roi_heads).parameters())
        self.optimizer: torch.optim.Optimizer = (
            torch.optim.SGD(self.parameters, lr=RATE, momentum=0.9, weight_decay=1e-4)
            if optimizer == "sgd"
            else torch.optim.AdamW(self.parameters, weight_decay=0.05)
        )

    def step(self, batch: Sequence[Annotated], rate: float = RATE) -> None:
        """Forward, backward and one step of the optimizer."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        images = [torch.tensor(image).permute(2, 0, 1).float().div(255) for image, _, _ in batch]
        targets = [{"boxes": torch.tensor(boxes), "labels": torch.tensor(labels)} for _, boxes, labels in batch]
        losses = sum(self.model(images, targets).values())
        assert bool(losses.isfinite())
        self.optimizer.zero_grad()
        losses.backward()
        self.optimizer.step()

    def rois(self, batch: Sequence[Annotated]) -> int:
        """Take a step and return how many RoIs of an image it learnt from, on average."""
        counts: list[int] = []
        box_head = self.model.roi_heads.box_head
        hook = box_head.register_forward_pre_hook(lambda _module, inputs: counts.append(len(inputs[0])))
        self.step(batch)
        hook.remove()
        return sum(counts) // len(batch)


def reference_rate(step: int, steps: int, per_pass: int) -> float:
    """Return the reference's rate at 0-based `step`: a linear first pass, tenths after 16/26 and 22/26 of the steps."""
    warm = min(1.0, max(step / per_pass, 1e-3))
    return RATE * warm * 0.1 ** sum(step * 26 >= steps * epoch for epoch in (16, 22))


def train_reference(model: FasterRCNN, ready: Sequence[Annotated], passes: int, seed: int, optimizer: str) -> None:
    """Train the head of `model` as the reference does: images in a new order each pass, half of them mirrored."""
    reference, rng = Reference(model, optimizer), np.random.default_rng(seed)
    per_pass = -(-len(ready) // BATCH)
    steps = passes * per_pass
    rates = HeadSchedule(steps)
    for step, batch in enumerate(reference_batches(ready, passes, rng)):
        reference.step(batch, rates.rate(step) if optimizer == "adamw" else reference_rate(step, steps, per_pass))
    model.eval()


def reference_batches(
    ready: Sequence[Annotated], passes: int, rng: np.random.Generator
) -> Iterator[Sequence[Annotated]]:
    """Yield the batches of all passes."""
    for _ in range(passes):
        views = []
        for index in rng.permutation(len(ready)):
            image, boxes, labels = ready[index]
            if rng.random() < 0.5:
                image, boxes = mirror(image, boxes)
            views.append((np.ascontiguousarray(image), boxes, labels))
        yield from in_batches(views)


def in_batches(images: Sequence[Annotated]) -> list[Sequence[Annotated]]:
    """Return `images` in batches of the reference's size; the last may be smaller."""
    return [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
