"""The second stage (Girshick 2015): the heads of the systems, and torchvision's `RoIHeads` with what they need.

Shapes: R proposals of one image, S sampled RoIs, K categories (label 0 is background).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.resnet import Bottleneck
from torchvision.ops import FrozenBatchNorm2d

from detector.roi import out_of_sixteen_bits, pooling_of
from detector.targets import Target, hard_first, settled, with_rejected

if TYPE_CHECKING:
    from detector.system import System

DROPOUT = 0.5


class DropoutHead(TwoMLPHead):
    """fc6 and fc7 of VGG-16 and ZF, each followed by a dropout of one half."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (S, C, h, w) to (S, D)."""
        x = functional.dropout(functional.relu(self.fc6(x.flatten(start_dim=1))), DROPOUT, self.training)
        return functional.dropout(functional.relu(self.fc7(x)), DROPOUT, self.training)


class Layer4Head(nn.Module):
    """The last stage of a ResNet on every RoI (He et al. 2015, appendix A): 14 x 14 cells become 2048 numbers."""

    def __init__(self) -> None:
        super().__init__()
        norm, halving = FrozenBatchNorm2d, nn.Conv2d(1024, 2048, 1, 2, bias=False)
        shortcut = nn.Sequential(halving, norm(2048))
        first = Bottleneck(1024, 512, 2, shortcut, norm_layer=norm)
        self.layer4 = nn.Sequential(first, *(Bottleneck(2048, 512, norm_layer=norm) for _ in range(2)))

    def forward(self, x: Tensor) -> Tensor:
        """Map (S, 1024, h, w) to (S, 2048)."""
        pooled: Tensor = self.layer4(x).mean(dim=(2, 3))
        return pooled


class FastRCNN(RoIHeads):
    """torchvision's second stage, with the types of its parts; `targets` says what it may learn."""

    box_roi_pool: nn.Module
    box_head: nn.Module
    box_predictor: FastRCNNPredictor

    def __init__(self, system: System, channels: int, num_categories: int) -> None:
        predictor = FastRCNNPredictor(system.representation_size, num_categories + 1)
        if system.gaussian_predictor:
            for layer, std in ((predictor.cls_score, 0.01), (predictor.bbox_pred, 0.001)):
                nn.init.normal_(layer.weight, std=std)
                nn.init.zeros_(layer.bias)
        super().__init__(  # type: ignore[no-untyped-call]
            pooling_of(system),
            _box_head(system, channels),
            predictor,
            system.box_fg_iou_thresh,
            system.box_bg_iou_thresh,
            system.box_batch_size_per_image,
            system.box_positive_fraction,
            None,
            system.box_score_thresh,
            system.box_nms_thresh,
            system.box_detections_per_img,
        )
        self.smooth_l1_beta = system.box_smooth_l1_beta

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
        class_logits, box_deltas = map(out_of_sixteen_bits, self.box_predictor(box_features))
        return [], self.losses(class_logits, box_deltas, torch.cat(labels), torch.cat(regression_targets))

    def losses(
        self, class_logits: Tensor, box_deltas: Tensor, labels: Tensor, regression_targets: Tensor
    ) -> dict[str, Tensor]:
        """Return both losses of S RoIs (Girshick 2015, section 2.3): torchvision's, with the beta of the system.

        `class_logits` (S, K+1), `box_deltas` (S, 4(K+1)), `labels` (S,), `regression_targets` (S, 4).
        """
        foreground = torch.where(labels > 0)[0]
        box_loss = functional.smooth_l1_loss(
            box_deltas.unflatten(1, (-1, 4))[foreground, labels[foreground]],
            regression_targets[foreground],
            beta=self.smooth_l1_beta,
            reduction="sum",
        )
        classifier = functional.cross_entropy(class_logits, labels)
        return {"loss_classifier": classifier, "loss_box_reg": box_loss / len(labels)}

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


def _box_head(system: System, channels: int) -> nn.Module:
    resolution, size = system.roi_resolution, system.representation_size
    if system.box_head == "layer4":
        return Layer4Head()
    if system.box_head == "four_conv":
        return FastRCNNConvFCHead((channels, resolution, resolution), [channels] * 4, [size], norm_layer=nn.BatchNorm2d)
    inputs = channels * resolution**2
    head = DropoutHead if system.box_head == "dropout_fc" else TwoMLPHead
    return head(inputs, size)  # type: ignore[no-untyped-call]
