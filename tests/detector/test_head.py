from __future__ import annotations

import copy
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead

from detector.corrections import CorrectedImage
from detector.head import Head, HeadSchedule, RoiTable, labelled, mixed_with, train_head
from detector.roi_features import RoiFeatures, RoiView, mirrored
from detector.types import DetectorError

CHANNELS = 2
CODER = BoxCoder((10.0, 10.0, 5.0, 5.0))
NETWORK, ORIGINAL = (100, 100), (200, 200)
OBJECT = [20.0, 20, 100, 100]  # in original pixels: twice those of the network
EXACT, HALF, LESS = [10.0, 10, 50, 50], [10.0, 10, 30, 50], [10.0, 10, 29, 50]
FAR, FAR_TOO = [70.0, 70, 90, 90], [60.0, 5, 95, 25]


def corrected(boxes=(OBJECT,), labels=(2,), **rest):
    return CorrectedImage(Path("a.png"), "a.png", np.reshape(boxes, (-1, 4)), labels, **rest)


def features_at(boxes, seed=0):
    """RoIs at `boxes`, in pixels of the network, in both views; each with features of its own."""
    boxes = np.array(boxes, dtype=np.float32).reshape(-1, 4)
    generator = torch.Generator().manual_seed(seed)
    views = [
        RoiView(
            torch.tensor(mirrored(boxes, NETWORK[1]) if view else boxes),
            torch.randn(len(boxes), CHANNELS, 7, 7, generator=generator).half(),
            torch.ones(len(boxes), dtype=torch.bool),
        )
        for view in range(2)
    ]
    return RoiFeatures((views[0], views[1]), NETWORK, ORIGINAL, 0)


def table_of(image, boxes):
    return table_of_all((image, features_at(boxes)))


def table_of_all(*images):
    return RoiTable([view for image, rois in images for view in labelled(image, rois)])


def network(categories=3, seed=0):
    """As much of a network as a head is copied from."""
    torch.manual_seed(seed)
    parts = SimpleNamespace(
        box_head=TwoMLPHead(CHANNELS * 49, 16), box_predictor=FastRCNNPredictor(16, categories + 1), box_coder=CODER
    )
    return SimpleNamespace(roi_heads=parts)


def weights(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def scattered(count, seed=0):
    """Boxes of 8 pixels all over the network's input."""
    corners = np.random.default_rng(seed).uniform(0, 90, (count, 2))
    return np.concatenate([corners, corners + 8], axis=1)


def crowd_of_rois(first, second, background=40):
    """A table in which category 1 has `first` RoIs a view, category 2 `second`, and the rest is background."""
    image = corrected([[20, 20, 60, 60], [120, 20, 160, 60]], [1, 2])
    boxes = [[10, 10, 30, 30]] * first + [[60, 10, 80, 30]] * second + [FAR] * background
    return table_of(image, boxes)


def drawn(table, rng=None, **schedule):
    return table.draw(HeadSchedule(1, **schedule), rng or np.random.default_rng(0))


# Labels


def test_that_a_roi_is_foreground_from_an_iou_of_one_half_on():
    assert table_of(corrected(), [EXACT, HALF, LESS, FAR]).labels.tolist() == [2, 2, 0, 0] * 2


def test_that_a_roi_has_the_category_of_the_box_that_it_covers_best():
    image = corrected([OBJECT, [20, 20, 100, 90]], [1, 3])
    assert table_of(image, [EXACT, [10, 10, 50, 45]]).labels.tolist() == [1, 3] * 2


def test_that_a_crowd_is_neither_object_nor_background():
    image = corrected([OBJECT, [120, 120, 200, 200]], [2, 2], iscrowd=[False, True])
    inside, half_inside, less_inside = [70, 70, 80, 80], [50, 70, 70, 80], [48, 70, 67, 80]
    assert table_of(image, [EXACT, inside, half_inside, less_inside]).labels.tolist() == [2, -1, -1, 0] * 2


def test_that_an_object_inside_a_crowd_is_an_object():
    image = corrected([OBJECT, [0, 0, 200, 200]], [2, 1], iscrowd=[False, True])
    assert table_of(image, [EXACT, FAR]).labels.tolist() == [2, -1] * 2


def test_that_an_image_that_is_not_reviewed_teaches_only_what_was_decided():
    image = corrected(rejected_boxes=[np.multiply(FAR, 2)], reviewed=False)
    table = table_of(image, [EXACT, LESS, FAR, FAR_TOO])
    assert table.labels.tolist() == [2, -1, 0, -1] * 2
    assert table.rejected.tolist() == [False, False, True, False] * 2


def test_that_a_reviewed_image_knows_its_rejections_too():
    table = table_of(corrected(rejected_boxes=[np.multiply(FAR, 2)]), [EXACT, FAR, FAR_TOO])
    assert table.labels.tolist() == [2, 0, 0] * 2
    assert table.rejected.tolist() == [False, True, False] * 2


def test_that_an_object_drawn_where_something_was_rejected_is_an_object():
    table = table_of(corrected(rejected_boxes=[OBJECT]), [EXACT])
    assert table.labels.tolist() == [2, 2]
    assert not table.rejected.any()


def test_that_an_empty_reviewed_image_is_all_background():
    empty = corrected((), ())
    both = table_of_all((empty, features_at([EXACT, FAR])), (corrected(), features_at([EXACT])))
    assert both.labels.tolist() == [0, 0, 0, 0, 2, 2]


def test_that_both_views_are_matched_with_boxes_of_their_own():
    batch = drawn(table_of(corrected(), [EXACT, HALF]), batch_size=200, positive_fraction=1.0)
    upright, mirror = torch.tensor(EXACT), torch.tensor([50.0, 10, 90, 50])
    assert {tuple(box) for box in batch.gt_boxes.tolist()} == {tuple(upright.tolist()), tuple(mirror.tolist())}
    of_mirror = batch.boxes[:, 0] >= 50
    assert torch.equal(batch.gt_boxes, torch.where(of_mirror[:, None], mirror, upright))


# Sampling


def test_that_a_batch_has_its_share_of_foreground_and_nothing_unknown():
    image = corrected(rejected_boxes=[np.multiply(FAR, 2)], reviewed=False)
    batch = drawn(table_of(image, [EXACT, FAR, FAR_TOO]), batch_size=100, positive_fraction=0.35)
    assert (batch.labels == 2).sum() == 35
    assert (batch.labels == 0).sum() == 2  # there are no more rejections than one in each view
    assert not (batch.labels < 0).any()


def test_that_features_labels_and_boxes_of_a_batch_belong_together():
    boxes = np.concatenate([[EXACT, HALF], scattered(60)])
    image, features = corrected(), features_at(boxes)
    other = features_at(scattered(50, seed=1), seed=1)
    table = table_of_all((image, features), (corrected((), ()), other))
    batch = drawn(table, batch_size=64, mixed=False)
    views = [view for rois in (features, other) for view in rois.views]
    everything = torch.cat([view.features for view in views]).flatten(1)
    for got, label, box in zip(batch.features.flatten(1), batch.labels, batch.boxes, strict=True):
        (row,) = torch.where((everything == got).all(1))[0]
        assert table.labels[row] == label
        assert torch.equal(torch.cat([view.boxes for view in views])[row], box)


def test_that_sixteen_bits_draw_the_same_features_rounded():
    table = crowd_of_rois(5, 5)
    exact, rounded = (drawn(table, batch_size=32, mixed=mixed).features for mixed in (False, True))
    assert exact.dtype == torch.float32
    assert torch.equal(rounded, exact.to(torch.bfloat16))


@pytest.mark.parametrize(("balance", "share"), [(0.0, 0.1), (0.5, 0.25), (1.0, 0.5)])
def test_that_balance_draws_rare_categories_as_often_as_it_says(balance, share):
    table = crowd_of_rois(first=90, second=10)
    batch = drawn(table, batch_size=20_000, positive_fraction=0.5, balance=balance)
    assert (batch.labels == 2).sum() / 10_000 == pytest.approx(share, abs=0.02)


def test_that_every_rejection_is_drawn_before_any_other_background():
    image = corrected(rejected_boxes=[np.multiply(FAR, 2)])
    batch = drawn(table_of(image, [EXACT, FAR, *scattered(300)]), batch_size=32)
    hard = [batch.boxes.eq(torch.tensor(box)).all(1).sum() for box in (FAR, [10.0, 70, 30, 90])]
    assert hard == [1, 1]  # in each view once: none is drawn twice


def test_that_rejections_are_at_most_a_quarter_of_the_background():
    image = corrected(rejected_boxes=[np.multiply(FAR, 2)])
    table = table_of(image, [EXACT] + [FAR] * 100 + [FAR_TOO] * 5)
    batch = drawn(table, batch_size=100, positive_fraction=0.2)
    assert batch.boxes[:, 1].eq(70).sum() == 20


def test_that_without_background_a_batch_is_smaller():
    batch = drawn(table_of(corrected(reviewed=False), [EXACT, FAR]), batch_size=40, positive_fraction=0.25)
    assert batch.labels.tolist() == [2] * 10


def test_that_the_same_seed_draws_the_same():
    table = crowd_of_rois(5, 5)
    one, other, third = (drawn(table, np.random.default_rng(seed), batch_size=32) for seed in (1, 1, 2))
    assert torch.equal(one.features, other.features)
    assert not torch.equal(one.features, third.features)


def test_that_examples_of_a_category_are_spread_over_all_of_it():
    features = features_at([EXACT] * 10 + [FAR])
    table = table_of_all((corrected(), features))
    everything = torch.cat([view.features[:10] for view in features.views])
    assert torch.equal(table.features_of(2, 100), everything)
    assert torch.equal(table.features_of(2, 5), everything[::4])
    assert len(table) == 22


def test_that_a_category_without_examples_has_no_features():
    assert table_of(corrected(), [EXACT]).features_of(3, 10).shape == (0, CHANNELS, 7, 7)


# Heads


def test_that_a_head_is_a_copy_and_says_what_the_network_says():
    model = network()
    before = weights(model.roi_heads.box_head)
    head = Head(model)
    pooled = torch.randn(5, CHANNELS, 7, 7)
    logits, deltas = head(pooled)
    expected = model.roi_heads.box_predictor(model.roi_heads.box_head(pooled))
    assert torch.equal(logits, expected[0])
    assert torch.equal(deltas, expected[1])
    with torch.no_grad():
        head.box_head.fc6.weight.zero_()
    assert same(weights(model.roi_heads.box_head), before)


def test_that_a_head_is_put_into_a_network_whole():
    head, model = Head(network(seed=1)), network(seed=2)
    head.put_into(model)
    assert same(weights(Head(model)), weights(head))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_that_a_mixture_has_the_share_it_says_and_leaves_both_heads_alone(share):
    new, old = Head(network(seed=1)), Head(network(seed=2))
    before = weights(new), weights(old)
    mixture = weights(mixed_with(new, old, share))
    for name, value in mixture.items():
        torch.testing.assert_close(value, share * before[0][name] + (1 - share) * before[1][name])
    assert same(weights(new), before[0])
    assert same(weights(old), before[1])
    if share in (0.0, 1.0):
        assert same(mixture, before[0 if share else 1])


# Training

TINY = {"batch_size": 64, "mixed": False, "warmup_steps": 2}


def trained(head, table, steps=30, seed=0, kept=(), **schedule):
    return list(train_head(head, table, CODER, HeadSchedule(steps, **TINY | schedule), seed=seed, kept=kept))


def test_that_the_rate_warms_up_and_falls_to_nothing():
    rates = [HeadSchedule(100, learning_rate=1.0, warmup_steps=20).rate(step) for step in range(101)]
    assert rates[0] == pytest.approx(0.05)
    assert rates[19] == rates[20] == 1.0
    assert all(one > two for one, two in pairwise(rates[20:]))
    assert rates[100] == pytest.approx(0.0)


def test_that_a_schedule_shorter_than_its_warm_up_has_rates():
    assert [HeadSchedule(2, learning_rate=1.0, warmup_steps=4).rate(step) for step in range(2)] == [0.25, 0.5]


def test_that_the_loss_is_that_of_the_paper():
    head, table = Head(network()), table_of(corrected(), [EXACT, HALF, *scattered(40)])
    untrained = copy.deepcopy(head)
    (step,) = trained(head, table, steps=1, seed=7)
    batch = table.draw(HeadSchedule(1, **TINY), np.random.default_rng(7))
    logits, deltas = (output.detach() for output in untrained(batch.features.float()))
    of_label = deltas.unflatten(1, (-1, 4))[torch.arange(len(deltas)), batch.labels]
    missed = of_label - CODER.encode_single(batch.gt_boxes, batch.boxes)
    regression = functional.smooth_l1_loss(missed, torch.zeros_like(missed), beta=1 / 9, reduction="none")
    regression = regression[batch.labels > 0].sum() / len(batch.labels)
    assert step.loss == pytest.approx(float(functional.cross_entropy(logits, batch.labels) + regression), rel=1e-5)


def test_that_a_head_learns_and_says_after_each_step_how_far_it_is():
    head, table = Head(network()), table_of(corrected(), [EXACT, HALF, *scattered(40)])
    steps = trained(head, table, steps=60, learning_rate=1e-2)
    assert [step.step for step in steps] == list(range(1, 61))
    assert {step.steps for step in steps} == {60}
    assert np.mean([step.loss for step in steps[-5:]]) < steps[0].loss / 2
    features = torch.cat([view.features for view in features_at([EXACT, HALF, *scattered(40)]).views]).float()
    right = steps[-1].average(features)[0].argmax(1) == table.labels
    assert right.float().mean() > 0.9


def test_that_the_average_follows_the_head_slowly():
    start = Head(network())
    head = copy.deepcopy(start)
    average = trained(head, table_of(corrected(), [EXACT, *scattered(20)]), steps=5, ema_decay=0.9)[-1].average
    way = [
        float((now.state_dict()[name] - value).abs().sum())
        for name, value in start.state_dict().items()
        for now in (average, head)
    ]
    assert all(0 < slow < fast for slow, fast in zip(way[::2], way[1::2], strict=True))


def test_that_training_the_predictor_alone_leaves_the_box_head_as_it_is():
    head = Head(network())
    before, predictor = weights(head.box_head), weights(head.box_predictor)
    step = trained(head, table_of(corrected(), [EXACT, FAR]), steps=3, trains_box_head=False)[-1]
    assert same(weights(head.box_head), before)
    assert same(weights(step.average.box_head), before)
    assert not same(weights(head.box_predictor), predictor)


def test_that_norms_in_a_box_head_keep_their_statistics():
    model = network()
    model.roi_heads.box_head = nn.Sequential(nn.BatchNorm2d(CHANNELS), model.roi_heads.box_head)
    head = Head(model)
    trained(head, table_of(corrected(), [EXACT, FAR]), steps=3)
    assert head.box_head[0].num_batches_tracked == 0
    assert torch.equal(head.box_head[0].running_mean, torch.zeros(CHANNELS))
    assert not torch.equal(head.box_head[0].weight, torch.ones(CHANNELS))


def test_that_the_same_seed_trains_the_same_head():
    table = crowd_of_rois(5, 5)
    one, other, third = (trained(Head(network()), table, steps=4, seed=seed)[-1].average for seed in (1, 1, 2))
    assert same(weights(one), weights(other))
    assert not same(weights(one), weights(third))


def test_that_distillation_holds_the_categories_without_examples():
    """Category 3 has no example: left alone, every batch pushes its logit down on all background."""
    table = table_of(corrected(labels=[1]), [EXACT, HALF, *scattered(40)])
    background = torch.cat([view.features[2:] for view in features_at([EXACT, HALF, *scattered(40)]).views]).float()
    start = Head(network())
    with torch.no_grad():
        start.box_predictor.cls_score.bias[3] = 2.0  # it is seen everywhere

    def odds(head):
        logits = head(background)[0].detach()
        return logits[:, 3] - logits[:, 0]

    held, forgotten = (
        trained(copy.deepcopy(start), table, steps=40, learning_rate=1e-2, kept=kept, distillation=4.0)[-1].average
        for kept in ([3], [])
    )
    moved = [float((odds(head) - odds(start)).abs().mean()) for head in (held, forgotten)]
    assert moved[0] < moved[1] / 2


def test_that_distillation_holds_the_boxes_of_rehearsed_objects():
    """The object is rehearsed with its box somewhere else than the head would put it."""
    table = table_of(corrected(labels=[3]), [HALF, *scattered(40)])
    features = features_at([HALF]).views[0].features.float()
    start = Head(network())

    def boxes(head):
        return head(features)[1].detach().unflatten(1, (-1, 4))[:, 3]

    held, moved = (
        trained(copy.deepcopy(start), table, steps=40, learning_rate=1e-2, kept=[3], distillation=weight)[-1].average
        for weight in (20.0, 0.0)
    )
    drifts = [float((boxes(head) - boxes(start)).abs().mean()) for head in (held, moved)]
    assert drifts[0] < drifts[1] / 2


def test_that_distillation_costs_nothing_before_the_first_step():
    table = crowd_of_rois(5, 5)
    with_teacher, without = (trained(Head(network()), table, steps=1, kept=kept)[0].loss for kept in ([3], []))
    assert with_teacher == pytest.approx(without, abs=1e-6)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_that_a_loss_that_is_not_finite_is_said(value):
    head = Head(network())
    with torch.no_grad():
        head.box_predictor.cls_score.weight[1, 0] = value
    with pytest.raises(DetectorError, match="no longer a finite number"):
        trained(head, table_of(corrected(), [EXACT, FAR]), steps=2)


def test_that_a_head_can_learn_from_objects_alone():
    steps = trained(Head(network()), table_of(corrected(reviewed=False), [EXACT, FAR]), steps=3, kept=[1])
    assert all(np.isfinite(step.loss) for step in steps)
