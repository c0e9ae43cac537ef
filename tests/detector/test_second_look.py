"""A second look of the head at boxes that a person drew."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from detector.kept_maps import KeptMaps
from detector.model import Maps
from detector.predictor import Predictor
from detector.readout import LIKELIEST
from detector.resize import Batch
from detector.types import DetectorError

CPU = torch.device("cpu")


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (120, 200, 3), dtype=np.uint8)


def predictor(model, precision="exact", **options):
    names = [f"c{n}" for n in range(model.num_categories)]
    return Predictor(model, names, "v1", device=CPU, precision=precision, **options)


@pytest.mark.parametrize("system", ["embedded", "resnet50_fpn_v2", "zf", "d2_r50_c4"])
def test_that_the_head_judges_a_proposal_as_in_the_pass_that_made_it(make_model, picture, system):
    model = make_model(system, 3)
    with torch.inference_mode():
        maps = model.maps([torch.tensor(picture).permute(2, 0, 1) / 255])
        (analysis,) = model.analyse_maps(maps)
        scores, boxes = model.judge(maps, analysis.proposals)
    assert torch.equal(scores, analysis.scores)
    assert torch.equal(boxes, analysis.boxes)


@pytest.mark.parametrize("precision", ["exact", "fast"])
def test_that_a_drawn_proposal_has_the_candidates_of_the_proposal(make_model, picture, precision):
    looking = predictor(make_model("embedded", 4), precision, score_floor=0.0)
    prediction = looking.predict(picture, "image")
    proposals, candidates = prediction.proposals, prediction.candidates
    refinement = looking.refine("image", proposals.boxes[:40])
    assert refinement.boxes.shape == (40, LIKELIEST, 4)
    assert (refinement.categories, refinement.model_version) == (prediction.categories, "v1")
    close = {"rtol": 1e-4, "atol": 1e-3} if precision == "exact" else {"rtol": 0.05, "atol": 0.5}
    for index in range(40):
        mine = np.flatnonzero(candidates.proposal_indices == index)[:LIKELIEST]
        np.testing.assert_allclose(refinement.scores[index], candidates.scores[mine], **close)
        if precision == "exact":
            assert refinement.labels[index].tolist() == candidates.labels[mine].tolist()
            np.testing.assert_allclose(refinement.boxes[index], candidates.boxes[mine], **close)
    everything = candidates.scores[candidates.proposal_indices == 0].sum()
    assert refinement.foreground[0] == pytest.approx(everything, abs=0.02)


def test_that_fewer_categories_than_are_told_are_told_all(make_model, picture):
    looking = predictor(make_model("embedded", 2))
    looking.predict(picture, "image")
    assert looking.refine("image", [[20, 20, 90, 90]]).labels.shape == (1, 2)


def test_that_no_boxes_give_no_answers(make_model, picture):
    looking = predictor(make_model("embedded", 3))
    looking.predict(picture, "image")
    assert looking.refine("image", np.zeros((0, 4), np.float32)).boxes.size == 0
    assert looking.refine("image", []).boxes.size == 0


def test_that_refined_boxes_lie_in_the_image_even_of_boxes_that_do_not(make_model, picture):
    looking = predictor(make_model("embedded", 3))
    looking.predict(picture, "image")
    refinement = looking.refine("image", [[-500, -500, -400, -400], [190, 110, 900, 800], [5, 5, 5, 5]])
    assert np.isfinite(refinement.boxes).all()
    assert refinement.boxes.min() >= 0
    assert refinement.boxes[..., 0::2].max() <= 200 + 1e-3
    assert refinement.boxes[..., 1::2].max() <= 120 + 1e-3


def test_that_scores_are_calibrated_and_the_share_of_objects_is_not(make_model, picture):
    plain, turned = (
        predictor(make_model("embedded", 3), calibrations=calibrations) for calibrations in ((), [(1.0, 3.0)] * 3)
    )
    drawn = [[20, 20, 90, 90]]
    for one in (plain, turned):
        one.predict(picture, "image")
    before, after = plain.refine("image", drawn), turned.refine("image", drawn)
    assert (after.scores > before.scores).all()
    np.testing.assert_array_equal(after.foreground, before.foreground)


def test_that_nothing_is_kept_without_a_key_and_nothing_is_said_without_maps(make_model, picture):
    looking = predictor(make_model("embedded", 3))
    looking.predict(picture)
    assert looking.refine(None, [[20, 20, 90, 90]]) is None
    assert looking.refine("image", [[20, 20, 90, 90]]) is None


def test_that_the_backbone_is_not_run_again(make_model, picture, monkeypatch):
    looking = predictor(make_model("embedded", 3))
    looking.predict(picture, "image")

    def no_backbone(*_):
        raise AssertionError("the maps are kept")

    monkeypatch.setattr(looking._model.backbone, "forward", no_backbone)
    assert looking.refine("image", [[20, 20, 90, 90]]) is not None


def test_that_a_network_without_a_second_stage_says_so(make_model, picture):
    looking = predictor(make_model("rpn_r50_fpn", 1))
    looking.predict(picture, "image")
    with pytest.raises(DetectorError, match="only proposes regions"):
        looking.refine("image", [[20, 20, 90, 90]])


def test_that_a_model_with_broken_weights_says_so(make_model, picture):
    model = make_model("embedded", 3)
    looking = predictor(model)
    looking.predict(picture, "image")
    with torch.no_grad():
        looking._model.roi_heads.box_predictor.cls_score.bias.fill_(torch.nan)
    with pytest.raises(DetectorError, match="not finite"):
        looking.refine("image", [[20, 20, 90, 90]])


def test_that_kept_maps_are_given_up_before_images_are_made_smaller(make_model, picture, monkeypatch):
    looking = predictor(make_model("embedded", 3))
    looking.predict(picture, "image")
    real, calls = looking._model.analyse, []

    def short_of_memory(images):
        calls.append(images)
        if len(calls) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(images)

    monkeypatch.setattr(looking._model, "analyse", short_of_memory)
    looking.predict(picture)
    assert len(calls) == 2
    assert looking.notice == ""
    assert looking.refine("image", [[20, 20, 90, 90]]) is None


def maps(size):
    image = torch.zeros(1, 3, 8, 8)
    return Maps({"0": torch.zeros(size), "1": torch.zeros(size)}, Batch(image, [(8, 8)], []), [(8, 8)])


def test_that_the_least_recently_used_maps_go_first():
    kept = KeptMaps(most_bytes=40)
    for key in "abc":
        kept.put(key, maps(1))  # 8 bytes each
    assert kept.get("a") is not None
    kept.put("d", maps(2))
    assert kept.bytes == 40
    kept.put("e", maps(1))
    assert [key for key in "abcde" if kept.get(key) is not None] == ["a", "c", "d", "e"]


def test_that_the_last_maps_stay_however_large():
    kept = KeptMaps(most_bytes=40)
    kept.put("a", maps(1))
    kept.put("b", maps(99))
    assert (kept.get("a"), len(kept)) == (None, 1)
    assert kept.clear()
    assert not kept.clear()
    assert kept.bytes == 0


def test_that_the_same_image_is_kept_once():
    kept = KeptMaps()
    kept.put("a", maps(1))
    kept.put("a", maps(3))
    assert (len(kept), kept.bytes) == (1, 24)
