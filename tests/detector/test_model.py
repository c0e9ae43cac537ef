from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.models import detection
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork
from torchvision.models.detection.transform import resize_boxes
from torchvision.ops import FrozenBatchNorm2d, box_iou, nms

from detector.filtering import select
from detector.model import OBJECT as OBJECT_NAME
from detector.model import build
from detector.predictor import Predictor
from detector.readout import candidates_of
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


@pytest.fixture(params=[row.id for row in SYSTEMS.values() if not row.proposals_only])
def two_stage(request):
    return request.param


@pytest.fixture(params=[row.id for row in SYSTEMS.values() if row.proposals_only])
def proposals_only(request):
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


def test_that_analyse_yields_the_tensors_of_torchvisions_own_forward(two_stage, make_model):
    model = make_model(two_stage, 5)
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


def test_that_analyse_of_a_proposal_network_yields_what_its_forward_finds(proposals_only, make_model):
    model = make_model(proposals_only, 1)
    pictures = [image(230, 310), image(300, 200, seed=1)]
    with torch.inference_mode():
        detections, analyses = model(pictures), model.analyse(pictures)
    for analysis, found, picture in zip(analyses, detections, pictures, strict=True):
        assert len(found["boxes"]) > 3
        assert analysis.image_size == tuple(picture.shape[-2:])
        assert torch.equal(analysis.scores[:, 1], found["scores"])
        assert torch.equal(analysis.objectness, found["scores"])
        boxes = resize_boxes(analysis.boxes[:, 1], list(analysis.network_size), list(analysis.image_size))
        assert torch.equal(boxes, found["boxes"])
        assert torch.equal(found["labels"], torch.ones(len(boxes), dtype=torch.int64))


def test_that_a_proposal_network_gives_suggestions_of_objects(make_model):
    model = make_model("rpn_r50_fpn", 1)
    predictor = Predictor(model, [OBJECT_NAME], "v", device=torch.device("cpu"), score_floor=0.3)
    prediction = predictor.predict((image(240, 320).permute(1, 2, 0) * 255).byte().numpy())
    found = select(prediction.candidates, Thresholds(0.3, 0.5))
    assert 0 < len(found) < len(prediction.proposals)
    assert set(found.labels) == {1}
    assert prediction.categories == ("object",)


def test_that_no_tensor_of_a_proposal_network_is_tied_to_the_default_device(make_model):
    model, picture = make_model("rpn_r50_fpn", 1), image(60, 80)
    with torch.device("meta"), torch.inference_mode():  # what is made without a device is made there
        (found,) = model([picture])
    assert {value.device.type for value in found.values()} == {"cpu"}


def test_that_a_proposal_network_has_one_category():
    with pytest.raises(ValueError, match="one category"):
        build(SYSTEMS["rpn_r50_fpn"], 2)


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


@pytest.mark.parametrize("system", ["embedded", *STOCK])  # what comes after the scores is the same for all
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
    # Of proposals with the same score, as random MobileNets give to nearly all, either may come first.
    probabilities, mine = analysis.scores.numpy(), prediction.candidates.proposal_indices[found.candidate_indices]
    assert sorted(probabilities[mine, found.labels]) == sorted(probabilities[owners, labels])
    alone, expected = (
        {int(row) for row, label in pairs if (probabilities[:, label] == probabilities[row, label]).sum() == 1}
        for pairs in (zip(mine, found.labels, strict=True), zip(owners, labels, strict=True))
    )
    assert alone == expected
    assert set(mine.tolist()) == set(owners.tolist()) or system.startswith("mobilenet")


@pytest.mark.parametrize("system", ["embedded", "mobilenet_v3_large_320_fpn", "mmdet_r50_fpn"])
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


PICTURES = [image(96, 128), image(128, 112, seed=1)]
OBJECT = {"boxes": torch.tensor([[10.0, 12, 60, 70], [70, 20, 90, 44]]), "labels": torch.tensor([1, 2])}
EMPTY = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
EVERYTHING = torch.tensor([[-500.0, -500, 700, 700]])  # the anchors that reach out of the image too
A_PLACE = torch.tensor([[30.0, 30, 62, 62]])
NOT_REVIEWED = torch.tensor(data=False)


def learnt(model, targets, pictures=PICTURES):
    """Losses and gradients of one step with seed 1, in training mode."""
    torch.manual_seed(1)
    losses = model.train()(pictures[: len(targets)], targets)
    torch.stack(list(losses.values())).sum().backward()
    return losses, {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def assert_same_step(ours, stock, targets):
    (losses, gradients), (expected, expected_gradients) = (learnt(model, targets) for model in (ours, stock))
    assert losses.keys() == expected.keys()
    assert all(torch.equal(losses[name], expected[name]) for name in expected)
    assert gradients.keys() == expected_gradients.keys()
    assert all(torch.equal(gradients[name], expected_gradients[name]) for name in expected_gradients)


def test_that_training_equals_torchvisions_own_model_bit_for_bit(make_model):
    name = "mobilenet_v3_large_320_fpn"
    ours, stock = make_model(name, 5), stock_model(name, 6)
    stock.load_state_dict(ours.state_dict())
    ours.transform.min_size = stock.transform.min_size = (128,)
    ours.transform.max_size = stock.transform.max_size = 192
    assert_same_step(ours, stock, [OBJECT, EMPTY])


@pytest.mark.parametrize("targets", [[OBJECT, EMPTY], [OBJECT, OBJECT], [EMPTY, EMPTY]])
def test_that_our_two_stages_learn_what_torchvisions_own_learn(targets, make_model):
    ours, stock = make_model("embedded", 2), make_model("embedded", 2)
    stock.rpn.__class__, stock.roi_heads.__class__ = RegionProposalNetwork, RoIHeads
    assert_same_step(ours, stock, targets)


def boxes(*rows):
    return {"boxes": torch.tensor(rows, dtype=torch.float32), "labels": torch.ones(len(rows), dtype=torch.int64)}


DEGENERATE = {
    "no boxes": ((40, 50), EMPTY),
    "outside": ((40, 50), boxes((200, 200, 220, 240), (-60, -60, -20, -20))),
    "across the border": ((40, 50), boxes((-60, -60, 5, 5), (45, 35, 90, 90), (-500, -500, 600, 600))),
    "one pixel": ((40, 50), boxes((10, 10, 11, 11))),
    "smaller than a stride": ((3, 5), boxes((0, 0, 3, 2))),
    "an image of one pixel": ((1, 1), boxes((0, 0, 1, 1))),
    "a needle": ((2, 300), boxes((10, 0, 60, 2))),
    "all ignored": ((40, 50), EMPTY | {"ignore": torch.tensor([[-900.0, -900, 900, 900]])}),
}


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("name", ["zf", "rpn_r50_fpn", "d2_r50_c4"])
def test_that_degenerate_images_give_finite_losses_and_gradients(name, mixed, make_model):
    model = make_model(name, 1)
    model.transform.min_size, model.transform.max_size, model.transform.train_min_sizes = (48,), 96, ()
    for case, (size, target) in DEGENERATE.items():
        model.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            losses, gradients = learnt(model, [target], [image(*size)])
        assert gradients, case
        finite = {key: bool(value.isfinite().all()) for key, value in (losses | gradients).items()}
        assert all(finite.values()), (case, finite)


@pytest.mark.parametrize("name", ["zf", "rpn_r50_fpn", "d2_r50_c4"])
@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 1)])
def test_that_degenerate_images_are_analysed(name, size, make_model):
    model = make_model(name, 1)
    model.transform.min_size, model.transform.max_size = (48,), 96
    with torch.inference_mode():
        (analysis,), (found,) = model.analyse([image(*size)]), model([image(*size)])
    assert bool(analysis.scores.isfinite().all())
    assert len(found["boxes"]) <= len(analysis.proposals)


def test_that_keys_that_say_nothing_change_nothing(make_model):
    nothing = {"ignore": torch.zeros(0, 4), "rejected": torch.zeros(0, 4), "reviewed": torch.tensor(data=True)}
    plain, wordy = (learnt(make_model("embedded", 2), [OBJECT | more])[0] for more in ({}, nothing))
    assert all(torch.equal(plain[name], wordy[name]) for name in plain)


@pytest.mark.parametrize("said", [
    {},
    {"rejected": A_PLACE},
    {"rejected": A_PLACE, "reviewed": NOT_REVIEWED},
    {"rejected": A_PLACE, "ignore": EVERYTHING},
    {"ignore": EVERYTHING},
    {"reviewed": NOT_REVIEWED},
], ids="+".join)  # fmt: skip
def test_that_images_without_objects_give_finite_losses_and_gradients(said, make_model):
    losses, gradients = learnt(make_model("embedded", 2), [EMPTY | said])
    assert all(bool(loss.isfinite()) for loss in losses.values())
    assert gradients
    assert all(bool(gradient.isfinite().all()) for gradient in gradients.values())
    if "ignore" in said or said.keys() == {"reviewed"}:
        assert all(loss == 0 for loss in losses.values())
        assert not any(bool(gradient.any()) for gradient in gradients.values())


def test_that_an_ignored_image_takes_nothing_from_the_one_beside_it(make_model):
    losses, _ = learnt(make_model("embedded", 2), [OBJECT, EMPTY | {"ignore": EVERYTHING}])
    assert all(loss > 0 and bool(loss.isfinite()) for loss in losses.values())


def test_that_a_head_with_live_norms_survives_a_batch_without_rois():
    heads = build(SYSTEMS["resnet50_fpn_v2"], 2).roi_heads.train()
    before = {name: value.clone() for name, value in heads.state_dict().items()}
    levels = {str(level): torch.zeros(1, 256, 8, 8) for level in range(4)}
    _, losses = heads(levels, [A_PLACE], [(64, 64)], [EMPTY | {"reviewed": NOT_REVIEWED}])
    assert [loss.item() for loss in losses.values()] == [0, 0]
    assert all(torch.equal(value, before[name]) for name, value in heads.state_dict().items())


def grid_of_rois():
    """RoIs everywhere: 64 of 16 x 16 pixels and one on each object of `OBJECT`, moved by a pixel."""
    corners = torch.cartesian_prod(torch.arange(8), torch.arange(8)) * 16.0
    return torch.cat((torch.cat((corners, corners + 16), 1), OBJECT["boxes"] + 1))


def sampled(model, target, rois=None):
    """The RoIs (S, 4) that the head would learn from and their labels (S,)."""
    torch.manual_seed(0)
    (boxes,), _, (labels,), _ = model.roi_heads.select_training_samples(
        [grid_of_rois() if rois is None else rois], [target]
    )
    return boxes, labels


def test_that_the_head_takes_no_unlabelled_background_from_an_image_that_is_not_reviewed(make_model):
    model = make_model("embedded", 2)
    boxes, labels = sampled(model, OBJECT | {"reviewed": NOT_REVIEWED})
    assert (labels > 0).all()
    assert len(labels) == 4  # both objects and the RoI on each
    rejected = torch.tensor([[0.0, 96, 16, 112]])
    boxes, labels = sampled(model, OBJECT | {"reviewed": NOT_REVIEWED, "rejected": rejected})
    assert torch.equal(boxes[labels == 0], rejected.repeat(2, 1))  # the RoI there, and the rejected box itself
    assert (sampled(model, OBJECT)[1] == 0).sum() > 40


def test_that_the_rpn_takes_no_unlabelled_background_from_an_image_that_is_not_reviewed(make_model):
    model, anchors = make_model("embedded", 2), grid_of_rois()
    rejected = torch.tensor([[0.0, 96, 16, 112]])
    (plain,), _ = model.rpn.assign_targets_to_anchors([anchors], [OBJECT])
    (partly,), _ = model.rpn.assign_targets_to_anchors(
        [anchors], [OBJECT | {"reviewed": NOT_REVIEWED, "rejected": rejected}]
    )
    assert torch.equal(partly == 1, plain == 1)
    assert torch.equal(partly == 0, (plain == 0) & (box_iou(anchors, rejected)[:, 0] >= 0.5))
    assert (partly == 0).sum() == 1


def test_that_crowds_are_neither_objects_nor_background(make_model):
    model, crowd = make_model("embedded", 2), torch.tensor([[0.0, 0, 64, 128]])
    boxes, labels = sampled(model, OBJECT | {"ignore": crowd})
    assert (boxes[labels == 0][:, 0] >= 64).all()
    assert (labels == 0).any()
    assert (labels == 1).any()  # the first object lies in the crowd and stays an object
    (anchor_labels,), _ = model.rpn.assign_targets_to_anchors([grid_of_rois()], [OBJECT | {"ignore": crowd}])
    assert (grid_of_rois()[anchor_labels == 0][:, 0] >= 64).all()
    assert anchor_labels[64] == 1


def test_that_in_a_reviewed_image_rejected_regions_are_sampled_first(make_model):
    model = make_model("embedded", 2)
    rois = torch.cat((grid_of_rois().repeat(4, 1), torch.tensor([[100.0, 100, 130, 130]]).repeat(5, 1)))
    rejected = torch.tensor([[102.0, 100, 130, 132]])
    boxes, labels = sampled(model, OBJECT | {"rejected": rejected}, rois)
    plain = sampled(model, OBJECT, rois)[1]
    assert (box_iou(boxes[labels == 0], rejected) >= 0.5).sum() == 6  # all five and the rejected box itself
    assert (labels == 0).sum() == (plain == 0).sum()  # and the rest is filled up as ever
    assert len(labels) == model.system.box_batch_size_per_image


def test_that_a_rejected_box_on_an_object_does_not_make_it_background(make_model):
    boxes, labels = sampled(make_model("embedded", 2), OBJECT | {"rejected": OBJECT["boxes"]})
    assert (box_iou(boxes[labels == 0], OBJECT["boxes"]) < 0.5).all()
    assert (labels > 0).sum() == 6


@pytest.mark.parametrize("size", [(960, 1280), (48, 64), (4, 4000)])
def test_that_all_regions_of_a_target_follow_the_image(size):
    transform = build(SYSTEMS["embedded"], 2).transform
    boxes = torch.tensor([[1.0, 0.5, 3, 2]])
    _, target = transform.resize(image(*size), {"boxes": boxes, "ignore": boxes, "rejected": boxes})
    assert torch.equal(target["ignore"], target["boxes"])
    assert torch.equal(target["rejected"], target["boxes"])
    assert torch.equal(boxes, torch.tensor([[1.0, 0.5, 3, 2]]))
