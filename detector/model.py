"""The two-stage network: torchvision's `GeneralizedRCNN`, plus one method that yields everything it knows.

Shapes: N images, R proposals of one image, K categories (label 0 is background).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.roi_heads import RoIHeads, fastrcnn_loss
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead, concat_box_prediction_layers
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes
from torchvision.ops import FrozenBatchNorm2d

from detector.anchors import FixedStrideAnchors
from detector.backbones import BACKBONES
from detector.roi import FixedScaleRoIAlign
from detector.targets import REGIONS, Target, hard_first, settled, with_rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.systems import System


class Analysis(NamedTuple):
    """Everything that the network knows about one image, in pixels of the network's input.

    `proposals` (R, 4) clipped, best first; `objectness` (R,) in [0, 1]; `scores` (R, K+1) class probabilities;
    `boxes` (R, K+1, 4) decoded, not clipped; `box_features` (R, C, 7, 7) pooled; sizes are (height, width).
    """

    proposals: Tensor
    objectness: Tensor
    scores: Tensor
    boxes: Tensor
    box_features: Tensor
    network_size: tuple[int, int]
    image_size: tuple[int, int]


class Resize(GeneralizedRCNNTransform):
    """torchvision's transform; with `enlarges` false an image that already fits is only normalised."""

    min_size: tuple[int, ...]  # type: ignore[assignment]  # torchvision says int and keeps a tuple
    max_size: int

    def __init__(self, system: System) -> None:
        super().__init__(system.min_size, system.max_size, list(system.image_mean), list(system.image_std))
        self.enlarges = system.enlarges

    def resize(self, image: Tensor, target: Target | None = None) -> tuple[Tensor, Target | None]:
        """Resize one image (3, H, W) and its boxes: short side `min_size`, unless the long one passes `max_size`."""
        resized, target = self._resized(image, target)
        if target is None:
            return resized, None
        before, after = list(image.shape[-2:]), list(resized.shape[-2:])
        return resized, target | {key: resize_boxes(target[key], before, after) for key in REGIONS if key in target}

    def _resized(self, image: Tensor, target: Target | None) -> tuple[Tensor, Target | None]:
        short, long = sorted(image.shape[-2:])
        if not self.enlarges and short <= self.min_size[0] and long <= self.max_size:
            return image, target
        if short * self.max_size >= long:
            resized: tuple[Tensor, Target | None] = super().resize(image, target)
            return resized
        # So thin that torchvision would round the short side to nothing.
        height, width = image.shape[-2:]
        size = [max(1, side * self.max_size // long) for side in (height, width)]
        thin = functional.interpolate(image[None], size=size, mode="bilinear", align_corners=False)[0]
        return thin, target and target | {"boxes": resize_boxes(target["boxes"], [height, width], size)}


class Rpn(RegionProposalNetwork):
    """torchvision's region proposal network, with the types of its parts; `targets` says what it may learn."""

    head: nn.Module
    anchor_generator: AnchorGenerator

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[Target]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return per image the labels (A,) of its anchors, 1, 0 or -1 for ignored, and the boxes (A, 4) they match."""
        labels, matched_gt_boxes = super().assign_targets_to_anchors(anchors, targets)
        return list(map(settled, labels, anchors, targets)), matched_gt_boxes

    def compute_loss(
        self, objectness: Tensor, pred_bbox_deltas: Tensor, labels: list[Tensor], regression_targets: list[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Return the losses of objectness and of boxes: 0 where every anchor of the batch is ignored."""
        if all(bool((image_labels < 0).all()) for image_labels in labels):
            return objectness.sum() * 0, pred_bbox_deltas.sum() * 0  # the mean of nothing would not be a number
        return super().compute_loss(objectness, pred_bbox_deltas, labels, regression_targets)


class FastRCNN(RoIHeads):
    """torchvision's second stage, with the types of its parts; `targets` says what it may learn."""

    box_roi_pool: FixedScaleRoIAlign
    box_head: nn.Module
    box_predictor: FastRCNNPredictor

    def forward(
        self,
        features: dict[str, Tensor],
        proposals: list[Tensor],
        image_shapes: list[tuple[int, int]],
        targets: list[Target] | None = None,
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        """Return detections per image and no losses, or in training no detections and the losses."""
        if not self.training:
            detections: tuple[list[dict[str, Tensor]], dict[str, Tensor]]
            detections = super().forward(features, proposals, image_shapes, targets)
            return detections
        rois, _, labels, regression_targets = self.select_training_samples(proposals, targets)
        if not any(map(len, rois)):
            # A head with live norms cannot see an empty batch, nor is the mean of nothing a number.
            nothing = torch.stack([p.sum() for p in self.parameters()]).sum() * 0
            return [], {"loss_classifier": nothing, "loss_box_reg": nothing}
        box_features = self.box_head(self.box_roi_pool(features, rois, image_shapes))
        class_logits, box_deltas = self.box_predictor(box_features)
        classifier, box_reg = fastrcnn_loss(class_logits, box_deltas, labels, regression_targets)
        return [], {"loss_classifier": classifier, "loss_box_reg": box_reg}

    def select_training_samples(
        self, proposals: list[Tensor], targets: list[Target] | None
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
        """Return per image the sampled RoIs (S, 4), the ground-truth boxes (S,) they match, their labels and deltas.

        torchvision's own method hands its parts nothing of a target but boxes and labels; the steps are the same.
        """
        self.check_targets(targets)
        assert targets is not None
        gt_boxes = [target["boxes"].to(rois.dtype) for rois, target in zip(proposals, targets, strict=True)]
        rois = list(map(with_rejected, self.add_gt_proposals(proposals, gt_boxes), targets))
        matched, labels = self.assign_targets_to_proposals(rois, gt_boxes, [t["labels"] for t in targets])
        labels = list(map(settled, labels, rois, targets))
        positives, negatives = self.fg_bg_sampler(labels)
        negatives = list(map(hard_first, [mask.bool() for mask in negatives], labels, rois, targets))
        sampled = [torch.where(fg.bool() | bg)[0] for fg, bg in zip(positives, negatives, strict=True)]
        rois, matched, labels = (
            [part[index] for part, index in zip(parts, sampled, strict=True)] for parts in (rois, matched, labels)
        )
        # An image without objects matches its background with a box of zeros, which no loss looks at.
        padded = [boxes if len(boxes) else boxes.new_zeros(1, 4) for boxes in gt_boxes]
        matched_gt_boxes = [boxes[index] for boxes, index in zip(padded, matched, strict=True)]
        return rois, matched, labels, self.box_coder.encode(matched_gt_boxes, rois)


class FasterRCNN(GeneralizedRCNN):
    """Faster R-CNN (Ren et al. 2015) with torchvision's parameter names, so that its files load strictly."""

    backbone: nn.Module
    rpn: Rpn
    roi_heads: FastRCNN
    transform: Resize

    def __init__(self, system: System, num_categories: int) -> None:
        backbone = BACKBONES[system.backbone]()
        channels = backbone.out_channels
        assert isinstance(channels, int)
        super().__init__(backbone, _rpn(system, channels), _roi_heads(system, channels, num_categories), Resize(system))
        self.system = system
        if system.norm_eps is not None:
            for module in self.modules():
                if isinstance(module, FrozenBatchNorm2d):
                    module.eps = system.norm_eps

    @property
    def num_categories(self) -> int:
        """K, without background."""
        rows: int = self.roi_heads.box_predictor.cls_score.out_features
        return rows - 1

    def analyse(self, images: Sequence[Tensor]) -> list[Analysis]:
        """Return proposals, probabilities, boxes and pooled features of `images` in one pass.

        `images` are (3, H, W) float32 in [0, 1]. In float32 proposals, scores and boxes equal bit for bit the
        tensors that `forward` computes on its way. An empty sequence gives an empty list. Asserts eval mode.
        """
        assert not self.training, "analyse() looks, it does not learn: call eval() first"
        if not images:
            return []
        batch, _ = self.transform(list(images))
        levels: dict[str, Tensor] = self.backbone(batch.tensors)
        proposals, objectness = self._propose(batch, list(levels.values()))
        pooled = self.roi_heads.box_roi_pool(levels, proposals, batch.image_sizes)
        class_logits, box_deltas = self.roi_heads.box_predictor(self.roi_heads.box_head(pooled))
        boxes = self.roi_heads.box_coder.decode(box_deltas, proposals)  # (R, K+1, 4)
        scores = class_logits.softmax(-1)  # (R, K+1)
        counts = [len(p) for p in proposals]
        sizes = [(int(image.shape[-2]), int(image.shape[-1])) for image in images]
        per_image = (scores.split(counts), boxes.split(counts), pooled.split(counts), batch.image_sizes, sizes)
        return list(map(Analysis, proposals, objectness, *per_image))

    def pool(
        self, image: Tensor, boxes: Tensor, max_proposals: int, max_rois: int
    ) -> tuple[Tensor, Tensor, int, tuple[int, int]]:
        """Return RoIs (R, 4), their features (R, C, 7, 7), how many of them are proposals, and the network's size.

        First come the best `max_proposals` proposals of `image` (3, H, W), as `analyse` pools them, then `boxes`
        (M, 4), which are given in pixels of `image`; R is at most `max_rois`. RoIs are in pixels of the network's
        input, whose size is (height, width).
        """
        assert not self.training, "pool() looks, it does not learn: call eval() first"
        batch, _ = self.transform([image])
        levels: dict[str, Tensor] = self.backbone(batch.tensors)
        (proposals,), _ = self._propose(batch, list(levels.values()))
        (network_size,) = batch.image_sizes
        best = proposals[:max_proposals]
        rois = torch.cat((best, resize_boxes(boxes, list(image.shape[-2:]), list(network_size))))[:max_rois]
        return rois, self.roi_heads.box_roi_pool(levels, [rois], batch.image_sizes), len(best), network_size

    def _propose(self, batch: object, levels: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """`RegionProposalNetwork.forward` in test mode, which would throw the objectness away."""
        logits, deltas = self.rpn.head(levels)
        anchors = self.rpn.anchor_generator(batch, levels)
        counts = [level[0].numel() for level in logits]
        logits, deltas = concat_box_prediction_layers(logits, deltas)
        boxes = self.rpn.box_coder.decode(deltas, anchors).view(len(anchors), -1, 4)
        proposals, objectness = self.rpn.filter_proposals(boxes, logits, batch.image_sizes, counts)  # type: ignore[attr-defined]
        return proposals, objectness


def build(system: System, num_categories: int) -> FasterRCNN:
    """Return `system` with random weights, for `num_categories` categories besides background.

    torchvision's COCO checkpoints have 90 categories: 91 rows with background.
    """
    return FasterRCNN(system, num_categories)


def _rpn(system: System, channels: int) -> Rpn:
    ratios = (system.aspect_ratios,) * len(system.anchor_sizes)
    anchors = (
        FixedStrideAnchors(system.anchor_sizes, ratios, system.strides)
        if system.fixed_strides
        else AnchorGenerator(system.anchor_sizes, ratios)
    )
    return Rpn(
        anchors,
        RPNHead(channels, anchors.num_anchors_per_location()[0], conv_depth=system.rpn_convs),
        system.rpn_fg_iou_thresh,
        system.rpn_bg_iou_thresh,
        system.rpn_batch_size_per_image,
        system.rpn_positive_fraction,
        dict(zip(("training", "testing"), system.rpn_pre_nms_top_n, strict=True)),
        dict(zip(("training", "testing"), system.rpn_post_nms_top_n, strict=True)),
        system.rpn_nms_thresh,
        score_thresh=system.rpn_score_thresh,
    )


def _roi_heads(system: System, channels: int, num_categories: int) -> FastRCNN:
    resolution, size = system.roi_resolution, system.representation_size
    head: nn.Module = (
        FastRCNNConvFCHead((channels, resolution, resolution), [channels] * 4, [size], norm_layer=nn.BatchNorm2d)
        if system.box_head == "four_conv"
        else TwoMLPHead(channels * resolution**2, size)
    )
    return FastRCNN(  # type: ignore[no-untyped-call]
        FixedScaleRoIAlign(system.roi_strides, resolution, system.roi_sampling_ratio, system.canonical_scale),
        head,
        FastRCNNPredictor(size, num_categories + 1),
        system.box_fg_iou_thresh,
        system.box_bg_iou_thresh,
        system.box_batch_size_per_image,
        system.box_positive_fraction,
        None,
        system.box_score_thresh,
        system.box_nms_thresh,
        system.box_detections_per_img,
    )
