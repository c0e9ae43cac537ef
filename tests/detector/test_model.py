from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.models import detection
from torchvision.ops import FrozenBatchNorm2d, nms

from detector.filtering import select
from detector.model import build
from detector.predictor import Predictor, candidates_of
from detector.systems import SYSTEMS
from detector.types import Thresholds

STOCK = {
    "resnet50_fpn": detection.fasterrcnn_resnet50_fpn,
    "resnet50_fpn_v2": detection.fasterrcnn_resnet50_fpn_v2,
    "mobilenet_v3_large_fpn": detection.fasterrcnn_mobilenet_v3_large_fpn,
    "mobilenet_v3_large_320_fpn": detection.fasterrcnn_mobilenet_v3_large_320_fpn,
}


def stock_model(name, num_classes):
    """torchvision's own model with random weights, and the frozen batch norm that it has when weights are loaded."""
    model = STOCK[name](weights=None, weights_backbone=None, num_classes=num_classes).eval()
    if name != "resnet50_fpn_v2":
        _freeze_norms(model.backbone.body, SYSTEMS[name].norm_eps)
    return model


def _freeze_norms(module, eps):
    for name, child in module.named_children():
        if isinstance(child, torch.nn.BatchNorm2d):
            setattr(module, name, FrozenBatchNorm2d(child.num_features, child.eps if eps is None else eps))
        else:
            _freeze_norms(child, eps)


@pytest.fixture(params=list(SYSTEMS))
def system(request):
    return request.param


def image(height, width, seed=0):
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", list(STOCK))
def test_that_parameters_have_torchvisions_names_and_shapes(name):
    ours = build(SYSTEMS[name], 90).state_dict()
    stock = stock_model(name, 91).state_dict()
    assert {key: value.shape for key, value in ours.items()} == {key: value.shape for key, value in stock.items()}


@pytest.mark.parametrize("name", list(STOCK))
def test_that_forward_equals_torchvisions_own_model_bit_for_bit(name, make_model):
    ours = make_model(name, 5)
    stock = stock_model(name, 6)
    stock.load_state_dict(ours.state_dict())
    stock.transform.min_size, stock.transform.max_size = ours.transform.min_size, ours.transform.max_size
    picture = image(200, 300)
    with torch.inference_mode():
        (expected,), (got,) = stock([picture]), ours([picture])
    assert len(expected["boxes"]) > 0
    for key in ("boxes", "scores", "labels"):
        assert torch.equal(got[key], expected[key])


def test_that_analyse_yields_the_tensors_of_torchvisions_own_forward(system, make_model):
    model = make_model(system, 5)
    pictures = [image(230, 310), image(300, 200, seed=1)]
    seen = {}
    hooks = [
        model.rpn.register_forward_hook(lambda _m, _i, out: seen.update(proposals=out[0])),
        model.roi_heads.box_roi_pool.register_forward_hook(lambda _m, _i, out: seen.update(pooled=out)),
        model.roi_heads.box_predictor.register_forward_hook(
            lambda _m, _i, out: seen.update(logits=out[0], deltas=out[1])
        ),
    ]
    with torch.inference_mode():
        model(pictures)
        for hook in hooks:
            hook.remove()
        analyses = model.analyse(pictures)
        decoded = model.roi_heads.box_coder.decode(seen["deltas"], seen["proposals"])
    counts = [len(proposals) for proposals in seen["proposals"]]
    scores = seen["logits"].softmax(-1).split(counts)
    for index, analysis in enumerate(analyses):
        assert torch.equal(analysis.proposals, seen["proposals"][index])
        assert torch.equal(analysis.scores, scores[index])
        assert torch.equal(analysis.boxes, decoded.split(counts)[index])
        assert torch.equal(analysis.box_features, seen["pooled"].split(counts)[index])
        assert analysis.image_size == tuple(pictures[index].shape[-2:])
        assert bool((analysis.objectness.diff() <= 0).all())


def _same_rule(model, analysis, score_thresh, nms_thresh, limit):
    """torchvision's postprocessing with true per-category NMS, in its own index order."""
    boxes, scores, labels, owners = candidates_of(analysis, score_thresh)
    keep = torch.cat(
        [
            torch.where(labels == label)[0][nms(boxes[labels == label], scores[labels == label], nms_thresh)]
            for label in labels.unique()
        ]
    )
    keep = keep[torch.sort(scores[keep], descending=True, stable=True).indices][:limit]
    return scores[keep], labels[keep], owners[keep]


def test_that_select_equals_torchvisions_postprocessing_under_the_same_rule(system, make_model):
    model = make_model(system, 5)
    picture = image(240, 320)
    with torch.inference_mode():
        (analysis,) = model.analyse([picture])
        scores, labels, owners = _same_rule(model, analysis, 0.2, 0.5, 100)
    predictor = Predictor(model, list("abcde"), "v", device=torch.device("cpu"), precision="exact", score_floor=0.05)
    prediction = predictor.predict((picture.permute(1, 2, 0) * 255).byte().numpy())
    # The bytes that a prediction is made from are a rounding of the picture: analyse that rounding.
    with torch.inference_mode():
        (analysis,) = model.analyse([(picture * 255).byte().float().div(255)])
        scores, labels, owners = _same_rule(model, analysis, 0.2, 0.5, 100)
    found = select(prediction.candidates, Thresholds(0.2, 0.5, 100))
    assert len(found) > 3
    assert np.array_equal(found.scores, scores.numpy())
    assert sorted(zip(found.labels, found.scores, strict=True)) == sorted(
        zip(labels.numpy(), scores.numpy(), strict=True)
    )
    assert set(prediction.candidates.proposal_indices[found.candidate_indices]) == set(owners.tolist())


def test_that_a_thin_first_image_leaves_the_pooling_scales_unchanged(system, make_model):
    model = make_model(system, 2)
    before = list(model.roi_heads.box_roi_pool.scales)
    with torch.inference_mode():
        model.analyse([image(20, 900)])
        thin_first = model.analyse([image(120, 160)])[0].scores
        fresh = make_model(system, 2).analyse([image(120, 160)])[0].scores
    assert model.roi_heads.box_roi_pool.scales == before
    assert torch.equal(thin_first, fresh)


def test_that_no_images_give_no_analyses(make_model):
    assert make_model("embedded", 2).analyse([]) == []


def test_that_the_embedded_system_never_enlarges_and_does_shrink():
    model = build(SYSTEMS["embedded"], 2).eval()
    with torch.inference_mode():
        small, large = (model.analyse([image(*size)])[0] for size in ((64, 100), (1080, 1920)))
    assert small.network_size == (64, 100)
    assert min(large.network_size) <= 480
    assert max(large.network_size) <= 864


@pytest.mark.parametrize("size", [(3, 20000), (20000, 3), (1, 1), (1, 5000)])
def test_that_a_needle_of_an_image_is_seen_too(size):
    model = build(SYSTEMS["embedded"], 2).eval()
    with torch.inference_mode():
        (analysis,) = model.analyse([image(*size)])
    assert max(analysis.network_size) <= 864
    assert min(analysis.network_size) >= 1
    assert bool(analysis.scores.isfinite().all())


def test_that_anchors_of_the_coarsest_level_are_a_true_stride_apart():
    model = build(SYSTEMS["embedded"], 2)
    images, _ = model.transform([image(230, 310)])
    levels = list(model.backbone(images.tensors).values())
    (anchors,) = model.rpn.anchor_generator(images, levels)
    per_cell = model.rpn.anchor_generator.num_anchors_per_location()[-1]
    last = anchors[-levels[-1].shape[-2] * levels[-1].shape[-1] * per_cell :]
    assert float(last[per_cell, 0] - last[0, 0]) == 32.0
