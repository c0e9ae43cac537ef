"""The two-stage network: torchvision's `GeneralizedRCNN`, plus one method that yields everything it knows.

Shapes: N images, R proposals of one image, K categories (label 0 is background).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.transform import resize_boxes
from torchvision.ops import FrozenBatchNorm2d

from detector.backbones import BACKBONES, stride_in_first
from detector.fast_rcnn import FastRCNN
from detector.resize import Batch, Resize
from detector.rpn import Rpn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detector.rpn import Said
    from detector.system import System
    from detector.targets import Target

OBJECT = "object"
"""The one category of a network that only proposes."""


class Analysis(NamedTuple):
    """Everything that the network knows about one image, in pixels of the network's input.

    `proposals` (R, 4) clipped, best first; `objectness` (R,) in [0, 1]; `scores` (R, K+1) class probabilities;
    `boxes` (R, K+1, 4) decoded, not clipped; `box_features` (R, C, S, S) pooled at the resolution S of the system, or
    (R, 0, 0, 0) where there is no second stage, and they alone may have sixteen bits; sizes are (height, width).
    """

    proposals: Tensor
    objectness: Tensor
    scores: Tensor
    boxes: Tensor
    box_features: Tensor
    network_size: tuple[int, int]
    image_size: tuple[int, int]


class Look(NamedTuple):
    """What the first stage makes of a batch: maps (N, C, h, w) by name and, if known, what the head of the RPN says."""

    levels: dict[str, Tensor]
    said: Said | None = None


class Maps(NamedTuple):
    """What the backbone makes of a batch of images: with it the head looks at any box without another pass.

    `levels` are the feature maps (N, C, h, w) by name; sizes are (height, width), of the network's input and of each
    image; `said` is as in `Look`.
    """

    levels: dict[str, Tensor]
    batch: Batch
    image_sizes: list[tuple[int, int]]
    said: Said | None = None


class FasterRCNN(GeneralizedRCNN):
    """Faster R-CNN (Ren et al. 2015) with torchvision's parameter names, so that its files load strictly.

    `looks`, where there is one, stands in for backbone and RPN head where images are looked at, but not in `pool`: what
    a head learns from does not depend on it.
    """

    looks: Callable[[Tensor], Look] | None = None
    backbone: nn.Module
    rpn: Rpn
    roi_heads: FastRCNN
    transform: Resize

    def __init__(self, system: System, num_categories: int) -> None:
        backbone, rpn, transform = _first_stage(system)
        super().__init__(backbone, rpn, FastRCNN(system, _channels(backbone), num_categories), transform)
        self.system = system
        _suit(self, system)

    @property
    def num_categories(self) -> int:
        """K, without background."""
        rows: int = self.roi_heads.box_predictor.cls_score.out_features
        return rows - 1

    def analyse(self, images: Sequence[Tensor]) -> list[Analysis]:
        """Return proposals, probabilities, boxes and pooled features of `images` in one pass.

        `images` are (3, H, W) float32 in [0, 1], or uint8 where the transform takes bytes. In float32 proposals, scores
        and boxes equal bit for bit the tensors that `forward` computes on its way. An empty sequence gives an empty
        list. Asserts eval mode.
        """
        return self.analyse_maps(self.maps(images)) if images else []

    def maps(self, images: Sequence[Tensor]) -> Maps:
        """Return the feature maps of `images`, which are as for `analyse`. Asserts eval mode."""
        assert not self.training, "maps() looks, it does not learn: call eval() first"
        batch, _ = self.transform(list(images))
        levels, said = _look(self, batch.tensors)
        return Maps(levels, batch, _sizes(images), said)

    def judge(self, maps: Maps, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the head says of `boxes` (M, 4) on the one image of `maps`, in pixels of the network's input.

        That are class probabilities (M, K+1) and the boxes decoded for each class (M, K+1, 4), not clipped. The boxes
        are taken as proposals would be, so `judge` of the proposals gives the scores and boxes of `analyse`.
        """
        pooled = self.roi_heads.box_roi_pool(maps.levels, [boxes], maps.batch.image_sizes)
        class_logits, box_deltas = self.roi_heads.box_predictor(self.roi_heads.box_head(pooled))
        return class_logits.softmax(-1), self.roi_heads.box_coder.decode(box_deltas, [boxes])

    def analyse_maps(self, maps: Maps) -> list[Analysis]:
        """Return what `analyse` does, of images whose maps are known already."""
        levels, batch, image_sizes, said = maps
        proposals, objectness, *_ = self.rpn.propose(batch, levels, said)
        pooled = self.roi_heads.box_roi_pool(levels, proposals, batch.image_sizes)
        class_logits, box_deltas = self.roi_heads.box_predictor(self.roi_heads.box_head(pooled))
        boxes = self.roi_heads.box_coder.decode(box_deltas, proposals)  # (R, K+1, 4)
        scores = class_logits.softmax(-1)  # (R, K+1)
        counts = [len(p) for p in proposals]
        per_image = (scores.split(counts), boxes.split(counts), pooled.split(counts), batch.image_sizes, image_sizes)
        return list(map(Analysis, proposals, objectness, *per_image))

    def pool(
        self, image: Tensor, boxes: Tensor, max_proposals: int, max_rois: int
    ) -> tuple[Tensor, Tensor, int, tuple[int, int]]:
        """Return RoIs (R, 4), their features (R, C, S, S), how many of them are proposals, and the network's size.

        First come the best `max_proposals` proposals of `image` (3, H, W), as `analyse` pools them, then `boxes`
        (M, 4), which are given in pixels of `image`; R is at most `max_rois`. RoIs are in pixels of the network's
        input, whose size is (height, width).
        """
        assert not self.training, "pool() looks, it does not learn: call eval() first"
        batch, _ = self.transform([image])
        levels: dict[str, Tensor] = self.backbone(batch.tensors)
        (proposals,), *_ = self.rpn.propose(batch, levels)
        (network_size,) = batch.image_sizes
        best = proposals[:max_proposals]
        rois = torch.cat((best, resize_boxes(boxes, list(image.shape[-2:]), list(network_size))))[:max_rois]
        return rois, self.roi_heads.box_roi_pool(levels, [rois], batch.image_sizes), len(best), network_size


class ProposalNetwork(nn.Module):
    """A region proposal network by itself: its proposals are detections of the one category "object".

    The score of a detection is the objectness, its box the proposal; there is nothing to pool.
    """

    looks: Callable[[Tensor], Look] | None = None
    num_categories = 1

    def __init__(self, system: System) -> None:
        super().__init__()
        self.backbone, self.rpn, self.transform = _first_stage(system)
        self.system = system
        _suit(self, system)

    def forward(
        self, images: list[Tensor], targets: list[Target] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        """Return the two losses in training, or else `boxes`, `scores` and `labels` of each image, in its own pixels.

        `images` are (3, H, W) float32 in [0, 1]. As mmdetection's and Detectron2's RPN: no threshold, no second NMS.
        """
        batch, targets = self.transform(list(images), targets)
        levels: dict[str, Tensor] = self.backbone(batch.tensors)
        if self.training:
            losses: dict[str, Tensor] = self.rpn(batch, levels, targets)[1]
            return losses
        proposals, objectness, *_ = self.rpn.propose(batch, levels)
        found = [
            {"boxes": boxes, "scores": scores, "labels": torch.ones_like(scores, dtype=torch.int64)}
            for boxes, scores in zip(proposals, objectness, strict=True)
        ]
        detections: list[dict[str, Tensor]] = self.transform.postprocess(found, batch.image_sizes, _sizes(images))
        return detections

    def analyse(self, images: Sequence[Tensor]) -> list[Analysis]:
        """Return proposals of `images` as a second stage would that believes the first; see `FasterRCNN.analyse`."""
        assert not self.training, "analyse() looks, it does not learn: call eval() first"
        if not images:
            return []
        batch, _ = self.transform(list(images))
        levels, said = _look(self, batch.tensors)
        proposals, objectness, *_ = self.rpn.propose(batch, levels, said)
        scores = [torch.stack((1 - score, score), dim=1) for score in objectness]  # (R, 2)
        boxes = [each[:, None].repeat(1, 2, 1) for each in proposals]  # (R, 2, 4)
        nothing = [each.new_zeros(len(each), 0, 0, 0) for each in proposals]
        per_image = (scores, boxes, nothing, batch.image_sizes, _sizes(images))
        return list(map(Analysis, proposals, objectness, *per_image))


Network = FasterRCNN | ProposalNetwork


def build(system: System, num_categories: int) -> Network:
    """Return `system` with random weights, for `num_categories` categories besides background.

    torchvision's COCO checkpoints have 90 categories: 91 rows with background. A system that only proposes has one.
    """
    if system.proposals_only:
        if num_categories != ProposalNetwork.num_categories:
            raise ValueError(f"{system.id} has one category, not {num_categories}")
        return ProposalNetwork(system)
    return FasterRCNN(system, num_categories)


def _first_stage(system: System) -> tuple[nn.Module, Rpn, Resize]:
    backbone = BACKBONES[system.backbone]()
    return backbone, Rpn(system, _channels(backbone)), Resize(system)


def _look(model: Network, tensors: Tensor) -> Look:
    return Look(model.backbone(tensors)) if model.looks is None else model.looks(tensors)


def _channels(backbone: nn.Module) -> int:
    channels = backbone.out_channels
    assert isinstance(channels, int)
    return channels


def _suit(model: nn.Module, system: System) -> None:
    """Give the blocks of `model` what the rows say of them: the place of the stride, the epsilon of the norms."""
    if system.caffe_stride:
        stride_in_first(model)
    if system.norm_eps is not None:
        for module in model.modules():
            if isinstance(module, FrozenBatchNorm2d):
                module.eps = system.norm_eps


def _sizes(images: Sequence[Tensor]) -> list[tuple[int, int]]:
    return [(int(image.shape[-2]), int(image.shape[-1])) for image in images]
