"""The region proposal network (Ren et al. 2015, section 3.1), and what the reference implementations do differently.

Shapes: N images, A anchors of one image, M ground-truth boxes, R proposals, k anchors of one cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection._utils import Matcher
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead, concat_box_prediction_layers
from torchvision.ops import batched_nms, box_iou, clip_boxes_to_image
from torchvision.ops.misc import Conv2dNormActivation

from detector.anchors import anchors_of
from detector.roi import out_of_sixteen_bits
from detector.targets import Target, settled

if TYPE_CHECKING:
    from torchvision.models.detection.anchor_utils import AnchorGenerator

    from detector.resize import Batch
    from detector.system import System

INSIDE = "inside"
CACHED_PAIRS, FEWEST_ANCHORS = 200_000, 1024  # of boxes and anchors: some megabytes

Said = tuple[list[Tensor], list[Tensor]]
"""What the head says: per level the logits (N, k, H, W), and the deltas (N, 4k, H, W)."""


class Proposed(NamedTuple):
    """What the network proposes for N images: `proposals` (R, 4) and `objectness` (R,) of each, best first.

    `logits` (N * A, 1) and `deltas` (N * A, 4) of all anchors, and per image the `anchors` (A, 4).
    """

    proposals: list[Tensor]
    objectness: list[Tensor]
    logits: Tensor
    deltas: Tensor
    anchors: list[Tensor]


class PairLogitHead(RPNHead):
    """The paper's head: k logits for background, then k for object, of which a softmax is taken in pairs.

    What comes out is their difference: its sigmoid is the softmax, and its binary cross-entropy that of the pair.
    """

    def __init__(self, in_channels: int, channels: int, num_anchors: int) -> None:
        super().__init__(channels, num_anchors)
        self.conv = nn.Sequential(Conv2dNormActivation(in_channels, channels, kernel_size=3, norm_layer=None))
        self.cls_logits = nn.Conv2d(channels, 2 * num_anchors, kernel_size=1)
        for name, value in self.named_parameters():
            if name.endswith("weight"):
                nn.init.normal_(value, std=0.01)
            else:
                nn.init.zeros_(value)

    def forward(self, x: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Return per level the logits (N, k, H, W) and the deltas (N, 4k, H, W)."""
        pairs, deltas = super().forward(x)
        return [object_ - background for background, object_ in (pair.chunk(2, dim=1) for pair in pairs)], deltas


class AnchorMatcher(Matcher):
    """torchvision's matcher, where the best anchor of a box counts only from an IoU above `floor` on.

    An anchor of IoU 0 is nobody's best, whatever the floor: a box that no anchor touches would make all of them
    objects. With `overwrites` such an anchor learns that box, as in mmdetection, and not the one it covers best.
    """

    def __init__(self, high: float, low: float, floor: float, *, overwrites: bool) -> None:
        super().__init__(high, low, allow_low_quality_matches=True)
        self.floor, self.overwrites = floor, overwrites

    def set_low_quality_matches_(self, matches: Tensor, all_matches: Tensor, match_quality_matrix: Tensor) -> None:
        """Give each box its best anchors, ties included. `match_quality_matrix` (M, A)."""
        best = match_quality_matrix.max(dim=1).values  # (M,)
        is_best = (match_quality_matrix == best[:, None]) & (best >= self.floor)[:, None] & (best > 0)[:, None]
        if not self.overwrites:
            anchors = is_best.any(dim=0)
            matches[anchors] = all_matches[anchors]
            return
        for box in range(len(best)):  # of several boxes the last one, as there
            matches[is_best[box]] = box


class Rpn(RegionProposalNetwork):
    """torchvision's region proposal network, with the types of its parts; `targets` says what it may learn."""

    head: nn.Module
    anchor_generator: AnchorGenerator

    def __init__(self, system: System, channels: int) -> None:
        generator = anchors_of(system)
        per_cell = generator.num_anchors_per_location()[0]
        head: nn.Module = (
            PairLogitHead(channels, system.rpn_channels or channels, per_cell)
            if system.rpn_pair_logits
            else RPNHead(channels, per_cell, conv_depth=system.rpn_convs)
        )
        super().__init__(
            generator,
            head,
            system.rpn_fg_iou_thresh,
            system.rpn_bg_iou_thresh,
            system.rpn_batch_size_per_image,
            system.rpn_positive_fraction,
            dict(zip(("training", "testing"), system.rpn_pre_nms_top_n, strict=True)),
            dict(zip(("training", "testing"), system.rpn_post_nms_top_n, strict=True)),
            system.rpn_nms_thresh,
            score_thresh=system.rpn_score_thresh,
        )
        self.proposal_matcher = AnchorMatcher(
            system.rpn_fg_iou_thresh,
            system.rpn_bg_iou_thresh,
            system.rpn_best_iou_floor,
            overwrites=system.rpn_best_overwrites,
        )
        self.box_similarity = overlaps  # type: ignore[assignment]  # nobody calls it with a format of boxes
        self.trains_inside, self.smooth_l1_beta = system.rpn_trains_inside, system.rpn_smooth_l1_beta
        self.original_min_size = system.rpn_min_size
        self.decodes_best_only = False  # else all boxes are decoded first, as torchvision does

    def forward(  # type: ignore[override]  # a batch that knows its scales
        self, images: Batch, features: dict[str, Tensor], targets: list[Target] | None = None
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Return the proposals (R, 4) per image, best first, and in training the two losses."""
        proposed = self.propose(images, features)
        if not self.training:
            return proposed.proposals, {}
        assert targets is not None
        if self.trains_inside:
            inside = [
                _inside(a, s, self.trains_inside) for a, s in zip(proposed.anchors, images.image_sizes, strict=True)
            ]
            targets = [target | {INSIDE: mask} for target, mask in zip(targets, inside, strict=True)]
        labels, matched_gt_boxes = self.assign_targets_to_anchors(proposed.anchors, targets)
        regression_targets = self.box_coder.encode(matched_gt_boxes, proposed.anchors)
        losses = self.compute_loss(proposed.logits, proposed.deltas, labels, regression_targets)
        return proposed.proposals, dict(zip(("loss_objectness", "loss_rpn_box_reg"), losses, strict=True))

    def propose(self, images: Batch, features: dict[str, Tensor], said: Said | None = None) -> Proposed:
        """Return the proposals of each image with their objectness, which torchvision's `forward` throws away.

        `said` is what the head says of the features, where that is known already.
        """
        levels = list(features.values())
        logits, deltas = self.head(levels) if said is None else said
        # It looks at the shapes of the maps and at their type: sixteen bits would be too few for a place.
        shapes = [images.tensors.new_empty(1).expand(level.shape) for level in levels]
        anchors: list[Tensor] = self.anchor_generator(images, shapes)
        counts = [level[0].numel() for level in logits]
        # In float32, also where autocast made sixteen bits of them: boxes are decoded in the type of the deltas.
        logits, deltas = map(out_of_sixteen_bits, concat_box_prediction_layers(logits, deltas))
        is_best = self.decodes_best_only and self.original_min_size is None
        if is_best:
            logits, deltas, anchors, counts = self._best(logits, deltas, anchors, counts)
        # Detached: Faster R-CNN does not back-propagate through proposal coordinates.
        boxes = self.box_coder.decode(deltas.detach(), anchors).view(len(anchors), -1, 4)
        filtered = self._leading if is_best else self._filtered
        proposals, objectness = filtered(boxes, logits, images, counts)
        return Proposed(proposals, objectness, logits, deltas, anchors)

    def _best(
        self, logits: Tensor, deltas: Tensor, anchors: list[Tensor], counts: list[int]
    ) -> tuple[Tensor, Tensor, list[Tensor], list[int]]:
        """Return of what is given the best `pre_nms_top_n` anchors of each level: no others can become proposals."""
        per_image = logits.view(len(anchors), -1)  # (N, A)
        best = self._get_top_n_idx(per_image, counts)
        chosen = [all_deltas[index] for all_deltas, index in zip(deltas.view(len(anchors), -1, 4), best, strict=True)]
        anchors = [all_anchors[index] for all_anchors, index in zip(anchors, best, strict=True)]
        kept = [min(self.pre_nms_top_n(), count) for count in counts]
        return per_image.gather(1, best).view(-1, 1), torch.cat(chosen), anchors, kept

    def _leading(
        self, boxes: Tensor, logits: Tensor, images: Batch, counts: list[int]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return what `_filtered` does, but for rounding and in less time, of boxes (N, A, 4) best of their levels.

        Greedy NMS goes down the scores: whom it keeps does not depend on who comes behind. So it looks at the first
        ones, twice as many as are wanted, and at more of them only where these do not leave enough.
        """
        numbers = torch.arange(len(counts), device=boxes.device)
        levels = numbers.repeat_interleave(torch.tensor(counts, device=boxes.device))  # (A,)
        all_scores = logits.detach().view(len(boxes), -1).sigmoid()  # (N, A)
        proposals, objectness = [], []
        for one, scores, size in zip(boxes, all_scores, images.image_sizes, strict=True):
            clipped = clip_boxes_to_image(one, size)
            is_large = ((clipped[:, 2:] - clipped[:, :2]) >= self.min_size).all(1)
            valid = torch.where(is_large & (scores >= self.score_thresh))[0]
            order = valid[scores[valid].argsort(descending=True, stable=True)]
            wanted, looked, kept = self.post_nms_top_n(), 0, order[:0]
            while len(kept) < wanted and looked < len(order):
                looked = 2 * max(looked, wanted)
                first = order[:looked]
                kept = first[batched_nms(clipped[first], scores[first], levels[first], self.nms_thresh)]
            kept = kept[:wanted]
            proposals.append(clipped[kept])
            objectness.append(scores[kept])
        return proposals, objectness

    def _filtered(
        self, boxes: Tensor, logits: Tensor, images: Batch, counts: list[int]
    ) -> tuple[list[Tensor], list[Tensor]]:
        filtered: tuple[list[Tensor], list[Tensor]]
        if self.original_min_size is None:
            filtered = self.filter_proposals(boxes, logits, images.image_sizes, counts)
            return filtered
        proposals, objectness = [], []
        for one, its_logits, size, scale in zip(
            boxes, logits.view(len(boxes), -1), images.image_sizes, images.scales, strict=True
        ):
            self.min_size = self.original_min_size * scale
            # Small ones go last, so that they take no place among the best n: py-faster-rcnn drops them first.
            clipped = clip_boxes_to_image(one, size)
            is_small = ((clipped[:, 2:] - clipped[:, :2]) < self.min_size).any(1)
            sorted_out = its_logits.masked_fill(is_small, -torch.inf)
            (best,), (scores,) = self.filter_proposals(one[None], sorted_out[None], [size], counts)
            proposals.append(best)
            objectness.append(scores)
        return proposals, objectness

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[Target]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return per image the labels (A,) of its anchors, 1, 0 or -1 for ignored, and the boxes (A, 4) they match."""
        if not self.trains_inside:
            labels, matched_gt_boxes = super().assign_targets_to_anchors(anchors, targets)
            return list(map(settled, labels, anchors, targets)), matched_gt_boxes
        labels, matched_gt_boxes = [], []
        for all_anchors, target in zip(anchors, targets, strict=True):
            inside = target[INSIDE]
            mine, boxes = all_anchors.new_full((len(all_anchors),), -1.0), torch.zeros_like(all_anchors)
            if bool(inside.any()):  # the matcher takes no empty list; the best anchor of a box is one inside
                (some,), (matched,) = super().assign_targets_to_anchors([all_anchors[inside]], [target])
                mine[inside], boxes[inside] = some, matched.to(boxes.dtype)
            labels.append(settled(mine, all_anchors, target))
            matched_gt_boxes.append(boxes)
        return labels, matched_gt_boxes

    def compute_loss(
        self, objectness: Tensor, pred_bbox_deltas: Tensor, labels: list[Tensor], regression_targets: list[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Return the losses of objectness and of boxes: 0 where every anchor of the batch is ignored."""
        if all(bool((image_labels < 0).all()) for image_labels in labels):
            return objectness.sum() * 0, pred_bbox_deltas.sum() * 0  # the mean of nothing would not be a number
        positives, negatives = (torch.where(torch.cat(masks))[0] for masks in self.fg_bg_sampler(labels))
        sampled, all_labels = torch.cat((positives, negatives)), torch.cat(labels)
        box_loss = functional.smooth_l1_loss(
            pred_bbox_deltas[positives],
            torch.cat(regression_targets)[positives],
            beta=self.smooth_l1_beta,
            reduction="sum",
        )
        logits = objectness.flatten()[sampled]
        return functional.binary_cross_entropy_with_logits(logits, all_labels[sampled]), box_loss / len(sampled)


def overlaps(gt_boxes: Tensor, anchors: Tensor) -> Tensor:
    """Return torchvision's `box_iou` (M, A), to the bit; on a CPU in parts of the anchors that fit its cache.

    Of 215 boxes with 24,000 anchors that takes 50 ms in place of 134.
    """
    if anchors.device.type != "cpu":
        return box_iou(gt_boxes, anchors)
    some = max(FEWEST_ANCHORS, CACHED_PAIRS // max(1, len(gt_boxes)))
    return torch.cat([box_iou(gt_boxes, part) for part in anchors.split(some)], dim=1)


def _inside(anchors: Tensor, size: tuple[int, int], border: str) -> Tensor:
    """Return (A,) bool: which anchors lie in an image (height, width); those that touch its end do if it is closed."""
    height, width = size
    ends = torch.tensor([width, height], device=anchors.device)
    ahead = (anchors[:, 2:] < ends) if border == "open" else (anchors[:, 2:] <= ends)
    return (anchors[:, :2] >= 0).all(1) & ahead.all(1)
