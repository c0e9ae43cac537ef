"""What a partly annotated image teaches: which anchors and RoIs are objects, which background, and which neither.

Shapes: B boxes that learn (the anchors of the RPN, the RoIs of the head), G ignore regions, J rejected boxes.

A target holds `boxes` and `labels` as torchvision has them, and where there is more to say

- `ignore` (G, 4): regions with objects that nobody has drawn one by one, COCO's crowds: neither object nor background;
- `rejected` (J, 4): suggestions that a person said no to, with positive sides: background to look at first;
- `reviewed`, one bool: false where objects may lack their box, so that what is not annotated may be anything.

Without them an image teaches what it teaches in torchvision, bit for bit and draw for draw.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.ops import box_area, box_iou

Target = dict[str, Tensor]

REGIONS = ("ignore", "rejected")
IGNORED = -1  # torchvision's samplers never draw it
IGNORE_COVER = 0.5  # share of a box inside an ignore region from which on it is ignored
REJECTED_IOU = 0.5


def settled(labels: Tensor, boxes: Tensor, target: Target) -> Tensor:
    """Return `labels` (B,) without the background that the image does not vouch for.

    `labels` are torchvision's: above 0 an object, 0 background, -1 ignored; `boxes` (B, 4). Background becomes ignored
    where an ignore region covers half of the box or more, and in an image that is not reviewed wherever its IoU with
    each rejected box is below one half. What matches a ground-truth box, also one of label 0, stays as it is.
    """
    unvouched = torch.zeros_like(labels, dtype=torch.bool)
    if "ignore" in target:
        unvouched |= _covered(boxes, target["ignore"])
    if not is_reviewed(target):
        unvouched |= ~_close(boxes, _rejected(target))
    if not bool(unvouched.any()):
        return labels
    # A box of label 0 is an object without a category: for the head it is background that somebody vouches for.
    unvouched &= ~_close(boxes, target["boxes"][target["labels"] == 0])
    return labels.masked_fill((labels == 0) & unvouched, IGNORED)


def is_reviewed(target: Target) -> bool:
    """Return whether all objects of the image have their box."""
    return "reviewed" not in target or bool(target["reviewed"])


def with_rejected(boxes: Tensor, target: Target) -> Tensor:
    """Return `boxes` (B, 4) and after them the rejected ones: each is worth a look, also where nothing proposes it."""
    return torch.cat((boxes, _rejected(target))) if "rejected" in target else boxes


def hard_first(sampled: Tensor, labels: Tensor, boxes: Tensor, target: Target) -> Tensor:
    """Return the `sampled` negatives (B,) bool, as many as before, with rejected regions before all others.

    `labels` (B,) are settled, `boxes` (B, 4). What is exchanged for what is drawn at random.
    """
    if "rejected" not in target:
        return sampled
    hard = (labels == 0) & _close(boxes, target["rejected"])
    missed, spare = _shuffled(hard & ~sampled), _shuffled(sampled & ~hard)
    exchanged = min(len(missed), len(spare))
    sampled = sampled.clone()
    sampled[spare[:exchanged]] = False
    sampled[missed[:exchanged]] = True
    return sampled


def _rejected(target: Target) -> Tensor:
    return target["rejected"] if "rejected" in target else target["boxes"][:0]


def _close(boxes: Tensor, others: Tensor) -> Tensor:
    """Return (B,) bool: which of `boxes` have an IoU of one half or more with any of `others`."""
    return (box_iou(boxes, others) >= REJECTED_IOU).any(1)  # of (B, J)


def _covered(boxes: Tensor, regions: Tensor) -> Tensor:
    """Return (B,) bool: which of `boxes` have half of their own area or more in one of `regions`."""
    top_left = torch.maximum(boxes[:, None, :2], regions[:, :2])
    bottom_right = torch.minimum(boxes[:, None, 2:], regions[:, 2:])
    inside = (bottom_right - top_left).clamp(min=0).prod(2)  # (B, G)
    return (inside >= IGNORE_COVER * box_area(boxes)[:, None]).any(1)


def _shuffled(mask: Tensor) -> Tensor:
    """Return the indices of the true ones in random order."""
    indices = torch.where(mask)[0]
    return indices[torch.randperm(len(indices), device=indices.device)]
