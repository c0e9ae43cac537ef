from __future__ import annotations

from functools import partial
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead

from detector import head_stage
from detector.corrections import CorrectedImage
from detector.head import Head, HeadSchedule, LabelledView, RoiTable
from detector.head_stage import ENOUGH_TO_MIX, MIXES, PATIENCE, HeadState, head_steps, learn, prepare
from detector.held_out import BestHead
from detector.roi_features import RoiFeatures, RoiView

CPU = torch.device("cpu")
BOX = [10.0, 10, 50, 50]


class HeldOut:
    """Held-out images on which a head is worth what `worth` says of it; counts how often an image is looked at."""

    def __init__(self, images, worth, work):
        self.images, self.worth, self.work = images, worth, work
        self.measured = []

    def __len__(self):
        return self.images

    def seen_by_head(self, head, _coder, *, mixed):
        assert not mixed
        for _ in range(self.images):
            self.work.append("image")
            yield head

    def value_by_head(self, found):
        assert len(found) == self.images
        self.measured.append(weights(found[0]))
        return self.worth(found[0])


def weights(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def of(part, state):
    """The weights of `part` alone."""
    return {name: value for name, value in state.items() if name.startswith(part)}


@pytest.fixture
def model():
    """As much of a network as a head is copied from."""
    torch.manual_seed(0)
    parts = SimpleNamespace(
        box_head=TwoMLPHead(2 * 49, 16),
        box_predictor=FastRCNNPredictor(16, 3),
        box_coder=BoxCoder((10.0, 10.0, 5.0, 5.0)),
    )
    return SimpleNamespace(roi_heads=parts)


@pytest.fixture
def table():
    generator = torch.Generator().manual_seed(0)
    boxes = torch.tensor([BOX]).expand(40, 4)
    labels = torch.arange(40) % 3
    features = torch.randn(40, 2, 7, 7, generator=generator).half()
    return RoiTable([LabelledView(features, labels, torch.zeros(40, dtype=torch.bool), boxes, boxes)])


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(head_stage, "HeadSchedule", partial(HeadSchedule, batch_size=32, warmup_steps=2))
    monkeypatch.setattr(head_stage, "PREDICTOR_STEPS", 6)
    monkeypatch.setattr(head_stage, "sixteen_bit_type", lambda _device: None)


@pytest.fixture
def stage(model, table, monkeypatch):
    """Return a maker of a stage: its steps as a generator, the best head, and what was done in which order."""
    work = []
    train_head = head_stage.train_head

    def watched(*arguments, **rest):
        for step in train_head(*arguments, **rest):
            work.append("step")
            yield step

    monkeypatch.setattr(head_stage, "train_head", watched)

    def make(worth=lambda _head: 0.0, images=3, steps=24, enough=0.95, kept=(1,)):
        held_out = HeldOut(images, worth, work)
        best = BestHead(held_out, model.roi_heads.box_coder, mixed=False)
        lessons = SimpleNamespace(held_out=held_out, kept=list(kept), absent=list)
        learning = learn(model, table, lessons, best, steps=steps, seed=0, enough=enough, device=CPU)
        return SimpleNamespace(learning=learning, best=best, held_out=held_out, work=work)

    return make


def settled(best):
    settling = best.settle(None)
    while True:
        try:
            next(settling)
        except StopIteration as end:
            return end.value


def ever_better():
    numbers = count()
    return lambda _head: float(next(numbers)) / 1000


def test_that_more_images_train_the_head_longer_within_bounds():
    assert [head_steps(count) for count in (1, 100, 100_000)] == [302, 500, 1000]


# Learning


def test_that_the_predictor_alone_ends_the_stage_where_it_is_enough(model, stage):
    start = weights(Head(model))
    made = stage(lambda head: 0.2 if same(weights(head), start) else 0.96)
    states = list(made.learning)
    assert made.work.count("step") == 6
    assert states[-1].ap50 == 0.96
    head = weights(settled(made.best))
    assert same(of("box_head", head), of("box_head", start))
    assert not same(of("box_predictor", head), of("box_predictor", start))
    assert same(weights(Head(model)), start)  # the model stays as it is


def test_that_the_whole_head_learns_where_the_predictor_is_not_enough(model, stage):
    start = weights(Head(model))
    made = stage(ever_better())
    states = list(made.learning)
    assert made.work.count("step") == 6 + 24
    assert list(dict.fromkeys(state.step for state in states)) == list(range(31))
    assert {state.steps for state in states} == {30}
    assert states[0] == HeadState(0, 30)
    assert all(state.loss is not None for state in states[3:])
    head = weights(settled(made.best))
    assert not same(of("box_head", head), of("box_head", start))
    assert same(weights(Head(model)), start)


def test_that_the_whole_head_starts_from_the_old_one_again(model, stage, monkeypatch):
    given = []
    train_head = head_stage.train_head

    def watched(head, *arguments, **rest):
        given.append(weights(head))
        return train_head(head, *arguments, **rest)

    monkeypatch.setattr(head_stage, "train_head", watched)
    list(stage(steps=2).learning)
    assert len(given) == 2
    assert all(same(one, weights(Head(model))) for one in given)


def test_that_without_held_out_images_all_steps_are_taken_and_the_last_head_counts(stage, monkeypatch):
    averages = []
    train_head = head_stage.train_head

    def watched(*arguments, **rest):
        for step in train_head(*arguments, **rest):
            averages.append(weights(step.average))
            yield step

    monkeypatch.setattr(head_stage, "train_head", watched)
    made = stage(images=0, enough=0.0001)
    states = list(made.learning)
    assert made.work == ["step"] * 30
    assert all(state.ap50 is None for state in states)
    assert same(weights(settled(made.best)), averages[-1])


@pytest.mark.parametrize("images", [1, 3, ENOUGH_TO_MIX])
def test_that_a_pause_comes_after_each_image_and_each_step(stage, images):
    made = stage(ever_better(), images=images)
    done = 0
    for _ in made.learning:
        assert len(made.work) - done <= 1
        done = len(made.work)
    assert len(made.work) == done
    assert made.work.count("image") == images * len(made.held_out.measured) > 10 * images


def test_that_what_was_measured_is_said_once_with_its_step(stage):
    made = stage(ever_better())
    told = [(state.step, state.ap50) for state in made.learning if state.ap50 is not None]
    assert [step for step, _ in told] == [6, *range(8, 31, 2)]
    assert [ap50 for _, ap50 in told] == [number / 1000 for number in range(1, 14)]  # the first was the old head


def test_that_it_ends_where_nothing_gets_better_but_not_in_the_first_half(stage):
    made = stage(lambda _head: 0.5, steps=24)
    assert max(state.step for state in made.learning) == 6 + 13  # the first step of the second half
    worth = ever_better()
    waiting = stage(lambda head: worth(head) if len(waiting.held_out.measured) < 11 else 0.0, steps=24)
    states = list(waiting.learning)
    assert waiting.best.waited == PATIENCE
    assert max(state.step for state in states) < 30


# Mixtures


@pytest.mark.parametrize(("images", "kept", "mixed"), [(ENOUGH_TO_MIX - 1, (1,), 0), (ENOUGH_TO_MIX, (), 0)])
def test_that_few_images_and_new_categories_alone_have_no_mixtures(stage, images, kept, mixed):
    made = stage(ever_better(), images=images, kept=kept)
    list(made.learning)
    assert len(made.held_out.measured) == 1 + 1 + 12 + mixed


def test_that_mixtures_are_of_the_last_head_and_the_old_one(model, stage):
    made = stage(ever_better(), images=ENOUGH_TO_MIX)
    states = list(made.learning)
    old, last, *mixtures = (made.held_out.measured[0], *made.held_out.measured[-1 - len(MIXES) :])
    assert same(old, weights(Head(model)))
    assert len(made.held_out.measured) == 1 + 1 + 12 + len(MIXES)
    for mixture, share in zip(mixtures, MIXES, strict=True):
        for name, value in mixture.items():
            torch.testing.assert_close(value, share * last[name] + (1 - share) * old[name])
    assert same(weights(settled(made.best)), mixtures[-1])
    assert [state.ap50 for state in states[-len(MIXES) * ENOUGH_TO_MIX :]] == [None] * len(MIXES) * ENOUGH_TO_MIX


def test_that_the_last_head_counts_also_where_mixtures_were_measured_after_it(stage):
    made = stage(ever_better(), images=ENOUGH_TO_MIX, steps=25)  # measured at every second step: not at the last
    list(made.learning)
    before = len(made.held_out.measured)
    head = weights(settled(made.best))
    assert len(made.held_out.measured) == before + 1
    assert same(head, made.held_out.measured[-1])


# An end at any time


@pytest.mark.parametrize("end", [1, 2, 4, 5, 9, 10, 11, 12, 13, 17, 30])
def test_that_an_end_at_any_time_leaves_the_newest_head_where_it_is_the_best(model, stage, monkeypatch, end):
    newest = [weights(Head(model))]
    train_head = head_stage.train_head

    def watched(*arguments, **rest):
        for step in train_head(*arguments, **rest):
            newest.append(weights(step.average))
            yield step

    monkeypatch.setattr(head_stage, "train_head", watched)
    made = stage(ever_better())
    for _ in range(end):
        next(made.learning)
    made.learning.close()
    assert same(weights(settled(made.best)), newest[-1])


def test_that_an_end_right_after_a_worse_step_leaves_the_old_head(model, stage):
    start = weights(Head(model))
    made = stage(lambda head: 0.5 if same(weights(head), start) else 0.1)
    assert next(state for state in made.learning if state.step == 2).loss is not None
    made.learning.close()
    assert same(weights(settled(made.best)), start)


# Preparing


def features(seed, boxes):
    generator = torch.Generator().manual_seed(seed)
    view = RoiView(
        torch.tensor(boxes, dtype=torch.float32),
        torch.randn(len(boxes), 96, 7, 7, generator=generator).half(),
        torch.ones(len(boxes), dtype=torch.bool),
    )
    return RoiFeatures((view, view), (64, 64), (64, 64), seed)


def pair(tmp_path, seed, labels):
    boxes = np.tile(np.float32(BOX), (len(labels), 1))
    return CorrectedImage(tmp_path / f"{seed}.png", f"{seed}.png", boxes, labels), features(seed, [BOX, [0, 0, 9, 9]])


def lessons_of(base, trained, scenes=(), new=("cup",)):
    names = (*base.categories, *new)
    first = len(base.categories) + 1
    return SimpleNamespace(
        trained=list(trained),
        categories=names,
        corrections=SimpleNamespace(aliases={}),
        scene_features=lambda _predictor: iter(scenes),
        new=list(range(first, first + len(new))),
        kept=list(range(1, first)),
    )


def prepared(preparing):
    """How many pauses there were, and what it led to."""
    pauses = 0
    while True:
        try:
            next(preparing)
        except StopIteration as end:
            return pauses, *end.value
        pauses += 1


def test_that_preparing_pauses_after_each_image_and_each_scene(embedded, tmp_path, monkeypatch):
    done = []
    labelled = head_stage.labelled

    def watched(image, rois):
        done.append(image.name)
        return labelled(image, rois)

    monkeypatch.setattr(head_stage, "labelled", watched)
    images, scenes = ([pair(tmp_path, seed, [1]) for seed in seeds] for seeds in (range(3), range(3, 5)))
    preparing = prepare(embedded, lessons_of(embedded, images, scenes), None, 0)
    for number in range(5):
        next(preparing)
        assert done == [f"{seed}.png" for seed in range(number + 1)]
    with pytest.raises(StopIteration) as end:
        next(preparing)
    table = end.value.value[1]
    assert len(table) == 5 * 2 * 2
    assert table.labels.tolist() == [1, 0] * 10


def test_that_new_rows_are_imprinted_from_images_and_the_rest_stays(embedded, tmp_path):
    new = len(embedded.categories) + 1
    lessons = lessons_of(embedded, [pair(tmp_path, 0, [new])], new=("cup", "pen"))
    before = weights(embedded.model)
    pauses, model, table = prepared(prepare(embedded, lessons, None, 0))
    assert pauses == 1
    rows, old = (one.roi_heads.box_predictor.cls_score.weight.detach() for one in (model, embedded.model))
    assert torch.equal(rows[:new], old)
    hidden = model.roi_heads.box_head(table.features_of(new, 10).float()).detach()
    direction = torch.nn.functional.normalize(hidden, dim=1).mean(0)
    likeness = torch.nn.functional.cosine_similarity(rows[new:], direction[None])
    assert likeness[0] > 0.99  # the example's
    assert likeness[1] < 0.9  # of the other one nothing is known
    assert same(weights(embedded.model), before)


def test_that_the_seed_decides_on_rows_without_an_example(embedded, tmp_path):
    lessons = lessons_of(embedded, [pair(tmp_path, 0, [1])])
    one, other, third = (
        prepared(prepare(embedded, lessons, None, seed))[1].roi_heads.box_predictor.cls_score.weight[-1]
        for seed in (1, 1, 2)
    )
    assert torch.equal(one, other)
    assert not torch.equal(one, third)
