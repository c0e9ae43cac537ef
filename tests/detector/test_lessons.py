from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from detector import embedded as embedded_module
from detector import lessons as lessons_module
from detector.corrections import CorrectedImage, Corrections
from detector.lessons import ENOUGH_BOXES, Lessons, held_out_of
from detector.predictor import Predictor
from detector.roi_features import RoiFeatures, RoiView
from detector.scenes import CATEGORIES, draw_scene
from detector.systems import SYSTEMS
from detector.types import DetectorError

BOX = [10.0, 10, 50, 50]


@pytest.fixture
def corrected(tmp_path):
    """Return a maker of an image of 64 x 64 with boxes of `labels`, in a file of its own."""

    def make(name, labels=(1,), boxes=None, **rest):
        path = tmp_path / name
        Image.new("RGB", (64, 64)).save(path)
        return CorrectedImage(path, name, np.reshape(boxes or [BOX] * len(labels), (-1, 4)), labels, **rest)

    return make


def features(proposals=(BOX,), fingerprint=0, given=()):
    boxes = np.reshape([*proposals, *given], (-1, 4)).astype(np.float32)
    view = RoiView(
        torch.tensor(boxes), torch.zeros(len(boxes), 1, 7, 7).half(), torch.arange(len(boxes)) < len(proposals)
    )
    return RoiFeatures((view, view), (64, 64), (64, 64), fingerprint)


def parted(embedded, images, categories=("bolt", "cup"), *, fraction=0.2, pooled=None, aliases=()):
    """Images that look nothing like each other."""
    lessons = Lessons(embedded, Corrections(tuple(images), categories, dict(aliases)))
    rng = np.random.default_rng(0)
    given = [features(fingerprint=int(rng.integers(1 << 62))) for _ in images]
    lessons.part(pooled or given, fraction)
    for image, rois in zip(images, pooled or given, strict=True):
        lessons.look_for(image, rois)
    return lessons


def test_that_what_cannot_be_learnt_from_is_said(embedded, corrected):
    images = (corrected("a.png", (1, 1), [BOX, [5, 5, 5.5, 30]]), corrected("b.png", (), reviewed=False))
    lessons = Lessons(embedded, Corrections(images, ("bolt",)))
    assert lessons.left_out == ("1 box thinner than a pixel.", "1 image is not reviewed and without a usable box.")
    assert [image.name for image in lessons.corrections.images] == ["a.png"]


def test_that_there_must_be_something_to_learn_from(embedded):
    with pytest.raises(DetectorError, match="no corrected image"):
        Lessons(embedded, Corrections((), ("bolt",)))


def test_that_categories_are_new_or_kept_by_name_and_by_alias(embedded, corrected):
    names = ("cup", "bolt", "ring")
    lessons = Lessons(embedded, Corrections((corrected("a.png"),), names, {"washer": "ring"}))
    assert (lessons.new, lessons.kept) == ([1], [2, 3])


def test_that_every_image_either_trains_or_measures(embedded, corrected):
    images = [corrected(f"{name}.png", (1, 1)) for name in "abcdefghij"]
    lessons = parted(embedded, images)
    trained, out = [image.name for image, _ in lessons.trained], [image.name for image in lessons.held_out.images]
    assert sorted(trained + out) == [image.name for image in images]
    assert 1 <= len(out) <= 3
    counts = lessons.counts()
    assert (counts.images, counts.held_out, counts.boxes, counts.rejections) == (len(trained), len(out), 20, 0)


def test_that_what_the_model_has_learnt_from_measures_nothing(embedded, corrected):
    images = [corrected(f"{number}.png") for number in range(24)]
    pooled = [features(fingerprint=((number + 1) * 0x9E3779B97F4A7C15) % 2**64) for number in range(24)]
    first = parted(embedded, images[:12], pooled=pooled[:12])
    assert first.learnt_from == {one.fingerprint for _, one in first.trained}
    grown = parted(replace(embedded, learnt_from=first.learnt_from), images, pooled=pooled)
    before = {image.name for image, _ in first.trained}
    assert len(grown.held_out) >= 5
    assert before.isdisjoint(image.name for image in grown.held_out.images)
    assert grown.learnt_from > first.learnt_from
    anew = replace(embedded, learnt_from=frozenset(one.fingerprint for one in pooled[:12]))
    assert all(int(image.name[:-4]) >= 12 for image in parted(anew, images, pooled=pooled).held_out.images)


def test_that_too_few_images_all_train(embedded, corrected):
    lessons = parted(embedded, [corrected("a.png"), corrected("b.png", rejected_boxes=[BOX])])
    assert (lessons.counts().images, lessons.counts().held_out, lessons.counts().rejections) == (2, 0, 1)


def test_that_near_copies_are_not_on_both_sides(embedded, corrected):
    images = [corrected(f"shot{number}.png") for number in range(8)]
    lessons = parted(embedded, images, pooled=[features(fingerprint=5)] * 8)
    assert len(lessons.held_out) == 0


def test_that_no_more_is_held_out_than_measuring_needs(embedded, corrected, monkeypatch):
    monkeypatch.setattr(lessons_module, "LEAST_HELD_OUT", 1)
    monkeypatch.setattr(lessons_module, "MOST_HELD_OUT", 2)
    lessons = parted(embedded, [corrected(f"{chr(97 + n)}.png") for n in range(24)], fraction=0.5)
    assert 1 <= len(lessons.held_out) <= 3


@pytest.mark.parametrize(
    ("count", "least", "most"), [(3, 1, 1), (8, 2, 2), (10, 2, 2), (20, 5, 5), (40, 5, 7), (100, 6, 18), (1000, 25, 75)]
)
def test_that_of_few_images_enough_are_held_out_and_most_train(count, least, most):
    image = CorrectedImage(Path("a.png"), "a.png", np.array([BOX], dtype=np.float32), np.array([1]))
    images = [replace(image, name=f"{number}.png") for number in range(count)]
    assert least <= sum(held_out_of(images, range(count), 0.12)) <= most


def test_that_images_that_are_not_reviewed_hold_no_others_out():
    image = CorrectedImage(Path("a.png"), "a.png", np.array([BOX], dtype=np.float32), np.array([1]))
    images = [replace(image, name=f"{number}.png", reviewed=number < 10) for number in range(100)]
    assert sum(held_out_of(images, range(100), 0.12)) == 2  # of ten, as without the others


def test_that_recall_is_the_share_of_boxes_that_proposals_cover(embedded, corrected):
    images = [corrected("a.png", (1, 1), [BOX, [0, 50, 30, 64]]), corrected("b.png", (1,))]
    lessons = parted(embedded, images, pooled=[features(), features([[0, 0, 5, 5]], given=[BOX])])
    assert lessons.recall == pytest.approx(1 / 3)


@pytest.fixture
def pages(corrected, tmp_path):
    """Return a maker of so many images of 200 x 64 with a box each."""

    def make(count):
        images = [corrected(f"{number}.png") for number in range(count)]
        for image in images:
            Image.new("RGB", (200, 64)).save(image.path)
        return tuple(images)

    return make


def test_that_of_a_large_image_all_looks_train_or_none(embedded, pages):
    lessons = Lessons(embedded, Corrections(pages(20), ("bolt",), tile=64))
    assert len(lessons.looks) > 40
    rng = np.random.default_rng(0)
    prints = {image.name: int(rng.integers(1 << 62)) for image in lessons.corrections.images}
    lessons.part([features(fingerprint=prints.get(look.name, 1)) for look in lessons.looks], 0.2)
    trained = {look.path for look, _ in lessons.trained}
    measured = {image.path for image in lessons.held_out.images}
    assert trained.isdisjoint(measured)
    assert len(trained | measured) == 20
    assert all(image.window is None for image in lessons.held_out.images)
    counts = lessons.counts()
    assert (counts.images, counts.held_out, counts.boxes) == (len(trained), len(measured), 20)
    assert lessons.learnt_from == {prints[path.name] for path in trained}  # of no tile


def test_that_tiles_take_their_room_and_time(embedded, corrected, pages):
    small = [corrected(f"small{number}.png", (2,)) for number in range(20)]
    lessons = Lessons(embedded, Corrections(pages(20), ("bolt",), tile=64))
    looks = len(lessons.looks) // 20
    lessons.limit(5 * looks + 1)
    assert len(lessons.corrections.images) == 5
    assert lessons.left_out == ("15 images: the cache has room for 5.",)
    lessons.limit(1)
    assert len(lessons.corrections.images) == 1  # more than there is room for, and better than nothing
    mixed = Lessons(embedded, Corrections((*pages(2), *small), ("bolt", "nut"), tile=64))
    assert looks > 2
    mixed.limit(looks + 2)
    assert len(mixed.corrections.images) == 3  # what has no room leaves it to those after it
    images = [pages(1)[0]] * 400
    assert sum(held_out_of(images, range(400), 0.12, looks=400 * 20)) < sum(held_out_of(images, range(400), 0.12))


def test_that_there_is_no_recall_before_a_box_was_looked_for(embedded, corrected):
    lessons = Lessons(embedded, Corrections((corrected("a.png"), corrected("b.png", ())), ("bolt",)))
    assert lessons.recall is None
    lessons.look_for(lessons.corrections.images[1], features())
    assert lessons.recall is None
    lessons.look_for(lessons.corrections.images[0], features([[0, 0, 5, 5]]))
    assert lessons.recall == 0.0


def test_that_crowds_need_no_proposal(embedded, corrected):
    boxes = [BOX, [0, 50, 30, 64]]
    images = [corrected("a.png", (1, 1), boxes, iscrowd=np.array([False, True]))]
    assert parted(embedded, images).recall == 1.0


def test_that_absent_are_known_categories_that_training_never_shows(embedded, corrected):
    images = [corrected("a.png", (1,)), corrected("b.png", (), reviewed=True)]
    assert parted(embedded, images, ("bolt", "cup", "nut", "die")).absent() == [3, 4]


# As many as the cache has room for


def limited(embedded, images, most, categories=("bolt", "cup", "nut")):
    lessons = Lessons(embedded, Corrections(tuple(images), categories))
    before = lessons.left_out
    lessons.limit(most)
    return [image.name for image in lessons.corrections.images], lessons.left_out[len(before) :]


@pytest.mark.parametrize(
    ("most", "sentences"),
    [
        (9, ()),
        (8, ()),
        (7, ("1 image: the cache has room for 7.",)),
        (1, ("7 images: the cache has room for 1.",)),
    ],
)
def test_that_images_over_the_limit_are_left_out_and_said(embedded, corrected, most, sentences):
    names, said = limited(embedded, [corrected(f"{name}.png") for name in "abcdefgh"], most)
    assert len(names) == min(8, most)
    assert names == sorted(names)  # in the order they had
    assert said == sentences


def test_that_what_was_said_before_the_limit_stays_said(embedded, corrected):
    images = [corrected("a.png", (1, 1), [BOX, [5, 5, 5.5, 30]]), corrected("b.png")]
    lessons = Lessons(embedded, Corrections(tuple(images), ("bolt",)))
    lessons.limit(1)
    assert lessons.left_out == ("1 box thinner than a pixel.", "1 image: the cache has room for 1.")


def test_that_images_of_rare_categories_stay(embedded, corrected):
    labels = {"c": (1, 2), "f": (3,), "h": (2, 1), "b": ()}
    images = [corrected(f"{name}.png", labels.get(name, (1,))) for name in "abcdefghij"]
    assert limited(embedded, images, 1)[0] == ["f.png"]
    assert limited(embedded, images, 3)[0] == ["c.png", "f.png", "h.png"]
    assert "b.png" not in limited(embedded, images, 9)[0]  # an empty one goes first


def test_that_reviewed_images_with_a_box_stay_before_others(embedded, corrected):
    images = [corrected(f"{name}.png", (2 if name in "ab" else 1,), reviewed=name not in "abc") for name in "abcdefgh"]
    assert limited(embedded, images, 5)[0] == [f"{name}.png" for name in "defgh"]
    assert limited(embedded, images, 7)[0] == [f"{name}.png" for name in "abdefgh"]


def test_that_empty_images_never_push_out_all_the_boxes(embedded, corrected):
    images = [corrected(f"{name}.png", (1,) if name == "d" else (), reviewed=name != "d") for name in "abcd"]
    assert "d.png" in limited(embedded, images, 2)[0]


def test_that_the_choice_hangs_on_names_alone(embedded, corrected):
    images = [corrected(f"{name}.png") for name in "abcdefgh"]
    assert limited(embedded, images, 3)[0] == sorted(limited(embedded, images[::-1], 3)[0])


def test_that_later_images_have_a_share_of_the_room(embedded, corrected):
    images = [corrected(f"{number:03}.png") for number in range(120)]
    chosen = [set(limited(embedded, images[:count], 40)[0]) for count in (80, 120)]
    late = {image.name for image in images[80:]}
    assert 5 <= len(chosen[1] & late) <= 25
    assert len(chosen[0] & chosen[1]) < 30


# Scenes


def test_that_categories_of_scenes_with_few_boxes_are_rehearsed(embedded, corrected):
    few, enough = ([corrected("a.png", (1,) * count)] for count in (ENOUGH_BOXES - 1, ENOUGH_BOXES))
    assert parted(embedded, few, ("bolt",)).scenes()
    assert not parted(embedded, enough, ("bolt",)).scenes()
    assert parted(embedded, enough, ("bolt", "nut")).scenes()  # nuts are not shown at all
    crowds = [corrected("a.png", (1,) * ENOUGH_BOXES, iscrowd=np.arange(ENOUGH_BOXES) == 0)]
    assert parted(embedded, crowds, ("bolt",)).scenes()


def test_that_categories_that_scenes_do_not_show_are_not_rehearsed(embedded, corrected):
    assert not parted(embedded, [corrected("a.png")], ("cup",)).scenes()
    nameless = parted(embedded, [corrected("a.png")], ("cup",), aliases={"screw": "screwlike"})
    assert not nameless.scenes()


def test_that_a_renamed_category_is_rehearsed_under_its_new_name_and_the_unknown_are_crowds(embedded, corrected):
    lessons = parted(embedded, [corrected("a.png", (1,))], ("cup", "fastener"), aliases={"screw": "fastener"})
    scenes = lessons.scenes()[:6]
    for index, scene in enumerate(scenes):
        drawn = draw_scene(embedded_module.REHEARSAL_SEED + index, embedded_module.SCENE_SIZE)
        is_screw = np.array([CATEGORIES[label - 1] == "screw" for label in drawn.labels], dtype=bool)
        assert np.array_equal(scene.gt_boxes, drawn.gt_boxes)
        assert scene.labels[is_screw].tolist() == [2] * is_screw.sum()
        assert scene.iscrowd.tolist() == (~is_screw).tolist()
    assert {2} < set(np.concatenate([scene.labels for scene in scenes]).tolist())


def test_that_a_renamed_category_is_rehearsed_in_the_fine_tunes_after_as_well(embedded, corrected):
    images, names = [corrected("a.png", (1,))], ("fastener", "screw")
    first = parted(embedded, images, names, aliases={"screw": "fastener"})
    assert first.renamed_scenes == (("screw", "fastener"),)
    version = replace(embedded, categories=names, scenes=first.renamed_scenes)
    second = parted(version, images, names)
    scenes = second.scenes()[:12]
    assert {1} <= {int(label) for scene in scenes for label in scene.labels[~scene.iscrowd]} <= {1}, "screws of now"
    assert second.renamed_scenes == first.renamed_scenes
    third = parted(version, images, ("bolted", "screw"), aliases={"fastener": "bolted"})
    assert third.renamed_scenes == (("screw", "bolted"),)
    assert parted(replace(version, scenes=()), images, ("fastener", "cup")).scenes() == ()


def test_that_of_merged_categories_the_scenes_show_one(embedded, corrected):
    merged = parted(embedded, [corrected("a.png", (2,))], ("tool", "pen"), aliases={"key": "tool", "wrench": "tool"})
    labels = Counter()
    for index, scene in enumerate(merged.scenes()[:4]):
        drawn = draw_scene(embedded_module.REHEARSAL_SEED + index, embedded_module.SCENE_SIZE)
        labels.update((CATEGORIES[a - 1], int(b)) for a, b in zip(drawn.labels, scene.labels, strict=True))
    assert {label for (name, label) in labels if name in ("key", "wrench")} == {1}
    assert {label for (name, label) in labels if name not in ("key", "wrench")} == {0}


def test_that_a_name_of_a_scene_that_the_model_does_not_know_is_not_rehearsed(embedded, corrected):
    other = replace(embedded, categories=("my bolt", *CATEGORIES[1:]))
    assert not parted(other, [corrected("a.png")], ("bolt",)).scenes()


def test_that_other_systems_do_not_rehearse(embedded, corrected):
    other = replace(embedded, model=SimpleNamespace(system=SYSTEMS["resnet50_fpn"]))
    assert not parted(other, [corrected("a.png")], ("bolt",)).scenes()


def test_that_scenes_are_reviewed_images_of_what_has_a_name(embedded, corrected, monkeypatch):
    monkeypatch.setattr(lessons_module, "SCENES_POOLED", 3)
    lessons = parted(embedded, [corrected("a.png")], ("key", "bolt"))
    served = Predictor(embedded.model, embedded.categories, "", device=torch.device("cpu"))
    pairs = list(lessons.scene_features(served))
    assert len(pairs) == 3
    for (image, pooled), scene in zip(pairs, lessons.scenes(), strict=False):
        assert image.reviewed
        assert image.labels.tolist() == scene.labels.tolist()
        assert np.array_equal(image.gt_boxes, scene.gt_boxes)
        assert image.iscrowd.tolist() == (scene.labels == 0).tolist()
        assert pooled.image_size == scene.image_size
        assert len(pooled.views[0].boxes) - int(pooled.views[0].is_proposal.sum()) == 5 * (~image.iscrowd).sum()
    assert {True, False} == {bool(crowd) for image, _ in pairs for crowd in image.iscrowd}
    assert not Path(pairs[0][0].name).is_file()
