"""The rows, and the numbers of the paper and of the reference implementations in the parts that are built from them."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision.models.detection._utils import Matcher
from torchvision.models.detection.backbone_utils import mobilenet_backbone
from torchvision.models.detection.image_list import ImageList
from torchvision.models.resnet import Bottleneck
from torchvision.ops import FrozenBatchNorm2d, roi_align, roi_pool

from detector.anchors import anchors_of, exact_cell, legacy_cell
from detector.backbones import BACKBONES, AffineNorm
from detector.classic_backbones import ResponseNorm
from detector.fast_rcnn import DropoutHead, FastRCNN, Layer4Head
from detector.model import FasterRCNN, ProposalNetwork, build
from detector.resize import Batch, Resize
from detector.roi import AlignedRoIAlign, RoiPool
from detector.rpn import AnchorMatcher, PairLogitHead, Proposed, Rpn
from detector.systems import SYSTEMS

# Inclusive corners, as py-faster-rcnn's algorithm gives them.
NINE = [
    (-84, -40, 99, 55), (-176, -88, 191, 103), (-360, -184, 375, 199),
    (-56, -56, 71, 71), (-120, -120, 135, 135), (-248, -248, 263, 263),
    (-36, -80, 51, 95), (-80, -168, 95, 183), (-168, -344, 183, 359),
]  # fmt: skip


def batch_of(*sizes, scale=1.0, pad_to=32):
    """A batch of empty images of these sizes (height, width)."""
    sides = [-(-max(size[axis] for size in sizes) // pad_to) * pad_to for axis in (0, 1)]
    return Batch(torch.zeros(len(sizes), 3, *sides), list(sizes), [scale] * len(sizes))


# Rows


@pytest.mark.parametrize("name", ["embedded", "resnet50_fpn"])
def test_that_anchors_are_made_once_for_a_size_and_may_be_learnt_from(name, monkeypatch):
    system = SYSTEMS[name]
    made = []
    generator = anchors_of(system)
    make = generator.grid_anchors
    monkeypatch.setattr(generator, "grid_anchors", lambda *given: made.append(given) or make(*given))

    def anchors(height, width, images=1):
        levels = [torch.zeros(1, 1, height // 2**n, width // 2**n) for n in range(3, 3 + len(system.anchor_sizes))]
        return generator(ImageList(torch.zeros(images, 3, height, width), [(height, width)] * images), levels)

    with torch.inference_mode():
        (first,) = anchors(256, 320)
    assert [one is first for one in anchors(256, 320, images=2)] == [True, True]
    assert not first.is_inference()
    assert len(made) == 1
    (other,) = anchors(320, 256)
    assert not torch.equal(other, first)
    assert torch.equal(anchors(256, 320)[0], first)
    assert len(made) == 3
    assert torch.equal(copy.deepcopy(generator)._kept[1], first)


def test_that_an_image_that_fills_its_batch_is_not_copied_into_it():
    resize = Resize(SYSTEMS["embedded"]).eval()
    image = torch.rand(3, 64, 96)
    assert resize.batch_images([image], 32).data_ptr() == image.data_ptr()
    assert resize.batch_images([image[:, :63]], 32).shape == (1, 3, 64, 96)
    assert resize.batch_images([image, image], 32).shape == (2, 3, 64, 96)


def test_that_every_row_is_built_as_it_says():
    with torch.device("meta"):
        for system in SYSTEMS.values():
            model = build(system, 1 if system.proposals_only else 7)
            assert isinstance(model, ProposalNetwork if system.proposals_only else FasterRCNN)
            assert model.num_categories == (1 if system.proposals_only else 7)
            per_cell = len(system.anchor_sizes[0]) * len(system.aspect_ratios)
            assert model.rpn.anchor_generator.num_anchors_per_location() == [per_cell] * len(system.strides)


def test_that_ids_are_keys_and_titles_are_told_apart():
    assert all(key == row.id for key, row in SYSTEMS.items())
    assert len({row.title for row in SYSTEMS.values()}) == len(SYSTEMS)


@pytest.mark.parametrize(
    ("name", "millions"),
    # With a classifier of 1000 rows: section 5 of the reference for ResNeXt, torchvision for the others.
    [("resnext101_32x4d_fpn_affine", 44.2), ("resnext101_64x4d_fpn_affine", 83.5), ("resnet101_fpn", 44.5)],
)
def test_that_bodies_have_the_published_size(name, millions):
    with torch.device("meta"):
        state = BACKBONES[name]().body.state_dict()
    weights = sum(value.numel() for key, value in state.items() if "running" not in key)
    assert round((weights + 2048 * 1000 + 1000) / 1e6, 1) == millions


def test_that_the_paper_is_in_its_rows():
    for name in ("zf", "vgg16", "resnet101_c4"):
        row = SYSTEMS[name]
        assert (len(row.anchor_sizes[0]), len(row.aspect_ratios), row.strides) == (3, 3, (16,))
        assert (row.rpn_nms_thresh, row.rpn_post_nms_top_n[1], row.roi_pooling) == (0.7, 300, "pool")
        assert row.rpn_pair_logits


@pytest.mark.parametrize("name", ["d2_r50_fpn", "rpn_r50_caffe_fpn", "mmdet_r101_caffe_fpn", "d2_r101_c4"])
def test_that_caffe_style_strides_in_the_first_convolution(name):
    caffe, pytorch = SYSTEMS[name], replace(SYSTEMS[name], caffe_stride=False)
    with torch.device("meta"):
        models = [build(row, 1 if row.proposals_only else 2) for row in (caffe, pytorch)]
    blocks = [[module for module in model.modules() if isinstance(module, Bottleneck)] for model in models]
    strides = [[(block.conv1.stride, block.conv2.stride) for block in mine] for mine in blocks]
    assert strides[0] == [(second, first) for first, second in strides[1]]
    assert ((2, 2), (1, 1)) in strides[0]


@pytest.mark.parametrize("name", SYSTEMS)
def test_that_what_a_recipe_freezes_is_there(name):
    with torch.device("meta"):
        model = build(SYSTEMS[name], 1)
    parts = [name for name, _ in model.named_parameters()] + [name for name, _ in model.named_buffers()]
    assert all(any(part.startswith(prefix) for part in parts) for prefix in SYSTEMS[name].recipe.frozen)


def test_that_the_mobile_systems_train_the_stages_that_torchvisions_do():
    stock = mobilenet_backbone(backbone_name="mobilenet_v3_large", weights=None, fpn=True, trainable_layers=3)
    frozen = {f"backbone.{name}" for name, parameter in stock.named_parameters() if not parameter.requires_grad}
    for name in ("mobilenet_v3_large_fpn", "mobilenet_v3_large_320_fpn"):
        prefixes = SYSTEMS[name].recipe.frozen
        assert {
            f"backbone.{part}" for part, _ in stock.named_parameters() if f"backbone.{part}".startswith(prefixes)
        } == frozen


@pytest.mark.parametrize(
    ("name", "red"),
    [("vgg16", (255 - 122.7717, -115.9465, -102.9801)), ("d2_r50_fpn", (255 - 123.675, -116.28, -103.53))],
)
def test_that_means_of_bgr_files_are_in_the_order_of_rgb(name, red):
    picture = torch.tensor([1.0, 0, 0])[:, None, None].expand(3, 4, 4)
    assert Resize(SYSTEMS[name]).normalize(picture)[:, 0, 0].tolist() == pytest.approx(red, abs=1e-3)


# Anchors


def test_that_the_nine_anchors_are_those_of_the_paper():
    corners = legacy_cell((128, 256, 512), (0.5, 1.0, 2.0)) - torch.tensor([0.0, 0, 1, 1])
    assert [tuple(map(int, row)) for row in corners] == NINE
    (anchors,) = anchors_of(SYSTEMS["vgg16"])(batch_of((600, 800), pad_to=1), [torch.zeros(1, 1, 38, 50)])
    assert torch.equal(anchors[:9], legacy_cell((128, 256, 512), (0.5, 1.0, 2.0)))
    assert torch.equal(anchors[9:18] - anchors[:9], torch.tensor([16.0, 0, 16, 0]).expand(9, 4))
    assert torch.equal(anchors[450:459] - anchors[:9], torch.tensor([0.0, 16, 0, 16]).expand(9, 4))


def test_that_exact_anchors_have_exact_areas_and_ratios():
    cell = exact_cell((32, 64), (0.5, 1.0, 2.0)).double()
    widths, heights = cell[:, 2] - cell[:, 0], cell[:, 3] - cell[:, 1]
    assert torch.allclose((heights / widths)[::2], torch.tensor([0.5, 1.0, 2.0]).double())
    assert torch.allclose((heights * widths).sqrt(), torch.tensor([32.0, 64] * 3).double())
    assert torch.equal(cell[:, :2], -cell[:, 2:])


def test_that_the_coarsest_level_has_a_stride_of_64():
    levels = [torch.zeros(1, 1, -(-800 // stride), 1216 // stride) for stride in (4, 8, 16, 32, 64)]
    (ours,), (stock,) = (
        anchors_of(SYSTEMS[name])(ImageList(torch.zeros(1, 3, 800, 1216), [(800, 1216)]), levels)
        for name in ("mmdet_r50_fpn", "resnet50_fpn")
    )
    steps = [float(anchors[-1, 1] - anchors[-1 - 3 * 19, 1]) for anchors in (ours, stock)]
    assert steps == [64.0, 61.0]  # torchvision's own checkpoints were trained with the quirk


@pytest.mark.parametrize("name", ["resnet50_fpn", "mobilenet_v3_large_fpn", "embedded", "mmdet_r50_fpn", "zf"])
def test_that_anchors_are_exact_beside_maps_of_sixteen_bits(name):
    system = SYSTEMS[name]
    levels = [torch.zeros(1, 1, 800 // stride, 1216 // stride) for stride in system.strides]
    batch = batch_of((800, 1216))
    (exact,) = anchors_of(system)(batch, levels)
    (beside,) = anchors_of(system)(batch, [level.bfloat16() for level in levels])
    assert torch.equal(beside, exact)
    assert beside.dtype == torch.float32


# RPN


def test_that_a_pair_of_logits_is_a_softmax():
    torch.manual_seed(0)
    head = PairLogitHead(8, 6, 3)
    with torch.no_grad():
        head.cls_logits.weight.normal_()
    features = torch.randn(2, 8, 4, 5)
    (logits,), (deltas,) = head([features])
    pairs = head.cls_logits(functional.relu(head.conv[0][0](features))).view(2, 2, 3, 4, 5)
    assert torch.allclose(logits.sigmoid(), pairs.softmax(1)[:, 1], atol=1e-6)
    assert deltas.shape == (2, 12, 4, 5)
    labels = torch.randint(0, 2, (2, 3, 4, 5))
    ours = functional.binary_cross_entropy_with_logits(logits, labels.float())
    assert torch.allclose(ours, functional.cross_entropy(pairs, labels), atol=1e-6)


def test_that_the_matcher_is_torchvisions_unless_the_row_says_more():
    iou = torch.rand(5, 200, generator=torch.Generator().manual_seed(0)) ** 2
    ours = AnchorMatcher(0.7, 0.3, 0.0, overwrites=False)(iou.clone())
    assert torch.equal(ours, Matcher(0.7, 0.3, allow_low_quality_matches=True)(iou.clone()))


def test_that_a_box_that_no_anchor_touches_makes_none_an_object():
    iou = torch.tensor([[0.0, 0.0, 0.0], [0.8, 0.1, 0.0]])
    assert AnchorMatcher(0.7, 0.3, 0.0, overwrites=False)(iou).tolist() == [1, -1, -1]


def test_that_the_floor_and_the_overwriting_are_mmdetections():
    iou = torch.tensor([
        [0.75, 0.10, 0.20],  # best at anchor 0
        [0.72, 0.10, 0.05],  # best at anchor 0 too: it overwrites
        [0.00, 0.40, 0.10],  # best at anchor 1, above the floor
        [0.00, 0.00, 0.25],  # best at anchor 2, below it
    ])  # fmt: skip
    assert AnchorMatcher(0.7, 0.3, 0.3, overwrites=True)(iou.clone()).tolist() == [1, 2, -1]
    assert AnchorMatcher(0.7, 0.3, 0.3, overwrites=False)(iou.clone()).tolist() == [0, 2, -1]
    assert AnchorMatcher(0.7, 0.3, 0.0, overwrites=True)(iou.clone()).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("border", "kept"), [("closed", [True, True, False, False]), ("open", [True, False, False, False])]
)
def test_that_anchors_that_leave_the_image_do_not_learn(border, kept):
    rpn = Rpn(replace(SYSTEMS["zf"], rpn_trains_inside=border), 256).train()
    anchors = torch.tensor([[0.0, 0, 20, 20], [12, 12, 32, 32], [20, 0, 40, 20], [-1, 0, 10, 10]])
    target = {"boxes": torch.tensor([[18.0, 0, 40, 20]]), "labels": torch.tensor([1])}
    seen = {}
    rpn.propose = lambda *_: Proposed([], [], torch.zeros(4, 1), torch.zeros(4, 4), [anchors])
    rpn.compute_loss = lambda *given: seen.update(labels=given[2]) or (0, 0)
    rpn(batch_of((32, 32)), {}, [target])
    assert (seen["labels"][0] >= 0).tolist() == kept
    # The best anchor of the box is the best of those that learn.
    assert seen["labels"][0][1] == (1 if border == "closed" else -1)


def test_that_small_proposals_are_dropped_in_pixels_of_the_original():
    rpn = Rpn(SYSTEMS["zf"], 256).eval()
    boxes, logits = torch.tensor([[[0.0, 0, 20, 20], [40, 40, 70, 70]]]), torch.zeros(2, 1)
    counts = {
        scale: len(rpn._filtered(boxes, logits, batch_of((100, 100), scale=scale), [2])[0][0])
        for scale in (0.5, 1.25, 1.5, 2.0)
    }
    assert counts == {0.5: 2, 1.25: 2, 1.5: 1, 2.0: 0}  # sides of 16 * scale: 8, 20, 24, 32


def test_that_small_proposals_take_no_place_among_the_best():
    rpn = Rpn(replace(SYSTEMS["zf"], rpn_pre_nms_top_n=(1, 1)), 256).eval()
    boxes, logits = torch.tensor([[[0.0, 0, 20, 15], [40, 40, 70, 70]]]), torch.tensor([[9.0], [-9]])
    (kept,), (objectness,) = rpn._filtered(boxes, logits, batch_of((100, 100)), [2])
    assert kept.tolist() == [[40, 40, 70, 70]]
    assert torch.equal(objectness, torch.tensor([-9.0]).sigmoid())


def test_that_boxes_are_decoded_in_float32_from_a_head_of_sixteen_bits():
    rpn = Rpn(SYSTEMS["zf"], 256).eval()
    logits, deltas = torch.ones(1, 9, 38, 62).bfloat16(), torch.zeros(1, 36, 38, 62).bfloat16()
    rpn.head.register_forward_hook(lambda *_: ([logits], [deltas]))
    proposed = rpn.propose(batch_of((600, 990)), {"0": torch.zeros(1, 256, 38, 62)})
    assert {part.dtype for part in (*proposed.proposals, *proposed.objectness, proposed.logits)} == {torch.float32}
    assert set((proposed.proposals[0][:, 0] % 4).tolist()) == {0.0}  # in bfloat16 the anchors would be 4 or 8 apart
    assert (proposed.proposals[0][:, 0] > 512).any()


@pytest.mark.parametrize(("name", "beta"), [("vgg16", 1 / 9), ("mmdet_r50_fpn", 0.0)])
def test_that_the_rpn_has_the_box_loss_of_its_row(name, beta):
    system = SYSTEMS[name]
    torch.manual_seed(0)
    rpn = Rpn(replace(system, backbone="zf", rpn_channels=256), 256)
    deltas, targets = torch.randn(4, 4), torch.randn(4, 4)
    objectness, box_reg = rpn.compute_loss(torch.zeros(4, 1), deltas, [torch.tensor([1.0, 0, 1, -1])], [targets])
    expected = functional.smooth_l1_loss(deltas[[0, 2]], targets[[0, 2]], beta=beta, reduction="sum") / 3
    assert torch.allclose(box_reg, expected)
    assert torch.allclose(objectness, torch.tensor(2.0).log())


# Second stage


def test_that_aligned_pooling_is_moved_by_half_a_pixel():
    features = {"0": torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))}
    boxes = [torch.tensor([[3.0, 5, 40, 50]]), torch.tensor([[0.0, 0, 64, 64], [10, 10, 30, 20]])]
    rois = torch.cat((torch.tensor([[0.0], [1], [1]]), torch.cat(boxes)), 1)
    pooled = AlignedRoIAlign((4,), 7, 0)(features, boxes, [])
    assert torch.equal(pooled, roi_align(features["0"], rois, (7, 7), 0.25, 0, aligned=True))
    assert not torch.equal(pooled, roi_align(features["0"], rois, (7, 7), 0.25, 0, aligned=False))


def test_that_aligned_pooling_looks_for_large_rois_on_coarse_levels():
    features = {str(level): torch.full((1, 1, 64 >> level, 64 >> level), float(level)) for level in range(4)}
    boxes = torch.tensor([[8.0, 8, 40, 40], [8, 8, 232, 232], [0, 0, 111, 111], [0, 0, 900, 900]])
    pooled = AlignedRoIAlign((4, 8, 16, 32), 7, 0)(features, [boxes], [])
    assert pooled[:3].mean((1, 2, 3)).tolist() == [0.0, 2.0, 0.0]
    assert pooled[3].max() == 3.0


@pytest.mark.parametrize("pooling", [AlignedRoIAlign((16,), 7, 0), RoiPool(16, 7)])
def test_that_sixteen_bit_maps_are_pooled_at_exact_places(pooling):
    features = torch.randn(1, 3, 40, 60, generator=torch.Generator().manual_seed(0)).bfloat16()
    boxes = [torch.tensor([[501.0, 333.0, 640.5, 471.5]])]
    exact, coarse = pooling({"0": features.float()}, boxes, []), pooling({"0": features}, boxes, [])
    assert coarse.dtype == torch.bfloat16
    assert torch.equal(coarse, exact.bfloat16())


def test_that_roi_pooling_is_caffes():
    features, boxes = torch.randn(1, 3, 20, 20), torch.tensor([[16.0, 32, 200, 180]])
    rois = torch.cat((torch.zeros(1, 1), boxes), 1)
    assert torch.equal(RoiPool(16, 6)({"0": features}, [boxes], []), roi_pool(features, rois, (6, 6), 1 / 16))
    assert RoiPool(16, 6)({"0": features}, [boxes[:0]], []).shape == (0, 3, 6, 6)


@pytest.mark.parametrize(("name", "beta"), [("vgg16", 1.0), ("d2_r50_fpn", 0.0), ("resnet50_fpn", 1 / 9)])
def test_that_the_second_stage_has_the_box_loss_of_its_row(name, beta):
    heads = FastRCNN(replace(SYSTEMS[name], representation_size=8, roi_resolution=1), 4, 2)
    torch.manual_seed(0)
    logits, deltas, targets = torch.randn(3, 3), torch.randn(3, 12), torch.randn(3, 4)
    losses = heads.losses(logits, deltas, torch.tensor([2, 0, 1]), targets)
    mine = torch.stack((deltas[0, 8:], deltas[2, 4:8]))
    expected = functional.smooth_l1_loss(mine, targets[[0, 2]], beta=beta, reduction="sum") / 3
    assert torch.allclose(losses["loss_box_reg"], expected)
    assert torch.allclose(losses["loss_classifier"], functional.cross_entropy(logits, torch.tensor([2, 0, 1])))


def test_that_the_papers_head_drops_half_of_its_units_only_in_training():
    torch.manual_seed(0)
    head = DropoutHead(12, 400).eval()
    x = torch.rand(2, 3, 2, 2)
    assert torch.equal(head(x), functional.relu(head.fc7(functional.relu(head.fc6(x.flatten(1))))))
    with torch.no_grad():
        head.fc7.weight.zero_()
        head.fc7.bias.fill_(1.0)
    dropped = head.train()(x)
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert 0.4 < float((dropped == 0).float().mean()) < 0.6


def test_that_the_last_stage_sees_every_roi():
    head = Layer4Head().eval()
    assert head(torch.rand(3, 1024, 14, 14)).shape == (3, 2048)
    names = {key.split(".")[0] for key in head.state_dict()}
    assert names == {"layer4"}


@pytest.mark.parametrize("name", ["vgg16", "mmdet_r50_fpn", "d2_r50_fpn"])
def test_that_new_predictors_are_narrow_gaussians(name):
    torch.manual_seed(0)
    predictor = FastRCNN(replace(SYSTEMS[name], roi_resolution=1), 64, 80).box_predictor
    assert float(predictor.cls_score.weight.detach().std()) == pytest.approx(0.01, rel=0.05)
    assert float(predictor.bbox_pred.weight.detach().std()) == pytest.approx(0.001, rel=0.05)
    assert not predictor.cls_score.bias.any()


# Input and backbones


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("mmdet_r50_fpn", (305, 305), (800, 800)),
        ("resnet50_fpn", (305, 305), (799, 799)),  # torchvision rounds down
        ("vgg16", (375, 500), (600, 800)),
        ("vgg16", (333, 1000), (333, 1000)),
        ("vgg16", (300, 1200), (250, 1000)),
        ("d2_r50_c4", (480, 640), (800, 1067)),
    ],
)
def test_that_images_get_the_size_of_the_reference(name, size, expected):
    batch, _ = Resize(SYSTEMS[name]).eval()([torch.zeros(3, *size)])
    assert batch.image_sizes == [expected]
    assert batch.scales[0] == pytest.approx(max(expected) / max(size))
    padded = expected if SYSTEMS[name].pad_to == 1 else tuple(-(-side // 32) * 32 for side in expected)
    assert tuple(batch.tensors.shape[-2:]) == padded


def test_that_detectron2_trains_at_several_sizes_and_tests_at_one():
    resize = Resize(replace(SYSTEMS["d2_r50_fpn"], train_min_sizes=(64, 72, 80), min_size=80))
    torch.manual_seed(0)
    trained = {resize.train()([torch.zeros(3, 60, 60)])[0].image_sizes[0] for _ in range(30)}
    assert trained == {(64, 64), (72, 72), (80, 80)}
    assert {resize.eval()([torch.zeros(3, 60, 60)])[0].image_sizes[0] for _ in range(5)} == {(80, 80)}


@pytest.mark.parametrize(("name", "cells"), [("zf", (39, 51)), ("vgg16", (38, 50))])
def test_that_pools_round_up_as_caffes_do(name, cells):
    with torch.device("meta"):
        level = BACKBONES[name]()(torch.zeros(1, 3, 600, 800))["0"]
    assert tuple(level.shape[-2:]) == cells


def test_that_response_norm_is_caffes_also_in_sixteen_bits():
    x = torch.full((1, 1, 3, 3), 500.0)  # whose square float16 does not have
    y = ResponseNorm()(x)
    assert float(y[0, 0, 1, 1]) == pytest.approx(500 * (1 + 5e-5 * 500**2) ** -0.75, rel=1e-6)
    half = ResponseNorm()(x.half())
    assert half.dtype == torch.float16
    assert torch.allclose(half.float(), y, rtol=2e-3)


@pytest.mark.parametrize("name", ["resnet101_fpn", "resnext101_64x4d_fpn_affine", "resnet101_c4", "zf"])
def test_that_random_weights_keep_their_scale(name):
    torch.manual_seed(0)
    with torch.inference_mode():
        levels = BACKBONES[name]().eval()(torch.randn(1, 3, 64, 64))
    assert all(0.01 < float(level.std()) < 100 for level in levels.values())


def test_that_the_affine_part_of_mmdetections_norms_is_trained_and_the_statistics_are_not():
    norm, frozen = AffineNorm(4), FrozenBatchNorm2d(4)
    assert norm.state_dict().keys() == frozen.state_dict().keys()
    assert {name for name, _ in norm.named_parameters()} == {"weight", "bias"}
    norm.running_var.fill_(4.0)
    frozen.load_state_dict(norm.state_dict())
    x = torch.randn(2, 4, 3, 3)
    assert torch.equal(norm.train()(x), frozen(x))
    norm(x).sum().backward()
    assert norm.weight.grad is not None
    assert isinstance(norm, nn.Module)
