"""One frozen row per system: the numbers of the paper and of the reference implementations, and nothing else.

A row says everything that distinguishes a system from another; `detector.model.build` turns it into a network.
"""

from __future__ import annotations

from dataclasses import dataclass

Sizes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class System:
    """A Faster R-CNN in numbers. Sides in pixels of the network's input; pairs are (training, test).

    `strides` are those of the maps of the backbone, finest first; `fixed_strides` is false only for torchvision's own
    checkpoints, which were trained with inferred strides. `enlarges` is false where an image smaller than `min_size`
    is seen as it is. `published` holds figures of the reference by name.
    """

    id: str
    title: str
    backbone: str
    anchor_sizes: Sizes
    aspect_ratios: tuple[float, ...]
    strides: tuple[int, ...]
    roi_strides: tuple[int, ...]
    min_size: int = 800
    max_size: int = 1333
    enlarges: bool = True
    fixed_strides: bool = False
    norm_eps: float | None = None
    image_mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    image_std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    # RPN: Ren et al. 2015, sections 3.1.2, 3.1.3 and 3.3; best-n per level as in Lin et al. 2017.
    rpn_convs: int = 1
    rpn_pre_nms_top_n: tuple[int, int] = (2000, 1000)
    rpn_post_nms_top_n: tuple[int, int] = (2000, 1000)
    rpn_nms_thresh: float = 0.7
    rpn_fg_iou_thresh: float = 0.7
    rpn_bg_iou_thresh: float = 0.3
    rpn_batch_size_per_image: int = 256
    rpn_positive_fraction: float = 0.5
    rpn_score_thresh: float = 0.0
    # Fast R-CNN head: Girshick 2015, section 2; Lin et al. 2017, sections 4.2 and 5.2.
    box_head: str = "two_fc"
    representation_size: int = 1024
    roi_resolution: int = 7
    roi_sampling_ratio: int = 2
    canonical_scale: int = 224
    box_fg_iou_thresh: float = 0.5
    box_bg_iou_thresh: float = 0.5
    box_batch_size_per_image: int = 512
    box_positive_fraction: float = 0.25
    box_score_thresh: float = 0.05
    box_nms_thresh: float = 0.5
    box_detections_per_img: int = 100
    reference: str = ""
    published: tuple[tuple[str, float], ...] = ()


_TORCHVISION = "https://pytorch.org/vision/stable/models.html"
_PYRAMID_SIZES: Sizes = ((32,), (64,), (128,), (256,), (512,))
_MOBILE_SIZES: Sizes = ((32, 64, 128, 256, 512),) * 3
_RATIOS = (0.5, 1.0, 2.0)

SYSTEMS: dict[str, System] = {
    row.id: row
    for row in (
        System(
            id="embedded",
            title="Boxwright embedded",
            backbone="slim_fpn",
            # Twelve pixels to half of a 480-pixel image; the wide and tall ones are for text lines and form fields.
            anchor_sizes=((16, 28), (48, 80), (128, 220)),
            aspect_ratios=(0.25, 0.5, 1.0, 2.0, 4.0),
            strides=(8, 16, 32),
            roi_strides=(8, 16, 32),
            min_size=480,
            max_size=864,
            enlarges=False,
            fixed_strides=True,
            rpn_pre_nms_top_n=(600, 600),
            rpn_post_nms_top_n=(300, 300),
            rpn_batch_size_per_image=128,
            representation_size=384,
            roi_sampling_ratio=1,
            # RoIs of 112 pixels go to stride 16: one level finer than with a backbone that starts at stride 4.
            canonical_scale=112,
            box_batch_size_per_image=64,
            reference="resources/models/README.md",
        ),
        System(
            id="resnet50_fpn",
            title="Faster R-CNN R-50-FPN (torchvision)",
            backbone="resnet50_fpn",
            anchor_sizes=_PYRAMID_SIZES,
            aspect_ratios=_RATIOS,
            strides=(4, 8, 16, 32, 64),
            roi_strides=(4, 8, 16, 32),
            # torchvision's COCO checkpoint was trained with an epsilon of 0 in its frozen batch norm.
            norm_eps=0.0,
            reference=_TORCHVISION,
            published=(("AP", 37.0), ("GFLOPs", 134.4)),
        ),
        System(
            id="resnet50_fpn_v2",
            title="Faster R-CNN R-50-FPN v2 (torchvision)",
            backbone="resnet50_fpn_v2",
            anchor_sizes=_PYRAMID_SIZES,
            aspect_ratios=_RATIOS,
            strides=(4, 8, 16, 32, 64),
            roi_strides=(4, 8, 16, 32),
            rpn_convs=2,
            box_head="four_conv",
            reference=_TORCHVISION,
            published=(("AP", 46.7), ("GFLOPs", 280.4)),
        ),
        System(
            id="mobilenet_v3_large_fpn",
            title="Faster R-CNN MobileNetV3-FPN (torchvision)",
            backbone="mobilenet_v3_large_fpn",
            anchor_sizes=_MOBILE_SIZES,
            aspect_ratios=_RATIOS,
            strides=(32, 32, 64),
            roi_strides=(32, 32),
            rpn_score_thresh=0.05,
            reference=_TORCHVISION,
            published=(("AP", 32.8), ("GFLOPs", 4.5)),
        ),
        System(
            id="mobilenet_v3_large_320_fpn",
            title="Faster R-CNN MobileNetV3-FPN at 320 pixels (torchvision)",
            backbone="mobilenet_v3_large_fpn",
            anchor_sizes=_MOBILE_SIZES,
            aspect_ratios=_RATIOS,
            strides=(32, 32, 64),
            roi_strides=(32, 32),
            min_size=320,
            max_size=640,
            rpn_pre_nms_top_n=(2000, 150),
            rpn_post_nms_top_n=(2000, 150),
            rpn_score_thresh=0.05,
            reference=_TORCHVISION,
            published=(("AP", 22.8), ("GFLOPs", 0.7)),
        ),
    )
}
