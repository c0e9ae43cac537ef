"""The two-stage network: torchvision's `GeneralizedRCNN`, plus one method that yields everything it knows.

Shapes: N images, R proposals of one image, K categories (label 0 is background).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead, concat_box_prediction_layers
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes
from torchvision.ops import FrozenBatchNorm2d

from detector.anchors import FixedStrideAnchors
from detector.backbones import BACKBONES
from detector.roi import FixedScaleRoIAlign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.systems import System

Target = dict[str, Tensor]


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
    """torchvision's region proposal network, with the types of its parts."""

    head: nn.Module
    anchor_generator: AnchorGenerator


class FastRCNN(RoIHeads):
    """torchvision's second stage, with the types of its parts."""

    box_roi_pool: FixedScaleRoIAlign
    box_head: nn.Module
    box_predictor: FastRCNNPredictor


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
