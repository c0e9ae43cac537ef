"""What a system is: a frozen row of the numbers that distinguish one Faster R-CNN from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sizes = tuple[tuple[int, ...], ...]
Family = Literal["boxwright", "torchvision", "paper", "mmdetection", "detectron2"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the reference trains a system.

    SGD: the rate falls to a tenth after each of `drops` epochs. AdamW: a cosine to zero, and a moving average of the
    weights is kept. `learning_rate` is for steps of `reference_batch` images and is scaled linearly with `batch_size`
    (Goyal et al. 2017). Warm-up is linear from `warmup_factor` of the rate on. Biases learn `bias_rate` times as fast,
    and are decayed if `decays_biases`. Parameters whose names begin with one of `frozen` stay as they are, and so do
    the statistics of all batch norms if `frozen_norms`.

    Alternating training takes `alternating_epochs` in each of its four steps, with a drop after `alternating_drop`;
    its second stage sees `fast_rcnn_rois` RoIs of each image.
    """

    optimizer: Literal["adamw", "sgd"] = "sgd"
    learning_rate: float = 0.02
    reference_batch: int = 16
    batch_size: int = 2
    momentum: float = 0.9
    weight_decay: float = 1e-4
    bias_rate: float = 1.0
    decays_biases: bool = True
    epochs: int = 12
    drops: tuple[int, ...] = (8, 11)
    warmup_steps: int = 500
    warmup_factor: float = 1e-3
    frozen: tuple[str, ...] = ()
    frozen_norms: bool = True
    # Ren et al. 2015, section 3.2: 80k steps of an image, 40k of two, on the 5011 images of VOC 2007 trainval.
    alternating_epochs: int = 16
    alternating_drop: int = 12
    fast_rcnn_rois: int = 64


@dataclass(frozen=True, slots=True)
class System:
    """A Faster R-CNN in numbers. Sides in pixels of the network's input; pairs are (training, test).

    `strides` are those of the maps of the backbone, finest first; `fixed_strides` is false only for torchvision's own
    checkpoints, which were trained with inferred strides. `proposals_only`: there is no second stage. `published` holds
    figures of the reference by name, `licence` is that of its weights.
    """

    id: str
    title: str
    family: Family
    backbone: str
    anchor_sizes: Sizes
    aspect_ratios: tuple[float, ...]
    strides: tuple[int, ...]
    roi_strides: tuple[int, ...]
    proposals_only: bool = False
    # Input. `enlarges` is false where an image smaller than `min_size` is seen as it is; `train_min_sizes`, if any,
    # are drawn from in training; sides are rounded down as torchvision does or to the nearest, and padded to multiples.
    min_size: int = 800
    max_size: int = 1333
    train_min_sizes: tuple[int, ...] = ()
    enlarges: bool = True
    rounds_to_nearest: bool = False
    antialias: bool = False
    pad_to: int = 32
    image_mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    image_std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    # Backbone. `caffe_stride`: a bottleneck strides in its first 1x1 convolution, not in the 3x3 one.
    caffe_stride: bool = False
    norm_eps: float | None = None
    # RPN: Ren et al. 2015, sections 3.1.2, 3.1.3 and 3.3; best-n per level as in Lin et al. 2017.
    # Anchors: torchvision's are `rounded` and centred on the corner of a cell, `exact` ones are not rounded; those of
    # the paper, `legacy`, are rounded in their own way and centred on the middle of a cell.
    anchors: Literal["rounded", "exact", "legacy"] = "rounded"
    fixed_strides: bool = True
    rpn_convs: int = 1
    rpn_channels: int | None = None  # as many as the backbone has
    rpn_pair_logits: bool = False  # two logits per anchor, as in the paper
    rpn_pre_nms_top_n: tuple[int, int] = (2000, 1000)
    rpn_post_nms_top_n: tuple[int, int] = (2000, 1000)
    rpn_nms_thresh: float = 0.7
    rpn_fg_iou_thresh: float = 0.7
    rpn_bg_iou_thresh: float = 0.3
    rpn_best_iou_floor: float = 0.0  # the best anchor of a box counts from this IoU on
    rpn_best_overwrites: bool = False  # that anchor learns this box, even if another box covers it better
    rpn_trains_inside: Literal["", "closed", "open"] = ""  # only anchors in the image learn; `open`: without its border
    rpn_batch_size_per_image: int = 256
    rpn_positive_fraction: float = 0.5
    rpn_smooth_l1_beta: float = 1 / 9
    rpn_score_thresh: float = 0.0
    rpn_min_size: float | None = None  # of a proposal, in pixels of the image as it was
    # Fast R-CNN head: Girshick 2015, section 2; Lin et al. 2017, sections 4.2 and 5.2.
    box_head: Literal["two_fc", "four_conv", "dropout_fc", "layer4"] = "two_fc"
    representation_size: int = 1024
    roi_pooling: Literal["align", "aligned", "pool"] = "align"
    roi_resolution: int = 7
    roi_sampling_ratio: int = 2
    canonical_scale: int = 224
    gaussian_predictor: bool = False
    box_fg_iou_thresh: float = 0.5
    box_bg_iou_thresh: float = 0.5
    box_batch_size_per_image: int = 512
    box_positive_fraction: float = 0.25
    box_smooth_l1_beta: float = 1 / 9
    box_score_thresh: float = 0.05
    box_nms_thresh: float = 0.5
    box_detections_per_img: int = 100
    recipe: Recipe = Recipe()
    reference: str = ""
    licence: str = ""
    published: tuple[tuple[str, float], ...] = ()
