from __future__ import annotations

import copy
import os
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image

from detector import checkpoints, devices, fine_tuning, head_stage, whole_stage
from detector import lessons as lessons_module
from detector.corrections import CorrectedImage, Corrections
from detector.fine_tune_values import Plan, Progress, SecondStage, Stage, Wishes
from detector.fine_tuning import NO_MEMORY, NOT_MEASURED, fine_tune
from detector.head import HeadSchedule
from detector.held_out import HeldOut, takes_over
from detector.input_size import suited
from detector.predictor import Predictor
from detector.roi_features import FeatureCache, bytes_of_image, pooled
from detector.scenes import CATEGORIES
from detector.tuned_model import TunedModel
from detector.types import DetectorError, NoMemoryError

CPU = torch.device("cpu")
NEVER = SecondStage.NEVER
# Names that no scene has: nothing is rehearsed, which would take time.
NAMES = tuple(f"my {name}" for name in CATEGORIES)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(head_stage, "HeadSchedule", partial(HeadSchedule, batch_size=64, warmup_steps=2))
    monkeypatch.setattr(head_stage, "PREDICTOR_STEPS", 2)


@pytest.fixture
def base(embedded):
    return replace(embedded, categories=NAMES)


@pytest.fixture
def few(scene_images):
    """Two images: too few to hold one out."""
    return Corrections(scene_images[:2], NAMES)


@pytest.fixture
def enough(scene_images):
    return Corrections(scene_images, NAMES)


@pytest.fixture
def steps_of(base, memory_cache):
    """Return a runner of a small fine-tune; it begins when it is iterated over."""

    def run(corrections, *, second_stage=NEVER, steps=4, wishes=None, base=base, cache=memory_cache, **plan):
        settings = Plan(second_stage, head_steps=steps, whole_views=4, **plan)
        return fine_tune(base, corrections, settings, cache=cache, wishes=wishes or Wishes(), device=CPU)

    return run


@dataclass
class WholeStep:
    """A step of a whole stage that only counts."""

    step: int
    steps: int
    average: object
    loss: float = 0.5


@pytest.fixture
def counting_whole_stage(monkeypatch):
    """A whole stage of twelve steps that trains nothing; returns the models that it was given."""
    given = []

    def train_whole(model, images, rehearsal, **rest):
        given.append(model)
        yield from (WholeStep(step, 12, model) for step in range(1, 13))

    monkeypatch.setattr(fine_tuning.whole_stage, "train_whole", train_whole)
    return given


def wishing(steps_of, corrections, wish, number):
    """The steps of a fine-tune in which somebody makes a wish at step `number` of the whole stage."""
    wishes, steps = Wishes(), []
    for step in steps_of(corrections, second_stage=SecondStage.ALWAYS, wishes=wishes):
        steps.append(step)
        if isinstance(step, Progress) and (step.stage, step.step) == (Stage.WHOLE, number):
            getattr(wishes, wish).set()
    return steps


def results(steps):
    return [step for step in steps if isinstance(step, TunedModel)]


def stages(steps):
    """The stages in their order, and `result` where there was one."""
    names = ["result" if isinstance(step, TunedModel) else step.stage.value for step in steps]
    return [name for name, before in zip(names, [None, *names], strict=False) if name != before]


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def out_of(images, **changes):
    return tuple(replace(image, **changes) for image in images)


# A whole run


def test_that_all_stages_say_how_far_they_are_and_what_they_led_to(base, enough, steps_of):
    before = weights(base.model)
    steps = list(steps_of(enough, second_stage=SecondStage.ALWAYS))
    assert stages(steps) == ["features", "head", "result", "whole", "result"]
    head, whole = results(steps)
    assert (head.result.stage, whole.result.stage) == (Stage.HEAD, Stage.WHOLE)
    for tuned in (head, whole):
        result = tuned.result
        assert tuned.categories == NAMES
        assert len(tuned.calibrations) == len(NAMES)
        assert (result.counts.images + result.counts.held_out, result.note) == (6, "")
        assert result.before.images == result.after.images == result.counts.held_out > 0
        assert len(tuned.learnt_from) == result.counts.images
        total = sum(len(image.labels) for image in enough.images)
        assert result.counts.boxes == total
        assert all(row.found + row.missed == row.boxes for row in result.after.categories)
        assert result.is_better == takes_over(result.after, result.before)
        assert 0 < result.proposal_recall <= 1
        assert tuned.example.before.categories == tuned.example.after.categories == NAMES
    assert head.result.seconds < whole.result.seconds
    assert whole.result.before == (head.result.after if head.result.is_better else head.result.before)
    assert same(weights(base.model), before)
    assert same(weights(head.model.backbone), weights(base.model.backbone))
    assert not same(weights(whole.model.backbone), weights(base.model.backbone))
    progress = [step for step in steps if isinstance(step, Progress)]
    for stage in Stage:
        mine = [step for step in progress if step.stage is stage]
        numbers = [step.step for step in mine]
        assert numbers[0] in (0, 1)  # before the first step there may be an image to look at
        assert all(later - earlier in (0, 1) for earlier, later in pairwise(numbers))
        assert len({step.steps for step in mine}) == 1
        assert numbers[-1] <= mine[0].steps
    assert any(step.ap50 is not None for step in progress if step.stage is Stage.HEAD)
    assert any(step.ap50 is not None for step in progress if step.stage is Stage.WHOLE)


def test_that_what_is_yielded_can_be_saved_and_loaded(few, steps_of, tmp_path):
    (tuned,) = results(steps_of(few))
    path = tmp_path / "head.safetensors"
    checkpoints.save(path, tuned.model, tuned.categories, tuned.calibrations)
    loaded = checkpoints.load(path)
    assert loaded.categories == NAMES
    assert loaded.model.num_categories == tuned.model.num_categories == len(NAMES)


def test_that_the_same_seed_gives_the_same_result(few, steps_of):
    one, other, third = (results(steps_of(few, seed=seed))[0] for seed in (3, 3, 4))
    assert same(weights(one.model), weights(other.model))
    assert not same(weights(one.model), weights(third.model))


def test_that_a_second_run_on_a_warm_cache_runs_no_backbone(few, steps_of, tmp_path, monkeypatch):
    pooled = []
    pool = Predictor.pool

    def counting(self, image, boxes):
        pooled.append(len(boxes))
        return pool(self, image, boxes)

    monkeypatch.setattr(Predictor, "pool", counting)
    cache = FeatureCache(tmp_path / "features", 1 << 30)
    cold = results(steps_of(few, cache=cache))[0]
    assert len(pooled) == 2
    warm = results(steps_of(few, cache=cache))[0]
    assert len(pooled) == 2
    assert same(weights(cold.model), weights(warm.model))


def test_that_the_cache_is_pinned_until_the_run_ends(few, steps_of, memory_cache):
    with closing(steps_of(few)) as run:
        next(run)
        assert memory_cache.pinnings == 1
    assert memory_cache.pinnings == 0


def test_that_what_the_cache_has_is_taken_before_anything_is_pooled(
    base, scene_images, steps_of, tmp_path, monkeypatch
):
    """The cache has room for two and a half; those of the end are warm, and pooling the first would push them out."""
    warm = FeatureCache(tmp_path / "features", 1 << 30)
    base = suited(base, scene_images[:4])
    served = Predictor(base.model, base.categories, base.version, device=CPU)
    for image in scene_images[2:4]:
        pooled(served, image, warm)
    files = list((tmp_path / "features").iterdir())
    for file in files:
        os.utime(file, (0, 0))  # unused for so long that they would go first
    sizes = [file.stat().st_size for file in files]
    monkeypatch.setattr(fine_tuning, "bytes_of_image", lambda _model: max(sizes) // 4)
    cache, done = FeatureCache(tmp_path / "features", 5 * max(sizes) // 2), []
    get, pool = cache.get, Predictor.pool

    def watched_get(key):
        found = get(key)
        done.append("hit" if found is not None else "miss")
        return found

    def watched_pool(self, image, boxes):
        done.append("pool")
        return pool(self, image, boxes)

    monkeypatch.setattr(cache, "get", watched_get)
    monkeypatch.setattr(Predictor, "pool", watched_pool)
    for step in steps_of(Corrections(scene_images[:4], NAMES), cache=cache):
        assert isinstance(step, Progress)
        if step.stage is Stage.FEATURES and step.step == 4:
            break
    assert done[:4] == ["miss", "miss", "hit", "hit"]
    assert done.count("pool") == 2
    assert "pool" not in done[:4]


def test_that_looking_into_the_cache_is_a_step_for_each_image(few, steps_of, tmp_path, monkeypatch):
    """To name what it looks for it reads the whole file of the image."""
    cache, named = FeatureCache(tmp_path / "features", 1 << 30), []
    key = FeatureCache.key

    def watched(image, version):
        named.append(image.name)
        return key(image, version)

    monkeypatch.setattr(cache, "key", watched)
    with closing(steps_of(few, cache=cache)) as run:
        for number in (1, 2):
            step = next(run)
            assert (step.stage, step.step, step.steps) == (Stage.FEATURES, 0, 2)
            assert len(named) == number


def test_that_a_cache_with_room_for_some_limits_what_is_learnt_from(scene_images, base, steps_of, tmp_path):
    room = 2 * bytes_of_image(base.model)
    steps = list(steps_of(Corrections(scene_images[:5], NAMES), cache=FeatureCache(tmp_path / "features", room)))
    counts = results(steps)[0].result.counts
    assert counts.images + counts.held_out == 2
    assert (counts.left_out, counts.beyond) == (("3 images: the cache has room for 2.",), 3)
    assert {step.steps for step in steps if isinstance(step, Progress) and step.stage is Stage.FEATURES} == {2}


def test_that_a_cache_with_hardly_any_room_still_learns_from_one_image(scene_images, steps_of, tmp_path):
    tiny = FeatureCache(tmp_path / "features", 1)
    assert results(steps_of(Corrections(scene_images[:3], NAMES), cache=tiny))[0].result.counts.images == 1


# Too few images to measure


def test_that_too_few_images_to_hold_out_give_a_note_and_no_figures(few, steps_of):
    steps = list(steps_of(few))
    (tuned,) = results(steps)
    result = tuned.result
    assert (result.before, result.after, result.note, result.is_better) == (None, None, NOT_MEASURED, True)
    assert (result.counts.images, result.counts.held_out) == (2, 0)
    assert (tuned.example, tuned.calibrations) == (None, ())
    assert all(step.ap50 is None for step in steps if isinstance(step, Progress))


def test_that_without_a_measure_the_last_head_is_taken_unmixed(few, steps_of, monkeypatch):
    averages = []
    train_head = head_stage.train_head

    def watched(*arguments, **rest):
        for step in train_head(*arguments, **rest):
            averages.append(step.average)
            yield step

    monkeypatch.setattr(head_stage, "train_head", watched)
    (tuned,) = results(steps_of(few))
    assert same(weights(tuned.model.roi_heads.box_predictor), weights(averages[-1].box_predictor))


# Worse


def test_that_a_head_that_learnt_nonsense_is_not_better(base, scene_images, steps_of, monkeypatch):
    """At a rate that destroys it, and with nothing else to choose."""

    def last(self, state):
        yield state
        return copy.deepcopy(self.unmeasured)

    def unmeasured(self, head, state):
        yield state

    monkeypatch.setattr(fine_tuning.BestHead, "measure", unmeasured)
    monkeypatch.setattr(fine_tuning.BestHead, "settle", last)

    def destroying(steps, learning_rate=None, **rest):
        return HeadSchedule(steps, batch_size=64, warmup_steps=1, learning_rate=0.3, **rest)

    monkeypatch.setattr(head_stage, "HeadSchedule", destroying)
    (tuned,) = results(steps_of(Corrections(scene_images, NAMES), steps=6))
    assert not tuned.result.is_better
    assert tuned.result.after.ap50 < tuned.result.before.ap50


def test_that_small_objects_are_learnt_and_looked_for_in_a_larger_image(base, steps_of, scene_images, tmp_path):
    small = []
    for index, image in enumerate(scene_images[:4]):
        path = tmp_path / f"{index}.png"
        with Image.open(image.path) as scene:
            page = Image.new("RGB", (480, 480))
            page.paste(scene.resize((160, 160)))
        page.save(path)
        small.append(replace(image, path=path, name=path.name, gt_boxes=image.gt_boxes / 2))
    head, whole = results(steps_of(Corrections(tuple(small), NAMES), second_stage=SecondStage.ALWAYS))
    assert base.model.system.min_size == 480
    for tuned in (head, whole):
        assert tuned.model.system.min_size == tuned.model.transform.min_size[0] == 800
        saved = tmp_path / f"{tuned.result.stage}.safetensors"
        checkpoints.save(saved, tuned.model, tuned.categories)
        assert checkpoints.load(saved).model.system.min_size == 800
        assert (tuned.result.before is None) == (tuned.result.counts.held_out == 0)


def test_that_objects_of_large_images_are_learnt_in_tiles(steps_of, scene_images, tmp_path, monkeypatch):
    large, seen = [], []
    for index, image in enumerate(scene_images[:5]):
        path = tmp_path / f"{index}.png"
        with Image.open(image.path) as scene:
            page = Image.effect_noise((400, 200), 20 + index).convert("RGB")
            page.paste(scene, (70 * index, 30))
        page.save(path)
        boxes = image.gt_boxes + np.array([70 * index, 30] * 2, dtype=np.float32)
        large.append(replace(image, path=path, name=path.name, gt_boxes=boxes))
    predict = Predictor.predict
    monkeypatch.setattr(Predictor, "predict", lambda one, image: seen.append(image.shape[:2]) or predict(one, image))
    corrections = Corrections(tuple(large), NAMES, tile=160)
    head, whole = results(steps_of(corrections, second_stage=SecondStage.ALWAYS))
    for tuned in (head, whole):
        counts = tuned.result.counts
        assert counts.images + counts.held_out == 5
        assert counts.held_out == tuned.result.after.images > 0
        assert tuned.example.after.image_size == (200, 400)
        assert tuned.example.after.looks > 1
    assert set(seen) == {(200, 400), (160, 160)}


def test_that_the_whole_of_a_large_image_that_says_nothing_takes_no_view(steps_of, scene_images, tmp_path, monkeypatch):
    taught = []

    def train_whole(_model, images, _rehearsal, **_rest):
        taught.append(images)
        yield from ()

    monkeypatch.setattr(fine_tuning.whole_stage, "train_whole", train_whole)
    path = tmp_path / "page.png"
    Image.effect_noise((400, 200), 50).convert("RGB").save(path)
    partly = CorrectedImage(path, "page.png", [[10, 10, 30, 30]], [1], reviewed=False)
    corrections = Corrections((*scene_images[:2], partly), NAMES, tile=160)
    results(steps_of(corrections, second_stage=SecondStage.ALWAYS))
    (images,) = taught
    assert sorted(image.name for image in images) == ["a.png", "b.png", "page.png at 0, 0"]


# What the person wishes


@pytest.mark.parametrize("at", ["features", "head", "whole"])
def test_that_cancel_ends_every_stage_at_the_next_step_without_a_result(few, steps_of, counting_whole_stage, at):
    wishes, after = Wishes(), []
    for step in steps_of(few, second_stage=SecondStage.ALWAYS, wishes=wishes):
        if wishes.cancel.is_set():
            after.append(step)
        elif isinstance(step, Progress) and step.stage == at:
            wishes.cancel.set()
    assert wishes.cancel.is_set()
    assert after == []


def test_that_cancel_is_heard_while_held_out_images_are_measured(enough, steps_of, monkeypatch):
    monkeypatch.setattr(fine_tuning, "ENOUGH_AP50", 2.0)  # the predictor alone is not enough
    held_out = results(steps_of(enough, steps=2))[0].result.counts.held_out
    # The old model, the old head, the newest head. Each is told for each image, and before it as a step of its own.
    for wanted, times in (((Stage.FEATURES, 6), 2), ((Stage.HEAD, 0), 1), ((Stage.HEAD, 4), 1 + held_out)):
        wishes, after, told = Wishes(), [], []
        for step in steps_of(enough, wishes=wishes, steps=2):
            if wishes.cancel.is_set():
                after.append(step)
                continue
            if isinstance(step, Progress):
                told.append((step.stage, step.step))
            if told.count(wanted) == times:
                wishes.cancel.set()
        assert wishes.cancel.is_set()
        assert after == []


def test_that_cancel_during_the_last_step_leaves_no_result(few, steps_of, monkeypatch):
    wishes = Wishes()
    counts = fine_tuning.Lessons.counts

    def cancelled(self):
        wishes.cancel.set()
        return counts(self)

    monkeypatch.setattr(fine_tuning.Lessons, "counts", cancelled)
    assert results(steps_of(few, wishes=wishes)) == []


def test_that_finish_during_the_head_gives_what_there_is_and_no_second_stage(few, steps_of, counting_whole_stage):
    wishes, steps = Wishes(), []
    for step in steps_of(few, second_stage=SecondStage.ALWAYS, wishes=wishes, steps=12):
        steps.append(step)
        if isinstance(step, Progress) and (step.stage, step.step) == (Stage.HEAD, 2):
            wishes.finish.set()
    assert stages(steps) == ["features", "head", "result"]
    assert max(step.step for step in steps if isinstance(step, Progress) and step.stage is Stage.HEAD) == 2


def test_that_the_features_cannot_be_skipped(few, steps_of):
    wishes = Wishes()
    wishes.skip.set()
    steps = list(steps_of(few, wishes=wishes, steps=3))
    told = [step.step for step in steps if isinstance(step, Progress) and step.stage is Stage.HEAD]
    assert list(dict.fromkeys(told)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("at", [0, 1, 4])
def test_that_finish_gives_the_head_of_that_step_where_it_is_the_best(base, enough, steps_of, monkeypatch, at):
    averages = {0: None}
    train_head = head_stage.train_head

    def watched(*arguments, **rest):
        for step in train_head(*arguments, **rest):
            averages[len(averages)] = weights(step.average)
            yield step

    monkeypatch.setattr(head_stage, "train_head", watched)
    # Whatever comes later is worth more.
    worth = iter(range(100))
    monkeypatch.setattr("detector.held_out.HeldOut.value", lambda *_arguments: (next(worth) / 1000, 0.0))
    wishes, found = Wishes(), []
    for step in steps_of(enough, wishes=wishes):
        if isinstance(step, Progress) and (step.stage, step.step) == (Stage.HEAD, at):
            wishes.finish.set()
        if isinstance(step, TunedModel):
            found.append(weights(step.model.roi_heads.box_predictor))
    (predictor,) = found
    assert len(averages) == at + 1
    if at:
        mine = {
            name.removeprefix("box_predictor."): value for name, value in averages[at].items() if "predictor" in name
        }
        assert same(predictor, mine)
    else:
        assert same(predictor, weights(base.model.roi_heads.box_predictor))


def test_that_finish_before_anything_is_trained_gives_nothing(few, steps_of):
    wishes = Wishes()
    wishes.finish.set()
    assert stages(steps_of(few, wishes=wishes)) == ["features"]


@pytest.mark.parametrize("wish", ["finish", "skip"])
def test_that_the_whole_stage_can_be_ended_with_what_it_has(few, steps_of, counting_whole_stage, wish):
    steps = wishing(steps_of, few, wish, 3)
    assert stages(steps) == ["features", "head", "result", "whole", "result"]
    assert max(step.step for step in steps if isinstance(step, Progress) and step.stage is Stage.WHOLE) == 3


def test_that_skip_goes_on_to_the_whole_detector_also_where_that_would_not_pay(few, steps_of, counting_whole_stage):
    wishes, steps = Wishes(), []
    for step in steps_of(few, second_stage=SecondStage.AUTO, wishes=wishes, steps=12):
        steps.append(step)
        if isinstance(step, Progress) and (step.stage, step.step) == (Stage.HEAD, 2):
            wishes.skip.set()
    assert stages(steps) == ["features", "head", "result", "whole", "result"]
    assert max(step.step for step in steps if isinstance(step, Progress) and step.stage is Stage.WHOLE) == 12


@pytest.mark.parametrize(
    ("second_stage", "recall", "goes_on"),
    [
        (SecondStage.NEVER, 0.1, False),
        (SecondStage.ALWAYS, 1.0, True),
        (SecondStage.AUTO, 0.90, True),
        (SecondStage.AUTO, 0.99, False),
        (SecondStage.AUTO, None, False),
    ],
)
def test_that_the_second_stage_comes_where_it_is_asked_for_or_pays(
    few, steps_of, counting_whole_stage, monkeypatch, *, second_stage, recall, goes_on
):
    monkeypatch.setattr(fine_tuning.Lessons, "recall", recall)
    steps = list(steps_of(few, second_stage=second_stage))
    assert len(counting_whole_stage) == goes_on
    assert len(results(steps)) == 1 + goes_on
    assert {tuned.result.proposal_recall for tuned in results(steps)} == {recall}


def test_that_a_licence_and_a_source_bind_what_learns_from_them(base, few, steps_of, tmp_path):
    (tuned,) = results(steps_of(few, base=replace(base, licence="CC BY 4.0", source="somewhere")))
    tuned.save(tmp_path / "mine.safetensors")
    loaded = checkpoints.load(tmp_path / "mine.safetensors")
    assert (loaded.licence, loaded.source, loaded.categories) == ("CC BY 4.0", "somewhere", NAMES)
    assert loaded.learnt_from == tuned.learnt_from


@pytest.mark.parametrize(("ap50", "images", "goes_on"), [(0.9, 400, True), (0.97, 400, False), (0.97, 6, True)])
def test_that_few_images_without_a_mistake_do_not_show_that_nothing_is_left_to_learn(
    enough, steps_of, counting_whole_stage, monkeypatch, *, ap50, images, goes_on
):
    figures = HeldOut.figures

    def made_up(held_out, seen):
        return replace(figures(held_out, seen), ap50=ap50, images=images)

    monkeypatch.setattr(fine_tuning.Lessons, "recall", 0.99)
    monkeypatch.setattr(HeldOut, "figures", made_up)
    list(steps_of(enough, second_stage=SecondStage.AUTO, steps=2))
    assert bool(counting_whole_stage) == goes_on


@pytest.mark.parametrize(("enough_ap50", "steps"), [(0.95, 5), (0.95 - 0.25, 2)])
def test_that_a_predictor_without_a_mistake_on_one_image_does_not_end_the_head_stage(
    enough, steps_of, monkeypatch, *, enough_ap50, steps
):
    monkeypatch.setattr(fine_tuning, "ENOUGH_AP50", enough_ap50)
    monkeypatch.setattr(HeldOut, "value", lambda _held_out, _seen: (0.95, 0.9))
    told = list(steps_of(enough, steps=4))  # which patience ends at the third: nothing gets better
    assert results(told)[0].result.counts.held_out == 1
    assert max(step.step for step in told if isinstance(step, Progress) and step.stage is Stage.HEAD) == steps


def test_that_the_whole_stage_goes_on_from_the_head_but_in_a_copy(few, steps_of, counting_whole_stage):
    head, _ = results(steps_of(few, second_stage=SecondStage.ALWAYS))
    (given,) = counting_whole_stage
    assert given is not head.model
    assert same(weights(given), weights(head.model))
    assert all(parameter.requires_grad for parameter in given.parameters())


# The held-out images at last


@pytest.fixture
def taught(monkeypatch):
    """A whole stage that makes itself known by one bias; returns what it was asked for: (model, names, views)."""
    asked = []

    def train_whole(model, images, rehearsal, *, views, **rest):
        asked.append((model, {image.name for image in images}, views))
        with torch.no_grad():
            model.roi_heads.box_predictor.cls_score.bias[0] += 1e-6
        yield from (WholeStep(step, 8 * views, model) for step in range(1, 8 * views + 1))

    monkeypatch.setattr(whole_stage, "train_whole", train_whole)
    monkeypatch.setattr(fine_tuning, "takes_over", lambda _new, _old: True)
    return asked


def only_whole(steps):
    return [step for step in steps if isinstance(step, Progress) and step.stage is Stage.WHOLE]


def test_that_the_held_out_images_are_learnt_at_last_and_say_how_good_it_was_before(enough, steps_of, taught):
    steps = list(steps_of(enough, second_stage=SecondStage.ALWAYS))
    assert stages(steps) == ["features", "head", "result", "whole", "result"]
    head, whole = results(steps)
    (first, trained, views), (last, every, few_views) = taught
    assert every == {image.name for image in enough.images} > trained
    assert (views, few_views) == (4, 1)
    assert last is not first
    assert same(weights(whole.model), weights(last)), "what is kept is what has learnt all of them"
    assert not same(weights(last), weights(first))
    assert len(head.learnt_from) == len(trained)
    assert len(whole.learnt_from) == len(every)
    counts = whole.result.counts
    assert (counts.images, counts.held_out) == (len(trained), len(every) - len(trained))
    assert whole.result.after.images == counts.held_out, "the figures are of images that were not learnt"
    told = only_whole(steps)
    assert [step.step for step in told] == sorted(step.step for step in told)
    assert {step.steps for step in told} == {40}
    assert told[-1].step == 40
    assert all(step.ap50 is None for step in told if step.step > 32)


@pytest.mark.parametrize("wish", ["finish", "skip"])
def test_that_the_last_of_the_whole_stage_counts_as_a_whole_or_not_at_all(enough, steps_of, taught, wish):
    steps = wishing(steps_of, enough, wish, 34)
    assert only_whole(steps)[-1].step == 34
    whole = results(steps)[-1]
    assert same(weights(whole.model), weights(taught[0][0]))
    assert len(whole.learnt_from) == whole.result.counts.images


def test_that_cancel_in_the_last_of_the_whole_stage_leaves_no_result_of_it(enough, steps_of, taught):
    steps = wishing(steps_of, enough, "cancel", 34)
    assert [tuned.result.stage for tuned in results(steps)] == [Stage.HEAD]
    assert only_whole(steps)[-1].step == 34


def test_that_finish_while_the_whole_stage_learns_leaves_the_held_out_images_out(enough, steps_of, taught):
    steps = wishing(steps_of, enough, "finish", 3)
    assert len(taught) == 1
    assert results(steps)[-1].result.stage is Stage.WHOLE


def test_that_a_whole_stage_that_is_turned_down_learns_nothing_more(enough, steps_of, taught, monkeypatch):
    monkeypatch.setattr(fine_tuning, "takes_over", lambda _new, _old: False)
    whole = results(steps_of(enough, second_stage=SecondStage.ALWAYS))[-1]
    assert len(taught) == 1
    assert not whole.result.is_better
    assert len(whole.learnt_from) == whole.result.counts.images


def test_that_of_many_images_those_that_measure_are_not_learnt(enough, steps_of, taught, monkeypatch):
    monkeypatch.setattr(whole_stage, "FEW", len(enough.images))
    whole = results(steps_of(enough, second_stage=SecondStage.ALWAYS))[-1]
    assert len(taught) == 1
    assert len(whole.learnt_from) == whole.result.counts.images


def test_that_what_was_learnt_at_last_does_not_measure_the_next_fine_tune(enough, base, steps_of, taught, tmp_path):
    results(steps_of(enough, second_stage=SecondStage.ALWAYS))[-1].save(tmp_path / "first.safetensors")
    again = checkpoints.load(tmp_path / "first.safetensors")
    taught.clear()
    whole = results(steps_of(enough, second_stage=SecondStage.ALWAYS, base=again))[-1]
    assert (whole.result.counts.held_out, whole.result.note) == (0, NOT_MEASURED)
    assert whole.result.is_better
    assert [len(names) for _, names, _ in taught] == [len(enough.images)]


def test_that_where_nothing_is_held_out_nothing_is_learnt_at_last(few, steps_of, taught):
    results(steps_of(few, second_stage=SecondStage.ALWAYS))
    assert len(taught) == 1


def test_that_trouble_at_last_loses_nothing_that_was_measured(enough, steps_of, monkeypatch, taught):
    teach = whole_stage.train_whole

    def fails_at_last(model, images, *rest, **more):
        if taught:
            raise DetectorError("This image is gone.")
        yield from teach(model, images, *rest, **more)

    monkeypatch.setattr(whole_stage, "train_whole", fails_at_last)
    steps = []
    with pytest.raises(DetectorError, match="gone"):
        steps.extend(steps_of(enough, second_stage=SecondStage.ALWAYS))  # what came before is kept
    whole = results(steps)[-1]
    assert whole.result.stage is Stage.WHOLE
    assert same(weights(whole.model), weights(taught[0][0]))


# Categories


def changed(scene_images, categories, labels, aliases=()):
    """Two images whose boxes have `labels` in turn."""
    images = tuple(replace(image, labels=np.resize(labels, len(image.labels))) for image in scene_images[:2])
    return Corrections(images, categories, dict(aliases))


@pytest.fixture
def untrained(monkeypatch):
    """The head keeps what it has at the start."""

    def still(steps, learning_rate=None, **rest):
        return HeadSchedule(steps, batch_size=64, learning_rate=0.0, weight_decay=0.0, **rest)

    monkeypatch.setattr(head_stage, "HeadSchedule", still)


def rows(model):
    predictor = model.roi_heads.box_predictor
    return predictor.cls_score.weight.detach(), predictor.bbox_pred.weight.detach().unflatten(0, (-1, 4))


def test_that_two_new_categories_leave_the_rows_of_the_others(base, scene_images, steps_of, untrained):
    (tuned,) = results(steps_of(changed(scene_images, (*NAMES, "cup", "pen"), [15, 16])))
    count = len(NAMES) + 1
    for before, after in zip(rows(base.model), rows(tuned.model), strict=True):
        torch.testing.assert_close(after[:count], before, rtol=1e-6, atol=0)
        assert len(after) == count + 2
    classes = rows(tuned.model)[0]
    lengths = classes[1:].norm(dim=1)
    assert lengths[-2:] == pytest.approx(float(lengths[:-2].mean()), rel=1e-4)  # imprinted
    assert not torch.equal(classes[-1], classes[-2])


def test_that_new_categories_without_an_example_are_no_reason_to_fail(scene_images, steps_of):
    (tuned,) = results(steps_of(changed(scene_images, (*NAMES, "cup"), [1])))
    assert tuned.model.num_categories == len(NAMES) + 1
    assert all(bool(value.isfinite().all()) for value in rows(tuned.model))


def test_that_a_project_of_new_categories_alone_can_be_learnt(scene_images, steps_of):
    (tuned,) = results(steps_of(changed(scene_images, ("cup", "pen"), [1, 2])))
    assert tuned.model.num_categories == 2


def test_that_renamed_merged_and_deleted_categories_keep_their_rows(base, scene_images, steps_of, untrained):
    names = ("hexagon", NAMES[2], "tool")  # nut renamed; washer kept; key and wrench merged; the rest deleted
    aliases = {NAMES[1]: "hexagon", "my key": "tool", "my wrench": "tool"}
    (tuned,) = results(steps_of(changed(scene_images, names, [1, 2, 3], aliases)))
    sources = [0, 2, 3, 1 + NAMES.index("my key")]
    for before, after in zip(rows(base.model), rows(tuned.model), strict=True):
        torch.testing.assert_close(after, before[sources], rtol=1e-6, atol=0)


def test_that_a_renamed_category_is_measured_as_what_it_is_called_now(enough, scene_images, steps_of):
    renamed = Corrections(scene_images, tuple(name.upper() for name in NAMES), {name: name.upper() for name in NAMES})
    before = [results(steps_of(corrections, steps=1))[0].result.before for corrections in (enough, renamed)]
    assert (before[0].ap50, before[0].ap) == (before[1].ap50, before[1].ap)
    assert before[0].ap50 > 0


def test_that_known_categories_are_rehearsed_step_by_step(embedded, scene_images, steps_of, monkeypatch):
    monkeypatch.setattr(lessons_module, "SCENES_POOLED", 2)
    corrections = Corrections(scene_images[:1], CATEGORIES)
    steps = list(steps_of(corrections, base=embedded, steps=1))
    told = [step.step for step in steps if isinstance(step, Progress) and step.stage is Stage.FEATURES]
    # The image, the same again when it has its labels, and after each scene: a detection may be waiting.
    assert told[told.index(1) :] == [1, 1, 1, 1]
    assert results(steps)[0].result.counts.images == 1


@pytest.mark.parametrize("categories", [CATEGORIES, ("cup",)])
def test_that_where_scenes_are_rehearsed_part_of_the_detector_before_stays(
    categories, embedded, scene_images, steps_of, monkeypatch
):
    monkeypatch.setattr(lessons_module, "SCENES_POOLED", 1)
    monkeypatch.setattr(whole_stage, "REHEARSED_MIX", 0.0)
    images = (replace(scene_images[0], labels=np.ones_like(scene_images[0].labels)),)
    steps = steps_of(Corrections(images, categories), base=embedded, steps=1, second_stage=SecondStage.ALWAYS)
    head, whole = (tuned.model.backbone.state_dict() for tuned in results(steps))
    same = all(torch.equal(whole[name], before) for name, before in head.items())
    assert same is (categories == CATEGORIES)


# Bad input


def test_that_one_reviewed_image_is_enough(scene_images, steps_of):
    (tuned,) = results(steps_of(Corrections(scene_images[:1], NAMES)))
    assert tuned.result.note == NOT_MEASURED


def test_that_a_category_with_one_box_can_be_learnt(scene_images, steps_of):
    first = scene_images[0]
    single = np.where(np.arange(len(first.labels)) == 0, 15, first.labels)
    images = (replace(first, labels=single), scene_images[1])
    (tuned,) = results(steps_of(Corrections(images, (*NAMES, "cup"))))
    assert tuned.model.num_categories == 15


def test_that_images_that_are_not_reviewed_need_one_that_is(scene_images, steps_of):
    not_reviewed = out_of(scene_images[:2], reviewed=False)
    with pytest.raises(DetectorError, match="Mark an image as reviewed"):
        list(steps_of(Corrections(not_reviewed, NAMES)))
    (tuned,) = results(steps_of(Corrections((*not_reviewed, scene_images[2]), NAMES)))
    assert tuned.result.counts.images == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gt_boxes": [], "labels": []}, "only images without boxes"),
        ({"gt_boxes": [], "labels": [], "rejected_boxes": [[5, 5, 50, 50]]}, "only rejections"),
        ({"gt_boxes": [[5, 5, 5.9, 50]], "labels": [1]}, "only images without boxes.* 3 boxes thinner"),
        ({"gt_boxes": [[float("nan")] * 4], "labels": [1]}, "thinner than a pixel"),
    ],
)
def test_that_there_is_a_sentence_where_nothing_can_be_learnt(scene_images, steps_of, changes, sentence):
    images = tuple(
        CorrectedImage(image.path, image.name, **{"gt_boxes": image.gt_boxes, "labels": image.labels} | changes)
        for image in scene_images[:3]
    )
    with pytest.raises(DetectorError, match=sentence):
        list(steps_of(Corrections(images, NAMES)))


def test_that_boxes_of_one_pixel_do_no_harm(scene_images, steps_of):
    first = scene_images[0]
    small = CorrectedImage(first.path, first.name, [[5, 5, 6, 6], [127, 127, 128, 128]], [1, 2])
    (tuned,) = results(steps_of(Corrections((small, scene_images[1]), NAMES)))
    assert all(bool(value.isfinite().all()) for value in tuned.model.state_dict().values())


def test_that_an_image_that_cannot_be_read_is_named(scene_images, steps_of, tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"no image")
    with pytest.raises(DetectorError, match=r"broken\.png"):
        list(steps_of(Corrections((replace(scene_images[0], path=path),), NAMES)))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_that_weights_that_are_not_finite_are_said(base, few, steps_of, value):
    broken = replace(base, model=copy.deepcopy(base.model))
    with torch.no_grad():
        broken.model.roi_heads.box_predictor.cls_score.weight[1] = value
    with pytest.raises(DetectorError, match="finite"):
        list(steps_of(few, base=broken))


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[enforce fail at alloc_cpu.cpp:114] err == 0. DefaultCPUAllocator: can't allocate memory"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        MemoryError(),
    ],
    ids=["cpu", "cuda", "python"],
)
@pytest.mark.parametrize("stage", ["head", "whole"])
def test_that_the_end_of_memory_says_what_to_do(few, steps_of, counting_whole_stage, monkeypatch, *, error, stage):
    def fails(*_arguments, **_rest):
        raise error
        yield

    owner, name = (head_stage, "train_head") if stage == "head" else (fine_tuning.whole_stage, "train_whole")
    monkeypatch.setattr(owner, name, fails)
    steps = []
    with pytest.raises(DetectorError) as raised:
        steps.extend(steps_of(few, second_stage=SecondStage.ALWAYS))
    assert str(raised.value) == NO_MEMORY
    assert raised.value.__context__ is None  # nothing holds the tensors of the step that failed


class FallsOnMeta:
    """Fails as a GPU does on any device but the CPU."""

    def __init__(self, error: Exception, real: object) -> None:
        self.error, self.real = error, real
        self.places: list[str] = []

    def __call__(self, *arguments, device, **rest):
        self.places.append(device.type)
        if device.type != "cpu":
            raise self.error
        yield from self.real(*arguments, device=device, **rest)


@pytest.fixture
def gpu(monkeypatch):
    """A device that stands for a GPU: it is given to every stage, and nothing is ever computed on it."""
    given_up = set()
    monkeypatch.setattr(devices, "_given_up", given_up)
    real = fine_tuning.Predictor
    monkeypatch.setattr(fine_tuning, "Predictor", lambda *given, **more: real(*given, **(more | {"device": CPU})))
    monkeypatch.setattr(fine_tuning, "sixteen_bit_type", lambda _device: None)
    return torch.device("meta"), given_up


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), False),
        (RuntimeError("CUDA error: unspecified launch failure"), True),
        (torch.AcceleratorError("the device is gone"), True),
    ],
)
def test_that_a_fine_tune_whose_gpu_fails_begins_anew_on_the_cpu(few, base, gpu, monkeypatch, *, error, is_lost):
    device, given_up = gpu
    falls = FallsOnMeta(error, head_stage.learn)
    monkeypatch.setattr(head_stage, "learn", falls)
    plan = Plan(second_stage=NEVER, head_steps=4)
    steps = list(fine_tune(base, few, plan, cache=None, wishes=Wishes(), device=device))
    assert falls.places == ["meta", "cpu"]
    assert isinstance(steps[-1], TunedModel)
    notes = [step.note for step in steps if isinstance(step, Progress)]
    assert notes[0] == ""
    assert notes[-1] == fine_tuning.ON_THE_CPU
    assert given_up == ({"meta"} if is_lost else set())


def test_that_a_fine_tune_whose_gpu_has_no_room_to_pool_begins_anew_on_the_cpu(few, base, gpu, monkeypatch):
    device, given_up = gpu
    real, refusals = Predictor.pool, iter([True])

    def pool(self, image, boxes):
        if next(refusals, False):
            raise NoMemoryError("There is not enough memory for this image.")
        return real(self, image, boxes)

    monkeypatch.setattr(Predictor, "pool", pool)
    falls = FallsOnMeta(AssertionError("nothing is trained on what was not pooled"), head_stage.learn)
    monkeypatch.setattr(head_stage, "learn", falls)
    plan = Plan(second_stage=NEVER, head_steps=4)
    steps = list(fine_tune(base, few, plan, cache=None, wishes=Wishes(), device=device))
    assert falls.places == ["cpu"]
    assert isinstance(steps[-1], TunedModel)
    assert steps[-2].note == fine_tuning.ON_THE_CPU
    assert given_up == set()


def test_that_a_fault_of_the_program_stays_one(few, steps_of, monkeypatch):
    def fails(*_arguments, **_rest):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        yield

    monkeypatch.setattr(head_stage, "train_head", fails)
    with pytest.raises(RuntimeError, match="shapes"):
        list(steps_of(few))


def test_that_two_images_are_seen_as_often_in_all_as_many(few, base, memory_cache, monkeypatch):
    asked = []

    def train_whole(model, images, rehearsal, *, views, **rest):
        asked.append(views)
        yield WholeStep(1, 1, model)

    monkeypatch.setattr(whole_stage, "train_whole", train_whole)
    plan = Plan(SecondStage.ALWAYS, head_steps=1)
    list(fine_tune(base, few, plan, cache=memory_cache, wishes=Wishes(), device=CPU))
    assert asked == [whole_stage.VIEWS]
