from __future__ import annotations

import errno
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from detector.corrections import CorrectedImage, difference_hash
from detector.images import read_image
from detector.jitter import JITTERS
from detector.passes import upload
from detector.predictor import Predictor
from detector.roi_features import (
    MAX_PROPOSALS,
    MAX_ROIS,
    USUAL_BOXES,
    FeatureCache,
    RoiFeatures,
    RoiView,
    backbone_digest,
    boxes_to_pool,
    bytes_of_image,
    mirrored,
    pooled,
)
from detector.types import DetectorError, NoMemoryError

ROOMY = 1 << 30
BOXES = [[20, 30, 70, 90], [100, 10, 160, 110]]


@pytest.fixture
def corrected(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (120, 200, 3), dtype=np.uint8)
    path = tmp_path / "image.png"
    Image.fromarray(pixels).save(path)
    return CorrectedImage(path, "image.png", BOXES, [1, 2], rejected_boxes=[[5, 5, 40, 25]])


@pytest.fixture
def predictor(make_model):
    return Predictor(make_model("embedded", 2), ["a", "b"], "v1", device=torch.device("cpu"), precision="exact")


@pytest.fixture
def cache(tmp_path):
    return FeatureCache(tmp_path / "features", ROOMY)


def made(seed=0, count=3):
    generator = torch.Generator().manual_seed(seed)
    views = [
        RoiView(
            torch.rand(count, 4, generator=generator),
            torch.rand(count, 2, 7, 7, generator=generator).half(),
            torch.arange(count) < 2,
        )
        for _ in range(2)
    ]
    return RoiFeatures((views[0], views[1]), (48, 64), (480, 640), (1 << 64) - 1 - seed)


def tensors(features):
    return [tensor for view in features.views for tensor in (view.boxes, view.features, view.is_proposal)]


def same(one, other):
    about = [(f.network_size, f.image_size, f.fingerprint) for f in (one, other)]
    pairs = zip(tensors(one), tensors(other), strict=True)
    return about[0] == about[1] and all(a.dtype == b.dtype and torch.equal(a, b) for a, b in pairs)


def age(cache, key, seconds):
    """Let what is kept under `key` look unused for so long."""
    path = cache._path(key)
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


# What is pooled


def test_that_each_view_has_the_proposals_then_the_boxes_the_rejections_and_the_jitters(predictor, corrected):
    features = pooled(predictor, corrected, None)
    assert features.image_size == (120, 200)
    assert features.fingerprint == difference_hash(read_image(corrected.path))
    for number, view in enumerate(features.views):
        count = int(view.is_proposal.sum())
        assert 0 < count <= MAX_PROPOSALS
        assert bool(view.is_proposal[:count].all())
        given = view.boxes[count:]
        assert len(given) == 2 + 1 + 2 * JITTERS
        assert torch.equal(given[:2], features.to_network(corrected.gt_boxes, number))
        assert torch.equal(given[2:3], features.to_network(corrected.rejected_boxes, number))
        assert view.features.shape == (len(view.boxes), 96, 7, 7)
        assert view.features.dtype == torch.float16


def test_that_a_crowd_is_not_pooled(predictor, corrected):
    crowd = CorrectedImage(corrected.path, "", BOXES, [1, 2], iscrowd=np.array([False, True]))
    given = boxes_to_pool(crowd, (120, 200))
    assert len(given) == 1 + JITTERS
    assert np.array_equal(given[0], crowd.gt_boxes[0])


def test_that_an_image_without_boxes_gives_proposals_alone(predictor, corrected):
    empty = CorrectedImage(corrected.path, "", np.zeros((0, 4)), [])
    for view in pooled(predictor, empty, None).views:
        assert len(view.boxes) > 0
        assert bool(view.is_proposal.all())


def test_that_a_crowded_image_keeps_its_boxes_first_and_stays_under_the_limit(predictor, corrected):
    corners = np.random.default_rng(1).uniform(0, 90, (400, 2))
    many = CorrectedImage(corrected.path, "", np.hstack((corners, corners + 20)), np.ones(400))
    features = pooled(predictor, many, None)
    for number, view in enumerate(features.views):
        assert len(view.boxes) == len(view.features) == len(view.is_proposal) == MAX_ROIS
        room = int((~view.is_proposal).sum())
        assert torch.equal(view.boxes[~view.is_proposal], features.to_network(many.gt_boxes, number)[:room])


def test_that_an_image_that_cannot_be_read_is_named(predictor, corrected, cache):
    corrected.path.unlink()
    for where in (cache, None):
        with pytest.raises(DetectorError, match=r"image\.png"):
            pooled(predictor, corrected, where)


# Boxes in the mirror


def test_that_mirroring_twice_changes_nothing():
    boxes = np.array(BOXES, np.float32)
    assert np.array_equal(mirrored(boxes, 200)[0], [130, 30, 180, 90])
    assert np.array_equal(mirrored(mirrored(boxes, 200), 200), boxes)


# The cache


def test_that_a_file_is_hashed_once_for_all_its_tiles_and_anew_where_it_has_changed(corrected, monkeypatch):
    reads, digest = [], hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *given: reads.append(1) or digest(*given))
    looks = [replace(corrected, window=(left, 0, left + 50, 50)) for left in (0, 50, 100)]
    keys = [FeatureCache.key(look, "v") for look in looks]
    assert len(set(keys)) == 3
    assert len(reads) == 1
    pixels = np.zeros((120, 200, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(corrected.path)
    assert FeatureCache.key(looks[0], "v") != keys[0]


def test_that_features_come_back_to_the_bit(cache):
    features = made()
    cache.put("k", features)
    assert same(cache.get("k"), features)


def test_that_an_image_without_any_roi_comes_back(cache):
    cache.put("k", made(count=0))
    assert same(cache.get("k"), made(count=0))


def test_that_what_comes_back_is_mapped_and_cannot_change_the_file(cache):
    cache.put("k", made())
    before = cache._path("k").read_bytes()
    features = cache.get("k")
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert str(cache._path("k")) in maps.read_text()
    features.views[0].features.zero_()
    assert cache._path("k").read_bytes() == before


def test_that_an_unknown_key_gives_nothing(cache):
    assert cache.get("k") is None


def test_that_cached_features_are_those_that_were_pooled(predictor, corrected, cache, monkeypatch):
    first = pooled(predictor, corrected, cache)
    assert same(first, pooled(predictor, corrected, None))
    monkeypatch.setattr(Predictor, "pool", lambda *_: pytest.fail("pooled again"))
    assert same(pooled(predictor, corrected, cache), first)


def test_that_the_key_changes_with_file_boxes_and_backbone_but_not_with_labels(corrected, tmp_path):
    path = corrected.path
    moved, rejected = [[20, 30, 70, 91], BOXES[1]], corrected.rejected_boxes
    crowd = np.array([True, False])
    copied = tmp_path / "copy.png"
    copied.write_bytes(path.read_bytes())
    key = FeatureCache.key(corrected, "b")
    for equal in (
        CorrectedImage(path, "other name", BOXES, [2, 1], rejected_boxes=rejected, reviewed=False),
        CorrectedImage(copied, "", BOXES, [1, 2], rejected_boxes=rejected),
    ):
        assert FeatureCache.key(equal, "b") == key
    for other in (
        CorrectedImage(path, "", moved, [1, 2], rejected_boxes=rejected),
        CorrectedImage(path, "", BOXES, [1, 2]),
        CorrectedImage(path, "", BOXES[:1], [1], rejected_boxes=[BOXES[1], *rejected]),
        CorrectedImage(path, "", BOXES, [1, 2], rejected_boxes=rejected, iscrowd=crowd),
        CorrectedImage(path, "", BOXES, [1, 2], rejected_boxes=rejected, window=(0, 0, 170, 110)),
    ):
        assert FeatureCache.key(other, "b") != key
    assert FeatureCache.key(corrected, "c") != key
    with path.open("ab") as file:
        file.write(b"x")
    assert FeatureCache.key(corrected, "b") != key


@pytest.mark.parametrize("damage", ["cut off", "empty", "no header", "a tensor short", "wrong shape", "wrong type"])
def test_that_a_damaged_file_counts_as_none_and_goes(cache, damage):
    cache.put("k", made())
    path = cache._path("k")
    content, state = path.read_bytes(), {name: value.clone() for name, value in load_file(path).items()}
    about = {"boxwright": '{"network_size": [48, 64], "image_size": [480, 640], "fingerprint": 0}'}
    if damage == "cut off":
        path.write_bytes(content[:-8])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "no header":
        save_file(state, path)
    elif damage == "a tensor short":
        del state["1.features"]
        save_file(state, path, about)
    elif damage == "wrong shape":
        save_file(state | {"0.boxes": torch.zeros(2, 4)}, path, about)
    else:
        save_file(state | {"0.features": state["0.features"].float()}, path, about)
    assert cache.get("k") is None
    assert not path.exists()


def test_that_a_full_disk_is_a_sentence_and_leaves_nothing(cache, monkeypatch):
    cache.put("old", made())

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DetectorError, match="No space left on device"):
        cache.put("new", made(1))
    assert list(cache._path("old").parent.iterdir()) == [cache._path("old")]
    assert cache.get("new") is None
    assert same(cache.get("old"), made())


def test_that_the_file_unused_for_longest_goes_first(cache, tmp_path):
    for number, key in enumerate("abc"):
        cache.put(key, made(number))
        age(cache, key, 100 - number)
    cache.get("a")  # used just now
    size = cache._path("a").stat().st_size
    small = FeatureCache(tmp_path / "features", 3 * size + size // 2)
    small.put("d", made(3))
    assert [small.get(key) is not None for key in "abcd"] == [True, False, True, True]


def test_that_the_limit_holds_over_many_puts(tmp_path):
    cache = FeatureCache(tmp_path / "features", 0)
    cache.put("k", made())
    assert cache.get("k") is None
    size = len(made().views[0].features.numpy().tobytes()) * 8
    cache = FeatureCache(tmp_path / "features", size)
    for number in range(20):
        cache.put(str(number), made(number))
        assert sum(file.stat().st_size for file in (tmp_path / "features").iterdir()) <= size


def test_that_what_a_run_has_pinned_stays_until_it_ends(cache, tmp_path):
    cache.put("before", made())
    age(cache, "before", 100)
    cache.put("unused", made())
    tight = FeatureCache(tmp_path / "features", 1)
    with tight.pinning():
        tight.get("before")
        tight.put("new", made(1))
        assert [tight.get(key) is not None for key in ("before", "unused", "new")] == [True, False, True]
    tight.put("last", made(2))
    assert [tight.get(key) is not None for key in ("before", "new", "last")] == [False, False, False]


def test_that_what_a_killed_program_left_half_written_goes(tmp_path):
    folder = tmp_path / "features"
    folder.mkdir()
    (folder / ".1234.tmp").write_bytes(b"x" * 100_000)
    os.utime(folder / ".1234.tmp", (0, 0))
    FeatureCache(folder, 50_000).put("k", made())
    assert [file.name for file in folder.iterdir()] == ["k.safetensors"]


def test_that_the_room_of_an_image_is_known_before_it_is_pooled(make_model, predictor, cache, tmp_path):
    corners = np.random.default_rng(0).uniform(0, 300, (USUAL_BOXES // (1 + JITTERS), 2))
    pixels = np.random.default_rng(1).integers(0, 256, (360, 360, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "usual.png")
    usual = CorrectedImage(tmp_path / "usual.png", "", np.hstack((corners, corners + 40)), np.ones(len(corners)))
    features = pooled(predictor, usual, cache)
    rois = sum(len(view.boxes) for view in features.views)
    assert rois == 2 * (MAX_PROPOSALS + USUAL_BOXES)
    (file,) = cache._path("").parent.iterdir()
    assert file.stat().st_size == pytest.approx(bytes_of_image(make_model("embedded", 2)), rel=0.01)


# The version of the backbone


def test_that_heads_share_a_backbone_version_and_other_backbones_do_not(make_model):
    model, head, backbone, rpn = (make_model("embedded", count) for count in (2, 5, 2, 2))
    head.backbone.load_state_dict(model.backbone.state_dict())
    head.rpn.load_state_dict(model.rpn.state_dict())
    with torch.no_grad():
        backbone.backbone.body.conv1.weight.mul_(1.01)
        rpn.rpn.head.cls_logits.bias.add_(0.01)
    names = [backbone_digest(each) for each in (model, head, backbone, rpn)]
    assert names[0] == names[1]
    assert len(set(names)) == 3


def test_that_a_model_and_its_half_precision_share_a_backbone_version(make_model):
    assert backbone_digest(make_model("embedded", 2).half()) == backbone_digest(make_model("embedded", 2))


@pytest.fixture
def refuse(predictor, monkeypatch):
    """Let the device, which stands for a GPU, have no memory for so many poolings."""

    def refuse(times):
        pool, refusals = type(predictor._model).pool, iter([True] * times)

        def refused(model, *arguments):
            if next(refusals, False):
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return pool(model, *arguments)

        monkeypatch.setattr(type(predictor._model), "pool", refused)
        monkeypatch.setattr("detector.pooling.upload", lambda images, _device: upload(images, torch.device("cpu")))
        predictor._device = torch.device("meta")  # only its kind is asked for

    return refuse


def test_that_what_is_pooled_after_a_moment_without_memory_is_what_it_would_have_been(
    predictor, corrected, cache, refuse
):
    before, wanted = predictor.backbone_version, pooled(predictor, corrected, None)
    refuse(1)
    assert same(pooled(predictor, corrected, cache), wanted)
    assert same(cache.get(cache.key(corrected, before)), wanted)


def test_that_pooling_without_memory_changes_nothing_for_who_looks(predictor, corrected, cache, refuse):
    refuse(2)
    predictor._kept.put("image", predictor._model.maps([torch.zeros(3, 120, 200)]))
    size = predictor._model.transform.min_size
    with pytest.raises(NoMemoryError, match="not enough memory"):
        pooled(predictor, corrected, cache)
    assert (predictor.device, predictor.notice) == ("meta", "")
    assert predictor._model.transform.min_size == size
    assert cache.get(cache.key(corrected, predictor.backbone_version)) is None
    assert len(predictor._kept) == 0  # only this was given up
