"""The rows of mmdetection's and Detectron2's systems, of which most are feature pyramids (Lin et al. 2017)."""

from __future__ import annotations

from dataclasses import replace

from detector.system import Recipe, System

RESNET_STEM = ("backbone.body.conv1.", "backbone.body.bn1.", "backbone.body.layer1.")

# mmdetection 2.8: configs/rpn and configs/faster_rcnn. Of X-101 and pytorch style the affine part of the norms learns.
_MMDET = System(
    id="mmdet_r50_fpn",
    title="Faster R-CNN R-50-FPN (mmdetection)",
    family="mmdetection",
    backbone="resnet50_fpn_affine",
    anchor_sizes=((32,), (64,), (128,), (256,), (512,)),
    aspect_ratios=(0.5, 1.0, 2.0),
    strides=(4, 8, 16, 32, 64),
    roi_strides=(4, 8, 16, 32),
    rounds_to_nearest=True,
    anchors="exact",
    rpn_best_iou_floor=0.3,
    rpn_best_overwrites=True,
    rpn_smooth_l1_beta=0.0,
    rpn_pre_nms_top_n=(2000, 1000),
    rpn_post_nms_top_n=(1000, 1000),
    roi_pooling="aligned",
    roi_sampling_ratio=0,
    gaussian_predictor=True,
    box_smooth_l1_beta=0.0,
    recipe=Recipe(frozen=RESNET_STEM),
    reference="https://github.com/open-mmlab/mmdetection",
    licence="Apache-2.0",
    published=(("AP", 37.4), ("images/s on a V100", 21.4)),
)
_CAFFE_MEAN = (123.675 / 255, 116.28 / 255, 103.53 / 255)
_BYTE_STD = (1 / 255, 1 / 255, 1 / 255)


def _mmdet(name: str, title: str, ap: float | None, speed: float | None, *, caffe: bool = False) -> System:
    """Return mmdetection's Faster R-CNN with the backbone `name`."""
    figures = {"AP": ap, "images/s on a V100": speed}
    row = replace(
        _MMDET,
        id=f"mmdet_{name}",
        title=f"Faster R-CNN {title} (mmdetection)",
        backbone=_BACKBONES[name],
        published=tuple((key, value) for key, value in figures.items() if value is not None),
    )
    return replace(row, caffe_stride=True, image_mean=_CAFFE_MEAN, image_std=_BYTE_STD) if caffe else row


def _mmdet_rpn(
    name: str, title: str, figures: tuple[float | None, float | None, float], *, caffe: bool = False
) -> System:
    """Return mmdetection's RPN with the backbone `name`; figures are AR1000 after 12 and 24 epochs, and images/s."""
    row = _mmdet(name, title, None, None, caffe=caffe)
    names = ("AR1000 1x", "AR1000 2x", "images/s on a V100")
    return replace(
        row,
        id=f"rpn_{name}",
        title=f"RPN {title} (mmdetection)",
        proposals_only=True,
        rpn_pre_nms_top_n=(2000, 2000),
        rpn_trains_inside="open",
        published=tuple((key, value) for key, value in zip(names, figures, strict=True) if value is not None),
    )


_BACKBONES = {
    "r50_fpn": "resnet50_fpn_affine",
    "r50_caffe_fpn": "resnet50_fpn",
    "r101_fpn": "resnet101_fpn_affine",
    "r101_caffe_fpn": "resnet101_fpn",
    "x101_32x4d_fpn": "resnext101_32x4d_fpn_affine",
    "x101_64x4d_fpn": "resnext101_64x4d_fpn_affine",
}

# Detectron2: configs/COCO-Detection and Base-RCNN-*.yaml.
_D2_FPN = replace(
    _MMDET,
    id="d2_r50_fpn",
    title="Faster R-CNN R-50-FPN (Detectron2)",
    family="detectron2",
    backbone="resnet50_fpn",
    train_min_sizes=(640, 672, 704, 736, 768, 800),
    antialias=True,
    image_mean=_CAFFE_MEAN,
    image_std=_BYTE_STD,
    caffe_stride=True,
    rpn_best_iou_floor=0.0,
    rpn_best_overwrites=False,
    recipe=Recipe(epochs=37, drops=(29, 34), warmup_steps=1000, frozen=RESNET_STEM),
    reference="https://github.com/facebookresearch/detectron2/blob/main/MODEL_ZOO.md",
    licence="CC-BY-SA-3.0",
    published=(("AP", 40.2), ("ms on a V100", 38)),
)
_D2_C4 = replace(
    _D2_FPN,
    id="d2_r50_c4",
    title="Faster R-CNN R-50-C4 (Detectron2)",
    backbone="resnet50_c4",
    anchor_sizes=((32, 64, 128, 256, 512),),
    strides=(16,),
    roi_strides=(16,),
    pad_to=1,
    rpn_pre_nms_top_n=(12000, 6000),
    rpn_post_nms_top_n=(2000, 1000),
    box_head="layer4",
    representation_size=2048,
    roi_resolution=14,
    published=(("AP", 38.4), ("ms on a V100", 104)),
)
_D2_RECIPE_1X = replace(_D2_FPN.recipe, epochs=12, drops=(8, 11))

FRAMEWORK_SYSTEMS = (
    _MMDET,
    _mmdet("r50_caffe_fpn", "R-50-FPN, caffe style", None, None, caffe=True),
    _mmdet("r101_fpn", "R-101-FPN", 39.4, 15.6),
    _mmdet("r101_caffe_fpn", "R-101-FPN, caffe style", None, None, caffe=True),
    _mmdet("x101_32x4d_fpn", "X-101-32x4d-FPN", 41.2, 13.8),
    _mmdet("x101_64x4d_fpn", "X-101-64x4d-FPN", 42.1, 9.4),
    _mmdet_rpn("r50_fpn", "R-50-FPN", (58.2, 58.6, 22.3)),
    _mmdet_rpn("r50_caffe_fpn", "R-50-FPN, caffe style", (58.7, None, 22.6), caffe=True),
    _mmdet_rpn("r101_fpn", "R-101-FPN", (59.7, 60.2, 16.5)),
    _mmdet_rpn("r101_caffe_fpn", "R-101-FPN, caffe style", (60.0, None, 17.3), caffe=True),
    _mmdet_rpn("x101_32x4d_fpn", "X-101-32x4d-FPN", (60.6, 61.1, 13.0)),
    _mmdet_rpn("x101_64x4d_fpn", "X-101-64x4d-FPN", (61.0, 61.5, 9.1)),
    _D2_FPN,
    replace(
        _D2_FPN,
        id="d2_r101_fpn",
        title="Faster R-CNN R-101-FPN (Detectron2)",
        backbone="resnet101_fpn",
        published=(("AP", 42.0), ("ms on a V100", 51)),
    ),
    replace(
        _D2_FPN,
        id="d2_x101_32x8d_fpn",
        title="Faster R-CNN X-101-32x8d-FPN (Detectron2)",
        backbone="resnext101_32x8d_fpn",
        image_std=(58.395 / 255, 57.12 / 255, 57.375 / 255),
        caffe_stride=False,
        published=(("AP", 43.0), ("ms on a V100", 98)),
    ),
    _D2_C4,
    replace(
        _D2_C4,
        id="d2_r101_c4",
        title="Faster R-CNN R-101-C4 (Detectron2)",
        backbone="resnet101_c4",
        published=(("AP", 41.1), ("ms on a V100", 139)),
    ),
    replace(
        _D2_FPN,
        id="d2_rpn_r50_fpn",
        title="RPN R-50-FPN (Detectron2)",
        proposals_only=True,
        rpn_post_nms_top_n=(1000, 2000),
        recipe=_D2_RECIPE_1X,
        published=(("AR1000", 58.0), ("ms on a V100", 32)),
    ),
    replace(
        _D2_C4,
        id="d2_rpn_r50_c4",
        title="RPN R-50-C4 (Detectron2)",
        proposals_only=True,
        rpn_pre_nms_top_n=(12000, 12000),
        rpn_post_nms_top_n=(2000, 2000),
        recipe=_D2_RECIPE_1X,
        published=(("AR1000", 51.6), ("ms on a V100", 34)),
    ),
)
