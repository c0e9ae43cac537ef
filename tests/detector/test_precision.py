from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.detection.faster_rcnn import TwoMLPHead
from torchvision.ops import FrozenBatchNorm2d, box_iou

import detector.rpn
from detector.precision import FEWEST_CONVOLVED, ChannelsLastMLP, fold_batch_norm, make_fast, sixteen_bit_type
from detector.predictor import Predictor
from detector.resize import Batch, Resize


def shaken(model):
    """Give the batch norms statistics that a network could have learnt."""
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d | FrozenBatchNorm2d):
            for name, low, high in (
                ("weight", 0.5, 1.5),
                ("bias", -0.2, 0.2),
                ("running_mean", -0.2, 0.2),
                ("running_var", 0.5, 2.0),
            ):
                values = torch.rand(module.bias.shape, generator=generator) * (high - low) + low
                getattr(module, name).data.copy_(values)
    return model


# One of each kind of norm and body; a network only of proposals too.
FOLDED = [
    "embedded", "resnet50_fpn", "resnet50_fpn_v2", "mobilenet_v3_large_320_fpn", "mmdet_r50_fpn", "d2_r50_c4",
    "d2_rpn_r50_fpn",
]  # fmt: skip


@pytest.mark.parametrize("system", FOLDED)
def test_that_a_folded_network_equals_the_network_to_rounding(system, make_model):
    model = shaken(make_model(system, 1))
    folded = copy.deepcopy(model)
    fold_batch_norm(folded)
    assert not [m for m in folded.modules() if isinstance(m, nn.BatchNorm2d | FrozenBatchNorm2d)]
    x = torch.rand(1, 3, 96, 128, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        for want, got in zip(model.backbone(x).values(), folded.backbone(x).values(), strict=True):
            torch.testing.assert_close(got, want, rtol=1e-3, atol=1e-3 * float(want.abs().max()))


def test_that_a_norm_without_a_convolution_before_it_stays():
    network = nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1))
    fold_batch_norm(network)
    assert isinstance(network[1], nn.BatchNorm2d)


def test_that_the_fast_form_gives_float32_at_its_borders(make_model):
    model = make_model("embedded", 2)
    exact = copy.deepcopy(model)
    make_fast(model, torch.device("cpu"))
    picture = torch.rand(3, 96, 128, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        (fast,), (slow,) = model.analyse([picture]), exact.analyse([picture])
    tensors = [t for t in fast._replace(box_features=fast.scores) if isinstance(t, torch.Tensor)]
    assert {t.dtype for t in tensors} == {torch.float32}
    assert fast.box_features.dtype == (sixteen_bit_type(torch.device("cpu")) or torch.float32)
    assert abs(float(fast.objectness[0] - slow.objectness[0])) < 0.02


def test_that_only_the_best_boxes_of_each_level_are_decoded_and_give_the_same_proposals(make_model):
    model = make_model("embedded", 2)
    model.rpn._pre_nms_top_n = {"training": 30, "testing": 30}
    pictures = [torch.rand(3, 96, 128, generator=torch.Generator().manual_seed(seed)) for seed in (2, 3)]
    decoded = []
    decode = model.rpn.box_coder.decode
    model.rpn.box_coder.decode = lambda deltas, anchors: decoded.append(len(deltas)) or decode(deltas, anchors)
    with torch.inference_mode():
        want = model.analyse(pictures)
        model.rpn.decodes_best_only = True
        got = model.analyse(pictures)
    assert decoded[1] <= 2 * 3 * 30 < decoded[0]
    for one, other in zip(got, want, strict=True):
        assert torch.equal(one.proposals, other.proposals)
        assert torch.equal(one.objectness, other.objectness)


@pytest.mark.parametrize("alike", [0, 9, 30])
def test_that_nms_looks_no_further_down_than_it_must_for_the_same_proposals(alike, make_model, monkeypatch):
    rpn = make_model("embedded", 2).rpn
    rpn._pre_nms_top_n, rpn._post_nms_top_n = {"testing": 30}, {"testing": 5}
    generator = torch.Generator().manual_seed(alike)
    corners = torch.rand(1, 60, 2, generator=generator) * 300
    boxes = torch.cat((corners, corners + 20 + 20 * torch.rand(1, 60, 2, generator=generator)), dim=2)
    logits = torch.rand(1, 60, generator=generator)
    boxes[:, :alike], logits[:, :alike] = boxes[:, :1], 2 + logits[:, :alike]  # the best of one level, over each other
    batch = Batch(torch.zeros(1, 3, 320, 320), [(320, 320)], [1.0])
    seen = []
    nms = torchvision.ops.batched_nms
    monkeypatch.setattr(detector.rpn, "batched_nms", lambda *given: seen.append(len(given[0])) or nms(*given))
    got, want = rpn._leading(boxes, logits, batch, [30, 30]), rpn._filtered(boxes, logits, batch, [30, 30])
    assert torch.equal(got[0][0], want[0][0])
    assert torch.equal(got[1][0], want[1][0])
    assert seen == {0: [10], 9: [10, 20], 30: [10, 20, 40]}[alike]


def test_that_as_many_proposals_come_as_there_are_where_they_are_few(make_model):
    rpn = make_model("embedded", 2).rpn
    boxes = torch.tensor([[[0.0, 0, 40, 40], [0, 0, 40, 41], [5, 5, 5, 5], [50, 50, 90, 90]]])
    batch = Batch(torch.zeros(1, 3, 96, 96), [(96, 96)], [1.0])
    proposals, objectness = rpn._leading(boxes, torch.tensor([[0.1, 0.2, 3.0, 0.3]]), batch, [2, 2])
    assert proposals[0].tolist() == [[50, 50, 90, 90], [0, 0, 40, 41]]
    assert objectness[0].tolist() == torch.tensor([0.3, 0.2]).sigmoid().tolist()
    (none,), _ = rpn._leading(boxes[:, :0], torch.zeros(0, 1), batch, [0, 0])
    assert none.shape == (0, 4)


# Dropout and RoIPool; the last stage of a ResNet on RoIs; a network without a second stage.
@pytest.mark.parametrize("system", ["zf", "d2_r50_c4", "rpn_r50_fpn"])
def test_that_the_fast_form_of_each_kind_is_close_to_the_exact_one(system, make_model):
    model = make_model(system, 1)
    model.transform.min_size, model.transform.max_size = (128,), 192
    exact = copy.deepcopy(model)
    make_fast(model, torch.device("cpu"))
    picture = torch.rand(3, 96, 128, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        (fast,), (slow,) = model.analyse([picture]), exact.analyse([picture])
    assert {t.dtype for t in fast if isinstance(t, torch.Tensor)} == {torch.float32}
    assert bool(fast.boxes.isfinite().all())
    assert len(fast.proposals) > 3
    assert abs(float(fast.objectness[0] - slow.objectness[0])) < 0.02
    # The order of nearly equal proposals may change: the best box of each is among those of the other.
    assert float(box_iou(fast.proposals[:1], slow.proposals).max()) > 0.8


@pytest.mark.parametrize("rois", [1, FEWEST_CONVOLVED, 40])
def test_that_the_head_gives_the_same_to_rounding_for_few_and_for_many_rois(rois, monkeypatch):
    convolved = []
    convolve = torch.nn.functional.conv2d
    monkeypatch.setattr(torch.nn.functional, "conv2d", lambda *given: convolved.append(given) or convolve(*given))
    torch.manual_seed(0)
    head = TwoMLPHead(8 * 7 * 7, 32)
    pooled = torch.rand(rois, 8, 7, 7)
    with torch.inference_mode():
        want = head(pooled)
        got = ChannelsLastMLP(copy.deepcopy(head), 7)(pooled.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)
    assert len(convolved) == (rois >= FEWEST_CONVOLVED)


@pytest.mark.parametrize(("size", "most"), [((40, 60), 1e-6), ((480, 700), 1.5 / 255 / 0.22)])
def test_that_bytes_are_resized_to_the_same_picture_but_for_a_grey_level(size, most, make_model):
    transform = make_model("embedded", 2).transform
    picture = torch.randint(0, 256, (*size, 3), generator=torch.Generator().manual_seed(2), dtype=torch.uint8)
    as_bytes = picture.permute(2, 0, 1)
    want, _ = transform([as_bytes.contiguous().float().div_(255)])
    transform.normalizes_last = transform.takes_bytes = True
    got, _ = transform([as_bytes])
    assert got.image_sizes == want.image_sizes
    assert float((got.tensors - want.tensors).abs().max()) < most


@pytest.mark.parametrize("precision", ["exact", "fast"])
def test_that_only_the_fast_precision_sees_bytes(precision, make_model, monkeypatch):
    types = []
    resized = Resize._resized
    monkeypatch.setattr(Resize, "_resized", lambda self, image: types.append(image.dtype) or resized(self, image))
    found = Predictor(make_model("embedded", 1), ["a"], "made-up-1", device=torch.device("cpu"), precision=precision)
    picture = np.zeros((40, 60, 3), np.uint8)
    found.predict(picture)
    found.predict_batch([picture, picture])
    assert types == [torch.uint8 if precision == "fast" else torch.float32] * 3
    found.pool(picture, np.zeros((0, 4), np.float32))
    assert types[3:] == [torch.float32] * 2, "what is learnt from is seen as it always was"


def test_that_a_network_in_training_is_refused(make_model):
    model = copy.deepcopy(make_model("embedded", 2)).train()
    with pytest.raises(AssertionError):
        make_fast(model, torch.device("cpu"))


def test_that_hardware_without_a_sixteen_bit_type_stays_in_float32(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    assert sixteen_bit_type(torch.device("cpu")) is None
    assert sixteen_bit_type(torch.device("mps")) is None


@pytest.mark.parametrize("size", [(480, 700), (40, 60)])
def test_that_an_image_is_the_same_to_rounding_when_it_is_normalised_after_resizing(size, make_model):
    transform = make_model("embedded", 2).transform
    picture = torch.rand(3, *size, generator=torch.Generator().manual_seed(2))
    want, _ = transform([picture])
    transform.normalizes_last = True
    got, _ = transform([picture])
    assert got.image_sizes == want.image_sizes
    torch.testing.assert_close(got.tensors, want.tensors, rtol=0, atol=1e-5)
