"""One frozen row per system: the numbers of the paper and of the reference implementations, and nothing else.

A row says everything that distinguishes a system from another; `detector.model.build` turns it into a network.
"""

from __future__ import annotations

from dataclasses import replace

from detector.framework_systems import FRAMEWORK_SYSTEMS, RESNET_STEM
from detector.system import Recipe, Sizes, System

_RATIOS = (0.5, 1.0, 2.0)
_PYRAMID_SIZES: Sizes = ((32,), (64,), (128,), (256,), (512,))

_EMBEDDED = System(
    id="embedded",
    title="Boxwright embedded",
    family="boxwright",
    backbone="slim_fpn",
    # Twelve pixels to half of a 480-pixel image; the wide and tall ones are for text lines and form fields.
    anchor_sizes=((16, 28), (48, 80), (128, 220)),
    aspect_ratios=(0.25, 0.5, 1.0, 2.0, 4.0),
    strides=(8, 16, 32),
    roi_strides=(8, 16, 32),
    min_size=480,
    max_size=864,
    enlarges=False,
    rpn_pre_nms_top_n=(600, 600),
    rpn_post_nms_top_n=(300, 300),
    rpn_batch_size_per_image=128,
    representation_size=384,
    roi_sampling_ratio=1,
    # RoIs of 112 pixels go to stride 16: one level finer than with a backbone that starts at stride 4.
    canonical_scale=112,
    box_batch_size_per_image=64,
    recipe=Recipe(
        optimizer="adamw",
        learning_rate=1e-3,
        reference_batch=4,
        batch_size=4,
        weight_decay=0.02,
        decays_biases=False,
        epochs=20,
        drops=(),
        warmup_steps=200,
        frozen_norms=False,
    ),
    reference="resources/models/README.md",
    licence="MIT",
    published=(("AP on scenes", 76.4), ("AP50 on scenes", 94.5)),
)

# torchvision 0.29: models/detection/faster_rcnn.py and references/detection.
_TORCHVISION = System(
    id="resnet50_fpn",
    title="Faster R-CNN R-50-FPN (torchvision)",
    family="torchvision",
    backbone="resnet50_fpn",
    anchor_sizes=_PYRAMID_SIZES,
    aspect_ratios=_RATIOS,
    strides=(4, 8, 16, 32, 64),
    roi_strides=(4, 8, 16, 32),
    fixed_strides=False,
    # torchvision's COCO checkpoint was trained with an epsilon of 0 in its frozen batch norm.
    norm_eps=0.0,
    recipe=Recipe(epochs=26, drops=(16, 22), warmup_steps=1000, frozen=RESNET_STEM),
    reference="https://pytorch.org/vision/stable/models.html",
    licence="BSD-3-Clause",
    published=(("AP", 37.0), ("GFLOPs", 134.4)),
)
_TORCHVISION_V2 = replace(
    _TORCHVISION,
    id="resnet50_fpn_v2",
    title="Faster R-CNN R-50-FPN v2 (torchvision)",
    backbone="resnet50_fpn_v2",
    norm_eps=None,
    rpn_convs=2,
    box_head="four_conv",
    recipe=Recipe(
        learning_rate=0.1,
        reference_batch=64,
        weight_decay=4e-5,
        epochs=400,
        drops=(352, 384),
        warmup_steps=1000,
        # Its batch norm is synchronised over 64 images; the few that fit on one device would spoil the statistics.
        frozen_norms=True,
    ),
    published=(("AP", 46.7), ("GFLOPs", 280.4)),
)
_MOBILE = replace(
    _TORCHVISION,
    id="mobilenet_v3_large_fpn",
    title="Faster R-CNN MobileNetV3-FPN (torchvision)",
    backbone="mobilenet_v3_large_fpn",
    anchor_sizes=((32, 64, 128, 256, 512),) * 3,
    strides=(32, 32, 64),
    roi_strides=(32, 32),
    norm_eps=None,
    rpn_score_thresh=0.05,
    # The first three of six stages, up to stride 8, stay as they are: torchvision's default where weights are given.
    recipe=replace(_TORCHVISION.recipe, frozen=tuple(f"backbone.body.{layer}." for layer in range(7))),
    published=(("AP", 32.8), ("GFLOPs", 4.5)),
)
_MOBILE_320 = replace(
    _MOBILE,
    id="mobilenet_v3_large_320_fpn",
    title="Faster R-CNN MobileNetV3-FPN at 320 pixels (torchvision)",
    min_size=320,
    max_size=640,
    rpn_pre_nms_top_n=(2000, 150),
    rpn_post_nms_top_n=(2000, 150),
    published=(("AP", 22.8), ("GFLOPs", 0.7)),
)

# Ren et al. 2015 with the numbers of the authors' code, py-faster-rcnn, for VOC 2007.
_VGG16 = System(
    id="vgg16",
    title="Faster R-CNN VGG-16 (the paper)",
    family="paper",
    backbone="vgg16",
    anchor_sizes=((128, 256, 512),),
    aspect_ratios=_RATIOS,
    strides=(16,),
    roi_strides=(16,),
    min_size=600,
    max_size=1000,
    rounds_to_nearest=True,
    pad_to=1,
    image_mean=(122.7717 / 255, 115.9465 / 255, 102.9801 / 255),
    image_std=(1 / 255, 1 / 255, 1 / 255),
    anchors="legacy",
    rpn_channels=512,
    rpn_pair_logits=True,
    rpn_pre_nms_top_n=(12000, 6000),
    rpn_post_nms_top_n=(2000, 300),
    rpn_trains_inside="closed",
    rpn_min_size=16,
    box_head="dropout_fc",
    representation_size=4096,
    roi_pooling="pool",
    gaussian_predictor=True,
    box_batch_size_per_image=128,
    box_smooth_l1_beta=1.0,
    box_nms_thresh=0.3,
    recipe=Recipe(
        learning_rate=1e-3,
        reference_batch=2,
        weight_decay=5e-4,
        bias_rate=2.0,
        epochs=28,
        drops=(20,),
        warmup_steps=0,
        # conv1_1 to conv2_2
        frozen=tuple(f"backbone.body.{layer}." for layer in (0, 2, 5, 7)),
    ),
    reference="https://arxiv.org/abs/1506.01497",
    published=(("mAP VOC07", 69.9), ("mAP VOC07+12", 73.2), ("ms on a K40", 198)),
)
_ZF = replace(
    _VGG16,
    id="zf",
    title="Faster R-CNN ZF (the paper)",
    backbone="zf",
    rpn_channels=256,
    roi_resolution=6,
    recipe=replace(_VGG16.recipe, frozen=()),
    published=(("mAP VOC07", 59.9), ("ms on a K40", 59)),
)
_RESNET101_C4 = replace(
    _VGG16,
    id="resnet101_c4",
    title="Faster R-CNN ResNet-101 C4 (the paper, second version)",
    backbone="resnet101_c4",
    # Normalised as the ImageNet weights of torchvision, which there are, and not as those of Caffe.
    image_mean=_TORCHVISION.image_mean,
    image_std=_TORCHVISION.image_std,
    box_head="layer4",
    representation_size=2048,
    roi_resolution=14,
    recipe=replace(_VGG16.recipe, weight_decay=1e-4, bias_rate=1.0, frozen=RESNET_STEM),
    published=(("mAP VOC07", 75.2),),
)

SYSTEMS: dict[str, System] = {
    row.id: row
    for row in (
        _EMBEDDED,
        _TORCHVISION,
        _TORCHVISION_V2,
        _MOBILE,
        _MOBILE_320,
        _ZF,
        _VGG16,
        _RESNET101_C4,
        *FRAMEWORK_SYSTEMS,
    )
}
